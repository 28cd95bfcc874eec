// SPDX-License-Identifier: Apache-2.0
// What the sensors of an emulated board sense: by sliders, or by a table in a file.

const ROWS = 2;
const REACH = { g: 2, dps: 250, gauss: 4, mv: 3300 };

export class Sensors {
  // key tells the ids of one place on the page from another's.
  constructor(root, key) {
    Object.assign(this, { root, key, sensors: [], file: null });
  }

  draw(sensors) {
    this.sensors = sensors;
    this.root.replaceChildren(...sensors.map((sensor) => this.part(sensor)), ...(sensors.length ? [this.fileInput()] : []));
  }

  part(sensor) {
    const part = document.createElement("details"), title = document.createElement("summary");
    title.textContent = `${sensor.name} [${sensor.unit}]`;
    part.dataset.sensor = sensor.name;
    part.append(title, ...sensor.columns.map((column) => this.slider(sensor, column)));
    return part;
  }

  slider(sensor, column) {
    const line = document.createElement("label"), input = document.createElement("input"), value = document.createElement("output");
    const most = REACH[sensor.unit] || 1, isAnalog = sensor.columns.length === 1;
    Object.assign(input, { type: "range", min: isAnalog ? 0 : -most, max: most, step: most / 100, value: 0 });
    input.id = `${this.key}-${column}`;
    input.dataset.column = column;
    input.setAttribute("aria-label", `${column} in ${sensor.unit}`);
    const show = () => (value.textContent = Number(input.value).toPrecision(3));
    input.addEventListener("input", show);
    show();
    line.className = "slider";
    line.append(column, input, value);
    return line;
  }

  fileInput() {
    const label = document.createElement("label"), input = document.createElement("input");
    input.type = "file";
    input.accept = ".csv";
    input.id = `${this.key}-file`;
    input.addEventListener("change", () => (this.file = input.files[0] || null));
    label.append("or a table with a column a channel ", input);
    return label;
  }

  // Returns the names of what is fed, and its table: of the open sensors, or of the file for all that are open.
  async fed() {
    const open = this.sensors.filter(({ name }) => this.root.querySelector(`[data-sensor="${name}"]`).open);
    const names = open.map(({ name }) => name).join(",");
    if (this.file) return [names || this.sensors[0].name, await this.file.text()];
    if (!open.length) return ["", ""];
    const columns = open.flatMap((sensor) => sensor.columns.map((column) => [column, sensor.unit]));
    const values = columns.map(([column]) => document.getElementById(`${this.key}-${column}`).value);
    const head = columns.map(([column, unit]) => `${column} [${unit}]`).join(",");
    return [names, [head, ...Array(ROWS).fill(values.join(","))].join("\n") + "\n"];
  }
}
