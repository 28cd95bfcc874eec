// SPDX-License-Identifier: Apache-2.0
// What each layer makes of the sample at hand: int8, float and what parts them, the firmware.

import { get } from "./api.js";
import { LEAST_DB, whole } from "./graph.js";
import { cell } from "./table.js";
import { draw } from "./view.js";

const by = (id) => document.getElementById(id);
const TITLES = { float: "float", int8: "int8", board: "firmware", difference: "|float - int8|" };

function figure(kind, layer, view, words) {
  const made = document.createElement("figure"), canvas = document.createElement("canvas"), caption = document.createElement("figcaption");
  draw(canvas, view);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${layer.layer}, ${TITLES[kind]}: ${layer.shape.slice(1).join(" x ")}, ${words}`);
  made.dataset.on = kind;
  caption.append(cell("strong", TITLES[kind]), ` ${words}`);
  made.append(canvas, caption);
  return made;
}

export class Maps {
  // onChange hears that there is more to show.
  constructor(onChange) {
    this.onChange = onChange;
    this.clear();
    by("maps-show").addEventListener("click", () => this.ask());
  }

  clear() {
    this.found = {};
    by("maps").replaceChildren();
    by("maps-said").textContent = "";
  }

  // The integers are there at once, the others as they come.
  async ask() {
    const sample = document.querySelector(".column[data-sample]")?.dataset.sample;
    if (!sample) {
      this.fail("No sample is at hand. Choose one in Try it first.");
      return;
    }
    this.clear();
    this.fail("");
    by("maps-show").disabled = true;
    const missing = [];
    for (const on of ["int8", "float", "board"]) {
      try {
        by("maps-said").textContent = `asking the layers: ${TITLES[on]} ...`;
        this.found[on] = await get(`api/samples/${sample}/layers/${on}`);
        if (this.found[on].missing) missing.push(this.found[on].missing);
        this.draw();
      } catch (problem) {
        missing.push(problem.text);
      }
    }
    by("maps-show").disabled = false;
    const { name, layers } = this.found.int8 || {};
    by("maps-said").textContent = layers ? `${name}: ${layers.length} layers, bright is high` : "";
    this.fail(missing.join("\n"));
  }

  draw() {
    by("maps").replaceChildren(...(this.found.int8?.layers || []).map((layer) => this.line(layer)));
    this.onChange();
  }

  line(layer) {
    const line = document.createElement("li"), title = document.createElement("div"), row = document.createElement("div");
    title.append(cell("strong", layer.layer), ` ${layer.operator}, ${layer.shape.slice(1).join("x")}`);
    if (layer.sqnr_db != null) {
      const loss = cell("span", `${layer.sqnr_db.toFixed(1)} dB`);
      if (layer.sqnr_db < LEAST_DB) loss.className = "bad";
      title.append(", ", loss);
    }
    row.className = "maps-row";
    row.append(...this.of(layer.layer));
    line.append(title, row);
    return line;
  }

  // Returns the pictures of a layer by its name.
  of(name) {
    const [float, int8, board] = ["float", "int8", "board"].map((on) => this.found[on]?.layers.find((layer) => layer.layer === name));
    if (!int8) return [];
    const made = [figure("int8", int8, int8.view, `${int8.least.toPrecision(3)} to ${int8.greatest.toPrecision(3)}`)];
    if (float?.view) {
      made.unshift(figure("float", int8, float.view, `${float.sqnr_db.toFixed(1)} dB above the difference`));
      made.push(figure("difference", int8, float.difference.view, `at most ${float.difference.most.toPrecision(3)}`));
    }
    if (board?.view) {
      made.splice(float?.view ? 2 : 1, 0, figure("board", int8, board.view, board.unequal ? `${whole(board.unequal)} DIFFER` : "every byte as int8"));
    }
    return made;
  }

  fail(text) {
    by("maps-problem").hidden = !text;
    by("maps-problem").textContent = text;
  }
}
