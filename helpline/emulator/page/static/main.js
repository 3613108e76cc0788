// Puts the page together.
import { Caller } from "./caller.js";
import { listen } from "./carrier.js";
import { Handset } from "./handset.js";
import { Sounds } from "./sounds.js";
import { Traffic } from "./traffic.js";
import { Voice } from "./voice.js";
import { current, say, speak } from "./words.js";

const byId = (id) => document.getElementById(id);
const sounds = new Sounds();
const voice = new Voice((found) => {
  const button = byId("voice");
  button.disabled = !found;
  button.dataset.say = found ? "voice" : "voice_none";
  button.textContent = say(button.dataset.say);
});
const parts = { sounds, voice };
const caller = new Caller(byId("caller"), parts);
const handset = new Handset(byId("handset"), parts);
const traffic = new Traffic(document);

function toggle(id, part) {
  byId(id).addEventListener("click", (event) => {
    part.switch(!part.on);
    event.currentTarget.setAttribute("aria-pressed", String(part.on));
  });
}

toggle("sounds", sounds);
toggle("voice", voice);
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
document.addEventListener("language", () => {
  caller.reword();
  handset.reword();
  traffic.render();
});
speak(current());

function startAfresh() {
  caller.reset();
  handset.reset();
  traffic.reset();
}

listen({
  link(up) {
    const line = byId("link");
    line.dataset.say = up ? "link_up" : "link_lost";
    line.textContent = say(line.dataset.say);
    line.classList.toggle("lost", !up);
  },
  hello(message) {
    if (caller.run !== null && caller.run !== message.run) startAfresh();
    caller.hello(message);
  },
  phone: (message) => handset.update(message),
  call: (message) => caller.update(message),
  rows: (message) => traffic.add(message),
  reset: startAfresh,
});

setInterval(() => {
  caller.screen.tick(caller.call);
  handset.screen.tick(handset.phone?.call ?? null);
}, 250);
