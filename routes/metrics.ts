/** Prometheus metrics, sent in pieces so that many series do not hold up traffic. */
import { Hono } from "hono";
import { resource } from "./answer.ts";
import type { AdminPorts } from "./ports.ts";

export function metrics(ports: Pick<AdminPorts, "metrics">): Hono {
  const app = new Hono();
  resource(app, "/metrics", {
    GET(c) {
      const { contentType, chunks } = ports.metrics();
      return c.body(streamOf(chunks), 200, { "content-type": contentType });
    },
  });
  return app;
}

const encoder = new TextEncoder();

function streamOf(chunks: AsyncIterable<string>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
}
