// The caller's telephone. It follows the call that was dialled in this tab, also after a reload.
import { ask, isMusic, Telephone } from "./telephone.js";
import { everybody, say } from "./words.js";

const KEPT = "call";
const QUIET_MS = 1500;
const ENDED = { far_end: "ended_self", service: "ended_service", carrier: "ended_carrier" };

export class Caller {
  constructor(root, { sounds, voice }) {
    this.sounds = sounds;
    this.voice = voice;
    this.dialled = root.querySelector("#dialled");
    this.shown = root.querySelector("#shown");
    this.run = null; // of the carrier: its handles begin again with each start
    this.handle = null;
    this.calls = new Map(); // by handle, as last told: the stream may be quicker than the answer to dialling
    this.screen = new Telephone(root, {
      hint: "caller_hint",
      press: (key) => ask(`/calls/${this.handle}/press`, { keys: key }),
      acts: { call: () => this.#dial(), hangup: () => ask(`/calls/${this.handle}/hangup`) },
      onEnter: () => this.#mayRedial() && this.screen.attempt(() => this.#dial()),
    });
    this.render();
  }

  get call() {
    return this.calls.get(this.handle) ?? null;
  }

  #busy() {
    return this.call !== null && this.call.state !== "ended";
  }

  /** Not at once after a call: the Enter that hung up may still be on its way. */
  #mayRedial() {
    return !this.#busy() && Date.now() - (this.call?.ended_ms ?? 0) > QUIET_MS;
  }

  async #dial() {
    const answer = await ask("/calls", { from: this.shown.value || null, to: this.dialled.value });
    this.handle = answer.call;
    sessionStorage.setItem(KEPT, `${this.run} ${this.handle}`);
    this.screen.clear();
    this.screen.keys.focus({ preventScroll: true });
    this.render();
  }

  /** What can be dialled, and as whom. */
  hello({ run, lines, callers }) {
    this.run = run;
    const [ofRun, handle] = (sessionStorage.getItem(KEPT) ?? "").split(" ");
    this.handle = ofRun === String(run) ? handle : null;
    this.numbers = { lines, callers };
    this.#offer();
  }

  #offer() {
    const { lines, callers } = this.numbers;
    this.#fill(this.dialled, lines.map((line) => [line.number, line.former ? say("former", { number: line.shown }) : line.shown]));
    const numbers = callers.map((one) => [one.number, say("fiction", { number: one.shown })]);
    this.#fill(this.shown, [["", say("withheld")], ...numbers]);
  }

  #fill(select, options) {
    const chosen = select.value;
    select.replaceChildren(...options.map(([value, words]) => new Option(words, value)));
    if (options.some(([value]) => value === chosen)) select.value = chosen;
  }

  /** A call has changed; only the one of this tab is shown. */
  update(call) {
    this.calls.set(call.leg, call);
    if (call.leg === this.handle) this.render();
  }

  /** The carrier has forgotten everything. */
  reset() {
    this.calls.clear();
    this.handle = null;
    sessionStorage.removeItem(KEPT);
    this.screen.clear();
    this.render();
  }

  render() {
    const { call, screen } = this;
    const busy = this.#busy();
    this.dialled.disabled = this.shown.disabled = busy;
    screen.allow(busy ? ["hangup"] : ["call"], call?.state === "talking", call?.keys_wanted);
    screen.tick(call);
    if (call === null) {
      screen.show("idle", say("caller_idle"));
      this.sounds.play("caller", null);
      return;
    }
    const fresh = screen.hear(call);
    screen.show(mood(call), this.#state(call));
    const last = call.heard.at(-1);
    this.sounds.play("caller", busy ? tune(last) : null);
    if (busy) this.voice.say("caller", fresh);
    else this.voice.hush("caller");
  }

  #state(call) {
    if (call.state === "ringing") return say("dialling");
    if (call.state === "ended") return say(ENDED[call.ended_by] ?? "ended");
    return call.with.length > 0 ? say("talking_with", { names: everybody(call.with) }) : say("on_line");
  }

  /** Other words, same state. */
  reword() {
    if (this.run !== null) this.#offer();
    if (this.call === null) this.screen.clear();
    this.render();
  }
}

const mood = (call) => (call.state === "ringing" ? "dialling" : call.state === "talking" ? "talking" : "ended");

function tune(sound) {
  if (isMusic(sound)) return "music";
  if (sound?.kind === "ring") return "ringback";
  return sound?.kind === "tone" ? "busy" : null;
}
