/**
 * Clients that cost and bring nothing, and what they do to others: `scripts/faults` prints the figures, `attack.test.ts`
 * is a small form of it. The attackers, the well-behaved client and the upstream of each are processes of their own, and
 * the gateway has a core to itself, so that what is measured is the gateway. How busy each was is told.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { cpuSeconds } from "../../scripts/bench-runner/process.ts";
import { endpointOf, freePorts, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { PROJECT, scriptCommand } from "../blackbox/harness/command.ts";
import { type Process, startProcess } from "../blackbox/harness/process.ts";
import { deadline, eventually, sleep } from "../blackbox/harness/wire.ts";
import { descriptorsOf, residentMegabytes } from "./figures.ts";
import { startTarget, type Target, type TargetName } from "./target.ts";

export const ATTACKS = ["idle", "slow heads", "slow senders", "slow readers"] as const;
export type AttackName = (typeof ATTACKS)[number];

/** Much more than the kernel keeps for a client that reads nothing would be more than it grants TCP in all (`tcp_mem`). */
const ANSWER_BYTES = 256 * 1024;
const GOOD_BYTES = 4;
/** Between two bytes of a slow sender, two reads of a slow reader. */
const PERIOD_MS = 5000;
/** Others are measured when the attackers' first bytes are worked off: the gateway takes less than this share of a core. */
const CALM = 0.1;
const CALM_MS = 1000;
const OPEN_MS = 60_000;
const REHEARSAL_CLIENTS = 200;
const REHEARSAL_PERIOD_MS = 50;
const REHEARSAL_RATE = 4000;
const REHEARSAL_SECONDS = 8;

export interface Latency {
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds from the moment at which the request was due. */
  readonly p50: number;
  readonly p99: number;
}

/** Shares of a core. */
export interface Busy {
  readonly target: number;
  readonly attacker: number;
  readonly attackedUpstream: number;
}

export interface AttackResult {
  readonly attack: AttackName;
  readonly clients: number;
  /** Those that the gateway still has at the end of the measurement. */
  readonly held: number;
  /** From the first connection of the attackers until all are open and what they have asked for is worked off. */
  readonly settledMs: number;
  readonly before: Latency;
  readonly during: Latency;
  readonly busyBefore: Busy;
  readonly busyDuring: Busy;
  /** Megabytes and descriptors of the gateway: before, with the clients, and after they have gone. */
  readonly memory: readonly number[];
  readonly descriptors: readonly number[];
}

export interface AttackOptions {
  readonly target: TargetName;
  readonly attack: AttackName;
  readonly clients: number;
  readonly seconds: number;
  /** Requests a second of the well-behaved client. */
  readonly rate: number;
}

/** Runs one attack against a gateway of its own. */
export async function runAttack(options: AttackOptions): Promise<AttackResult> {
  const [goodPort, attackedPort] = await freePorts(2) as [number, number];
  const good = helper("plain-upstream", LOOPBACK, goodPort, GOOD_BYTES);
  const attacked = helper("plain-upstream", LOOPBACK, attackedPort, ANSWER_BYTES);
  const target = await startTarget(options.target, {
    good: endpointOf(LOOPBACK, goodPort),
    attacked: endpointOf(LOOPBACK, attackedPort),
    wrapper: onCore(0),
  });
  try {
    return await measure(options, target, attacked);
  } finally {
    await target.stop();
    await end(good);
    await end(attacked);
  }
}

async function measure(options: AttackOptions, target: Target, upstream: Process): Promise<AttackResult> {
  const { attack, clients, seconds, rate } = options;
  const { host, port, pids } = target;
  let attacker: Process | undefined;
  const memory: number[] = [];
  const descriptors: number[] = [];
  function look(): void {
    memory.push(pids.reduce((sum, pid) => sum + residentMegabytes(pid), 0));
    descriptors.push(pids.reduce((sum, pid) => sum + descriptorsOf(pid), 0));
  }
  function spent(): Busy {
    return {
      target: cpuSeconds(pids),
      attacker: attacker === undefined ? 0 : cpuSeconds([attacker.pid]),
      attackedUpstream: cpuSeconds([upstream.pid]),
    };
  }
  async function behave(): Promise<[Latency, Busy]> {
    const [start, startedAt] = [spent(), performance.now()];
    const latency = await wellBehaved(host, port, rate, seconds);
    return [latency, share(start, spent(), (performance.now() - startedAt) / 1000)];
  }

  await rehearse(options, target);
  const [before, busyBefore] = await behave();
  look();
  const begunAt = performance.now();
  const attackers = attacker = helper("attacker", host, port, attack, clients, PERIOD_MS);
  await eventually(
    () => attackers.stdout.includes("ready") || attackers.exit() !== undefined,
    () => "the attackers are not ready",
    OPEN_MS,
  );
  if (attackers.exit() !== undefined) throw new Error(`the attackers failed: ${attackers.stderr.join("\n")}`);
  await calm(pids);
  const settledMs = performance.now() - begunAt;
  const [during, busyDuring] = await behave();
  look();
  const held = await target.connections();
  await end(attackers);
  await end(upstream); // and with it the idle connections to it, which may stay for a while
  await eventually(async () => await target.connections() === 0, () => "connections are left");
  await sleep(1000);
  look();
  return { attack, clients, held, settledMs, before, during, busyBefore, busyDuring, memory, descriptors };
}

/**
 * Compiled code and pools are there from now on. At the rate of the well-behaved client it would take minutes: its requests
 * would wait for a compiler that shares the gateway's core, and that for another reason than the attack.
 */
async function rehearse({ attack, clients, seconds }: AttackOptions, { host, port }: Target): Promise<void> {
  const few = helper(
    "attacker",
    host,
    port,
    attack,
    Math.min(clients, REHEARSAL_CLIENTS),
    REHEARSAL_PERIOD_MS,
  );
  await wellBehaved(host, port, REHEARSAL_RATE, Math.min(seconds, REHEARSAL_SECONDS));
  await end(few);
}

async function calm(pids: readonly number[]): Promise<void> {
  let before = cpuSeconds(pids);
  await eventually(
    async () => {
      await sleep(CALM_MS);
      const now = cpuSeconds(pids);
      const busy = (now - before) * 1000 / CALM_MS;
      before = now;
      return busy < CALM;
    },
    () => "the gateway is busy with the attackers",
    OPEN_MS,
  );
}

function share(from: Busy, to: Busy, seconds: number): Busy {
  return {
    target: (to.target - from.target) / seconds,
    attacker: (to.attacker - from.attacker) / seconds,
    attackedUpstream: (to.attackedUpstream - from.attackedUpstream) / seconds,
  };
}

async function wellBehaved(host: string, port: number, rate: number, seconds: number): Promise<Latency> {
  const child = helper("well-behaved", host, port, rate, seconds);
  await deadline(child.exited, () => "the well-behaved client does not end", 1000 * seconds + 20_000);
  const line = child.stdout.at(-1);
  if (line === undefined) throw new Error(`the well-behaved client failed: ${child.stderr.join("\n")}`);
  return JSON.parse(line);
}

/** A script of this folder, on any core but the gateway's. */
function helper(name: string, ...args: readonly (string | number)[]): Process {
  // Always with the same runtime, so that the figures can be compared.
  const command = scriptCommand("bun", `${PROJECT}/tests/faults/${name}.ts`, args.map(String));
  return startProcess([...onCore(1), ...command]);
}

async function end(child: Process): Promise<void> {
  child.signal("SIGTERM");
  await child.exited;
}

/** A command that binds what follows to a core: nothing where there is only one, or no such command. */
function onCore(core: 0 | 1): readonly string[] {
  if (core === 0 && process.env["WRAP"]) return [process.env["WRAP"]];
  return canPin() ? ["taskset", "-c", String(core)] : [];
}

let pins: boolean | undefined;
export function canPin(): boolean {
  return pins ??= availableParallelism() > 1 && spawnSync("taskset", ["-c", "0,1", "true"]).status === 0;
}
