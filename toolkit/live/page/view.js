// SPDX-License-Identifier: Apache-2.0
// Draws what a model gets: a picture, a spectrogram, curves, or numbers.

const COLOURS = ["#2563eb", "#ea6a1b", "#0f9d6c", "#9333ea", "#be123c", "#0891b2"];

// A few stops of matplotlib's viridis; between them it is straight.
const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

function heat(value) {
  const place = (value / 255) * (VIRIDIS.length - 1);
  const low = Math.min(Math.floor(place), VIRIDIS.length - 2);
  return VIRIDIS[low].map((part, i) => part + (VIRIDIS[low + 1][i] - part) * (place - low));
}

function drawPixels(canvas, view) {
  const bytes = Uint8Array.from(atob(view.pixels), (letter) => letter.charCodeAt(0));
  canvas.width = view.width;
  canvas.height = view.height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(view.width, view.height);
  for (let i = 0; i < view.width * view.height; i++) {
    const grey = bytes[i * view.channels];
    let colour = [grey, grey, grey];
    if (view.channels === 3) colour = [0, 1, 2].map((c) => bytes[i * 3 + c]);
    else if (view.kind === "spectrogram") colour = heat(grey);
    image.data.set([...colour, 255], i * 4);
  }
  context.putImageData(image, 0, 0);
}

export function drawWaves(canvas, lines, { width = 480, height = 220, low = null, high = null } = {}) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const all = lines.flat();
  const least = low ?? Math.min(...all), most = high ?? Math.max(...all);
  const y = (value) => height - 6 - ((value - least) / Math.max(most - least, 1e-9)) * (height - 12);
  lines.forEach((line, number) => {
    context.strokeStyle = COLOURS[number % COLOURS.length];
    context.lineWidth = Math.max(1, width / 300);
    context.beginPath();
    line.forEach((value, i) => context.lineTo((i / Math.max(line.length - 1, 1)) * width, y(value)));
    context.stroke();
  });
}

function drawNumbers(canvas, view) {
  const shown = view.values.slice(0, 24), height = 20 * shown.length + 8;
  canvas.width = 420;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const most = Math.max(...shown.map(Math.abs), 1e-9);
  context.font = "13px system-ui, sans-serif";
  shown.forEach((value, i) => {
    context.fillStyle = "#7aa5ff";
    const length = (Math.abs(value) / most) * 90;
    context.fillRect(value < 0 ? 250 - length : 250, 20 * i + 6, length, 14);
    context.fillStyle = getComputedStyle(document.body).color;
    context.fillText(String(view.names[i]).slice(0, 18), 4, 20 * i + 18);
    context.fillText(value.toPrecision(4), 350, 20 * i + 18);
  });
}

// Draws view on canvas at its own size; the style enlarges small pictures.
export function draw(canvas, view, enlarge = 0) {
  canvas.style.width = "";
  if (view.kind === "picture" || view.kind === "spectrogram") {
    drawPixels(canvas, view);
    if (enlarge) {
      const times = Math.max(1, Math.floor(enlarge / Math.max(view.width, view.height)));
      canvas.style.width = `${view.width * times}px`;
    }
  } else if (view.kind === "waves") {
    drawWaves(canvas, view.values, enlarge ? {} : { width: 96, height: 96 });
  } else if (enlarge) drawNumbers(canvas, view);
  else {
    drawWaves(canvas, [view.values.length > 1 ? view.values : [0, ...view.values]], { width: 96, height: 96 });
  }
}

export function describe(view) {
  const range = (numbers) => `${Math.min(...numbers).toPrecision(3)} to ${Math.max(...numbers).toPrecision(3)}`;
  if (view.kind === "picture") {
    const colour = view.channels === 3 ? "colour" : "grey";
    return `${view.width} x ${view.height} pixels, ${colour}, black is ${view.low.toPrecision(3)} and white ${view.high.toPrecision(3)}`;
  }
  if (view.kind === "spectrogram") return `spectrogram: ${view.width} frames of ${view.height} numbers, low notes below`;
  if (view.kind === "waves") return `${view.length} rows of ${view.names.length}: ${view.names.join(", ")}; ${range(view.values.flat())}`;
  return `${view.values.length} numbers, ${range(view.values)}`;
}
