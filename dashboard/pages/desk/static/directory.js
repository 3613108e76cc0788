// The directory is searched in the page: what is typed here goes nowhere.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

export function directory(root) {
  const search = root.querySelector("#search");
  const found = root.querySelector("#found");
  const cards = [...root.querySelectorAll(".desk-card")];
  const words = new Map(cards.map((card) => [card, plain(card.dataset.words)]));
  const shown = () => cards.filter((card) => !card.hidden).map((card) => card.querySelector("button"));

  const filter = () => {
    const wanted = plain(search.value).split(/\s+/).filter(Boolean);
    for (const card of cards) card.hidden = !wanted.every((word) => words.get(card).includes(word));
    for (const group of root.querySelectorAll(".desk-group")) {
      group.classList.toggle("empty", wanted.length > 0 && !group.querySelector(".desk-card:not([hidden])"));
    }
    const n = shown().length;
    found.textContent = n === 1 ? found.dataset.one : found.dataset.many.replace("%n", n);
  };

  search.addEventListener("input", filter);
  root.addEventListener("keydown", (event) => {
    const buttons = shown();
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "Escape" && event.target === search) {
      search.value = "";
      filter();
    } else if (event.key === "Enter" && event.target === search && buttons.length) {
      buttons[0].focus();
    } else if (event.key === "ArrowDown" && at < buttons.length - 1) {
      buttons[at + 1].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      (buttons[at - 1] ?? search).focus();
    } else {
      return;
    }
    event.preventDefault();
  });
}
