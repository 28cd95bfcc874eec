// SPDX-License-Identifier: Apache-2.0
// "Train and build": the steps with what they say as they come, tinyml.toml, the board's budget, the runs.

import { get, post } from "./api.js";

const by = (id) => document.getElementById(id);

function cell(kind, text, isNumber = false) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (isNumber) made.className = "number";
  return made;
}

export function fillTable(table, headings, rows) {
  const head = document.createElement("tr");
  head.append(...headings.map((text) => cell("th", text)));
  const lines = rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((text) => cell("td", text, typeof text === "number" || /^[\d.,]+( [a-z%]+)?$/i.test(text))));
    return line;
  });
  table.replaceChildren(head, ...lines);
}

export function drawBudget(root, budget) {
  root.replaceChildren();
  if (!budget) return;
  for (const name of ["flash", "ram"]) {
    const [used, most] = budget[name];
    const line = document.createElement("div");
    line.className = "budget";
    const track = document.createElement("span"), fill = document.createElement("span");
    track.className = "track";
    fill.className = used > most ? "fill over" : "fill";
    fill.style.width = `${Math.min(100, (100 * used) / most)}%`;
    track.append(fill);
    const share = `${used.toLocaleString("en")} of ${most.toLocaleString("en")} B, ${((100 * used) / most).toFixed(1)} %`;
    line.append(cell("span", name === "ram" ? "RAM" : "flash"), track, cell("span", share));
    root.append(line);
  }
}

export class Train {
  constructor() {
    by("step-stop").addEventListener("click", () => this.act(() => post("api/job/stop")));
    by("settings-check").addEventListener("click", () => this.write(true));
    by("settings-write").addEventListener("click", () => this.write(false));
  }

  async start(state) {
    if (!state.project) return;
    this.hasModel = state.model !== null;
    const job = await get("api/job");
    by("steps").replaceChildren(
      ...job.steps.map((name) => {
        const button = cell("button", name);
        button.type = "button";
        button.dataset.step = name;
        button.addEventListener("click", () => this.act(() => post(`api/job/${name}`)));
        return button;
      }),
    );
    this.show(job);
  }

  async open() {
    try {
      const settings = await get("api/settings");
      by("settings").value = settings.text;
      fillTable(by("runs"), settings.headings, settings.runs);
      if (!this.hasModel) return;
      drawBudget(by("budget"), (await get("api/inside")).budget);
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
    if (event.event === "job") this.show(event);
  }

  show(job) {
    if (job.name === "emulate") {
      by("step-outcome").textContent = job.running ? "the emulator runs" : "";
    } else {
      by("step-outcome").textContent = job.name ? `${job.name}: ${job.running ? "runs" : job.outcome}` : "";
    }
    by("step-stop").disabled = !job.running;
    for (const button of by("steps").children) button.disabled = job.running;
    this.showProgress(job.progress);
    this.showLines(job);
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
    else if (job.said && job.said.kind !== "progress") {
      log.textContent += `\n${[job.said.text, job.said.hint].filter(Boolean).join("\n  ")}`;
    }
    log.scrollTop = log.scrollHeight;
  }

  async write(isCheck) {
    by("settings-said").textContent = "";
    try {
      await post(`api/settings?check=${isCheck ? 1 : 0}`, by("settings").value);
      by("settings-said").textContent = isCheck ? "nothing is wrong" : "written";
      by("settings-problem").hidden = true;
    } catch (problem) {
      by("settings-problem").hidden = false;
      by("settings-problem").textContent = problem.text;
    }
  }

  fail(text) {
    by("step-problem").hidden = !text;
    by("step-problem").textContent = text;
  }
}
