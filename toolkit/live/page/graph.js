// SPDX-License-Identifier: Apache-2.0
// The graph of layers: those that follow below, branches side by side, each with what it costs.

const WIDTH = 226, HEIGHT = 68, GAP = 30, EDGE = 6;
const LONGEST = 20;

export const whole = (number) => number.toLocaleString("en");
export const LEAST_DB = 15; // as toolkit/quantization/loss.py has it: behind such a layer little is left

// Returns "8x8x16" of "int8[1, 8, 8, 16]".
export function shapeOf(text) {
  const sizes = /\[([\d, ]*)\]/.exec(text)?.[1].split(", ") || [];
  return (sizes.length > 1 && sizes[0] === "1" ? sizes.slice(1) : sizes).join("x");
}

function made(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
const top = (spot) => EDGE - HEIGHT / 2 + spot.row * (HEIGHT + GAP); // the input is half as high
const middle = (spot) => EDGE + spot.x * WIDTH;

// Returns what a layer costs, in words.
export function costsOf(layer) {
  const found = [["MACs", whole(layer.macs)], ["weights", `${whole(layer.weights_bytes)} B`], ["arena", `${whole(layer.live_bytes)} B`]];
  if (layer.ms != null) found.unshift(["time", `${layer.ms.toPrecision(3)} ms`]);
  if (layer.sqnr_db != null) found.push(["int8 leaves", `${layer.sqnr_db.toFixed(1)} dB`]);
  return found;
}

export class Graph {
  // onChosen hears the step that is looked at.
  constructor(root, onChosen) {
    Object.assign(this, { root, onChosen, chosen: null });
  }

  draw({ layers, layout, ends }) {
    this.spots = layout.spots.slice(1);
    this.most = Math.max(...layers.map((layer) => layer.ms ?? layer.macs), 1e-9);
    const width = layout.width * WIDTH + 2 * EDGE, height = layout.rows * (HEIGHT + GAP) - GAP - HEIGHT / 2 + 2 * EDGE;
    const svg = made("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group" });
    svg.setAttribute("aria-label", "Graph of the layers; the arrow keys go from one to the next");
    const tip = made("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
    tip.append(made("path", { class: "tip", d: "M0 0.5L8 4L0 7.5z" }));
    svg.append(tip, ...layout.wires.map((wire) => this.wire(wire, layout.spots)));
    svg.append(this.input(layout.spots[0], ends[0] || ""));
    this.nodes = layers.map((layer) => this.node(layer, this.spots[layer.step]));
    svg.append(...this.nodes);
    svg.addEventListener("keydown", (event) => this.move(event));
    this.root.replaceChildren(svg);
    if (!this.nodes.length) return;
    const costly = layers.reduce((a, b) => ((b.ms ?? b.macs) > (a.ms ?? a.macs) ? b : a));
    this.choose(this.chosen !== null && this.chosen < layers.length ? this.chosen : costly.step);
  }

  wire({ start, end, spots }, all) {
    let y = top(all[start]) + HEIGHT, x = middle(all[start]), path = `M${x} ${y}`;
    const down = (spot) => {
      const next = top(spot), half = (y + next) / 2;
      path += `C${x} ${half} ${middle(spot)} ${half} ${middle(spot)} ${next}`;
      x = middle(spot);
      y = next + HEIGHT;
    };
    for (const spot of spots) {
      down(spot);
      path += `V${y}`;
    }
    down(all[end]);
    return made("path", { class: "wire", d: path, "marker-end": "url(#tip)" });
  }

  input(spot, text) {
    const group = made("g", { class: "node input" }), x = middle(spot) - WIDTH / 2, y = top(spot) + HEIGHT / 2;
    group.append(made("rect", { x, y, width: WIDTH, height: HEIGHT / 2, rx: 17 }));
    group.append(made("text", { x: x + WIDTH / 2, y: y + 21, "text-anchor": "middle" }, `input ${shapeOf(text)}`));
    return group;
  }

  node(layer, spot) {
    const x = middle(spot) - WIDTH / 2, y = top(spot), share = (layer.ms ?? layer.macs) / this.most;
    const words = costsOf(layer).map(([name, value]) => `${name} ${value}`).join(", ");
    const group = made("g", { class: "node", role: "button", tabindex: "-1", "aria-pressed": "false" });
    group.dataset.step = layer.step;
    group.setAttribute("aria-label", `${layer.step} ${layer.kind}, ${shapeOf(layer.writes)}: ${words}`);
    const text = (at, up, kind, content) =>
      group.append(made("text", { x: at === "start" ? x + 10 : x + WIDTH - 10, y: y + up, "text-anchor": at, class: kind }, content));
    group.append(made("title", {}, `${layer.step} ${layer.kind}: ${words}`), made("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 8 }));
    group.append(made("rect", { class: "share", x: x + 10, y: y + HEIGHT - 9, width: (WIDTH - 20) * share, height: 4, rx: 2 }));
    text("start", 19, "name", cut(`${layer.step} ${layer.kind}`));
    if (layer.sqnr_db != null) text("end", 19, layer.sqnr_db < LEAST_DB ? "low" : "", `${layer.sqnr_db.toFixed(0)} dB`);
    text("start", 36, "", shapeOf(layer.writes));
    text("end", 36, "", layer.ms == null ? `${whole(layer.macs)} MACs` : `${layer.ms.toPrecision(3)} ms`);
    text("start", 52, "", `RAM ${whole(layer.live_bytes)} B`);
    if (layer.weights_bytes) text("end", 52, "", `weights ${whole(layer.weights_bytes)} B`);
    group.addEventListener("click", () => this.choose(layer.step));
    return group;
  }

  choose(step) {
    this.chosen = step;
    for (const node of this.nodes) {
      const isChosen = node === this.nodes[step];
      node.setAttribute("aria-pressed", String(isChosen));
      node.setAttribute("tabindex", isChosen ? "0" : "-1");
    }
    this.onChosen(step);
  }

  // Up and down go in the order in which the layers run, left and right in a row.
  move(event) {
    const last = this.nodes.length - 1, here = this.chosen, { row, x } = this.spots[here];
    const inRow = this.spots.map((spot, step) => ({ ...spot, step })).filter((spot) => spot.row === row).sort((a, b) => a.x - b.x);
    const beside = (by) => inRow[inRow.findIndex((spot) => spot.x === x) + by]?.step ?? here;
    const next = {
      ArrowDown: () => Math.min(here + 1, last),
      ArrowUp: () => Math.max(here - 1, 0),
      ArrowRight: () => beside(1),
      ArrowLeft: () => beside(-1),
      Home: () => 0,
      End: () => last,
    }[event.key]?.();
    if (next === undefined) return;
    event.preventDefault();
    this.choose(next);
    this.nodes[next].focus();
  }
}
