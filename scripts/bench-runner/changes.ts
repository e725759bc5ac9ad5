/** Rows about a gateway that changes, or loses a worker, or has nothing to do but to hold connections. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type AlbatrossOptions, type RunningAlbatross, startAlbatross } from "./albatross.ts";
import { runLoad } from "./load.ts";
import { residentMegabytes } from "./process.ts";
import type { Figure } from "./result.ts";
import type { Bench } from "./rows.ts";
import { median } from "./statistics.ts";
import { routeNumber } from "./target.ts";

const RUNTIMES = ["bun", "deno"] as const;
/** Of the row about reloads. */
const REQUESTS = 100_000;
const EDIT_EVERY_MS = 100;
const EDITS = 20;
const IDLE_CONNECTIONS = 2000;

/** Edits of the configuration under load: none may cost a request. */
export async function reload(bench: Bench): Promise<void> {
  for (const workers of [1, 2]) {
    await onEach(bench, { workers }, async (target, tell) => {
      let edits = 0;
      const timer = setInterval(() => target.setRules(1 + ++edits % 5), EDIT_EVERY_MS);
      const sum = { requests: 0, failed: 0 };
      while (sum.requests < REQUESTS) {
        const { requests, failed, badStatus } = await runLoad(target, loadOf(bench));
        if (requests === 0) throw new Error(`${target.name} does not answer`);
        sum.requests += requests;
        sum.failed += failed + badStatus;
      }
      clearInterval(timer);
      tell("reload", `failed of ${sum.requests} requests during ${edits} edits`, sum.failed, "requests");
    });
  }
}

/** One of two workers is killed under load: its connections are all that may fail. */
export async function kill(bench: Bench): Promise<void> {
  await onEach(bench, { workers: 2 }, async (target, tell) => {
    const loading = runLoad(target, loadOf(bench));
    await pause(bench.options.seconds * 500);
    const loaded = target.pids.map((pid) => ({ pid, open: connectionsOf(pid, target.port) }));
    const victim = loaded.find(({ pid, open }) => pid !== target.pid && open > 0);
    if (victim === undefined) throw new Error(`${target.name} has no worker with connections`);
    process.kill(victim.pid, "SIGKILL");
    const { requests, failed, badStatus } = await loading;
    tell("kill", `failed of ${requests} requests when a worker was killed`, failed + badStatus, "requests");
    tell("kill", "connections that the worker had", victim.open, "connections");
  });
}

/** From the moment in which a file is in place to the first answer of the rule that it adds. */
export async function edit(bench: Bench): Promise<void> {
  const { host, prefix } = routeNumber(2);
  await onEach(bench, {}, async (target, tell) => {
    const times: number[] = [];
    for (let turn = 0; turn < EDITS; turn++) {
      target.setRules(2);
      const startedAt = performance.now();
      while (await statusOf(target.port, host, `${prefix}/small`) !== 200) await pause(2);
      times.push(performance.now() - startedAt);
      target.setRules(1);
      while (await statusOf(target.port, host, `${prefix}/small`) === 200) await pause(2);
      await pause(50);
    }
    tell("edit", `file edit to first answer, median of ${EDITS}`, median(times), "ms");
    tell("edit", `file edit to first answer, longest of ${EDITS}`, Math.max(...times), "ms");
  });
}

/** What a client that has asked once and keeps its connection costs. */
export async function idle(bench: Bench): Promise<void> {
  const { host, prefix } = routeNumber(1);
  await onEach(bench, {}, async (target, tell) => {
    const sockets: Socket[] = [];
    // Whatever grows with the first requests has grown.
    await runLoad(target, loadOf(bench));
    await pause(2000);
    const before = residentMegabytes(target.pids);
    try {
      while (sockets.length < IDLE_CONNECTIONS) {
        sockets.push((await askOnce(target.port, host, `${prefix}/small`)).socket);
      }
      await pause(2000);
      const grown = (residentMegabytes(target.pids) - before) * 1024;
      tell("idle", `resident, for each of ${sockets.length} idle connections`, grown / sockets.length, "kB");
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
}

type Tell = (row: Figure["row"], work: string, value: number, unit: Figure["unit"]) => void;

async function onEach(
  { checkout, directory, upstreamPort, report }: Bench,
  variant: Pick<AlbatrossOptions, "workers">,
  use: (target: RunningAlbatross, tell: Tell) => Promise<void>,
): Promise<void> {
  for (const runtime of RUNTIMES) {
    const target = await startAlbatross({ checkout, directory, upstreamPort, runtime, ...variant });
    try {
      await use(
        target,
        (row, work, value, unit) => report({ kind: "figure", row, work, target: target.name, value, unit }),
      );
    } finally {
      await target.stop();
    }
  }
}

function loadOf({ options: { seconds, connections } }: Bench) {
  const { host, prefix } = routeNumber(1);
  return { host, path: `${prefix}/small`, seconds, connections };
}

/** Connections of clients to `port` that a process has open. */
function connectionsOf(pid: number, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const established = readFileSync("/proc/net/tcp", "utf8").split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/ +/);
    return local.endsWith(suffix) && state === "01" ? [`socket:[${inode}]`] : [];
  });
  const open = new Set(
    readdirSync(`/proc/${pid}/fd`).map((name) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${name}`);
      } catch {
        return ""; // closed meanwhile
      }
    }),
  );
  return established.filter((socket) => open.has(socket)).length;
}

async function statusOf(port: number, host: string, path: string): Promise<number> {
  const { socket, status } = await askOnce(port, host, path);
  socket.destroy();
  return status;
}

/** Resolves with the connection, which stays open, when the answer has begun. */
function askOnce(port: number, host: string, path: string): Promise<{ socket: Socket; status: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });
    socket.once("error", reject);
    socket.once("data", (bytes: Uint8Array) => {
      const [, status] = new TextDecoder("latin1").decode(bytes.subarray(0, 12)).split(" ");
      socket.off("error", reject).on("error", () => {});
      resolve({ socket, status: Number(status) });
    });
  });
}
