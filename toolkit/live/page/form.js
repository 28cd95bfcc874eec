// SPDX-License-Identifier: Apache-2.0
// tinyml.toml by fields: which there are says the server, from the file's own schema. The text is the truth.

const OPEN = new Set(["project", "data", "model", "training", "model.options", "data.options"]);

export class Form {
  // onChange(name, value) is to return what the server says of the text with that change.
  constructor(root, onChange) {
    this.root = root;
    this.onChange = onChange;
    this.open = new Set(OPEN);
  }

  draw(sections) {
    const held = document.activeElement?.id;
    this.root.replaceChildren(...sections.map((each) => this.section(each)));
    if (held?.startsWith("field-")) document.getElementById(held)?.focus();
  }

  section({ section, fields }) {
    const part = document.createElement("details"), title = document.createElement("summary");
    part.open = this.open.has(section);
    part.addEventListener("toggle", () => this.open[part.open ? "add" : "delete"](section));
    title.textContent = `[${section}]`;
    part.append(title, ...fields.map((field) => this.field(field)));
    return part;
  }

  field(field) {
    const line = document.createElement("div"), label = document.createElement("label");
    line.className = field.value === null ? "field" : "field set";
    const input = field.kind === "choice" || field.kind === "flag" ? this.choice(field) : this.input(field);
    input.id = `field-${field.name}`;
    input.dataset.field = field.name;
    label.htmlFor = input.id;
    label.textContent = field.name.split(".").pop();
    input.addEventListener("change", () => this.onChange(field.name, input.value));
    line.append(label, input);
    return line;
  }

  choice({ kind, choices, value, default: usual }) {
    const select = document.createElement("select");
    const all = kind === "flag" ? ["true", "false"] : choices.filter(Boolean);
    select.append(new Option(`${usual === null || usual === "" ? "not set" : usual} (default)`, ""), ...all.map((each) => new Option(each, each)));
    select.value = value === null ? "" : String(value);
    return select;
  }

  input({ kind, value, default: usual }) {
    const input = document.createElement("input");
    input.type = "text";
    if (kind !== "text") input.inputMode = "decimal";
    input.placeholder = usual === null || usual === "" ? "" : String(usual);
    input.value = value === null ? "" : String(value);
    return input;
  }
}
