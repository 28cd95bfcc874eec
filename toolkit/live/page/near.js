// SPDX-License-Identifier: Apache-2.0
// The files that are most like one, as the model gets them: duplicates, and labels that may be wrong.

import { get } from "./api.js";
import { draw } from "./view.js";

const by = (id) => document.getElementById(id);

export async function showNear(name) {
  by("near").hidden = false;
  by("near-title").textContent = `Most like ${name}`;
  by("near-said").textContent = "comparing the files ...";
  by("near-grid").replaceChildren();
  by("near-title").focus();
  const found = await get(`api/data/near?${new URLSearchParams({ name })}`);
  by("near-said").textContent = found.near.length ? `${found.of} were compared, as the model gets them` : "There is nothing to compare it with.";
  by("near-grid").replaceChildren(
    ...found.near.map((file) => {
      const line = document.createElement("li"), tile = document.createElement("div"), canvas = document.createElement("canvas");
      const about = document.createElement("div"), mark = document.createElement("div");
      tile.className = "tile";
      draw(canvas, file.view);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", file.name);
      about.textContent = `${file.name}, ${file.distance.toPrecision(2)} away`;
      mark.className = "mark";
      mark.textContent = [file.distance === 0 ? "the same" : "", file.label === found.label ? "" : `labelled ${file.label}`].filter(Boolean).join(", ");
      tile.append(canvas, about, mark);
      line.append(tile);
      return line;
    }),
  );
}
