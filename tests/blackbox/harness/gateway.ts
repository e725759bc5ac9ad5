/** Starts and stops the real program with a configuration folder of its own. */
import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./addresses.ts";
import { removeFolder, temporaryFolder } from "./at-end.ts";
import { type Dial, dial as dialLoopback, request } from "./client.ts";
import { albatrossCommand } from "./command.ts";
import type { Response } from "./message.ts";
import { documents, type KubeObject } from "./objects.ts";
import { type Exit, type Process, startProcess } from "./process.ts";
import { deadline, eventually } from "./wire.ts";

export interface GatewayOptions {
  /** Written to `main.yaml`; or a map from file name to objects or text. */
  readonly config: readonly KubeObject[] | Readonly<Record<string, readonly KubeObject[] | string>>;
  /** Further arguments of `run`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A program, with its arguments, that becomes the gateway. */
  readonly wrapper?: readonly string[];
  /** Inside a network namespace: no `--bind`, the admin plane on the namespace's own 127.0.0.1:9180. */
  readonly namespace?: { readonly exec: readonly string[]; readonly dial: Dial };
  /** False: return at once, without waiting for `/readyz`. */
  readonly waitReady?: boolean;
}

/** Nobody balances in front of a test's gateway, nobody waits for what a failed test has left open; one process, whatever the machine. */
const DEFAULTS = [["--drain-delay", "0s"], ["--drain-timeout", "2s"], ["--workers", "1"]] as const;

/** A JSON value whose shape the test asserts. */
// deno-lint-ignore no-explicit-any
export type Json = any;

export interface Gateway {
  /** Where its listeners are. */
  readonly host: string;
  readonly admin: { readonly host: string; readonly port: number };
  readonly process: Process;
  /** The configuration folder. */
  readonly directory: string;
  /** Writes a file of the folder in one step, as editors and ConfigMap mounts do. */
  write(file: string, content: readonly KubeObject[] | string): void;
  remove(file: string): void;
  /** GET on the admin plane. */
  fetch(path: string): Promise<Response>;
  /** GET `/api/NAME`, parsed. */
  api(name: string): Promise<Json>;
  /** Samples of one metric of `/metrics`: sum over the series whose labels include `labels`; 0 when there is none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Access log entries so far (JSON format). */
  accessLog(): Json[];
  /** The first access log entry that `test` accepts; waits for it. */
  logged(test: (entry: Json) => boolean): Promise<Json>;
  /** SIGTERM, then the exit; fails when the code is not 0. Removes the folder. */
  stop(): Promise<void>;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const directory = temporaryFolder("albatross-test-");
  const write = (file: string, content: readonly KubeObject[] | string) => {
    const hidden = join(directory, `.${file}.new`);
    writeFileSync(hidden, typeof content === "string" ? content : documents(content));
    renameSync(hidden, join(directory, file));
  };
  const files = Array.isArray(options.config) ? { "main.yaml": options.config } : options.config;
  for (const [file, content] of Object.entries(files)) write(file, content);

  const place = options.namespace;
  const host = place === undefined ? LOOPBACK : "127.0.0.1";
  const admin = { host, port: place === undefined ? await freePort() : 9180 };
  const child = startProcess([
    ...(place?.exec ?? []),
    ...(options.wrapper ?? []),
    ...albatrossCommand([
      "run",
      "--config",
      directory,
      "--admin",
      `${admin.host}:${admin.port}`,
      ...(place === undefined ? ["--bind", LOOPBACK] : []),
      ...DEFAULTS.flatMap(([flag, value]) => options.args?.includes(flag) ? [] : [flag, value]),
      ...(options.args ?? []),
    ]),
  ], options.env === undefined ? {} : { env: options.env });

  const dial = place?.dial ?? dialLoopback;
  const fetch = (target: string) => request({ ...admin, target, dial });
  const accessLog = () => child.stdout.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const gateway: Gateway = {
    host,
    admin,
    process: child,
    directory,
    write,
    remove: (file) => unlinkSync(join(directory, file)),
    fetch,
    async api(name) {
      const { status, body } = await fetch(`/api/${name}`);
      assert.equal(status, 200, `GET /api/${name}: ${body}`);
      return JSON.parse(Buffer.from(body, "latin1").toString());
    },
    async metric(name, labels = {}) {
      return sumOfSeries((await fetch("/metrics")).body, name, labels);
    },
    accessLog,
    logged: (test) =>
      eventually(
        () => accessLog().find(test),
        () => `not in the access log; it has\n${child.stdout.join("\n")}`,
      ),
    async stop() {
      const exit = await stopProcess(child).finally(() => removeFolder(directory));
      assert.deepEqual(
        exit,
        { code: 0, signal: null },
        `exit of the gateway; stderr: ${child.stderr.join("\n")}`,
      );
    },
  };
  if (options.waitReady !== false) await waitReady(gateway);
  return gateway;
}

/** A start takes a second, or many where other programs have the processors. */
const START_MS = 60_000;

/** Waits for `/readyz` to answer 200. */
export async function waitReady(gateway: Gateway): Promise<void> {
  const { process: child } = gateway;
  let last = "";
  await eventually(
    async () => {
      const exit = child.exit();
      if (exit !== undefined) throw new Error(`the gateway ended (${exit.code}): ${child.stderr.join("\n")}`);
      const response = await gateway.fetch("/readyz").catch((error) => last = String(error));
      if (typeof response === "string") return false;
      last = `${response.status} ${response.body}`;
      return response.status === 200;
    },
    () => `/readyz: ${last}; stderr: ${child.stderr.join("\n")}`,
    START_MS,
  );
}

/** Much longer than the drain of {@link DEFAULTS}, for machines that are busy. */
const STOP_MS = 60_000;

async function stopProcess(child: Process): Promise<Exit> {
  if (child.exit() === undefined) child.signal("SIGTERM");
  try {
    return await deadline(
      child.exited,
      () => `the gateway did not stop; stderr: ${child.stderr.join("\n")}`,
      STOP_MS,
    );
  } catch (error) {
    child.signal("SIGKILL");
    throw error;
  }
}

/** Sum of the samples of a Prometheus text whose labels include the given ones. */
export function sumOfSeries(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    const [, series, given = "", sample] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (series !== name) continue;
    const has = (label: string, value: string) => `,${given},`.includes(`,${label}="${value}",`);
    if (Object.entries(labels).every(([label, value]) => has(label, value))) sum += Number(sample);
  }
  return sum;
}
