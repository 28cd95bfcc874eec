// SPDX-License-Identifier: Apache-2.0
// "Look inside": the layers and what each costs and makes of the sample at hand, the arena over time, and the
// emulated board: its sensors, UART and LED.

import { get, post } from "./api.js";
import { Sensors } from "./sensors.js";
import { cell, fillTable } from "./table.js";
import { draw } from "./view.js";

const by = (id) => document.getElementById(id);
const whole = (number) => number.toLocaleString("en");
const LEAST_DB = 15; // as toolkit/quantization/loss.py has it: behind such a layer little is left

export class Inside {
  constructor() {
    this.sensors = new Sensors(by("emulate-feed"), "emulate");
    by("emulate").addEventListener("click", () => this.emulate());
    by("maps-show").addEventListener("click", () => this.showMaps());
  }

  start(state) {
    this.hasModel = state.model !== null;
    this.missing = state.missing;
    this.sensors.draw(state.sensors || []);
  }

  async emulate() {
    try {
      const [sensors, table] = await this.sensors.fed();
      this.show(await post(`api/emulate?${new URLSearchParams({ sensors })}`, table));
      this.fail("emulate-problem", "");
    } catch (problem) {
      this.fail("emulate-problem", problem.text);
    }
  }

  async open() {
    if (!this.hasModel) {
      this.fail("inside-problem", this.missing);
      return;
    }
    try {
      this.draw(await get("api/inside"));
      this.fail("inside-problem", "");
    } catch (problem) {
      this.fail("inside-problem", problem.text);
    }
  }

  draw(found) {
    const clock = found.clock_hz;
    const ms = (layer) => (layer.cycles == null || !clock ? null : (1000 * layer.cycles) / clock);
    const most = (of) => Math.max(...found.layers.map((layer) => of(layer) || 0), 1e-9);
    const costs = [
      ["MACs", (layer) => layer.macs, whole],
      ["weights", (layer) => layer.weights_bytes, (value) => `${whole(value)} B`],
      ["arena", (layer) => layer.live_bytes, (value) => `${whole(value)} B`],
      ["on the board", ms, (value) => `${value.toPrecision(3)} ms`],
    ].map((cost) => [...cost, most(cost[1])]);
    const rows = found.layers.map((layer) => [
      String(layer.step),
      layer.kind,
      layer.reads,
      layer.writes,
      ...costs.map(([, of, text, top]) => this.cost(of(layer), text, top)),
      this.loss(layer.sqnr_db),
    ]);
    const headings = ["step", "layer", "reads", "writes", ...costs.map(([name]) => name), "int8 leaves"];
    fillTable(by("layers"), headings, rows);
    by("inside-said").textContent = `arena ${whole(found.arena_bytes)} B, weights ${whole(found.weights_bytes)} B, ${whole(found.macs)} MACs. ${found.advice.join(" ")}`;
    by("arena").src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(found.arena_svg)}`;
  }

  // A number on a bar of its share of the column's greatest.
  cost(value, text, most) {
    if (value == null) return "–";
    const made = cell("div", text(value));
    made.className = "cost";
    made.style.backgroundSize = `${(100 * value) / most}% 100%`;
    return made;
  }

  loss(db) {
    const made = cell("span", db == null ? "–" : `${db.toFixed(1)} dB`);
    if (db != null && db < LEAST_DB) made.className = "bad";
    return made;
  }

  async showMaps() {
    const shown = document.querySelector(".column[data-sample]")?.dataset.sample;
    if (!shown) {
      this.fail("maps-problem", "No sample is at hand. Choose one in Try it first.");
      return;
    }
    try {
      by("maps-said").textContent = "asking the layers ...";
      const found = await get(`api/samples/${shown}/layers`);
      by("maps-said").textContent = `${found.name}: ${found.layers.length} layers, bright is high`;
      by("maps").replaceChildren(...found.layers.map((layer) => this.map(layer)));
      this.fail("maps-problem", "");
    } catch (problem) {
      by("maps-said").textContent = "";
      this.fail("maps-problem", problem.text);
    }
  }

  map(layer) {
    const line = document.createElement("li"), figure = document.createElement("figure");
    const canvas = document.createElement("canvas"), caption = document.createElement("figcaption");
    draw(canvas, layer.view);
    canvas.setAttribute("role", "img");
    const range = `${layer.least.toPrecision(3)} to ${layer.greatest.toPrecision(3)}`;
    canvas.setAttribute("aria-label", `${layer.layer}: ${layer.shape.slice(1).join(" x ")}, ${range}`);
    const name = cell("strong", layer.layer);
    caption.append(name, ` ${layer.operator}, ${layer.shape.slice(1).join("x")}, ${range}`);
    if (layer.sqnr_db != null) caption.append(", ", this.loss(layer.sqnr_db));
    figure.append(canvas, caption);
    line.append(figure);
    return line;
  }

  hear(event) {
    if (event.event === "job" && event.name === "emulate") this.show(event);
  }

  show(job) {
    by("emulate").disabled = job.running;
    by("emulate-outcome").textContent = job.running ? "runs" : job.outcome;
    const uart = by("uart");
    if (job.lines) uart.textContent = job.lines.join("\n");
    else if (job.said) {
      uart.textContent += `\n${job.said.text}`;
      const led = /\]\s+(\d+)%$/.exec(job.said.text);
      if (led) {
        by("led").style.opacity = Math.max(0.15, led[1] / 100);
        by("led").setAttribute("aria-label", `LED at ${led[1]} %`);
      }
    }
    uart.scrollTop = uart.scrollHeight;
  }

  fail(where, text) {
    by(where).hidden = !text;
    by(where).textContent = text;
  }
}
