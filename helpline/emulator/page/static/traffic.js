// The table of what the carrier asked of the service and what the service ordered, newest first.
import { current, knows, say, who } from "./words.js";

const KEPT = 50;
const ALERTS = ["warning", "forbidden", "fault"];

export class Traffic {
  constructor(root) {
    this.body = root.querySelector("#rows");
    this.none = root.querySelector("#no-rows");
    this.warnings = root.querySelector("#warnings");
    this.reads = root.querySelector("#reads");
    this.reads.addEventListener("change", () => this.render());
    this.reset();
  }

  reset() {
    this.rows = []; // oldest first; equal neighbours are one row with `times`
    this.lookups = [];
    this.alerts = 0;
    this.last = null;
    this.seen = 0;
    this.render();
  }

  /** New rows, oldest first. After a lost connection some come again. */
  add(rows) {
    for (const row of rows.filter((one) => one.n > this.seen)) {
      this.seen = row.n;
      if (ALERTS.includes(row.kind)) {
        this.alerts += 1;
        this.last = row;
      }
      this.#keep(row.reads ? this.lookups : this.rows, row);
    }
    this.render();
  }

  #keep(list, row) {
    const before = list.at(-1);
    if (before && row.kind === "rest" && sameness(before) === sameness(row)) {
      Object.assign(before, row, { times: (before.times ?? 1) + 1 });
      return;
    }
    list.push({ ...row });
    if (list.length > KEPT) list.shift();
  }

  render() {
    const rows = this.reads.checked ? [...this.rows, ...this.lookups] : [...this.rows];
    rows.sort((one, other) => other.n - one.n);
    this.body.replaceChildren(...rows.slice(0, KEPT).map(inTable));
    this.none.hidden = rows.length > 0;
    const words = this.last === null ? say("no_warning") : say("warnings", { count: this.alerts, last: alert(this.last) });
    if (this.warnings.textContent !== words) this.warnings.textContent = words;
    this.warnings.classList.toggle("some", this.last !== null);
  }
}

const sameness = (row) => JSON.stringify([row.kind, row.what, row.who, row.answer]);

const alert = (row) => say(row.kind, { code: row.what, text: row.text || [row.what, row.path].filter(Boolean).join(" ") });

function inTable(row) {
  const line = document.createElement("tr");
  line.setAttribute("role", "row"); // said outright: in a narrow window rows are laid out anew
  line.classList.toggle("bad", !row.good);
  line.classList.toggle("alert", ALERTS.includes(row.kind));
  line.append(
    cell("time", new Date(row.at_ms).toLocaleTimeString(current() === "fr" ? "fr-FR" : "en-GB")),
    cell("who", row.kind === "rest" ? say("who_service") : who(row.who)),
    what(row),
    cell("answer", answer(row)),
    cell("ms", row.ms === null ? "" : String(row.ms)),
  );
  return line;
}

function cell(name, text) {
  const made = document.createElement("td");
  made.setAttribute("role", "cell");
  made.className = name;
  made.textContent = text;
  return made;
}

function what(row) {
  const made = cell("what", inWords(row));
  if (row.times > 1) made.append(span("times", ` × ${row.times}`));
  if (row.kind === "rest" && row.who) made.append(span("target", who(row.who)));
  if (row.path && !ALERTS.includes(row.kind)) made.append(span("path", row.path));
  return made;
}

function span(name, text) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

function inWords(row) {
  if (ALERTS.includes(row.kind)) return alert(row);
  const key = `${row.kind}_${row.what}`;
  const state = row.state && knows(`state_${row.state}`) ? say(`state_${row.state}`) : row.state ?? "";
  return say(knows(key) ? key : knows(`${row.kind}_other`) ? `${row.kind}_other` : row.what, { state, what: row.what });
}

function answer(row) {
  if (ALERTS.includes(row.kind)) return "";
  if (row.answer === null) return say("lost");
  return knows(`error_${row.answer}`) ? say(`error_${row.answer}`) : row.answer;
}
