// SPDX-License-Identifier: Apache-2.0
// The trainings so far, and what differs between two of them.

import { get } from "./api.js";
import { fillTable } from "./table.js";

const by = (id) => document.getElementById(id);

export class Runs {
  constructor() {
    by("runs-compare").addEventListener("click", () => this.compare());
    by("runs").addEventListener("change", () => (by("runs-compare").disabled = this.chosen().length !== 2));
  }

  draw(headings, rows) {
    const lines = rows.map((row) => [this.box(row[0]), ...row]);
    fillTable(by("runs"), ["", ...headings], lines);
    by("runs-compare").disabled = true;
    by("runs-differences").hidden = true;
  }

  box(number) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = number;
    box.setAttribute("aria-label", `Choose run ${number}`);
    return box;
  }

  chosen() {
    return [...new Set([...by("runs").querySelectorAll("input:checked")].map((box) => box.value))];
  }

  async compare() {
    const [first, second] = this.chosen();
    try {
      const { rows } = await get(`api/runs?${new URLSearchParams({ first, second })}`);
      by("runs-said").textContent = rows.length ? `${rows.length} differ` : "nothing differs";
      by("runs-differences").hidden = !rows.length;
      fillTable(by("runs-differences"), ["", `run ${first}`, `run ${second}`], rows);
    } catch (problem) {
      by("runs-said").textContent = problem.text;
    }
  }
}
