// SPDX-License-Identifier: Apache-2.0
// Starts the page: its parts as tabs, the state of the project, the connection.

import { get, listen } from "./api.js";
import { Collect } from "./collect.js";
import { Inside } from "./inside.js";
import { Train } from "./train.js";
import { TryIt } from "./try.js";

const by = (id) => document.getElementById(id);
const parts = {
  try: { title: "Try it", part: new TryIt() },
  collect: { title: "Collect", part: new Collect() },
  train: { title: "Train and build", part: new Train() },
  inside: { title: "Look inside", part: new Inside() },
};

function choose(name) {
  for (const key of names) {
    const isChosen = key === name, tab = by(`tab-${key}`);
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    by(`panel-${key}`).hidden = !isChosen;
  }
  parts[name].part.open?.();
  history.replaceState(null, "", `#${name}`);
}

function makeTabs(names) {
  by("tabs").replaceChildren(
    ...names.map((name) => {
      const tab = document.createElement("button");
      tab.id = `tab-${name}`;
      tab.type = "button";
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", `panel-${name}`);
      tab.textContent = parts[name].title;
      tab.addEventListener("click", () => choose(name));
      return tab;
    }),
  );
  by("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...by("tabs").children];
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
}

let drawn = "";
let names = [];

// Draws the parts anew only where the model or its data are others: what lies on the desk stays otherwise.
async function load() {
  const state = await get("api/state");
  by("title").textContent = state.project || state.model || "tinyml live";
  document.title = `${state.project || state.model} - tinyml live`;
  const where = state.port ? `board ${state.board} on ${state.port}` : `board ${state.board}`;
  by("subject").textContent = where;
  const now = JSON.stringify([state.model, state.version, state.has_tests, state.board]);
  if (now === drawn) parts.train.part.start(state);
  else for (const { part } of Object.values(parts)) part.start(state);
  drawn = now;
  return state;
}

function onEvent(event) {
  if (event.event === "word") by("word").textContent = event.text;
  if (event.event === "model") load();
  for (const { part } of Object.values(parts)) part.hear?.(event);
}

function onState(state) {
  by("connection").dataset.state = state;
  by("connection").textContent = state === "connected" ? "connected" : "connection lost, trying again";
  if (state === "connected") load();
}

const state = await load();
names = state.parts.filter((name) => name in parts);
makeTabs(names);
const wanted = location.hash.slice(1);
choose(names.includes(wanted) ? wanted : "try");
listen(onEvent, onState);
