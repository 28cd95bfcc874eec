// SPDX-License-Identifier: Apache-2.0
// "Collect": files, pictures and sounds under a label; relabel, delete to the bin; what is wrong with them.

import { get, post } from "./api.js";
import { Camera } from "./camera.js";
import { Microphone } from "./microphone.js";
import { showNear } from "./near.js";
import { Record } from "./record.js";
import { draw } from "./view.js";

const by = (id) => document.getElementById(id);

export class Collect {
  constructor() {
    this.page = this.asked = 0;
    this.newest = null;
    const say = (text) => this.fail(text);
    const keep = (button) => (blob) => {
      this.newest = blob;
      by(button).disabled = false;
    };
    this.record = new Record(() => this.load(this.page));
    this.camera = new Camera(by("collect-video"), by("collect-camera-toggle"), keep("collect-picture"), say);
    this.microphone = new Microphone(by("collect-wave"), by("collect-microphone-toggle"), keep("collect-sound"), say);
    by("collect-picture").addEventListener("click", () => this.add([[this.newest, "camera.jpg"]]));
    by("collect-sound").addEventListener("click", () => this.add([[this.newest, "sound.wav"]]));
    by("new-files").addEventListener("change", async (event) => {
      await this.add([...event.target.files].map((file) => [file, file.name]));
      event.target.value = "";
    });
    by("collect-label").addEventListener("change", () => this.load(0));
    by("collect-previous").addEventListener("click", () => this.load(this.page - 1));
    by("collect-next").addEventListener("click", () => this.load(this.page + 1));
  }

  start(state) {
    const { source, seconds, why, group } = state.collects || { source: "", why: "", group: "" };
    this.canCollect = source !== "";
    by("collect-none").hidden = this.canCollect;
    by("collect-none").textContent = why;
    by("collect-parts").hidden = !this.canCollect;
    this.record.prepare({ ...state, source });
    by("collect-camera").hidden = source !== "image_folder";
    by("collect-microphone").hidden = source !== "audio_folder";
    this.microphone.seconds = seconds;
    by("new-stem-part").hidden = !group;
    by("new-stem-said").textContent = `The data have groups: a name has to match group = "${group}". A number comes behind it. Left empty, chosen files keep theirs.`;
  }

  open() {
    if (this.canCollect) this.load(0);
  }

  hear(event) {
    this.record.hear(event);
  }

  async near(name) {
    try {
      await showNear(name);
    } catch (problem) {
      by("near").hidden = true;
      this.fail(problem.text);
    }
  }

  async add(files) {
    const label = by("new-label").value.trim(), stem = by("new-stem").value.trim();
    const refused = [];
    for (const [blob, name] of files) {
      try {
        await post(`api/data?${new URLSearchParams({ label, name, stem })}`, blob);
      } catch (problem) {
        refused.push(problem.text.startsWith(name) ? problem.text : `${name}: ${problem.text}`);
      }
    }
    this.fail(refused.join("\n"));
    const count = files.length - refused.length, not = refused.length ? `, ${refused.length} refused` : "";
    by("collect-said").textContent = `${count} kept as ${label}${not}`;
    await this.load(this.page);
  }

  async change(path, about) {
    try {
      await post(`api/data/${path}?${new URLSearchParams(about)}`);
      by("collect-said").textContent = path === "delete" ? `${about.name} is in the bin, deleted/` : `${about.name} is ${about.label} now`;
    } catch (problem) {
      this.fail(problem.text);
    }
    await this.load(this.page);
  }

  async load(page) {
    const asked = (this.asked += 1); // an answer that came late is not shown
    let found;
    by("collect-count").textContent = "reading the files ...";
    try {
      found = await get(`api/data?${new URLSearchParams({ label: by("collect-label").value, page })}`);
    } catch (problem) {
      by("collect-count").textContent = "";
      this.fail(problem.text);
      return;
    }
    if (asked !== this.asked) return;
    this.page = page;
    this.labels = Object.keys(found.counts);
    this.drawCounts(found);
    by("collect-count").textContent = found.matching === 1 ? "1 file" : `${found.matching.toLocaleString("en")} files`;
    by("collect-grid").replaceChildren(...found.files.map((file) => this.tile(file)));
    by("collect-pages").hidden = found.pages < 2;
    by("collect-page").textContent = `page ${page + 1} of ${found.pages}`;
    by("collect-previous").disabled = page === 0;
    by("collect-next").disabled = page + 1 >= found.pages;
  }

  drawCounts(found) {
    const chosen = by("collect-label").value, most = Math.max(...Object.values(found.counts));
    by("labels").replaceChildren(...this.labels.map((label) => new Option(label, label)));
    by("collect-label").replaceChildren(...["", ...this.labels].map((label) => new Option(label || "all", label)));
    by("collect-label").value = this.labels.includes(chosen) ? chosen : "";
    const list = document.createElement("ul");
    list.className = "bars";
    for (const [label, count] of Object.entries(found.counts)) {
      const line = document.createElement("li");
      const [name, track, value] = ["name", "track", "value"].map((kind) => {
        const part = document.createElement("span");
        part.className = kind;
        return part;
      });
      const fill = document.createElement("span");
      fill.className = "fill";
      fill.style.width = `${(100 * count) / most}%`;
      track.append(fill);
      name.textContent = label;
      value.textContent = count;
      line.append(name, track, value);
      list.append(line);
    }
    by("collect-counts").replaceChildren(list);
    by("collect-notes").textContent = [found.uneven, ...found.broken].filter(Boolean).join("\n");
  }

  tile(file) {
    const line = document.createElement("li"), tile = document.createElement("div");
    tile.className = "tile";
    tile.dataset.name = file.name;
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", file.name);
    draw(canvas, file.view);
    const [name, split, marks, actions] = ["name", "faint", "mark", "actions"].map((kind) => {
      const part = document.createElement("div");
      part.className = kind;
      return part;
    });
    name.textContent = file.name;
    split.textContent = file.split || "in no split yet";
    marks.textContent = file.marks.join(", ");
    const choice = document.createElement("select");
    choice.setAttribute("aria-label", `Label of ${file.name}`);
    choice.append(...this.labels.map((label) => new Option(label, label)));
    choice.value = file.label;
    choice.addEventListener("change", () => this.change("relabel", { name: file.name, label: choice.value }));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "Delete";
    remove.setAttribute("aria-label", `Delete ${file.name}`);
    remove.addEventListener("click", () => this.change("delete", { name: file.name }));
    const similar = document.createElement("button");
    similar.type = "button";
    similar.textContent = "Similar";
    similar.setAttribute("aria-label", `Files like ${file.name}`);
    similar.addEventListener("click", () => this.near(file.name));
    remove.className = "delete";
    actions.append(choice, similar, remove);
    tile.append(canvas, name, split, marks, actions);
    line.append(tile);
    return line;
  }

  fail(text) {
    by("collect-problem").hidden = !text;
    by("collect-problem").textContent = text;
  }
}
