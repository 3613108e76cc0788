// The browser's own French voice. A voice that is not local would send the words out: it is never used.
export class Voice {
  /** onChange: called with true when there is a voice, false when there is none. */
  constructor(onChange) {
    this.on = false;
    this.voice = null;
    this.whose = null;
    if (!("speechSynthesis" in window)) return;
    const look = () => {
      this.voice = speechSynthesis.getVoices().find((one) => one.localService && one.lang.toLowerCase().startsWith("fr")) ?? null;
      onChange(this.voice !== null);
    };
    speechSynthesis.addEventListener("voiceschanged", look);
    look();
  }

  /** Speak the words among new sounds of `whose` telephone; any other sound cuts short what was being said there. */
  say(whose, sounds) {
    if (!this.on || this.voice === null || sounds.length === 0) return;
    const last = sounds.at(-1);
    if (last.kind === "silence") return;
    if (last.kind !== "say") return this.hush(whose);
    speechSynthesis.cancel();
    this.whose = whose;
    const words = new SpeechSynthesisUtterance(last.text);
    words.voice = this.voice;
    words.lang = this.voice.lang;
    speechSynthesis.speak(words);
  }

  /** Stop speaking for a telephone. */
  hush(whose = this.whose) {
    if (this.voice !== null && whose === this.whose && speechSynthesis.speaking) speechSynthesis.cancel();
  }

  switch(on) {
    this.on = on;
    if (!on) this.hush();
  }
}
