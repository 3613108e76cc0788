// A page that shows what the server says now. The stream brings the whole state each time it differs; when there is
// no stream to be had, the state is asked for every two seconds. What is on the page already stays the same element.

const POLL_MS = 2000;
const STREAM_AGAIN_MS = 30000;
const CUT_MS = 4000;

/** Make `from` equal to `to`, keeping every element that can be kept, and with it focus and scroll. */
export function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || (from.id || "") !== (to.id || "")) {
    from.replaceWith(to.cloneNode(true));
    return;
  }
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) return;
  morphAttributes(from, to);
  if (from.dataset.since === undefined && from.dataset.until === undefined) morphChildren(from, to);
}

/** What she has unfolded stays so. */
const opened = (element, name) => element.nodeName === "DETAILS" && name === "open";

function morphAttributes(from, to) {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !opened(from, name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  if (from.nodeName === "INPUT" && /^(radio|checkbox)$/.test(from.type)) from.checked = to.hasAttribute("checked");
}

function morphChildren(from, to) {
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const known = wanted.id && [...from.children].find((child) => child.id === wanted.id);
    if (known) {
      if (known === at) at = at.nextSibling;
      else from.insertBefore(known, at);
      morph(known, wanted);
    } else if (at && at.nodeName === wanted.nodeName && !at.id && !wanted.id) {
      const next = at.nextSibling;
      morph(at, wanted);
      at = next;
    } else {
      from.insertBefore(wanted.cloneNode(true), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Put the parts of `html` over those of the same id, and focus back where it was or to the part's heading. */
export function show(root, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const part = focused && [...root.children].find((child) => child.contains(focused));
  morphChildren(root, fresh.content);
  if (focused && document.activeElement !== focused) {
    const again = (focused.id && document.getElementById(focused.id)) || (part && part.querySelector("h2"));
    if (again) again.focus();
  }
}

/** Clocks: `data-since` counts up, `data-until` down, both in the server's time. */
export function clocks(root, serverNowMs) {
  const ahead = Number(serverNowMs) - Date.now();
  const tick = () => {
    for (const time of root.querySelectorAll("time[data-since], time[data-until]")) {
      const { since, until } = time.dataset;
      const ms = since ? Date.now() + ahead - Number(since) : until ? Number(until) - Date.now() - ahead : NaN;
      const text = Number.isNaN(ms) ? "" : clock(Math.max(0, Math.round(ms / 1000)));
      if (time.textContent !== text) time.textContent = text;
    }
  };
  tick();
  setInterval(tick, 250);
  return tick;
}

function clock(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Follow a page. `on.state(html)`, `on.trouble(word)` with "", "cut", "away" or "over". */
export function follow(urls, on) {
  let source = null;
  let cut = 0;
  let polling = 0;
  const fine = () => {
    clearTimeout(cut);
    cut = 0;
    on.trouble("");
  };
  const lost = () => {
    if (!cut) cut = setTimeout(() => on.trouble("cut"), CUT_MS);
  };
  const over = () => {
    source?.close();
    clearInterval(polling);
    on.trouble("over");
  };
  const poll = async () => {
    try {
      const answer = await fetch(urls.state, { headers: { "X-By-Script": "1" }, redirect: "manual" });
      if (answer.status === 401) return over();
      if (!answer.ok) return answer.status === 503 ? on.trouble("away") : lost();
      fine();
      on.state(await answer.text());
    } catch {
      lost();
    }
  };
  const open = () => {
    source = new EventSource(urls.stream);
    source.addEventListener("open", () => {
      clearInterval(polling);
      polling = 0;
      fine();
    });
    source.addEventListener("message", (event) => {
      fine();
      on.state(event.data);
    });
    source.addEventListener("away", () => on.trouble("away"));
    source.addEventListener("over", over);
    source.addEventListener("error", () => {
      lost();
      if (source.readyState !== EventSource.CLOSED) return;
      if (!polling) polling = setInterval(poll, POLL_MS);
      poll();
      setTimeout(open, STREAM_AGAIN_MS);
    });
  };
  open();
}
