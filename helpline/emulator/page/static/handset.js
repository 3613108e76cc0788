// The psychologists' telephones: one is in the hand. The first that rings comes into it by itself, until somebody has
// chosen a telephone or done something with the one in the hand: from then on it stays.
import { ask, isMusic, Telephone } from "./telephone.js";
import { everybody, say } from "./words.js";

const ENDED = { far_end: "ended_self", service: "ended_service", carrier: "ended_carrier" };

export class Handset {
  constructor(root, { sounds, voice }) {
    this.sounds = sounds;
    this.voice = voice;
    this.row = root.querySelector(".row");
    this.none = root.querySelector(".empty-phones");
    this.phones = new Map(); // by id, in the order told
    this.chosen = null;
    this.kept = false;
    const does = (what, body) => {
      this.kept = true;
      return ask(`/phones/${encodeURIComponent(this.chosen)}/${what}`, body);
    };
    this.screen = new Telephone(root, {
      hint: "handset_hint",
      press: (key) => does("press", { keys: key }),
      acts: { answer: () => does("answer"), decline: () => does("decline"), hangup: () => does("hangup") },
    });
    this.render();
  }

  get phone() {
    return this.phones.get(this.chosen) ?? null;
  }

  /** A telephone has changed, or is new. */
  update(phone) {
    if (!this.phones.has(phone.id)) this.#add(phone);
    this.phones.set(phone.id, phone);
    const free = !this.kept && (this.phone?.state ?? "idle") === "idle";
    if (this.chosen === null || (phone.state === "ringing" && free && phone.id !== this.chosen)) this.choose(phone.id);
    else this.render();
  }

  reset() {
    this.phones.clear();
    this.row.replaceChildren();
    this.chosen = null;
    this.kept = false;
    this.screen.clear();
    this.render();
  }

  #add(phone) {
    const one = document.createElement("span");
    const label = document.createElement("label");
    const radio = document.createElement("input");
    const note = document.createElement("span");
    one.className = "one";
    note.className = "note";
    note.id = `phone-note-${this.phones.size + 1}`;
    radio.type = "radio";
    radio.name = "phone";
    radio.id = `phone-${this.phones.size + 1}`;
    radio.value = phone.id;
    radio.setAttribute("aria-describedby", note.id);
    radio.addEventListener("click", () => {
      this.kept = true;
      this.choose(phone.id);
    });
    label.htmlFor = radio.id;
    label.textContent = phone.shown;
    one.append(radio, label, note);
    one.dataset.id = phone.id;
    this.row.append(one);
  }

  choose(id) {
    this.chosen = id;
    this.voice.hush("handset");
    this.screen.clear();
    this.render(true);
  }

  render(afresh = false) {
    const { phone, screen } = this;
    this.none.hidden = this.phones.size > 0;
    for (const one of this.row.children) this.#note(one);
    if (phone === null) {
      screen.allow([], false);
      screen.show("idle", say("handset_idle"));
      screen.tick(null);
      return;
    }
    const { call, state } = phone;
    const can = { ringing: ["answer", "decline"], talking: ["hangup"], idle: [] }[state];
    screen.allow(can, state === "talking", call?.keys_wanted);
    screen.show(state, this.#state(phone));
    screen.tick(call);
    const spoke = call !== null && call.answered_ms !== null;
    const fresh = spoke ? screen.hear(call) : [];
    if (!spoke) screen.clear(state === "ringing" ? "ringing_hint" : "handset_hint");
    this.sounds.play("handset", this.#tune());
    if (state !== "talking") this.voice.hush("handset");
    else if (!afresh) this.voice.say("handset", fresh);
  }

  #note(one) {
    const phone = this.phones.get(one.dataset.id);
    const kind = phone.is === "person" ? "" : say(`note_${phone.is}`);
    one.querySelector("input").checked = phone.id === this.chosen;
    one.querySelector(".note").textContent = phone.state === "idle" ? kind : say(`note_${phone.state}`);
    one.classList.toggle("rings", phone.state === "ringing");
  }

  #state({ state, call }) {
    if (state === "ringing") return say("rings");
    if (state === "talking") return call.with.length > 0 ? say("talking_with", { names: everybody(call.with) }) : say("on_line");
    if (call === null) return say("handset_idle");
    if (call.answered_ms === null && call.ended_by !== "far_end") return say("stopped_ringing");
    return say(ENDED[call.ended_by] ?? "handset_idle");
  }

  /** Any telephone that rings is heard, else what the one in the hand plays. */
  #tune() {
    if ([...this.phones.values()].some((phone) => phone.state === "ringing")) return "ring";
    const { phone } = this;
    return phone?.state === "talking" && isMusic(phone.call.heard.at(-1)) ? "music" : null;
  }

  reword() {
    this.render(true);
  }
}
