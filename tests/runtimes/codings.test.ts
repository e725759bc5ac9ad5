/** Content codings: what goes in comes out, when it does, and how a stream ends that nobody reads any more. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from "node:zlib";
import type { CodingName } from "../../src/lib/codings.ts";
import { nodeCodings } from "../../src/runtimes/node-codings.ts";

const KIB = 1024;

const DECODE: Readonly<Record<CodingName, (bytes: Uint8Array) => Uint8Array>> = {
  zstd: zstdDecompressSync,
  br: brotliDecompressSync,
  gzip: gunzipSync,
};
const DECODERS = { zstd: createZstdDecompress, br: createBrotliDecompress, gzip: createGunzip };

function textOf(size: number): Uint8Array {
  const words = Array.from({ length: size / 4 }, (_, index) => (index * 7919 % 9973).toString(36));
  return new TextEncoder().encode(words.join(" ").slice(0, size));
}

/** A stream that hands `bytes` out in pieces of `size` when asked, and counts them. */
function source(bytes: Uint8Array, size: number) {
  const state = { given: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (state.given >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(state.given, state.given += size));
    },
    cancel: () => void (state.cancelled = true),
  }, { highWaterMark: 0 });
  return { state, stream };
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

describe("content codings", () => {
  it("are zstd, br and gzip here", () => assert.deepEqual(nodeCodings.names, ["zstd", "br", "gzip"]));

  for (const name of nodeCodings.names) {
    it(`${name}: whatever the size, and however it is cut`, async () => {
      for (const [size, piece] of [[0, 1], [1, 1], [300, 7], [200 * KIB, 3000], [3 * KIB * KIB, 64 * KIB]]) {
        const bytes = textOf(size!);
        const encoded = await readAll(nodeCodings.encode(name, source(bytes, piece!).stream));
        assert.ok(Buffer.from(bytes).equals(DECODE[name](encoded)), `${size} bytes in pieces of ${piece}`);
        if (size! > KIB) assert.ok(encoded.length < bytes.length / 1.5);
      }
    });

    it(`${name}: every event is there before the next one happens`, async () => {
      const decoder = DECODERS[name]();
      let decoded = "";
      decoder.on("data", (chunk: Uint8Array) => decoded += new TextDecoder().decode(chunk));
      let happens: (event: string) => void = () => {};
      const events = new ReadableStream<Uint8Array>({
        start: (controller) =>
          void (happens = (event) => controller.enqueue(new TextEncoder().encode(event))),
      });
      const reader = nodeCodings.encode(name, events).getReader();
      let expected = "";
      for (let count = 0; count < 20; count++) {
        const event = `{"count":${count}}\n`;
        expected += event;
        happens(event);
        while (decoded !== expected) {
          const { value } = await reader.read();
          await new Promise<void>((resolve) => decoder.write(value!, () => resolve()));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      await reader.cancel();
    });

    it(`${name}: takes no more than somebody reads`, async () => {
      // What cannot be made smaller: as much comes out as goes in.
      const bytes = crypto.getRandomValues(new Uint8Array(64 * KIB));
      let given = 0;
      const endless = new ReadableStream<Uint8Array>({
        pull: (controller) => void (given += bytes.length, controller.enqueue(bytes)),
      }, { highWaterMark: 0 });
      const reader = nodeCodings.encode(name, endless).getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.ok(given < 1024 * KIB, `${given} bytes were taken`);
      await reader.cancel();
    });

    it(`${name}: whoever reads no more stops the source`, async () => {
      const { state, stream } = source(textOf(1000 * KIB), 1000);
      const reader = nodeCodings.encode(name, stream).getReader();
      await reader.read();
      await reader.cancel();
      assert.ok(state.cancelled);
    });

    it(`${name}: a source that fails is a failure`, async () => {
      const failing = new ReadableStream<Uint8Array>({
        pull: () => Promise.reject(new Error("reset")),
      });
      await assert.rejects(readAll(nodeCodings.encode(name, failing)), /reset/);
    });
  }
});
