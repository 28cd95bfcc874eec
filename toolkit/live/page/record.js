// SPDX-License-Identifier: Apache-2.0
// Recording from the board's sensors, with what comes drawn as it comes.

import { post } from "./api.js";
import { Sensors } from "./sensors.js";
import { drawWaves } from "./view.js";

const by = (id) => document.getElementById(id);
const MOST_ROWS = 2000;

export class Record {
  constructor(onDone) {
    this.onDone = onDone;
    this.rows = [];
    this.sensors = new Sensors(by("record-feed"), "record");
    by("record").addEventListener("click", () => this.start());
  }

  prepare(state) {
    this.sensors.draw(state.port ? [] : state.sensors || []);
    const names = (state.sensors || []).map(({ name }) => name);
    if (!names.includes("microphone") && state.source === "audio_folder") names.unshift("microphone");
    by("record-sensor").replaceChildren(...names.map((name) => new Option(name, name)));
    by("record-feed-title").hidden = Boolean(state.port);
    by("record-part").hidden = !state.project || !names.length;
  }

  async start() {
    const label = by("new-label").value.trim(), stem = by("new-stem").value.trim();
    const [fed, table] = await this.sensors.fed();
    const sensors = [...new Set([by("record-sensor").value, ...fed.split(",")])].filter(Boolean).join(",");
    this.rows = [];
    try {
      const ms = Math.round(1000 * Number(by("record-seconds").value));
      await post(`api/record?${new URLSearchParams({ label, stem, ms, sensors })}`, table);
      this.say("recording ...", "");
    } catch (problem) {
      this.say("", problem.text);
    }
  }

  hear(event) {
    if (event.event !== "job" || event.name !== "record") return;
    by("record").disabled = event.running;
    if (event.said?.kind === "rows") this.plot(event.said);
    if (event.said?.kind === "line") this.say(event.said.text, "");
    if (event.said?.kind === "error") this.say("", [event.said.text, event.said.hint].filter(Boolean).join("\n"));
    if (!event.running) this.onDone();
  }

  plot({ sensor, rows }) {
    if (this.sensor !== sensor && this.rows.length) return; // one sensor is plotted, the first that came
    this.sensor = sensor;
    this.rows = [...this.rows, ...rows].slice(-MOST_ROWS);
    const lines = rows[0].map((_, channel) => this.rows.map((row) => row[channel]));
    by("record-plot").hidden = false;
    drawWaves(by("record-plot"), lines, { width: 560, height: 160 });
    const ends = this.rows.at(-1).map((value) => value.toPrecision(3)).join(", ");
    by("record-plot").setAttribute("aria-label", `${sensor}: ${this.rows.length} rows, the last ${ends}`);
    by("record-plot").dataset.rows = this.rows.length;
  }

  say(text, problem) {
    by("record-said").textContent = text;
    by("record-problem").hidden = !problem;
    by("record-problem").textContent = problem;
  }
}
