/**
 * Clients that cost and bring nothing, and what they do to others: `scripts/faults` prints the figures, `attack.test.ts`
 * is a small form of it. The well-behaved client and its upstream are processes of their own, so that what is measured is
 * the gateway and not the attacker.
 */
import { freePorts, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { dial, requestText } from "../blackbox/harness/client.ts";
import { PROJECT, scriptCommand, TEST_RUNTIME } from "../blackbox/harness/command.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { frontend, rule, service, underPath } from "../blackbox/harness/objects.ts";
import { startProcess } from "../blackbox/harness/process.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { type Connection, deadline, eventually, sleep } from "../blackbox/harness/wire.ts";
import { descriptorsOf, residentMegabytes } from "./figures.ts";

/** Connections opened side by side. */
const BATCH = 100;
/** A slow sender's byte, a slow reader's read. */
const SLOW_MS = 5000;
/** The kernel keeps most of it: five thousand must fit into what it grants TCP in all (`tcp_mem`). */
const ANSWER = "x".repeat(320 * 1024);

export const ATTACKS = ["idle", "slow senders", "slow readers"] as const;
export type AttackName = (typeof ATTACKS)[number];

export interface Latency {
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds from the moment at which the request was due. */
  readonly p50: number;
  readonly p99: number;
}

export interface AttackResult {
  readonly attack: AttackName;
  readonly clients: number;
  /** Those that the gateway still has at the end of the measurement. */
  readonly held: number;
  readonly before: Latency;
  readonly during: Latency;
  /** Megabytes and descriptors of the gateway: before, with the clients, and after they have gone. */
  readonly memory: readonly number[];
  readonly descriptors: readonly number[];
}

export interface AttackOptions {
  readonly attack: AttackName;
  readonly clients: number;
  readonly seconds: number;
  /** Requests a second of the well-behaved client. */
  readonly rate: number;
}

/** Runs one attack against a gateway of its own. */
export async function runAttack(options: AttackOptions): Promise<AttackResult> {
  const [port, goodPort] = await freePorts(2) as [number, number];
  const upstream = await startUpstream({ handler: () => reply(200, [], ANSWER) });
  const good = startProcess(
    scriptCommand(TEST_RUNTIME, `${PROJECT}/tests/faults/good-upstream.ts`, [LOOPBACK, String(goodPort)]),
  );
  const gateway = await startGateway({
    config: [
      frontend({ name: "web", port }),
      rule({ name: "attacked", frontend: "web", dslx: underPath("/attacked"), services: [{ name: "app" }] }),
      rule({ name: "good", frontend: "web", dslx: underPath("/good"), services: [{ name: "good" }] }),
      ...service({ name: "app", endpoints: [upstream.endpoint] }),
      ...service({ name: "good", endpoints: [`${LOOPBACK}:${goodPort}`] }),
    ],
    args: ["--access-log", "off"],
  });
  try {
    return await measure(options, gateway, port, upstream);
  } finally {
    await gateway.stop();
    good.signal("SIGTERM");
    await good.exited;
    await upstream.close();
  }
}

async function measure(
  { attack, clients, seconds, rate }: AttackOptions,
  gateway: Gateway,
  port: number,
  upstream: Upstream,
): Promise<AttackResult> {
  const behave = () => wellBehaved(gateway.host, port, rate, seconds);
  const { pid } = gateway.process;
  const memory: number[] = [];
  const descriptors: number[] = [];
  const look = () => {
    memory.push(residentMegabytes(pid));
    descriptors.push(descriptorsOf(pid));
  };
  await wellBehaved(gateway.host, port, rate, Math.min(seconds, 3)); // compiled code and pools are there from now on
  const before = await behave();
  look();
  const open = await begin(attack, clients, gateway.host, port);
  let over = false;
  const attacking = keepUp(attack, open, () => over);
  const during = await behave();
  look();
  const held = await gateway.metric("albatross_connections");
  over = true;
  await attacking;
  for (const connection of open) connection.reset();
  for (const connection of upstream.connections) connection.close();
  await eventually(
    async () => await gateway.metric("albatross_connections") === 0,
    () => "connections are left",
  );
  await sleep(1000);
  look();
  return { attack, clients, held, before, during, memory, descriptors };
}

/** Opens the connections from many addresses: one has no more than 28,000 ports. */
async function begin(attack: AttackName, count: number, host: string, port: number): Promise<Connection[]> {
  const open: Connection[] = [];
  while (open.length < count) {
    const size = Math.min(BATCH, count - open.length);
    const batch = Array.from({ length: size }, async (_, n) => {
      const from = `127.0.1.${1 + (open.length + n) % 200}`;
      const client = await dial({ host, port, from });
      if (attack === "slow senders") {
        await client.send(
          requestText({
            method: "PUT",
            target: "/attacked",
            fields: [["Content-Length", "100000"]],
            body: "a",
          }),
        );
      } else if (attack === "slow readers") {
        client.socket.pause();
        await client.send(requestText({ target: "/attacked" }));
      }
      return client;
    });
    open.push(...await Promise.all(batch));
  }
  return open;
}

/** Each client does as little as keeps it alive, spread over the time. */
async function keepUp(attack: AttackName, open: readonly Connection[], isOver: () => boolean): Promise<void> {
  if (attack === "idle") return;
  const turns = 500;
  for (let turn = 0; !isOver(); turn++) {
    for (let at = turn % turns; at < open.length; at += turns) {
      const { socket } = open[at]!;
      if (attack === "slow senders") socket.write("a");
      else socket.read(1000);
    }
    await sleep(SLOW_MS / turns);
  }
}

async function wellBehaved(host: string, port: number, rate: number, seconds: number): Promise<Latency> {
  const args = [host, port, rate, seconds].map(String);
  const child = startProcess(scriptCommand(TEST_RUNTIME, `${PROJECT}/tests/faults/well-behaved.ts`, args));
  await deadline(child.exited, () => "the well-behaved client does not end", 1000 * seconds + 20_000);
  const line = child.stdout.at(-1);
  if (line === undefined) throw new Error(`the well-behaved client failed: ${child.stderr.join("\n")}`);
  return JSON.parse(line);
}
