// SPDX-License-Identifier: Apache-2.0
// The three columns: what each place says of the sample, and where they part.

import { get, Problem } from "./api.js";

const TITLES = { float: "Float", int8: "int8, reference", board: "Firmware" };

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

const isShare = (said) => said.task === "classification" || said.task === "multilabel";

export function textOf(said, value) {
  if (isShare(said)) return `${(100 * value).toFixed(1)} %`;
  return Number(value).toPrecision(4);
}

class Column {
  constructor(on, parent, onSaid) {
    this.on = on;
    this.onSaid = onSaid;
    this.wanted = null;
    this.isBusy = false;
    this.said = null;
    this.root = element("article", "card column");
    this.root.dataset.on = on;
    this.root.setAttribute("aria-label", TITLES[on]);
    const head = element("header");
    head.append(element("h2", "", TITLES[on]));
    this.top = element("div", "top", "–");
    this.by = element("div", "by");
    head.append(this.top, this.by);
    this.bars = element("ul", "bars");
    this.facts = element("p", "facts");
    this.problem = element("p", "problem");
    this.root.append(head, this.bars, this.facts, this.problem);
    parent.append(this.root);
  }

  // Asks for the newest sample; those that came while one is computed are skipped, as in a film.
  async ask(id) {
    this.wanted = id;
    if (this.isBusy) return;
    this.isBusy = true;
    this.root.setAttribute("aria-busy", "true");
    if (!this.said) this.by.textContent = this.on === "float" ? "loading TensorFlow, which takes seconds ..." : "opening ...";
    while (this.wanted !== null) {
      const now = this.wanted;
      this.wanted = null;
      try {
        this.show({ ...(await get(`api/samples/${now}/${this.on}`)), sample: now });
      } catch (problem) {
        this.fail(problem, now);
      }
      this.onSaid();
    }
    this.isBusy = false;
    this.root.setAttribute("aria-busy", "false");
  }

  show(said) {
    this.said = said;
    this.root.dataset.sample = said.sample;
    this.problem.textContent = "";
    const best = said.values.reduce((a, b) => (b.value > a.value ? b : a), said.values[0]);
    if (said.task === "multilabel") {
      this.top.textContent = said.values.filter((v) => v.value >= 0.5).map((v) => v.label).join(", ") || "none";
    } else if (said.task === "classification") this.top.textContent = best.label;
    else if (said.task === "anomaly") this.top.textContent = `${best.label}, error ${best.value.toPrecision(4)}`;
    else this.top.textContent = said.values.map((v) => v.value.toPrecision(4)).slice(0, 3).join(", ");
    this.by.textContent = said.by;
    this.drawBars(said);
    this.drawFacts(said);
  }

  drawBars(said) {
    const most = isShare(said) ? 1 : Math.max(said.threshold || 0, ...said.values.map((v) => Math.abs(v.value)), 1e-9);
    said.values.forEach(({ label, value }, i) => {
      let line = this.bars.children[i];
      if (!line) {
        line = element("li");
        const track = element("span", "track");
        track.append(element("span", "fill"));
        line.append(element("span", "name"), track, element("span", "value"));
        this.bars.append(line);
      }
      line.children[0].textContent = label;
      line.children[0].title = label;
      line.querySelector(".fill").style.width = `${Math.min(100, (100 * Math.abs(value)) / most)}%`;
      line.children[2].textContent = textOf(said, value);
    });
    while (this.bars.children.length > said.values.length) this.bars.lastChild.remove();
  }

  drawFacts(said) {
    this.facts.replaceChildren();
    if (said.threshold != null) this.facts.append(`threshold ${said.threshold.toPrecision(4)}. `);
    if (said.on !== "board") {
      this.facts.append(`${said.host_ms < 10000 ? `${said.host_ms.toFixed(0)} ms` : `${(said.host_ms / 1000).toFixed(0)} s`} on this computer`);
      return;
    }
    const time = said.time;
    if (time.ms != null) {
      const sure = time.modelled && time.error ? ` ± ${Math.round(100 * time.error)} %, modelled` : ", measured";
      this.facts.append(`${time.ms.toPrecision(3)} ms on the board${sure}. `);
    }
    const text = said.equal ? "Every byte as the reference." : `Byte ${said.first_difference} differs from the reference.`;
    this.facts.append(element("span", said.equal ? "good" : "bad", text));
  }

  fail(problem, sample) {
    this.said = null;
    this.root.dataset.sample = sample;
    this.top.textContent = "–";
    this.by.textContent = "";
    this.bars.replaceChildren();
    this.facts.replaceChildren();
    this.problem.textContent = problem instanceof Problem ? problem.text : String(problem);
  }
}

// Returns one sentence on where the columns part, for columns that speak of the same sample.
function whereTheyPart(said) {
  const { float, int8, board } = said;
  const lines = [];
  let kind = "same";
  if (board && !board.equal) {
    kind = "wrong";
    lines.push(`The firmware is wrong: its byte ${board.first_difference} differs from the reference.`);
  }
  if (float && int8) {
    const named = Object.fromEntries(int8.values.map((v) => [v.label, v.value]));
    const apart = float.values
      .filter((v) => v.label in named)
      .map((v) => ({ label: v.label, by: Math.abs(v.value - named[v.label]), from: v.value, to: named[v.label] }))
      .sort((a, b) => b.by - a.by)[0];
    if (int8.task === "classification" && float.values[0].label !== int8.values[0].label) {
      kind = kind === "wrong" ? kind : "differ";
      lines.push(`Float says ${float.values[0].label}, int8 says ${int8.values[0].label}.`);
    }
    if (apart && apart.by > 0) {
      const name = apart.label ? ` at ${apart.label}` : "";
      lines.push(`Float and int8 part most${name}: ${textOf(float, apart.from)} and ${textOf(int8, apart.to)}.`);
    }
  }
  if (board && board.equal) lines.push("The firmware says what the int8 reference says, to the byte.");
  return { kind, text: lines.join(" ") };
}

export class Columns {
  constructor(parent, notice) {
    this.parent = parent;
    this.notice = notice;
    this.columns = [];
    this.onChange = () => {};
  }

  show(places) {
    this.parent.replaceChildren();
    this.columns = places.map((on) => new Column(on, this.parent, () => this.compare()));
  }

  ask(id) {
    this.columns.forEach((column) => column.ask(id));
  }

  // What every column said of the newest sample that all of them, or all that can, have seen.
  get said() {
    return Object.fromEntries(this.columns.filter((c) => c.said).map((c) => [c.on, c.said]));
  }

  compare() {
    const said = this.said;
    const samples = new Set(Object.values(said).map((each) => each.sample));
    if (samples.size === 1) {
      const { kind, text } = whereTheyPart(said);
      this.notice.hidden = !text;
      this.notice.dataset.kind = kind;
      this.notice.textContent = text;
    } else if (samples.size) {
      this.notice.dataset.kind = "same";
      this.notice.textContent = "The columns are at different samples: the slower ones follow.";
    }
    this.onChange();
  }
}
