// SPDX-License-Identifier: Apache-2.0
// The browser's camera. onFrame hears a JPEG; the next is taken once its promise is done.

const LONGEST = 480;
const LEAST_MS = 100;

export class Camera {
  constructor(video, button, onFrame, onProblem) {
    Object.assign(this, { video, button, onFrame, onProblem, stream: null });
    this.canvas = document.createElement("canvas");
    video.hidden = true;
    button.addEventListener("click", () => (this.stream ? this.stop() : this.start()));
  }

  async start() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (problem) {
      this.onProblem(`The camera cannot be used: ${problem.message}.`);
      return;
    }
    this.video.srcObject = this.stream;
    this.video.hidden = false;
    await this.video.play();
    this.button.textContent = "Stop the camera";
    this.run();
  }

  async run() {
    while (this.stream) {
      const begun = performance.now();
      await this.onFrame(await this.frame());
      await new Promise((done) => setTimeout(done, Math.max(0, LEAST_MS - (performance.now() - begun))));
    }
  }

  frame() {
    const scale = Math.min(1, LONGEST / Math.max(this.video.videoWidth, this.video.videoHeight, 1));
    this.canvas.width = Math.max(1, Math.round(this.video.videoWidth * scale));
    this.canvas.height = Math.max(1, Math.round(this.video.videoHeight * scale));
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return new Promise((done) => this.canvas.toBlob(done, "image/jpeg", 0.92));
  }

  stop() {
    if (!this.stream) return;
    this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = true;
    this.button.textContent = "Start the camera";
  }
}
