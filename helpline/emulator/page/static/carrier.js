// The carrier's control API, as this page uses it. Numbers travel in bodies, never in an address of the page.
import { say } from "./words.js";

export class Refused extends Error {}

/** Ask for something. Throws Refused with a sentence for the person. */
export async function ask(path, body = {}) {
  let reply;
  try {
    reply = await fetch(`/control${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refused(say("unreachable"));
  }
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Refused(say("refused", { reason: answer.error ?? String(reply.status) }));
  return answer;
}

/** Listen to the carrier. handlers: event name to function; `link` gets true and false. The browser reconnects. */
export function listen(handlers) {
  const source = new EventSource("/control/events");
  source.onopen = () => handlers.link(true);
  source.onerror = () => handlers.link(false);
  for (const name of ["hello", "phone", "call", "rows", "reset"]) {
    source.addEventListener(name, (event) => handlers[name](JSON.parse(event.data)));
  }
  return source;
}
