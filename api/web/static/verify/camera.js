// The camera: opened by a tap, looked through for codes, closed as soon as nobody needs it. No picture is kept.

/** @typedef {import("./decoder.js").Decoder} Decoder */

/**
 * Why there is no picture, as the page's messages call it.
 *
 * @typedef {"camera_refused" | "camera_missing" | "camera_busy" | "camera_insecure" | "camera_failed"} CameraTrouble
 */

export class CameraClosed extends Error {
  /** @param {CameraTrouble} trouble */
  constructor(trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/** @type {Record<string, CameraTrouble>} */
const TROUBLES = {
  NotAllowedError: "camera_refused",
  SecurityError: "camera_refused",
  NotFoundError: "camera_missing",
  OverconstrainedError: "camera_missing",
  NotReadableError: "camera_busy",
  AbortError: "camera_busy",
};
const WANTED = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } };
const WHOLE_SIDE = 1280;
const MIDDLE_SIDE = 960;

/** An open camera, until `close`. */
export class Camera {
  #stream;
  #video;
  #canvas = document.createElement("canvas");
  #turn = 0;

  /** @param {MediaStream} stream @param {HTMLVideoElement} video */
  constructor(stream, video) {
    this.#stream = stream;
    this.#video = video;
  }

  get isOpen() {
    return this.#stream.active;
  }

  /** Whether it has a light to switch. */
  get hasTorch() {
    const capabilities = /** @type {any} */ (this.#track?.getCapabilities?.() ?? {});
    return capabilities.torch === true;
  }

  /** @param {boolean} isOn @returns {Promise<boolean>} whether it did so: some telephones name a light that stays dark */
  async light(isOn) {
    try {
      await this.#track?.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: isOn }] }));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The next picture to look for a code in: in turn the whole of what the camera sees, made smaller, and its middle as
   * finely as the camera has it.
   *
   * @returns {ImageData | null} null while there is no picture yet
   */
  look() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width === 0) return null;
    this.#turn += 1;
    const seen = this.#turn % 2 === 1 ? Math.max(width, height) : Math.min(width, height, MIDDLE_SIDE);
    const [wide, tall] = [Math.min(width, seen), Math.min(height, seen)];
    const scale = Math.min(1, WHOLE_SIDE / seen);
    this.#canvas.width = Math.round(wide * scale);
    this.#canvas.height = Math.round(tall * scale);
    const paper = this.#canvas.getContext("2d", { willReadFrequently: true });
    if (paper === null) return null;
    const [left, top] = [(width - wide) / 2, (height - tall) / 2];
    paper.drawImage(this.#video, left, top, wide, tall, 0, 0, this.#canvas.width, this.#canvas.height);
    return paper.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
  }

  close() {
    for (const track of this.#stream.getTracks()) track.stop();
    // Another one may be shown there by now.
    if (this.#video.srcObject === this.#stream) this.#video.srcObject = null;
  }

  get #track() {
    return this.#stream.getVideoTracks()[0];
  }
}

/**
 * @param {HTMLVideoElement} video where people see what it sees
 * @returns {Promise<Camera>}
 * @throws {CameraClosed}
 */
export async function openCamera(video) {
  if (!globalThis.isSecureContext || navigator.mediaDevices === undefined) throw new CameraClosed("camera_insecure");
  let camera;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
    camera = new Camera(stream, video);
    video.srcObject = stream;
    await video.play();
    return camera;
  } catch (error) {
    camera?.close();
    const name = error instanceof Error || error instanceof DOMException ? error.name : "";
    throw new CameraClosed(TROUBLES[name] ?? "camera_failed");
  }
}

/**
 * Look for codes until `take` wants no more, or the camera is closed.
 *
 * @param {Camera} camera
 * @param {Decoder} decoder
 * @param {(text: string) => boolean} take whether this text was the one
 */
export async function scan(camera, decoder, take) {
  while (camera.isOpen) {
    const picture = camera.look();
    const texts = picture === null ? [] : await decoder.read(picture);
    if (!camera.isOpen || texts.some(take)) return;
    await new Promise((seen) => window.requestAnimationFrame(seen));
  }
}
