// SPDX-License-Identifier: Apache-2.0
// "Train and build": the steps with what they say as they come, tinyml.toml, the board's budget, runs, search.

import { get, post } from "./api.js";
import { drawBudget } from "./budget.js";
import { Form } from "./form.js";
import { Front } from "./front.js";
import { Runs } from "./runs.js";

const by = (id) => document.getElementById(id);

// The server draws the charts; what is in them is escaped there.
function showCharts(charts) {
  const parser = new DOMParser();
  by("curves").replaceChildren(
    ...charts.map(({ label, svg }) => {
      const figure = document.createElement("figure");
      figure.append(document.importNode(parser.parseFromString(svg, "text/html").querySelector("svg"), true));
      if (label) figure.title = label;
      return figure;
    }),
  );
}

export class Train {
  constructor() {
    by("step-stop").addEventListener("click", () => this.act(() => post("api/job/stop")));
    by("budget-estimate").addEventListener("click", () => this.act(() => post("api/job/cost")));
    by("settings-check").addEventListener("click", () => this.write(true));
    by("settings-write").addEventListener("click", () => this.write(false));
    by("settings-read").addEventListener("click", () => this.readAgain());
    this.digest = this.readText = "";
    this.form = new Form(by("form"), (name, value) => this.change(name, value));
    this.runs = new Runs();
    this.front = new Front(
      () => this.loadSettings(),
      (trials) => this.act(() => post(`api/job/search?${new URLSearchParams({ trials })}`)),
    );
  }

  async start(state) {
    if (!state.project) return;
    this.hasModel = state.model !== null;
    const job = await get("api/job");
    by("steps").replaceChildren(
      ...job.steps.map((name) => {
        const button = document.createElement("button");
        button.textContent = name;
        button.type = "button";
        button.dataset.step = name;
        button.addEventListener("click", () => this.act(() => post(`api/job/${name}`)));
        return button;
      }),
    );
    this.show(job);
    if (!by("panel-train").hidden) await this.open();
  }

  async open() {
    try {
      await Promise.all([this.loadSettings(), this.loadPictures(), this.front.load()]);
      if (this.hasModel && !this.hasCost) {
        const { budget } = await get("api/inside");
        by("budget-of").textContent = budget?.built ? "The firmware that was built." : "The model that is there, estimated as tinyml inspect does.";
        drawBudget(by("budget"), budget);
      }
    } catch (problem) {
      this.fail(problem.text);
    }
  }

  // What was edited and is not written yet stays, whatever happened to the file.
  async loadSettings() {
    const settings = await get("api/settings");
    this.runs.draw(settings.headings, settings.runs);
    if (by("settings").value !== this.readText) return;
    by("settings").value = settings.text;
    this.readText = by("settings").value;
    this.form.draw(settings.form);
    if (settings.digest !== this.digest || settings.problem) this.settle(settings.problem, "");
    this.digest = settings.digest;
  }

  async readAgain() {
    by("settings").value = this.readText;
    this.settle("", "");
    try {
      await this.loadSettings();
    } catch (problem) {
      this.settle(problem.text, "");
    }
  }

  async loadPictures() {
    try {
      const found = await get("api/pictures");
      showCharts(found.charts);
      by("report").hidden = !found.report;
    } catch (problem) {
      this.fail(problem.text);
    }
  }

  async act(what) {
    try {
      this.show(await what());
      this.fail("");
    } catch (problem) {
      this.fail(problem.text);
    }
  }

  hear(event) {
    if (event.event !== "job") return;
    this.show(event); // when it has ended, "model" comes too, and start() reads all anew
  }

  show(job) {
    if (job.name === "emulate") {
      by("step-outcome").textContent = job.running ? "the emulator runs" : "";
    } else {
      by("step-outcome").textContent = job.name ? `${job.name}: ${job.running ? "runs" : job.outcome}` : "";
    }
    by("step-stop").disabled = !job.running;
    const starters = [...by("steps").children, by("budget-estimate"), by("search-start")];
    const held = document.activeElement; // a button that is disabled loses the focus
    for (const button of starters) button.disabled = job.running;
    if (job.running && starters.includes(held)) by("step-stop").focus();
    if (!job.running && held === by("step-stop")) starters.find((each) => each.dataset.step === job.name)?.focus();
    if (job.charts.length) showCharts(job.charts);
    if (job.cost && job.name === "cost") this.showCost(job.cost);
    else if (job.name === "build" && !job.running) this.hasCost = false; // what was built counts now
    this.showProgress(job.progress);
    if (job.name !== "emulate") this.showLines(job); // what the board says stands in Look inside
  }

  showCost(cost) {
    this.hasCost = true;
    by("budget-of").textContent = `${cost.model} on ${cost.board}, by its layers alone: ${cost.parameters.toLocaleString("en")} parameters, ${cost.macs.toLocaleString("en")} MACs`;
    drawBudget(by("budget"), cost);
  }

  showProgress(progress) {
    const bar = by("step-progress");
    bar.hidden = !progress;
    by("step-title").textContent = progress ? `${progress.title} ${progress.text}` : "";
    if (progress && progress.total) bar.value = progress.done / progress.total;
    else bar.removeAttribute("value");
  }

  showLines(job) {
    const log = by("step-log");
    if (job.lines) log.textContent = job.lines.join("\n");
    else if (job.said && ["line", "error", "cost"].includes(job.said.kind)) {
      log.textContent += `\n${[job.said.text, job.said.hint].filter(Boolean).join("\n  ")}`;
    }
    log.scrollTop = log.scrollHeight;
  }

  async change(name, value) {
    try {
      const found = await post(`api/settings/change?${new URLSearchParams({ name, value })}`, by("settings").value);
      by("settings").value = found.text;
      this.form.draw(found.form);
      this.settle(found.problem, found.problem ? "" : "not written yet");
    } catch (problem) {
      this.settle(problem.text, "");
    }
  }

  async write(isCheck) {
    try {
      const text = by("settings").value;
      const said = await post(`api/settings?${new URLSearchParams({ check: isCheck ? 1 : 0, digest: this.digest })}`, text);
      if (!isCheck) {
        this.readText = text;
        this.digest = said.digest;
        await this.loadSettings();
      }
      this.settle("", isCheck ? "nothing is wrong" : "written");
    } catch (problem) {
      this.settle(problem.text, "");
    }
  }

  settle(problem, said) {
    by("settings-said").textContent = said;
    by("settings-problem").hidden = !problem;
    by("settings-problem").textContent = problem;
  }

  fail(text) {
    by("step-problem").hidden = !text;
    by("step-problem").textContent = text;
  }
}
