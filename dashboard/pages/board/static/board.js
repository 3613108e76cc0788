// The board: what the server says now, and nothing else.

import { clocks, follow, show } from "../desk/live.js";

const board = document.getElementById("board");
const live = document.getElementById("live");
const trouble = document.getElementById("trouble");
const words = document.getElementById("words").dataset;
const tick = clocks(board, board.dataset.now);

follow(
  { stream: board.dataset.stream, state: board.dataset.state },
  {
    state: (html) => {
      show(live, html);
      tick();
    },
    trouble: (word) => {
      const text = word ? words[word] : "";
      if (trouble.textContent !== text) trouble.textContent = text;
    },
  },
);
