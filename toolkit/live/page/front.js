// SPDX-License-Identifier: Apache-2.0
// What a search has come to: every candidate over its time, those that no other beats; a click makes one the project's.

import { get, post } from "./api.js";
import { fillTable } from "./table.js";

const by = (id) => document.getElementById(id);
const WIDTH = 440, HEIGHT = 240, LEFT = 52, TOP = 14, BOTTOM = 40, RIGHT = 14;

function made(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

// Returns what gives the place of a value between start and end, and the least and the greatest value.
function axis(values, start, end) {
  const low = Math.min(...values), high = Math.max(...values), reach = high - low || 1;
  return [(value) => start + ((value - low) / reach) * (end - start), low, high];
}

export class Front {
  // onChosen hears that tinyml.toml is another one; onStart is to start a search up to so many candidates.
  constructor(onChosen, onStart) {
    this.onChosen = onChosen;
    by("search-start").addEventListener("click", () => onStart(this.count + Number(by("search-trials").value)));
    this.count = 0;
  }

  async load() {
    let found;
    try {
      found = await get("api/search");
    } catch (problem) {
      this.say(problem.text);
      return;
    }
    this.count = found.count;
    by("search-said").textContent = found.has ? found.summary : found.why || "Nothing was searched yet.";
    by("search-front").replaceChildren(...(found.points?.length ? [this.plot(found)] : []));
    if (!found.front?.length) return by("search-table").replaceChildren();
    const rows = found.front.map(({ number, row }) => [...row, this.button(number)]);
    fillTable(by("search-table"), [...found.headings, ""], rows);
  }

  button(number) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Choose";
    button.dataset.trial = number;
    button.setAttribute("aria-label", `Make trial ${number} the project's`);
    button.addEventListener("click", () => this.choose(number));
    return button;
  }

  plot({ points, names }) {
    const svg = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": `${names[0]} over ${names[1]}` });
    const [x, least, most] = axis(points.map((p) => p.time), LEFT, WIDTH - RIGHT);
    const [y, low, high] = axis(points.map((p) => p.score), HEIGHT - BOTTOM, TOP);
    const text = (at, up, anchor, words) => svg.append(made("text", { x: at, y: up, "text-anchor": anchor }, words));
    svg.append(made("path", { class: "grid", d: `M${LEFT} ${HEIGHT - BOTTOM + 8}H${WIDTH - RIGHT}`, stroke: "currentColor", "stroke-opacity": 0.25 }));
    text(LEFT - 6, y(low) + 4, "end", low.toPrecision(3));
    if (high !== low) text(LEFT - 6, y(high) + 4, "end", high.toPrecision(3));
    text(LEFT, HEIGHT - 16, "start", least.toPrecision(3));
    text(WIDTH - RIGHT, HEIGHT - 16, "end", most.toPrecision(3));
    text((LEFT + WIDTH) / 2, HEIGHT - 2, "middle", `${names[1]}; ${names[0]} upwards`);
    for (const point of [...points].sort((a, b) => a.is_best - b.is_best)) svg.append(this.point(point, x, y));
    return svg;
  }

  point(point, x, y) {
    const kinds = ["point", point.is_best ? "best" : "", point.is_own ? "own" : ""].filter(Boolean).join(" ");
    const dot = made("circle", { class: kinds, cx: x(point.time), cy: y(point.score), r: point.is_best ? 6 : 4 });
    dot.append(made("title", {}, `trial ${point.number}: ${point.label}, ${point.score.toPrecision(4)}, ${point.ram.toLocaleString("en")} B of RAM`));
    if (!point.is_best) return dot;
    dot.dataset.trial = point.number;
    dot.setAttribute("tabindex", "0");
    dot.setAttribute("role", "button");
    dot.setAttribute("aria-label", `Make trial ${point.number}, ${point.label}, the project's`);
    dot.addEventListener("click", () => this.choose(point.number));
    dot.addEventListener("keydown", (event) => event.key === "Enter" && this.choose(point.number));
    return dot;
  }

  async choose(number) {
    try {
      const said = await post(`api/search/${number}`);
      by("search-said").textContent = `tinyml.toml has trial ${said.chosen} now, ${said.label}; ${said.backup} is what stood there.`;
      this.say("");
      this.onChosen();
    } catch (problem) {
      this.say(problem.text);
    }
  }

  say(text) {
    by("search-problem").hidden = !text;
    by("search-problem").textContent = text;
  }
}
