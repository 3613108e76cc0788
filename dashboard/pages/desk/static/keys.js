// The fiche by keyboard: a letter goes to a field, a key of that field sets or takes back a tile. Digits are read by
// their place on the keyboard: on a French one they stand under accented letters.

const DIGIT = /^(?:Digit|Numpad)([0-9])$/;

const isText = (element) => element.matches?.("textarea, input:not([type=radio]):not([type=checkbox])");

const digitOf = (event) => event.code?.match(DIGIT)?.[1] ?? "";

const fieldAt = () => document.activeElement?.closest?.(".desk-row, [data-field]") ?? null;

/** Focus a field: the tile that holds, or the first; of the proposals the first row without a choice. */
export function goTo(field) {
  const rows = [...field.querySelectorAll(".desk-row")];
  const place = rows.find((row) => !row.querySelector("input:checked")) ?? rows[0] ?? field;
  (place.querySelector("input:checked") ?? place.querySelector("input"))?.focus();
}

function press(place, key, shift, act) {
  const input = [...place.querySelectorAll("input[data-key]")].find((one) => one.dataset.key === key);
  if (!input || input.disabled) return false;
  input.focus();
  if (shift && input.name === "difficulties") act.main(input);
  else act.tile(input, !input.checked);
  return true;
}

function functionKey(event, act) {
  const nature = document.querySelector(`#f-nature input[data-key="${event.key}"]`);
  if (nature && !nature.disabled) {
    act.tile(nature, !nature.checked);
    return true;
  }
  return act.key(event.key);
}

function letter(event, act) {
  const place = fieldAt();
  const key = digitOf(event) || event.key.toUpperCase();
  if (place && press(place, key, event.shiftKey, act)) return true;
  if (place?.matches(".desk-row") && key === "0") return press(place.closest("[data-field]"), key, false, act);
  const field = document.querySelector(`[data-letter="${CSS.escape(key)}"]`);
  if (field) goTo(field);
  return Boolean(field);
}

/** `act.tile(input, on)`, `act.main(input)`, `act.key(name)` for F-keys, `act.close()`, `act.search()`; `act.enabled()`. */
export function listen(act) {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.isComposing) return;
    const taken = handle(event, act);
    if (taken) event.preventDefault();
  });
}

function handle(event, act) {
  if (event.ctrlKey && event.key === "Enter") return act.close();
  if (event.ctrlKey || event.metaKey) return false;
  if (/^F[789]$/.test(event.key) && event.shiftKey && !event.altKey) return act.key(`Shift+${event.key}`);
  if (/^F([1-9]|10)$/.test(event.key) && !event.altKey && !event.shiftKey) return functionKey(event, act);
  if (event.altKey) return byPlace(digitOf(event));
  if (isText(event.target) || !act.enabled()) return false;
  if (event.key === "/" || (event.code === "NumpadDivide")) return act.search();
  return event.key.length === 1 && event.key !== " " ? letter(event, act) : false;
}

/** Alt+1 to Alt+9: the fields by their place. */
function byPlace(digit) {
  const field = digit && document.querySelectorAll("[data-field]")[Number(digit) - 1];
  if (field) goTo(field);
  return Boolean(field);
}
