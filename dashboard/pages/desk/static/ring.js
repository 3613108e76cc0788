// How an offer draws attention: two soft tones, the title of the tab, and a notification that says nothing.

const EVERY_MS = 2400;

export function ringer(words) {
  const title = document.title;
  let sound = null;
  let timer = 0;
  let notice = null;

  // A browser gives sound only after a gesture; the first one of any kind will do.
  const wake = () => {
    sound ??= new AudioContext();
    if (sound.state === "suspended") sound.resume();
    if ("Notification" in window && Notification.permission === "default") Notification.requestPermission();
  };
  for (const gesture of ["pointerdown", "keydown"]) window.addEventListener(gesture, wake, { once: true });

  const tone = (hertz, from_s) => {
    const wave = sound.createOscillator();
    const volume = sound.createGain();
    wave.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, sound.currentTime + from_s);
    volume.gain.exponentialRampToValueAtTime(0.18, sound.currentTime + from_s + 0.04);
    volume.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + from_s + 0.5);
    wave.connect(volume).connect(sound.destination);
    wave.start(sound.currentTime + from_s);
    wave.stop(sound.currentTime + from_s + 0.55);
  };
  const once = () => {
    document.title = document.title === title ? `☎ ${words.incoming}` : title;
    if (sound?.state !== "running") return;
    tone(587, 0);
    tone(784, 0.35);
  };

  return {
    /** Whether a sound would be heard. */
    audible: () => sound?.state === "running",
    start() {
      if (timer) return;
      once();
      timer = setInterval(once, EVERY_MS);
      if ("Notification" in window && Notification.permission === "granted" && document.hidden) {
        notice = new Notification("Entraide");
        notice.onclick = () => window.focus();
      }
    },
    stop() {
      clearInterval(timer);
      timer = 0;
      notice?.close();
      notice = null;
      document.title = title;
    },
  };
}
