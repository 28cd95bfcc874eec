// SPDX-License-Identifier: Apache-2.0
// The drawing pad. onChange hears a PNG of it, at most eight times a second.

const WAIT_MS = 120;

export class Pad {
  constructor(root, onChange) {
    this.canvas = root.querySelector("#pad");
    this.dark = root.querySelector("#pad-dark");
    this.pen = root.querySelector("#pad-width");
    this.onChange = onChange;
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.last = null;
    this.timer = null;
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.go(event));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => (this.last = null));
    root.querySelector("#pad-clear").addEventListener("click", () => this.clear());
    this.dark.addEventListener("change", () => this.clear());
    this.clear(true);
  }

  // Fits the pen to a model that sees so many pixels across: its strokes are thicker than one of them.
  prepare(isDark, pixels) {
    this.dark.checked = isDark;
    this.pen.value = Math.max(22, Math.min(60, (1.3 * this.canvas.width) / pixels));
    this.clear(true);
  }

  clear(isQuiet = false) {
    this.context.fillStyle = this.dark.checked ? "#000" : "#fff";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!isQuiet) this.tell();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  begin(event) {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.place(event);
    this.go(event);
  }

  go(event) {
    if (this.last === null) return;
    const to = this.place(event);
    this.context.strokeStyle = this.dark.checked ? "#fff" : "#000";
    this.context.lineWidth = Number(this.pen.value);
    this.context.lineCap = this.context.lineJoin = "round";
    this.context.beginPath();
    this.context.moveTo(...this.last);
    this.context.lineTo(...to);
    this.context.stroke();
    this.last = to;
    this.tell();
  }

  tell() {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.canvas.toBlob((blob) => this.onChange(blob), "image/png");
    }, WAIT_MS);
  }
}
