// SPDX-License-Identifier: Apache-2.0
// "Try it": brings samples to the desk and shows what comes of them.

import { get, post } from "./api.js";
import { Camera } from "./camera.js";
import { Columns } from "./columns.js";
import { Grid } from "./grid.js";
import { Microphone } from "./microphone.js";
import { Pad } from "./pad.js";
import { download, pictureOf } from "./save.js";
import { describe, draw } from "./view.js";

const ENLARGED = 280;
const by = (id) => document.getElementById(id);

const SOURCES = {
  file: "File",
  draw: "Draw",
  camera: "Camera",
  microphone: "Microphone",
};

export class TryIt {
  constructor() {
    this.samples = [];
    this.at = 0;
    this.live = null;
    this.columns = new Columns(by("columns"), by("parts"));
    this.columns.onChange = () => (by("save").disabled = !Object.keys(this.columns.said).length);
    const say = (text) => this.say(text);
    this.pad = new Pad(by("input-draw"), (blob) => this.bring(blob, "drawing.png"));
    this.camera = new Camera(by("video"), by("camera-toggle"), (blob) => this.bring(blob, "camera.jpg"), say);
    this.microphone = new Microphone(by("wave"), by("microphone-toggle"), (blob) => this.bring(blob, "microphone.wav"), say);
    this.grid = new Grid(by("tests"), (sample) => this.show([sample]), say);
    by("file").addEventListener("change", (event) => this.choose(event.target.files));
    this.listenForDrops();
    by("previous").addEventListener("click", () => this.go(this.at - 1));
    by("next").addEventListener("click", () => this.go(this.at + 1));
    by("save").addEventListener("click", () => this.save());
  }

  // Draws the part for a model; state is what the server says of it.
  start(state) {
    const hasModel = state.model !== null;
    by("no-model").hidden = hasModel;
    by("no-model").textContent = state.missing || "";
    by("try").hidden = by("columns").hidden = !hasModel;
    by("tests").hidden = !state.has_tests;
    if (!hasModel) return;
    const kinds = this.kindsOf(state);
    by("inputs").replaceChildren(...kinds.map((kind) => this.segment(kind)));
    this.chooseInput(kinds[kinds.length > 1 ? 1 : 0]);
    by("accepts").textContent = this.accepted(state);
    this.pad.prepare(state.is_dark !== false, state.shape[0]);
    this.microphone.seconds = state.options.seconds || 1;
    this.columns.show(state.places);
    if (state.brought.length && !this.samples.length) {
      this.show(state.brought);
      this.say(state.refused.join("\n"));
    }
    this.grid.setLabels(state.task === "regression" ? [] : state.classes, state.task);
  }

  kindsOf(state) {
    const isPicture = state.shape.length === 3 && [1, 3].includes(state.shape[2]) && state.source !== "audio_folder";
    if (state.source === "audio_folder") return ["file", "microphone"];
    if (!isPicture) return ["file"];
    return state.shape[2] === 1 ? ["file", "draw", "camera"] : ["file", "camera", "draw"];
  }

  accepted(state) {
    if (state.source === "audio_folder") return "WAV, FLAC or .npy";
    if (this.kindsOf(state).includes("camera")) return "JPEG, PNG and others, or .npy";
    return "CSV, the data's own files, or .npy";
  }

  segment(kind) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = SOURCES[kind];
    button.dataset.input = kind;
    button.addEventListener("click", () => this.chooseInput(kind));
    return button;
  }

  chooseInput(kind) {
    this.camera.stop();
    this.microphone.stop();
    this.say("");
    for (const button of by("inputs").children) button.setAttribute("aria-pressed", String(button.dataset.input === kind));
    for (const name of Object.keys(SOURCES)) by(`input-${name}`).hidden = name !== kind;
  }

  listenForDrops() {
    const drop = by("drop"), main = by("panel-try");
    for (const name of ["dragover", "dragenter"]) {
      main.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    main.addEventListener("dragleave", () => drop.classList.remove("over"));
    main.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.choose(event.dataTransfer.files);
    });
  }

  async choose(files) {
    const kept = [], refused = [];
    for (const file of files) {
      const found = await this.send(file, file.name);
      if (found) kept.push(...found.samples);
      else refused.push(by("input-problem").textContent);
    }
    this.say(refused.join("\n"));
    if (kept.length) this.show(kept);
  }

  async bring(blob, name) {
    const found = await this.send(blob, name);
    if (found) await this.show(found.samples, name === "drawing.png");
  }

  async send(blob, name) {
    try {
      const found = await post(`api/samples?${new URLSearchParams({ name })}`, blob);
      this.say("");
      return found;
    } catch (problem) {
      this.say(problem.text);
      return null;
    }
  }

  show(samples, isDrawn = false) {
    if (!isDrawn) this.pad.clear(true); // what was drawn is no longer what is shown
    this.samples = samples;
    return this.go(0);
  }

  async go(place) {
    this.at = Math.max(0, Math.min(place, this.samples.length - 1));
    const sample = this.samples[this.at];
    by("stepper").hidden = this.samples.length < 2;
    by("place").textContent = `${this.at + 1} of ${this.samples.length}`;
    by("previous").disabled = this.at === 0;
    by("next").disabled = this.at === this.samples.length - 1;
    this.columns.ask(sample.id);
    try {
      this.shown = await get(`api/samples/${sample.id}`);
      draw(by("seen"), this.shown.view, ENLARGED);
      const text = describe(this.shown.view);
      by("seen").setAttribute("aria-label", `What the model gets: ${text}`);
      const truth = sample.truth === undefined ? "" : `, is ${sample.truth}`;
      by("seen-caption").textContent = `${this.shown.name}${truth}: ${text}`;
    } catch (problem) {
      this.say(problem.text);
    }
  }

  async save() {
    const blob = await pictureOf(by("seen"), this.shown.name, this.columns.said);
    download(blob, "prediction.png");
  }

  say(text) {
    by("input-problem").hidden = !text;
    by("input-problem").textContent = text;
  }
}
