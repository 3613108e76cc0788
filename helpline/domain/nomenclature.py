"""The nomenclature: every coded field of the fiche, each value a code and a French label.

From domain.md §1.2, §1.3 and §5.2; the help asked for is R33. Whoever adds a value adds
it here and nowhere else. Nothing may be added that is finer: an exact age, a commune, a
rare specialty or a date is a name at two calls a day.
"""

from __future__ import annotations

from helpline.domain.coded import Coded


class Nature(Coded):
    """*Nature de l'appel*."""

    TALK = "entretien", "Entretien"
    INFORMATION = "information", "Information"
    MISTAKE = "erreur", "Erreur"
    SILENT = "muet", "Muet"
    ABUSIVE = "malveillant", "Malveillant"
    TEST = "test", "Test"


class Caller(Coded):
    """*Qui appelle ?* As declared; nobody is ever asked to prove it."""

    PHYSICIAN = "medecin", "Médecin"
    INTERN = "interne", "Interne / docteur junior"
    STUDENT = "etudiant", "Étudiant en médecine"
    FAMILY = "famille", "Conjoint ou famille"
    DEPENDANT = "ayant_droit", "Ayant droit (conjoint survivant, orphelin)"
    COLLEAGUE = "confrere", "Confrère ou collègue inquiet"
    EMPLOYER = "employeur", "Employeur, établissement, institution"
    OTHER_CARER = "autre_soignant", "Autre professionnel de santé"
    NOT_SAID = "np", "Non précisé"


class Practice(Coded):
    """*Mode d'exercice*."""

    PRIVATE = "liberal", "Libéral"
    PUBLIC_HOSPITAL = "hospitalier", "Hospitalier public"
    SALARIED = "salarie", "Salarié (privé, ESPIC, centre, travail, PMI…)"
    MIXED = "mixte", "Mixte"
    SUBSTITUTE = "remplacant", "Remplaçant ou adjoint"
    RETIRED = "retraite", "Retraité (ou retraité actif)"
    NOT_PRACTISING = "arret", "En arrêt / sans exercice"
    NOT_SAID = "np", "Non précisé"


class Discipline(Coded):
    """*Discipline*, never finer: a rare specialty is a name."""

    GENERAL = "mg", "Médecine générale"
    SPECIALTY = "specialite", "Spécialité médicale"
    TECHNICAL = "plateau", "Chirurgie, anesthésie, urgences, plateau technique"
    OTHER = "autre", "Autre / non précisé"


class Sex(Coded):
    """*Sexe*, if spontaneously given."""

    WOMAN = "f", "Femme"
    MAN = "h", "Homme"
    NOT_SAID = "np", "Non précisé"


class Age(Coded):
    """*Âge estimé*."""

    UNDER_35 = "lt35", "Moins de 35 ans"
    FROM_35_TO_49 = "35_49", "35–49 ans"
    FROM_50 = "ge50", "50 ans et plus"
    NOT_SAID = "np", "Non précisé"


class Zone(Coded):
    """The statistical zone of the département of registration, which itself is not kept."""

    PARIS = "idf", "Île-de-France"
    NORTH_WEST = "no", "Nord-Ouest"
    NORTH_EAST = "ne", "Nord-Est"
    SOUTH_EAST = "se", "Sud-Est"
    SOUTH_WEST = "so", "Sud-Ouest"
    OVERSEAS = "om", "Outre-mer"


class Difficulty(Coded):
    """*Difficultés évoquées*, several at a time. `family` is the level-1 word of the report."""

    family: str

    def __new__(cls, code: str, label: str, family: str) -> Difficulty:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        member.family = family
        return member

    EPU = "EPU", "Épuisement professionnel (burn-out), surcharge", "professionnelle"
    CON = "CON", "Conflit (collègues, hiérarchie, associés, tutelle)", "professionnelle"
    VIO = "VIO", "Agression, violence, harcèlement (dont VSS)", "professionnelle"
    ORG = "ORG", "Organisation de l'exercice, isolement, installation", "professionnelle"
    REC = "REC", "Reconversion, cessation, réorientation", "professionnelle"
    ORD = "ORD", "Plainte, procédure ordinale, responsabilité, erreur médicale", "juridique"
    JUR = "JUR", "Autre difficulté juridique (contrat, bail, CPAM, contrôle)", "juridique/administrative"
    FIN = "FIN", "Financière, fiscale, cotisations, procédure collective", "financière"
    SOC = "SOC", "Sociale, droits, arrêt de travail, prévoyance, logement", "sociale"
    FAM = "FAM", "Familiale ou personnelle, deuil", "personnelle"
    PSY = "PSY", "Souffrance psychique (anxiété, dépression, trauma)", "santé"
    SUI = "SUI", "Idées ou conduites suicidaires", "santé"
    ADD = "ADD", "Addiction", "santé"
    SOM = "SOM", "Maladie somatique, handicap, invalidité", "santé"
    AUT = "AUT", "Autre / non précisé", "—"


class Reconversion(Coded):
    """Which way a reconversion (difficulty REC) goes."""

    IN_HEALTH = "en_sante", "En santé"
    OUTSIDE_HEALTH = "hors_sante", "Hors santé"


class Persistence(Coded):
    """*Ponctuelle ou durable*."""

    PASSING = "ponctuelle", "Ponctuelle"
    LASTING = "durable", "Durable"
    NOT_SAID = "np", "Non précisé"


class Level(Coded):
    """*Niveau*, the five grades of domain.md §4.2."""

    ONE = "1", "Demande d'information, pas de souffrance exprimée"
    TWO = "2", "Difficulté ou souffrance légère, ressources présentes"
    THREE = "3", "Souffrance nécessitant un suivi"
    FOUR = "4", "Idéations suicidaires"
    FIVE = "5", "Risque de passage à l'acte imminent"


class HelpAsked(Coded):
    """*Nature de l'aide demandée*: the six kinds of R33."""

    MONEY = "secours", "Secours financiers"
    PSYCHOLOGICAL = "psychologique", "Soutien psychologique"
    ORGANISATION = "organisationnel", "Soutien organisationnel"
    LEGAL = "juridique", "Soutien juridique"
    ACCOMPANIMENT = "accompagnement", "Accompagnement professionnel et social"
    ACCESS_TO_CARE = "acces_soins", "Facilitation d'accès aux soins"


class HelpGiven(Coded):
    """*Aide apportée*, several at a time."""

    LISTENING = "ecoute", "Écoute active"
    SUPPORT = "soutien", "Soutien psychologique"
    INFORMATION = "information", "Information"
    ORIENTATION = "orientation", "Orientation"
    EMERGENCY = "urgence", "Transfert d'urgence"


class Choice(Coded):
    """*Choix de l'appelant*, for one proposal. The caller's, always."""

    KEPT = "retenue", "Retenue"
    REFUSED = "refusee", "Refusée"
    THINKING = "reflexion", "À réfléchir"
    PUT_THROUGH = "relation", "Mise en relation directe"


class FirstCall(Coded):
    """*Premier appel ?*"""

    YES = "oui", "Oui"
    NO = "non", "Non"
    NOT_SAID = "np", "Non précisé"


class KnownBy(Coded):
    """*Connu par*."""

    ORDER = "ordre", "Ordre / CDOM"
    COLLEAGUE = "confrere", "Confrère"
    EMPLOYER = "employeur", "Employeur"
    ASSOCIATION = "association", "Association"
    INTERNET = "internet", "Internet"
    PRESS = "presse", "Presse"
    POSTER = "affiche", "Affiche"
    NOT_SAID = "np", "Non précisé"


class Issue(Coded):
    """*Issue*, the one field that closes a fiche."""

    DONE = "termine", "Terminé"
    CUT = "interrompu", "Interrompu"
    TRANSFERRED = "transfere", "Transféré"
    WILL_CALL_BACK = "a_rappeler", "À rappeler par l'appelant"
