// Reads QR codes: with what the browser brings where it brings something, else with WebAssembly in a worker.

/** @typedef {{ read(picture: ImageData): Promise<string[]> }} Decoder */

/** No reader for QR codes could be loaded. */
export class DecoderMissing extends Error {}

const WORKER = "/v/decoder.js";

/** @type {Promise<Decoder> | null} */
let ofBrowser = null;
/** @type {Promise<Decoder> | null} */
let ofWorker = null;

/**
 * The quickest reader.
 *
 * @returns {Promise<Decoder>}
 * @throws {DecoderMissing}
 */
export async function openDecoder() {
  ofBrowser ??= browsersOwn();
  try {
    return await ofBrowser;
  } catch {
    return openThorough();
  }
}

/**
 * The reader that finds the most.
 *
 * @returns {Promise<Decoder>}
 * @throws {DecoderMissing}
 */
export async function openThorough() {
  ofWorker ??= inWorker();
  try {
    return await ofWorker;
  } catch (error) {
    ofWorker = null;
    throw error;
  }
}

/** @returns {Promise<Decoder>} */
async function browsersOwn() {
  const { BarcodeDetector } = /** @type {any} */ (globalThis);
  const formats = await BarcodeDetector.getSupportedFormats();
  if (!formats.includes("qr_code")) throw new DecoderMissing();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return {
    async read(picture) {
      /** @type {{ rawValue: string }[]} */
      let found;
      try {
        found = await detector.detect(picture);
      } catch {
        // Some telephones name a reader whose program they have not got.
        return (await openThorough()).read(picture);
      }
      return found.map((one) => one.rawValue);
    },
  };
}

/** @returns {Promise<Decoder>} */
async function inWorker() {
  const worker = new Worker(WORKER, { type: "module" });
  /** @type {Map<number, { done: (texts: string[]) => void, failed: (error: Error) => void }>} */
  const waiting = new Map();
  let asked = 0;

  worker.addEventListener("message", (event) => {
    const { id, texts } = event.data;
    const one = waiting.get(id);
    waiting.delete(id);
    if (texts === null) one?.failed(new DecoderMissing());
    else one?.done(texts);
  });
  worker.addEventListener("error", () => {
    for (const one of waiting.values()) one.failed(new DecoderMissing());
    waiting.clear();
  });

  /** @param {{ width: number, height: number, pixels: ArrayBufferLike }} picture @returns {Promise<string[]>} */
  const ask = (picture) =>
    new Promise((done, failed) => {
      const id = asked;
      asked += 1;
      waiting.set(id, { done, failed });
      worker.postMessage({ id, ...picture }, [/** @type {ArrayBuffer} */ (picture.pixels)]);
    });

  // The first question carries no picture: it is answered when everything is there.
  await ask({ width: 0, height: 0, pixels: new ArrayBuffer(0) });
  return { read: ({ width, height, data }) => ask({ width, height, pixels: data.buffer }) };
}
