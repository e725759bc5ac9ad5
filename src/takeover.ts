/**
 * Taking over from a running instance (`--takeover`). The new one shares its ports until it serves itself, then tells it
 * by a signal to go, which only its own user can; the old one gives the admin port away, takes what waits at its
 * listeners, and drains.
 */
import { get as httpGet } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { indexShape, listenersShape, problemsShape } from "../routes/shapes.ts";
import { type AddressAndPort, formatEndpoint } from "./lib/endpoint.ts";

/** What tells an instance that another one serves its ports. */
export const HANDOVER_SIGNAL = "SIGUSR2";

/** An instance that is to be taken over. */
export interface Predecessor {
  readonly pid: number;
  readonly version: string;
  /** Ports that it serves. */
  readonly ports: readonly number[];
  /** Objects, `Kind namespace/name`, that it serves in their last good version: a new instance has never seen that. */
  readonly stale: readonly string[];
}

/** What has to be known of processes. */
export interface Processes {
  exists(pid: number): boolean;
  signal(pid: number, signal: typeof HANDOVER_SIGNAL): void;
  /** Undefined where the system does not tell. */
  listensOn(pid: number, host: string, port: number): boolean | undefined;
}

const ANSWER_MS = 3000;
/** How long the old instance may take to let go of the admin port. */
const RELEASE_MS = 10_000;
const RETRY_MS = 20;

/** Asks whoever has the admin address; undefined when nobody has. Throws an Error for an instance that cannot be taken over. */
export async function findPredecessor(
  admin: AddressAndPort,
  processes: Processes,
): Promise<Predecessor | undefined> {
  const place = formatEndpoint(admin);
  let index: z.infer<typeof indexShape>;
  let listeners: z.infer<typeof listenersShape>;
  let problems: z.infer<typeof problemsShape>;
  try {
    index = indexShape.parse(await get(admin, "/"));
    listeners = listenersShape.parse(await get(admin, "/api/listeners"));
    problems = problemsShape.parse(await get(admin, "/api/problems"));
  } catch (error) {
    if (error instanceof Unanswered) return undefined;
    throw new Error(`nothing that can be taken over answers at ${place}`, { cause: error });
  }
  const { pid, version } = index;
  if (
    pid === undefined || !processes.exists(pid) ||
    processes.listensOn(pid, admin.address, admin.port) === false
  ) {
    throw new Error(`the instance at ${place} is no process that may be told to go (it says it is ${pid})`);
  }
  const served = listeners.listeners.filter(({ state }) => state === "serving");
  return { pid, version, ports: served.map(({ port }) => port), stale: staleObjects(problems) };
}

function staleObjects({ problems }: z.infer<typeof problemsShape>): readonly string[] {
  const stale = problems.filter((problem) => problem.stale === true).flatMap(({ object, keeps = [object] }) =>
    keeps
  );
  return [...new Set(stale.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`))];
}

/** Tells the old instance to go and resolves with what `open` makes, once the admin port is free. */
export async function takeOver<T>(
  { pid }: Predecessor,
  processes: Processes,
  open: () => Promise<T>,
): Promise<T> {
  processes.signal(pid, HANDOVER_SIGNAL);
  const deadline = performance.now() + RELEASE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** Resolves when the old instance has ended. */
export async function hasEnded({ pid }: Predecessor, processes: Processes): Promise<void> {
  while (processes.exists(pid)) await sleep(500, undefined, { ref: false });
}

class Unanswered extends Error {}

function get({ address, port }: AddressAndPort, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = httpGet({ host: address, port, path, agent: false, timeout: ANSWER_MS }, (response) => {
      response.setEncoding("utf8");
      let body = "";
      response.on("data", (text: string) => void (body += text));
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(JSON.parse(body));
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on("timeout", () => request.destroy(new Error("it does not answer")));
    request.on("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ECONNREFUSED" ? new Unanswered() : error);
    });
  });
}
