// Soft tones made here, so that nothing has to be fetched: ringing back, a telephone's bell, music of waiting, busy.
const SCORES = {
  // France: 440 Hz, 1.5 s in 5 s. Notes: [start s, length s, Hz].
  ringback: { every: 5, gain: 0.05, notes: [[0, 1.5, 440]] },
  busy: { every: 1, gain: 0.04, notes: [[0, 0.5, 440]] },
  ring: {
    every: 3,
    gain: 0.06,
    notes: Array.from({ length: 10 }, (_, place) => [place * 0.1, 0.09, place % 2 ? 660 : 784]),
  },
  music: {
    every: 8,
    gain: 0.035,
    notes: [[0, 262], [0.5, 330], [1, 392], [1.5, 523], [2, 440], [2.5, 349], [3, 262], [3.5, 349],
      [4, 294], [4.5, 349], [5, 440], [5.5, 587], [6, 494], [6.5, 392], [7, 294], [7.5, 392]]
      .map(([start, pitch]) => [start, 1.4, pitch]),
  },
};

export class Sounds {
  constructor() {
    this.on = true;
    this.context = null;
    this.players = new Map(); // who plays to { name, timer, gain }
    // Browsers let a page be heard only once somebody has touched it.
    for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, () => this.#wake());
  }

  #wake() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
    for (const [who, player] of this.players) if (!player.gain) this.#start(who, player.name);
  }

  /** Let `who` (a telephone) play a score, or nothing. The same again goes on. */
  play(who, name) {
    if (this.players.get(who)?.name === name || (!name && !this.players.has(who))) return;
    this.#stop(who);
    if (name) this.#start(who, name);
  }

  switch(on) {
    this.on = on;
    for (const player of this.players.values()) if (player.gain) player.gain.gain.value = on ? player.loud : 0;
  }

  #start(who, name) {
    this.#stop(who);
    const player = { name, gain: null, timer: 0, loud: SCORES[name].gain };
    this.players.set(who, player);
    if (this.context?.state !== "running") return;
    player.gain = this.context.createGain();
    player.gain.gain.value = this.on ? player.loud : 0;
    player.gain.connect(this.context.destination);
    const round = () => this.#round(SCORES[name], player.gain);
    round();
    player.timer = setInterval(round, SCORES[name].every * 1000);
  }

  #stop(who) {
    const player = this.players.get(who);
    if (!player) return;
    clearInterval(player.timer);
    player.gain?.disconnect();
    this.players.delete(who);
  }

  #round({ notes }, out) {
    const now = this.context.currentTime + 0.02;
    for (const [start, length, pitch] of notes) {
      const note = this.context.createOscillator();
      const shape = this.context.createGain();
      note.frequency.value = pitch;
      shape.gain.setValueAtTime(0, now + start);
      shape.gain.linearRampToValueAtTime(1, now + start + 0.02);
      shape.gain.setValueAtTime(1, now + start + Math.max(0.02, length - 0.05));
      shape.gain.linearRampToValueAtTime(0, now + start + length);
      note.connect(shape).connect(out);
      note.start(now + start);
      note.stop(now + start + length);
    }
  }
}
