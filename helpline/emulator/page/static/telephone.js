// What the two telephones share: a screen with state, clock and words heard, twelve keys, and buttons.
import { ask } from "./carrier.js";
import { say } from "./words.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const MUSIC = /attente|music|musique|hold/i;

export class Telephone {
  /** root: its section. acts: name of a button to what it does. press: gets keys. hint: what an idle screen says. */
  constructor(root, { acts, press, hint, onEnter }) {
    this.root = root;
    this.hint = hint;
    this.leg = null;
    this.next = 0; // how many sounds of the leg are on the screen
    this.heard = root.querySelector(".heard");
    this.keys = root.querySelector(".keys");
    this.state = root.querySelector(".state");
    this.clock = root.querySelector(".clock");
    this.trouble = root.querySelector(".trouble");
    this.buttons = {};
    for (const button of root.querySelectorAll("[data-do]")) {
      this.buttons[button.dataset.do] = button;
      button.addEventListener("click", () => this.attempt(acts[button.dataset.do]));
    }
    this.#makeKeys(press);
    root.addEventListener("keydown", (event) => this.#onKey(event, press, onEnter));
    this.clear();
  }

  #makeKeys(press) {
    for (const key of KEYS) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "key";
      button.textContent = key;
      button.dataset.key = key;
      button.addEventListener("click", () => this.#press(key, press));
      this.keys.append(button);
    }
  }

  #onKey(event, press, onEnter) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("select")) return;
    if (KEYS.includes(event.key)) {
      event.preventDefault();
      if (!event.repeat) this.#press(event.key, press);
    } else if (event.key === "Enter" && event.target === this.keys && onEnter) {
      event.preventDefault();
      if (!event.repeat) onEnter();
    }
  }

  #press(key, press) {
    const button = this.keys.querySelector(`[data-key="${key}"]`);
    if (button.disabled) return;
    button.classList.add("down");
    setTimeout(() => button.classList.remove("down"), 150);
    this.attempt(() => press(key));
  }

  /** Do something at the carrier; a refusal is told under the buttons. */
  async attempt(what) {
    try {
      await what();
      this.trouble.hidden = true;
    } catch (error) {
      this.trouble.textContent = error.message;
      this.trouble.hidden = false;
    }
  }

  /** After a button has gone dark its focus would be lost: the keys take it. */
  keepFocus() {
    const at = document.activeElement;
    if (at === document.body || (this.root.contains(at) && at.disabled)) this.keys.focus({ preventScroll: true });
  }

  /** Which buttons and keys can be used now. */
  allow(names, keys, wanted = false) {
    const had = this.root.contains(document.activeElement);
    for (const [name, button] of Object.entries(this.buttons)) button.disabled = !names.includes(name);
    for (const key of this.keys.children) key.disabled = !keys;
    this.keys.classList.toggle("wanted", keys && wanted);
    if (had) this.keepFocus();
  }

  /** mood: idle, ringing, talking or ended. */
  show(mood, words) {
    for (const name of ["ringing", "talking"]) this.root.classList.toggle(name, name === mood);
    if (this.state.textContent !== words) this.state.textContent = words;
  }

  /** An empty screen with a hint, written once: the log is read aloud to who cannot see it. */
  clear(words = this.hint) {
    this.leg = null;
    this.next = 0;
    if (this.heard.children.length === 1 && this.heard.firstElementChild.textContent === say(words)) return;
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = say(words);
    this.heard.replaceChildren(hint);
  }

  /** Write what was heard since the last time; gives the new sounds. */
  hear(call) {
    if (call.leg !== this.leg) {
      this.clear();
      this.heard.replaceChildren();
      this.leg = call.leg;
    }
    const fresh = call.heard.slice(Math.max(0, this.next - call.first));
    this.next = call.first + call.heard.length;
    for (const sound of fresh) this.#write(sound);
    const last = call.heard.at(-1);
    const over = call.state === "ended" || last?.kind === "silence";
    this.heard.firstElementChild?.classList.toggle("past", over);
    return fresh;
  }

  #write(sound) {
    const words = inWords(sound);
    if (words === null) return;
    const line = document.createElement("p");
    line.textContent = words;
    if (sound.kind === "say") line.lang = "fr";
    line.className = "now";
    this.heard.firstElementChild?.classList.remove("now", "past");
    this.heard.prepend(line);
    this.heard.scrollTop = 0;
    while (this.heard.children.length > 30) this.heard.lastElementChild.remove();
  }

  /** Seconds of the call, minutes before them. */
  tick(call) {
    const from = call && (call.answered_ms ?? call.began_ms);
    const seconds = from ? Math.max(0, Math.floor(((call.ended_ms ?? Date.now()) - from) / 1000)) : null;
    const text = seconds === null ? "" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (this.clock.textContent !== text) this.clock.textContent = text;
  }
}

/** A sound as a caption; null for one that has none. */
export function inWords(sound) {
  switch (sound.kind) {
    case "say":
      return sound.text;
    case "play":
      return MUSIC.test(sound.text) ? say("heard_music") : say("heard_play", { name: sound.text });
    case "music":
      return say("heard_music");
    case "tone":
      return say(sound.text === "busy" ? "heard_busy" : "heard_out");
    case "talk":
      return say("heard_talk");
    default:
      return null;
  }
}

export const isMusic = (sound) => sound?.kind === "music" || sound?.kind === "play";
export { ask };
