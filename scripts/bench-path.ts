/**
 * What one request costs without the kernel: the whole data plane between sockets in memory. Prints microseconds a
 * request, the lowest and the median of many batches: the lowest hardly depends on what else the machine does.
 *
 *     node_modules/.bin/bun scripts/bench-path.ts [plain|varied|acting|logged] [BATCHES]
 *     node_modules/.bin/deno run -A scripts/bench-path.ts …
 */
import process from "node:process";
import { createDataPlane } from "../src/live-data-plane.ts";
import { DEFAULT_LIMITS } from "../src/proxy/limits.ts";
import { readObject } from "../src/resources/read.ts";
import { createSnapshot } from "../src/resources/snapshot.ts";
import { nodeCodings } from "../src/runtimes/node-codings.ts";
import { nodeDigests } from "../src/runtimes/node-digests.ts";
import type { Runtime, Socket, SocketHandler } from "../src/runtimes/runtime.ts";
import { withAccessLog } from "../src/telemetry/access-log/mod.ts";
import { createMetrics } from "../src/telemetry/metrics/mod.ts";
import { translate } from "../src/translators/mod.ts";
import { benchObjects } from "./bench-runner/objects.ts";
import { median } from "./bench-runner/statistics.ts";
import { routeNumber } from "./bench-runner/target.ts";

const [kind = "plain", batches = "60"] = process.argv.slice(2);
const KINDS = ["plain", "varied", "acting", "logged"];
if (!KINDS.includes(kind)) throw new Error(`${KINDS.join(", ")}, not "${kind}"`);

const CLIENTS = 64;
const ROUNDS = 100;
const WARM_UP = 5;
const PORT = 8080;

class MemorySocket implements Socket {
  handler: SocketHandler = { onData() {}, onDrain() {}, onEnd() {}, onClose() {} };
  closed = false;
  readonly pendingBytes = 0;
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort = 40_000;
  readonly localPort = PORT;
  readonly #onWrite: (socket: MemorySocket) => void;

  constructor(onWrite: (socket: MemorySocket) => void) {
    this.#onWrite = onWrite;
  }

  write(): boolean {
    this.#onWrite(this);
    return true;
  }
  end(): void {}
  close(): void {
    this.closed = true;
  }
  destroy(): void {
    this.closed = true;
  }
  pause(): void {}
  resume(): void {}
  setKeepAlive(): boolean {
    return true;
  }
}

let accept: (socket: Socket) => void = () => {};
/** Upstream connections that have been sent a request. */
const asked: MemorySocket[] = [];
const runtime: Runtime = {
  name: "node",
  setsKeepAliveIdle: true,
  listenTcp({ host, port }, onConnection) {
    accept = onConnection;
    return Promise.resolve({ host, port, close: () => Promise.resolve() });
  },
  connectTcp(_options, handler) {
    queueMicrotask(() => handler.onConnect(new MemorySocket((socket) => void asked.push(socket))));
    return { cancel() {} };
  },
  connectTls() {
    throw new Error("nobody asks for TLS");
  },
};

let logged = 0;
const metrics = createMetrics({
  build: { version: "0", runtime: "memory", runtime_version: "0" },
  accessLogDropped: () => 0,
});
const dataPlane = createDataPlane({
  runtime,
  observer: withAccessLog(metrics.observer, {
    rate: kind === "logged" ? 1 : 0,
    format: "json",
    writer: { write: (line) => void (logged += line.length) },
  }),
  bind: "127.0.0.1",
  limits: DEFAULT_LIMITS,
  middlewares: new Map(),
  call: () => Promise.reject(new Error("nobody can be called")),
  codings: nodeCodings,
  digests: nodeDigests,
  report: (error) => console.error(error),
  changed() {},
  interfaces: () => ({}),
});
const snapshot = createSnapshot(
  benchObjects(PORT, 9000, 1, kind === "acting").flatMap((value) => {
    const { object } = readObject(value);
    return object === undefined ? [] : [{ object }];
  }),
);
const { table } = translate(snapshot, { labelDomain: "cpaas.io", trustedProxies: [] });
metrics.tableApplied(table);
await dataPlane.apply(table);

const encoder = new TextEncoder();
const { host, prefix } = routeNumber(1);
/** In turn; `varied`: no message has the field lines of the one before. */
const requests = [0, 1].map((n) =>
  encoder.encode(
    `GET ${prefix}/small HTTP/1.1\r\nHost: ${host}\r\n${kind === "varied" ? `X-Turn: ${n}\r\n` : ""}\r\n`,
  )
);
const responses = [0, 1].map((n) =>
  encoder.encode(
    `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 01 Nov 2026 12:00:0${
      kind === "varied" ? n : 0
    } GMT\r\n` +
      "Content-Type: text/plain\r\nContent-Length: 91\r\nConnection: keep-alive\r\n\r\n" + "x".repeat(91),
  )
);
let answered = 0;
const clients = Array.from({ length: CLIENTS }, () => {
  const socket = new MemorySocket(() => void answered++);
  accept(socket);
  return socket;
});

async function batch(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const [request, response] = [requests[round % 2] as Uint8Array, responses[round % 2] as Uint8Array];
    for (const client of clients) client.handler.onData(request);
    // Connections are made once, in the first round.
    while (asked.length < CLIENTS) await new Promise((resolve) => setTimeout(resolve));
    for (const socket of asked.splice(0)) socket.handler.onData(response);
  }
}

const times: number[] = [];
for (let i = 0; i < WARM_UP + Number(batches); i++) {
  const start = performance.now();
  await batch();
  if (i >= WARM_UP) times.push((performance.now() - start) * 1000 / (ROUNDS * CLIENTS));
}
const wanted = (WARM_UP + Number(batches)) * ROUNDS * CLIENTS;
if (answered !== wanted) throw new Error(`${answered} answers to ${wanted} requests`);
if (kind === "logged" && logged === 0) throw new Error("nothing was logged");
console.log(
  `${kind}: ${Math.min(...times).toFixed(2)} µs a request at best, ${median(times).toFixed(2)} µs median`,
);
process.exit(0);
