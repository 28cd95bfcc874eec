// SPDX-License-Identifier: Apache-2.0
// The server's addresses. Every one is relative: the token stands in the page's own path.

export class Problem extends Error {
  constructor(about) {
    super(about.error);
    this.hint = about.hint || "";
  }

  get text() {
    return this.hint ? `${this.message}\n${this.hint}` : this.message;
  }
}

async function answerOf(response) {
  let about;
  try {
    about = await response.json();
  } catch {
    throw new Problem({ error: `the server answers ${response.status}.` });
  }
  if (!response.ok) throw new Problem(about);
  return about;
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Problem({ error: "tinyml live does not answer.", hint: "Is it still running in its terminal?" });
  }
  return answerOf(response);
}

export const get = (path) => send(path, { method: "GET" });
export const post = (path, body = null) => send(path, { method: "POST", body });

// Calls onEvent with every event, and onState with "connected" or "lost"; connects again by itself.
export function listen(onEvent, onState) {
  let wait = 500;
  const open = () => {
    const address = new URL("events", document.baseURI);
    address.protocol = "ws:";
    const socket = new WebSocket(address);
    socket.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (event.event === "hello") {
        wait = 500;
        onState("connected");
      } else onEvent(event);
    };
    socket.onclose = () => {
      onState("lost");
      setTimeout(open, wait);
      wait = Math.min(wait * 2, 5000);
    };
  };
  open();
}
