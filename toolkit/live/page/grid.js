// SPDX-License-Identifier: Apache-2.0
// The grid of test samples: truth and prediction, by class, and the wrong ones alone.

import { get, post } from "./api.js";
import { draw } from "./view.js";

export class Grid {
  constructor(root, onChosen, onProblem) {
    Object.assign(this, { root, onChosen, onProblem, page: 0 });
    this.part = (name) => root.querySelector(`#tests-${name}`);
    this.part("show").addEventListener("click", () => this.load(0));
    this.part("label").addEventListener("change", () => this.load(0));
    this.part("wrong").addEventListener("change", () => this.load(0));
    this.part("previous").addEventListener("click", () => this.load(this.page - 1));
    this.part("next").addEventListener("click", () => this.load(this.page + 1));
  }

  setLabels(labels, task) {
    const options = ["", ...labels].map((label) => new Option(label || "all", label));
    this.part("label").replaceChildren(...options);
    this.part("wrong-word").textContent = task === "regression" ? "largest errors first" : "wrong ones only";
  }

  async load(page) {
    this.part("count").textContent = "asking the model ...";
    const query = new URLSearchParams({
      label: this.part("label").value,
      wrong: this.part("wrong").checked ? "1" : "0",
      page,
    });
    let found;
    try {
      found = await get(`api/tests?${query}`);
    } catch (problem) {
      this.part("count").textContent = "";
      this.onProblem(problem.text);
      return;
    }
    this.page = page;
    const wrong = found.task === "regression" ? "" : `, ${found.wrong} of ${found.judged} wrong`;
    const only = found.judged < found.of ? `, the first ${found.judged} of ${found.of}` : "";
    this.part("count").textContent = `${found.matching} shown${wrong}${only}`;
    this.part("grid").replaceChildren(...found.samples.map((sample) => this.item(sample)));
    this.part("pages").hidden = found.pages < 2;
    this.part("page").textContent = `page ${page + 1} of ${found.pages}`;
    this.part("previous").disabled = page === 0;
    this.part("next").disabled = page + 1 >= found.pages;
  }

  item(sample) {
    const line = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.dataset.number = sample.number;
    if (sample.wrong) button.className = "wrong";
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    draw(canvas, sample.view);
    const truth = document.createElement("div"), said = document.createElement("div");
    truth.textContent = `is ${sample.truth}`;
    said.textContent = `said ${sample.said}`;
    said.className = "said";
    button.append(canvas, truth, said);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => this.choose(sample, button));
    line.append(button);
    return line;
  }

  async choose({ number, truth }, button) {
    for (const other of this.part("grid").querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    try {
      this.onChosen({ ...(await post(`api/tests/${number}`)), truth });
    } catch (problem) {
      this.onProblem(problem.text);
    }
  }
}
