// SPDX-License-Identifier: Apache-2.0
// The browser's microphone. onSound hears the last seconds as a WAV file; the next once its promise is done.

import { drawWaves } from "./view.js";

const LEAST_MS = 200;

// Returns a WAV file of 16 bits, one channel.
export function wavOf(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (place, letters) => [...letters].forEach((x, i) => view.setUint8(place + i, x.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) => view.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, x)) * 32767), true));
  return new Blob([view], { type: "audio/wav" });
}

export class Microphone {
  constructor(canvas, button, onSound, onProblem) {
    Object.assign(this, { canvas, button, onSound, onProblem, stream: null, seconds: 1 });
    canvas.hidden = true;
    button.addEventListener("click", () => (this.stream ? this.stop() : this.start()));
  }

  async start() {
    try {
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
    } catch (problem) {
      this.onProblem(`The microphone cannot be used: ${problem.message}.`);
      return;
    }
    this.sound = new AudioContext();
    await this.sound.audioWorklet.addModule(new URL("recorder.js", import.meta.url));
    this.kept = new Float32Array(Math.round(this.seconds * this.sound.sampleRate));
    this.filled = 0;
    const node = new AudioWorkletNode(this.sound, "recorder");
    node.port.onmessage = ({ data }) => this.keep(data);
    this.sound.createMediaStreamSource(this.stream).connect(node);
    node.connect(this.sound.destination);
    this.canvas.hidden = false;
    this.button.textContent = "Stop the microphone";
    this.run();
  }

  keep(block) {
    this.kept.copyWithin(0, block.length);
    this.kept.set(block, this.kept.length - block.length);
    this.filled = Math.min(this.kept.length, this.filled + block.length);
  }

  async run() {
    while (this.stream) {
      const begun = performance.now();
      const step = Math.ceil(this.kept.length / 560);
      drawWaves(this.canvas, [Array.from(this.kept.filter((_, i) => i % step === 0))], { width: 560, height: 120, low: -1, high: 1 });
      if (this.filled === this.kept.length) await this.onSound(wavOf(this.kept, this.sound.sampleRate));
      await new Promise((done) => setTimeout(done, Math.max(0, LEAST_MS - (performance.now() - begun))));
    }
  }

  stop() {
    if (!this.stream) return;
    this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.sound.close();
    this.canvas.hidden = true;
    this.button.textContent = "Start the microphone";
  }
}
