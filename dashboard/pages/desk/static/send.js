// Gestures, one after the other in the order they were made. What was not answered is sent again: each is a wish
// about one thing ("this tile on"), so that saying it twice changes nothing more.

const AGAIN_MS = 1000;

/** `on.state(html)` after the last answer, `on.problem(text)` for a refusal, `on.lost` its text when the session is over, `on.waiting(bool)` while some are on their way. */
export function sender(token, on) {
  const queue = [];
  let busy = false;

  const post = async ({ url, body }) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "X-CSRF-Token": token, "X-Desk": "1", "X-By-Script": "1" },
      body: new URLSearchParams(body),
      redirect: "manual",
    });
    if (answer.status >= 500) throw new Error("later");
    const problem = answer.headers.get("X-Desk-Problem");
    on.problem(problem ? decodeURIComponent(problem) : "");
    if (!answer.ok && !problem) on.problem(on.lost);
    return answer.ok ? answer.text() : null;
  };

  const run = async () => {
    busy = true;
    on.waiting(true);
    let html = null;
    while (queue.length) {
      try {
        html = await post(queue[0]);
        queue.shift();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    busy = false;
    on.waiting(false);
    if (html !== null) on.state(html);
  };

  return (url, body) => {
    queue.push({ url, body });
    if (!busy) run();
  };
}
