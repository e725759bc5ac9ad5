/** Puts load on a target with wrk, from its own core, and says what came of it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { cpuSeconds, foreignSeconds } from "./process.ts";
import type { Target } from "./target.ts";

/** The core of the load and of the upstream; the proxy under test has {@link PROXY_CORE} to itself. */
export const LOAD_CORE = 0;
export const PROXY_CORE = 1;

export interface Load {
  readonly path: string;
  /** Value of the Host header. */
  readonly host: string;
  readonly seconds: number;
  readonly connections: number;
  /** Requests per second; left out: as many as it can. */
  readonly rate?: number;
}

export interface Sample {
  readonly requestsPerSecond: number;
  /** Response bytes per second, heads included. */
  readonly bytesPerSecond: number;
  /** Microseconds from request to the end of the response. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** Microseconds of processor time that the proxy spent on one request. */
  readonly cpuPerRequest: number;
  /** How busy the proxy's core was with it, 0..1. */
  readonly busy: number;
  /** How much of a core others than this benchmark took meanwhile: above a few percent the sample is worth little. */
  readonly foreign: number;
}

/** What load.lua prints. */
const Summary = z.object({
  requests: z.number(),
  seconds: z.number(),
  bytes: z.number(),
  failed: z.number(),
  badStatus: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
});

const SCRIPT = fileURLToPath(new URL("load.lua", import.meta.url));

export type Outcome = z.infer<typeof Summary>;

/** Runs wrk once and says what came of it, good or bad. */
export async function runLoad({ port }: Pick<Target, "port">, load: Load): Promise<Outcome> {
  const { connections, seconds, host, path, rate } = load;
  const output = await run("taskset", [
    ...["-c", String(LOAD_CORE), "wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "-s", SCRIPT],
    ...["-H", `Host: ${host}`, `http://127.0.0.1:${port}${path}`],
    ...(rate === undefined ? [] : ["--", String(Math.round(rate))]),
  ]);
  return Summary.parse(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
}

/** Runs wrk once. A single failed request or an answer other than 2xx or 3xx fails the sample: it would lie. */
export async function measure(target: Target, load: Load): Promise<Sample> {
  const [before, foreignBefore] = [cpuSeconds(target.pids), foreignSeconds()];
  const summary = await runLoad(target, load);
  const [spent, foreign] = [cpuSeconds(target.pids) - before, foreignSeconds() - foreignBefore];
  if (summary.failed > 0 || summary.badStatus > 0 || summary.requests === 0) {
    throw new Error(`${target.name} answered badly, the figures would lie: ${JSON.stringify(summary)}`);
  }
  const { p50, p90, p99, max } = summary;
  return {
    requestsPerSecond: summary.requests / summary.seconds,
    bytesPerSecond: summary.bytes / summary.seconds,
    p50,
    p90,
    p99,
    max,
    cpuPerRequest: spent / summary.requests * 1e6,
    busy: spent / summary.seconds,
    foreign: Math.max(0, foreign / summary.seconds),
  };
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { encoding: "utf8" }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} failed: ${stderr || error.message}`));
    });
  });
}
