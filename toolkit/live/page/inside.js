// SPDX-License-Identifier: Apache-2.0
// "Look inside": the layers and what each costs, the arena over time, the emulated board's UART and LED.

import { get, post } from "./api.js";
import { fillTable } from "./table.js";

const by = (id) => document.getElementById(id);
const whole = (number) => number.toLocaleString("en");

export class Inside {
  constructor() {
    by("emulate").addEventListener("click", async () => {
      try {
        this.show(await post("api/job/emulate"));
        this.fail("emulate-problem", "");
      } catch (problem) {
        this.fail("emulate-problem", problem.text);
      }
    });
  }

  start(state) {
    this.hasModel = state.model !== null;
    this.missing = state.missing;
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
    const ms = (cycles) => (cycles == null || !found.clock_hz ? "–" : `${((1000 * cycles) / found.clock_hz).toPrecision(3)} ms`);
    const rows = found.layers.map((layer) => [
      String(layer.step),
      layer.kind,
      layer.reads,
      layer.writes,
      whole(layer.macs),
      `${whole(layer.weights_bytes)} B`,
      `${whole(layer.live_bytes)} B`,
      ms(layer.cycles),
    ]);
    fillTable(by("layers"), ["step", "layer", "reads", "writes", "MACs", "weights", "arena", "on the board"], rows);
    by("inside-said").textContent = `arena ${whole(found.arena_bytes)} B, weights ${whole(found.weights_bytes)} B, ${whole(found.macs)} MACs. ${found.advice.join(" ")}`;
    by("arena").src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(found.arena_svg)}`;
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
