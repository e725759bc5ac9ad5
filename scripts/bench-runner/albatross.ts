/** Albatross as the thing that is measured: a configuration of as many rules as asked for, and a running gateway. */
import { mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROXY_CORE } from "./load.ts";
import { family, freePort, pause, start } from "./process.ts";
import { benchObjects } from "./objects.ts";
import type { Target } from "./target.ts";

export type RuntimeName = "bun" | "deno";

export interface AlbatrossOptions {
  /** The checkout that is started. */
  readonly checkout: string;
  /** Where its files go. */
  readonly directory: string;
  readonly runtime: RuntimeName;
  readonly upstreamPort: number;
  /** How many rules the Frontend has; 1 by default. */
  readonly rules?: number;
  /** Whether its rules act: CORS, rewrite, header modification and cookie affinity; off by default. */
  readonly acting?: boolean;
  /** Whether it writes its access log, as JSON lines to a file; off by default. */
  readonly accessLog?: boolean;
  /** Processes that serve; 1 by default. */
  readonly workers?: number;
}

/** A gateway whose configuration can be changed. */
export interface RunningAlbatross extends Target {
  /** Of the first process. */
  readonly pid: number;
  /** Serves another number of rules from now on. */
  setRules(count: number): void;
}

let instances = 0;

/** Starts it and waits until it is ready. */
export async function startAlbatross(options: AlbatrossOptions): Promise<RunningAlbatross> {
  const {
    checkout,
    directory,
    runtime,
    upstreamPort,
    rules = 1,
    acting = false,
    accessLog = false,
    workers = 1,
  } = options;
  const [port, adminPort] = [await freePort(), await freePort()];
  const home = join(directory, `albatross-${++instances}`);
  const config = join(home, "config");
  mkdirSync(config, { recursive: true });
  function setRules(count: number): void {
    // In one step, as editors and ConfigMap mounts do.
    const hidden = join(config, ".gateway.json.new");
    writeFileSync(hidden, JSON.stringify(list(benchObjects(port, upstreamPort, count, acting))));
    renameSync(hidden, join(config, "gateway.json"));
  }
  setRules(rules);
  const facts = [
    runtime,
    ...(rules === 1 ? [] : [`${rules} rules`]),
    ...(workers === 1 ? [] : [`${workers} workers`]),
  ];
  const name = `albatross (${facts.join(", ")})`;
  const started = start([
    ...[join(checkout, "scripts/albatross"), "run", "--config", config],
    ...[
      "--bind",
      "127.0.0.1",
      "--admin",
      `127.0.0.1:${adminPort}`,
      "--workers",
      String(workers),
      "--drain-delay",
      "0s",
    ],
    ...["--access-log", accessLog ? "on" : "off"],
  ], {
    core: PROXY_CORE,
    env: { RUNTIME: runtime },
    stdout: openSync(join(home, "access.log"), "w"),
  });
  try {
    await untilReady(`http://127.0.0.1:${adminPort}/readyz`, started.ended);
  } catch (error) {
    await started.stop();
    throw new Error(`${name} is not ready: ${(error as Error).message}`);
  }
  return { name, port, pid: started.pid, pids: family(started.pid), setRules, stop: started.stop };
}

async function untilReady(url: string, ended: () => boolean): Promise<void> {
  let last = "no answer";
  for (let tries = 0; tries < 600 && !ended(); tries++) {
    try {
      const response = await fetch(url);
      if (response.ok) return;
      last = await response.text();
    } catch {
      // not listening yet
    }
    await pause(100);
  }
  throw new Error(ended() ? "it has ended" : last);
}

function list(items: readonly unknown[]): unknown {
  return { apiVersion: "v1", kind: "List", items };
}
