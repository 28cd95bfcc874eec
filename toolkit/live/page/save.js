// SPDX-License-Identifier: Apache-2.0
// A picture to keep: what the model got, and what each column said.

import { textOf } from "./columns.js";

const WIDTH = 900, SIDE = 260, LEFT = 300, LINE = 22;

export function pictureOf(seen, name, said) {
  const columns = Object.values(said);
  const rows = Math.max(...columns.map((each) => Math.min(each.values.length, 6)), 1);
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.max(SIDE + 60, 110 + rows * LINE);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  const scale = Math.min(SIDE / seen.width, SIDE / seen.height);
  context.drawImage(seen, 20, 40, seen.width * scale, seen.height * scale);
  context.fillStyle = "#1f2933";
  context.font = "bold 14px system-ui, sans-serif";
  context.fillText(name.slice(0, 60), 20, 26);
  const width = (WIDTH - LEFT - 20) / Math.max(columns.length, 1);
  columns.forEach((each, i) => column(context, each, LEFT + i * width, width - 16));
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function column(context, said, x, width) {
  context.font = "bold 14px system-ui, sans-serif";
  context.fillText({ float: "Float", int8: "int8", board: "Firmware" }[said.on], x, 56);
  context.font = "11px system-ui, sans-serif";
  context.fillText(said.by, x, 74, width);
  const most = Math.max(...said.values.map((v) => Math.abs(v.value)), 1e-9);
  said.values.slice(0, 6).forEach(({ label, value }, i) => {
    const y = 100 + i * LINE;
    context.fillStyle = "#dbe6fd";
    context.fillRect(x, y - 13, (width * Math.abs(value)) / most, 17);
    context.fillStyle = "#1f2933";
    context.fillText(`${label} ${textOf(said, value)}`, x + 4, y, width);
  });
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
