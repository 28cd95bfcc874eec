// SPDX-License-Identifier: Apache-2.0
// What a model takes of its board, as bars: RAM, flash, and the time of an inference.

const TIGHT = 0.9;

function span(text, className = "") {
  const made = document.createElement("span");
  made.textContent = text;
  made.className = className;
  return made;
}

function bar(name, share, text) {
  const line = document.createElement("div"), track = span("", "track"), fill = span("", "fill");
  line.className = "budget";
  line.dataset.of = name;
  fill.classList.toggle("over", share > 1);
  fill.classList.toggle("tight", share > TIGHT && share <= 1);
  fill.style.width = `${Math.min(100, 100 * share)}%`;
  track.append(fill);
  line.append(span(name), track, span(text));
  return line;
}

// budget has ram and flash as [used, most], and ms with its error where an inference was timed. An inference
// is shown as a part of a second.
export function drawBudget(root, budget) {
  if (!budget) return root.replaceChildren();
  const lines = ["ram", "flash"].map((kind) => {
    const [used, most] = budget[kind], share = used / most;
    const text = `${used.toLocaleString("en")} of ${most.toLocaleString("en")} B, ${(100 * share).toFixed(1)} %`;
    return bar(kind === "ram" ? "RAM" : "flash", share, text);
  });
  if (budget.ms != null) {
    const sure = budget.error == null ? "modelled" : `± ${Math.round(100 * budget.error)} %, modelled`;
    lines.push(bar("time", budget.ms / 1000, `${budget.ms.toPrecision(3)} ms ${sure}; ${(1000 / budget.ms).toPrecision(3)} a second`));
  }
  root.replaceChildren(...lines);
}
