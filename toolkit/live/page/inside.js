// SPDX-License-Identifier: Apache-2.0
// "Look inside": the layers and what each costs, the arena over time, and the emulated board: its sensors, UART and LED.

import { get, post } from "./api.js";
import { costsOf, Graph, LEAST_DB, whole } from "./graph.js";
import { Maps } from "./maps.js";
import { Sensors } from "./sensors.js";
import { cell, fillTable } from "./table.js";

const by = (id) => document.getElementById(id);
const SETTLED_MS = 1000;

export class Inside {
  constructor() {
    this.sensors = new Sensors(by("emulate-feed"), "emulate");
    by("emulate").addEventListener("click", () => this.emulate());
    this.graph = new Graph(by("graph"), (step) => this.showLayer(step));
    this.maps = new Maps(() => this.layers && this.showLayer(this.graph.chosen));
  }

  start(state) {
    this.hasModel = state.model !== null;
    this.missing = state.missing;
    this.sensors.draw(state.sensors || []);
    this.maps.clear();
    by("emulate-part").hidden = !state.project;
    if (!by("panel-inside").hidden) this.open();
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
    for (const layer of found.layers) layer.ms = layer.cycles == null || !clock ? null : (1000 * layer.cycles) / clock;
    this.layers = found.layers;
    this.graph.draw(found);
    const most = (of) => Math.max(...found.layers.map((layer) => of(layer) || 0), 1e-9);
    const costs = [
      ["MACs", (layer) => layer.macs, whole],
      ["weights", (layer) => layer.weights_bytes, (value) => `${whole(value)} B`],
      ["arena", (layer) => layer.live_bytes, (value) => `${whole(value)} B`],
      ["on the board", (layer) => layer.ms, (value) => `${value.toPrecision(3)} ms`],
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

  // What the layer that is chosen in the graph costs and makes of the sample.
  showLayer(step) {
    const layer = this.layers[step], list = document.createElement("dl");
    if (!layer) return;
    for (const [name, value] of [...costsOf(layer), ["reads", layer.reads], ["writes", layer.writes]]) {
      list.append(cell("dt", name), cell("dd", value));
    }
    by("layer-title").textContent = `${layer.step} ${layer.kind}`;
    by("layer-name").textContent = layer.name;
    by("layer-costs").replaceChildren(list);
    by("layer-maps").replaceChildren(...this.maps.of(layer.name));
  }

  hear(event) {
    if (event.event === "job" && event.name === "emulate") this.show(event);
    if (event.event !== "word" || by("panel-inside").hidden || !this.layers?.some((layer) => layer.ms == null)) return;
    clearTimeout(this.waiting); // the firmware may have been counted meanwhile
    this.waiting = setTimeout(() => this.open(), SETTLED_MS);
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
