// The desk: what the server says is shown, what she does is sent. Nothing of a call is kept in the browser.

import { clocks, follow, show } from "./live.js";
import { goTo, listen } from "./keys.js";
import { ringer } from "./ring.js";
import { sender } from "./send.js";
import { softphoneOf } from "./softphone.js";
import { directory } from "./directory.js";

const DOUBLE_CLICK_MS = 600;

const desk = document.getElementById("desk");
const live = document.getElementById("live");
const problem = document.getElementById("problem");
const trouble = document.getElementById("trouble");
const words = document.getElementById("words").dataset;
const ring = ringer(words);
const tick = clocks(desk, desk.dataset.now);
let sending = false;
let shownAt = 0;
let held = "";
let told = "";
let askedTwice = 0;
let saidInTalk = 0;
let keysOn = true;
let micOff = false;

const softphone = softphoneOf(desk.dataset, {
  ring: () => {},
  end: () => {
    micOff = false;
    dress();
  },
  ready: (yes) => {
    desk.classList.toggle("no-softphone", !yes);
    if (yes) fetch("/desk/softphone", { method: "POST", headers: { "X-CSRF-Token": desk.dataset.token } }).catch(() => {});
  },
});

const call = () => document.getElementById("desk-call");
const fiche = () => document.getElementById("desk-fiche").dataset.fiche;
const ficheUrl = (what) => `/desk/fiche/${fiche()}/${what}`;

function say(text) {
  document.getElementById("say").textContent = text;
}

function complain(text) {
  if (problem.textContent !== text) problem.textContent = text;
}

/** What the server does not know: how this page is set. */
function dress() {
  const pressed = { keys: keysOn, mute: micOff };
  for (const [name, on] of Object.entries(pressed)) {
    for (const button of desk.querySelectorAll(`[data-do=${name}]`)) button.setAttribute("aria-pressed", String(on));
  }
  desk.classList.toggle("keys-off", !keysOn);
}

const at = (html) => Number(html.match(/data-at="(\d+)"/)?.[1] ?? 0);

/** Show a state unless a later one is shown. While gestures are on their way it is held: they are shown already. */
function state(html) {
  if (at(html) < Math.max(shownAt, at(held))) return;
  if (sending) {
    held = html;
    return;
  }
  held = "";
  shownAt = at(html);
  show(live, html);
  tick();
  const { is, attempt } = call().dataset;
  if (is === "ringing" && attempt) ring.start();
  else ring.stop();
  const now = document.getElementById("her-state").children[1].textContent;
  if (told && now !== told) say(now);
  told = now;
  dress();
}

const send = sender(desk.dataset.token, {
  state,
  lost: words.over,
  problem: (text) => {
    complain(text);
    if (text && document.getElementById("f-issue")) goTo(document.getElementById("f-issue"));
  },
  waiting: (yes) => {
    sending = yes;
    desk.classList.toggle("sending", yes);
    if (!yes && held) state(held);
  },
});

function tile(input, on) {
  if (input.closest(".desk-row")) {
    const { type, structure } = input.closest(".desk-row").dataset;
    send(ficheUrl("choose"), { type, structure, choice: on ? input.value : "" });
  } else {
    send(ficheUrl("note"), { field: input.name, code: input.value, on: on ? "1" : "0" });
  }
  input.checked = on;
}

function main(input) {
  const on = !input.closest(".dt").classList.contains("main");
  input.checked = true;
  send(ficheUrl("note"), { field: "main_difficulty", code: input.value, on: on ? "1" : "0" });
}

async function accept() {
  if (!(await softphone.accept())) complain(words.noLeg);
}

function conclude() {
  const form = call().querySelector("form[action$='/conclude']");
  if (!form) return false;
  if (Date.now() - askedTwice < 4000) form.requestSubmit();
  else complain(words.again);
  askedTwice = Date.now();
  return true;
}

/** Unfold who can be called, and go to the first of them. */
function callThird() {
  const list = document.getElementById("third");
  if (!list) return false;
  list.open = !list.open;
  list.querySelector(list.open ? "button" : "summary")?.focus();
  return true;
}

const gestures = {
  accept,
  decline: () => softphone.reject(),
  mute: () => {
    micOff = !micOff;
    softphone.mute(micOff);
    dress();
  },
  keys: () => {
    keysOn = !keysOn;
    dress();
  },
  propose: (button) => fiche() && send(ficheUrl("propose"), { ...pick(button.dataset) }),
  withdraw: (button) => send(ficheUrl("withdraw"), { ...pick(button.closest(".desk-row").dataset) }),
};
const pick = ({ type, structure }) => ({ type, structure });

const byKey = {
  F7: () => press(call().dataset.is === "break" ? "#to-available" : "#to-break"),
  F8: () => press("[data-do=accept]"),
  F9: () => press("[data-do=decline]"),
  F10: conclude,
  "Shift+F7": () => press("#do-together, #do-hand_over, #to-next"),
  "Shift+F8": () => press("#do-hold, #do-resume, #do-let_go, #to-longer"),
  "Shift+F9": callThird,
};

function press(selector) {
  const button = call().querySelector(selector);
  if (button && !button.disabled) button.click();
  return Boolean(button);
}

listen({
  tile,
  main,
  key: (name) => byKey[name]?.() ?? false,
  close: () => {
    document.getElementById("close")?.requestSubmit();
    return true;
  },
  search: () => {
    document.getElementById("search").focus();
    return true;
  },
  enabled: () => keysOn,
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && !button.disabled) gestures[button.dataset.do](button);
  const radio = event.target.closest("input[type=radio]");
  // A second press on the tile that holds takes it back.
  if (radio && radio.dataset.held === "yes") tile(radio, false);
});
document.addEventListener("pointerdown", (event) => {
  const radio = event.target.closest(".dt")?.querySelector("input[type=radio]");
  if (radio) radio.dataset.held = radio.checked ? "yes" : "";
});
document.addEventListener("dblclick", (event) => {
  const input = event.target.closest(".dt")?.querySelector("input[name=difficulties]");
  if (input) main(input);
});
document.addEventListener("change", (event) => {
  if (event.target.closest("#desk-fiche") && event.target.matches("input")) tile(event.target, event.target.checked);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-desk]")) return;
  event.preventDefault();
  delete form.dataset.sent;
  const button = event.submitter;
  if (button?.getAttribute("aria-pressed") === "true") return;
  if (form.id === "talk") {
    // The second of a double click would meet another button in the same place: hold, and back at once.
    if (Date.now() - saidInTalk < DOUBLE_CLICK_MS) return;
    saidInTalk = Date.now();
  }
  send(form.action, button?.name ? { [button.name]: button.value } : {});
});

directory(document.getElementById("desk-directory"));
follow(
  { stream: desk.dataset.stream, state: desk.dataset.state },
  {
    state,
    trouble: (word) => {
      const text = word ? words[word] : "";
      if (trouble.textContent !== text) trouble.textContent = text;
    },
  },
);
if (softphone.exists) softphone.start();
