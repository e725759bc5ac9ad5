/** Content codings of zlib, brotli and zstd, as every runtime offers them behind node:zlib. */
import { constants, createBrotliCompress, createGzip, createZstdCompress } from "node:zlib";
import type { CodingName, Codings } from "../lib/codings.ts";

/** What the engines of node:zlib have in common. */
interface Engine {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(chunk: Uint8Array, done: () => void): unknown;
  flush(kind: number, done: () => void): unknown;
  end(): unknown;
  destroy(): unknown;
}

interface EngineKind {
  create(): Engine;
  /** Of `flush`: what was written can be read at the other end. */
  readonly flush: number;
}

/** Powers of two: how far back matches are looked for, hence what thousands of answers at once cost. */
const WINDOW_BITS = 18;

/** Speed before size: levels at which an answer costs about as much time in each of them. gzip's is ALB's. */
const ENGINES: Readonly<Record<CodingName, EngineKind>> = {
  zstd: {
    create: () =>
      createZstdCompress({
        params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: WINDOW_BITS },
      }),
    flush: constants.ZSTD_e_flush,
  },
  br: {
    create: () =>
      createBrotliCompress({
        params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS },
      }),
    flush: constants.BROTLI_OPERATION_FLUSH,
  },
  gzip: { create: () => createGzip({ level: 5 }), flush: constants.Z_SYNC_FLUSH },
};

export const nodeCodings: Codings = {
  names: (Object.keys(ENGINES) as CodingName[]).filter(isSupported),
  encode: (name, body) => encode(ENGINES[name], body),
};

function isSupported(name: CodingName): boolean {
  try {
    ENGINES[name].create().destroy();
    return true;
  } catch {
    return false;
  }
}

function encode({ create, flush }: EngineKind, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const engine = create();
  const reader = body.getReader();
  let wanted = () => {};
  let isOver = false;

  async function feed(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    let next = readNoting(reader);
    for (;;) {
      const { done, value } = await next.result;
      if (done) return void engine.end();
      next = readNoting(reader);
      await new Promise<void>((resolve) => engine.write(value, resolve));
      // Nothing more is there: what was held back for a better match goes out before the wait.
      if (!next.settled) await new Promise<void>((resolve) => engine.flush(flush, resolve));
      if ((controller.desiredSize ?? 0) <= 0) await new Promise<void>((resolve) => wanted = resolve);
    }
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      function fail(error: unknown): void {
        if (isOver) return;
        isOver = true;
        controller.error(error);
        engine.destroy();
        reader.cancel(error).catch(() => {});
      }
      engine.on("data", (chunk) => {
        if (!isOver) controller.enqueue(chunk);
      });
      engine.on("end", () => {
        if (!isOver) controller.close();
        isOver = true;
      });
      engine.on("error", fail);
      feed(controller).catch(fail);
    },
    pull: () => wanted(),
    cancel(reason) {
      isOver = true;
      engine.destroy();
      return reader.cancel(reason);
    },
  });
}

type Result = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]>>;

/** A read that knows whether it has been answered. */
interface NotedRead {
  readonly result: Promise<Result>;
  settled: boolean;
}

function readNoting(reader: ReadableStreamDefaultReader<Uint8Array>): NotedRead {
  const noted: NotedRead = {
    settled: false,
    result: reader.read().finally(() => noted.settled = true),
  };
  // Its failure is told where it is awaited.
  noted.result.catch(() => {});
  return noted;
}
