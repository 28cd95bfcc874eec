// SPDX-License-Identifier: Apache-2.0
// Runs where the browser plays sound: hands on what the microphone hears, in blocks of 2048.

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(2048);
    this.filled = 0;
  }

  process([[heard]]) {
    if (!heard) return true;
    this.block.set(heard, this.filled);
    this.filled += heard.length;
    if (this.filled === this.block.length) {
      this.port.postMessage(this.block.slice());
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
