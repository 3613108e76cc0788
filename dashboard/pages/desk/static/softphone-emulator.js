// The offline carrier's softphone: its control API, at the origin that the policy of this page names.

const RING_WAIT_MS = 4000;
const RENEW_MS = 10000;

export function emulatorSoftphone(origin, identity, on) {
  const base = `${origin}/control/clients/${encodeURIComponent(identity)}`;
  let state = "idle";
  let waiting = [];

  let staying = new AbortController();

  const send = (method, path, body, signal) =>
    fetch(base + path, { method, body: JSON.stringify(body ?? {}), keepalive: true, signal }).then(
      (answer) => answer.ok,
      () => false,
    );
  const register = async () => on.ready(await send("PUT", "", { registered: true }, staying.signal));
  // What still asks to be registered must not come after this: she would be rung where she is no more.
  const leave = () => {
    staying.abort();
    staying = new AbortController();
    if (state === "idle") send("PUT", "", { registered: false });
  };

  const changed = (now) => {
    const before = state;
    state = now;
    if (now === "ringing" && before !== "ringing") {
      on.ring();
      for (const ready of waiting.splice(0)) ready(true);
    }
    if (now === "idle" && before !== "idle") on.end();
  };

  const ringing = () => {
    if (state === "ringing") return Promise.resolve(true);
    return new Promise((resolve) => {
      waiting.push(resolve);
      setTimeout(() => {
        waiting = waiting.filter((one) => one !== resolve);
        resolve(false);
      }, RING_WAIT_MS);
    });
  };

  return {
    async start() {
      const events = new EventSource(`${base}/events`);
      events.addEventListener("state", (event) => {
        const told = JSON.parse(event.data);
        changed(told.state);
        // Another tab of hers that was closed has signed her off.
        if (!told.registered && !document.hidden) register();
      });
      events.addEventListener("error", () => on.ready(false));
      events.addEventListener("open", register);
      setInterval(register, RENEW_MS);
      window.addEventListener("pagehide", leave);
      await register();
    },
    accept: async () => (await ringing()) && send("POST", "/accept"),
    reject: async () => (await ringing()) && send("POST", "/reject"),
    hangUp: () => send("POST", "/hangup"),
    mute: async () => {},
  };
}
