// Every word of the page, in French and English. What is spoken on the line comes from the service and stays French.
const WORDS = {
  fr: {
    title: "Téléphones de démonstration",
    subtitle: "Un opérateur téléphonique simulé : aucun appel ne sort de cette machine.",
    link_wait: "Liaison avec l’opérateur…",
    link_up: "Opérateur en marche",
    link_lost: "Opérateur injoignable",
    sounds: "Sons",
    voice: "Voix",
    voice_none: "Pas de voix française ici",
    duration: "Durée",

    caller_title: "Téléphone de l’appelant",
    dialled: "Numéro à composer",
    former: "{number} (ancien)",
    number_shown: "Numéro montré",
    withheld: "masqué",
    fiction: "{number} (fictif)",
    caller_heard: "Ce que l’appelant entend",
    caller_keys: "Touches de l’appelant",
    call: "Appeler",
    hang_up: "Raccrocher",
    caller_idle: "Prêt à appeler",
    caller_hint: "Choisissez un numéro, puis « Appeler ». Les paroles du service s’afficheront ici.",

    handset_title: "Téléphone d’un psychologue",
    which_phone: "Quel téléphone ?",
    no_phone: "Aucun téléphone n’a encore sonné.",
    handset_heard: "Ce que le psychologue entend",
    handset_keys: "Touches du psychologue",
    answer: "Répondre",
    decline: "Refuser",
    handset_idle: "Raccroché",
    handset_hint: "Ce téléphone sonnera quand un appel attend.",
    ringing_hint: "Un appel attend. « Répondre » décroche.",
    note_ringing: "sonne",
    note_talking: "en ligne",
    note_off: "éteint",
    note_busy: "occupé",
    note_mailbox: "répondeur",

    dialling: "Ça sonne",
    on_line: "En ligne avec le service",
    talking_with: "En conversation : {names}",
    rings: "Le téléphone sonne",
    ended_self: "Vous avez raccroché",
    ended_service: "Le service a raccroché",
    ended_carrier: "Appel coupé par l’opérateur",
    ended: "Appel terminé",
    stopped_ringing: "N’a pas répondu",

    heard_ring: "(ça sonne)",
    heard_music: "♪ Musique d’attente",
    heard_play: "♪ Enregistrement « {name} »",
    heard_busy: "(tonalité d’occupation)",
    heard_out: "(ce numéro n’est pas en service)",
    heard_talk: "(vous pouvez vous parler)",
    pressed: "Touche {keys}",

    who_caller: "appelant {name}",
    who_client: "poste {name}",
    who_service: "service",
    who_carrier: "opérateur",
    and: " et ",

    traffic_title: "Échanges opérateur – service",
    reads: "Voir aussi les lectures",
    table: "Tableau des échanges",
    table_caption: "Documents demandés par l’opérateur et ordres du service, les plus récents d’abord",
    col_time: "Heure",
    col_who: "Qui",
    col_what: "Quoi",
    col_answer: "Réponse",
    no_rows: "Rien encore. Appelez : chaque document demandé s’inscrit ici.",
    no_warning: "Aucun avertissement de l’opérateur",
    warnings: "⚠ {count} à voir. Le dernier : {last}",
    warning: "avertissement {code} : {text}",
    forbidden: "promesse rompue : {text}",
    fault: "panne provoquée : {text}",

    document_voice: "premier document de l’appel",
    document_url: "premier document au décroché",
    document_action: "document après une étape",
    document_redirect: "document suivant",
    document_wait: "document d’attente",
    document_room_wait: "attente dans la conférence",
    document_screen: "question avant de relier",
    document_fallback: "document de secours",
    callback_number_status: "avis : l’appel est terminé",
    callback_leg_status: "avis : {state}",
    "callback_participant-join": "avis : entre en conférence",
    "callback_participant-leave": "avis : quitte la conférence",
    "callback_conference-start": "avis : la conférence commence",
    "callback_conference-end": "avis : la conférence finit",
    callback_other: "avis : {what}",
    state_queued: "en file", state_initiated: "appel lancé", state_ringing: "sonne",
    "state_in-progress": "décroché", state_completed: "terminé", state_busy: "occupé",
    "state_no-answer": "sans réponse", state_canceled: "annulé", state_failed: "échoué",
    "rest_calls.create": "ordre : faire sonner",
    "rest_calls.update": "ordre : déplacer ou terminer",
    "rest_calls.delete": "ordre : effacer la trace",
    "rest_calls.list": "lecture : les appels",
    "rest_calls.fetch": "lecture : un appel",
    "rest_queues.list": "lecture : les files",
    "rest_members.list": "lecture : une file",
    "rest_members.update": "ordre : sortir de la file",
    "rest_conferences.list": "lecture : les conférences",
    "rest_conferences.update": "ordre : terminer la conférence",
    "rest_participants.list": "lecture : une conférence",
    "rest_participants.delete": "ordre : sortir de la conférence",
    "rest_numbers.list": "lecture : nos numéros",
    "rest_numbers.update": "ordre : régler un numéro",
    rest_other: "ordre : {what}",
    error_refused: "refusé", error_timeout: "trop long", error_connect_timeout: "injoignable",
    error_reset: "coupé", error_tls: "TLS", error_bad_url: "adresse fausse", lost: "perdue",

    refused: "L’opérateur refuse : {reason}",
    unreachable: "L’opérateur ne répond pas.",
  },
  en: {
    title: "Demonstration telephones",
    subtitle: "A simulated telephone carrier: no call leaves this machine.",
    link_wait: "Connecting to the carrier…",
    link_up: "Carrier running",
    link_lost: "Carrier unreachable",
    sounds: "Sounds",
    voice: "Voice",
    voice_none: "No French voice here",
    duration: "Duration",

    caller_title: "The caller’s telephone",
    dialled: "Number to dial",
    former: "{number} (former)",
    number_shown: "Number shown",
    withheld: "withheld",
    fiction: "{number} (fiction)",
    caller_heard: "What the caller hears",
    caller_keys: "Keys of the caller",
    call: "Call",
    hang_up: "Hang up",
    caller_idle: "Ready to call",
    caller_hint: "Choose a number, then “Call”. The words of the service will appear here.",

    handset_title: "A psychologist’s telephone",
    which_phone: "Which telephone?",
    no_phone: "No telephone has rung yet.",
    handset_heard: "What the psychologist hears",
    handset_keys: "Keys of the psychologist",
    answer: "Answer",
    decline: "Decline",
    handset_idle: "On the hook",
    handset_hint: "This telephone will ring when a call is waiting.",
    ringing_hint: "A call is waiting. “Answer” picks it up.",
    note_ringing: "rings",
    note_talking: "on the line",
    note_off: "off",
    note_busy: "busy",
    note_mailbox: "mailbox",

    dialling: "Ringing",
    on_line: "On the line with the service",
    talking_with: "Talking with {names}",
    rings: "The telephone rings",
    ended_self: "You hung up",
    ended_service: "The service hung up",
    ended_carrier: "Cut off by the carrier",
    ended: "Call over",
    stopped_ringing: "Did not answer",

    heard_ring: "(ringing)",
    heard_music: "♪ Hold music",
    heard_play: "♪ Recording “{name}”",
    heard_busy: "(busy tone)",
    heard_out: "(this number is not in service)",
    heard_talk: "(you can talk now)",
    pressed: "Key {keys}",

    who_caller: "caller {name}",
    who_client: "browser of {name}",
    who_service: "service",
    who_carrier: "carrier",
    and: " and ",

    traffic_title: "Carrier and service",
    reads: "Show lookups too",
    table: "Table of exchanges",
    table_caption: "Documents the carrier asked for and orders of the service, newest first",
    col_time: "Time",
    col_who: "Who",
    col_what: "What",
    col_answer: "Answer",
    no_rows: "Nothing yet. Call: every document asked for is written here.",
    no_warning: "No warning from the carrier",
    warnings: "⚠ {count} to look at. The last: {last}",
    warning: "warning {code}: {text}",
    forbidden: "broken promise: {text}",
    fault: "fault played: {text}",

    document_voice: "first document of the call",
    document_url: "first document once answered",
    document_action: "document after a step",
    document_redirect: "next document",
    document_wait: "waiting document",
    document_room_wait: "waiting in the conference",
    document_screen: "question before connecting",
    document_fallback: "fallback document",
    callback_number_status: "report: the call is over",
    callback_leg_status: "report: {state}",
    "callback_participant-join": "report: joins the conference",
    "callback_participant-leave": "report: leaves the conference",
    "callback_conference-start": "report: the conference starts",
    "callback_conference-end": "report: the conference ends",
    callback_other: "report: {what}",
    state_queued: "queued", state_initiated: "dialled", state_ringing: "rings",
    "state_in-progress": "picked up", state_completed: "over", state_busy: "busy",
    "state_no-answer": "no answer", state_canceled: "cancelled", state_failed: "failed",
    "rest_calls.create": "order: ring",
    "rest_calls.update": "order: move or end",
    "rest_calls.delete": "order: erase the trace",
    "rest_calls.list": "lookup: calls",
    "rest_calls.fetch": "lookup: a call",
    "rest_queues.list": "lookup: queues",
    "rest_members.list": "lookup: a queue",
    "rest_members.update": "order: out of the queue",
    "rest_conferences.list": "lookup: conferences",
    "rest_conferences.update": "order: end the conference",
    "rest_participants.list": "lookup: a conference",
    "rest_participants.delete": "order: out of the conference",
    "rest_numbers.list": "lookup: our numbers",
    "rest_numbers.update": "order: set up a number",
    rest_other: "order: {what}",
    error_refused: "refused", error_timeout: "too long", error_connect_timeout: "unreachable",
    error_reset: "cut off", error_tls: "TLS", error_bad_url: "bad address", lost: "lost",

    refused: "The carrier refuses: {reason}",
    unreachable: "The carrier does not answer.",
  },
};

const KEPT = "language";
let language = remembered();

function remembered() {
  try {
    return localStorage.getItem(KEPT) === "en" ? "en" : "fr";
  } catch {
    return "fr";
  }
}

export const current = () => language;

export const knows = (key) => key in WORDS.fr;

/** The words of a key, its {places} filled. */
export function say(key, values = {}) {
  return (WORDS[language][key] ?? WORDS.fr[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Put the page into a language: marked elements here, the rest by whoever listens for "language". */
export function speak(chosen) {
  language = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // Storage is shut: the choice lasts as long as the page.
  }
  document.documentElement.lang = chosen;
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-name]")) {
    element.setAttribute("aria-label", say(element.dataset.name));
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
  }
  document.dispatchEvent(new Event("language"));
}

/** A person as the page names them. */
export function who(person) {
  if (person === null) return say("who_carrier");
  return person.kind === "phone" ? person.name : say(`who_${person.kind}`, person);
}

export const everybody = (people) => people.map(who).join(say("and"));
