/** Network namespaces: any address and any port, seen by nobody else. Needs root and `ip`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Dial } from "./client.ts";
import { scriptCommand, TEST_RUNTIME } from "./command.ts";
import { startProcess } from "./process.ts";
import { startUpstream, type Upstream, type UpstreamOptions } from "./upstream.ts";
import { type Connection, deadline, eventually, wrap } from "./wire.ts";

export interface Namespace {
  /** Put before a command to run it inside. */
  readonly exec: readonly string[];
  /** Connects from inside, also from any of its addresses. */
  readonly dial: Dial;
  /** An upstream at an address inside, served by this process. */
  startUpstream(
    options: UpstreamOptions & { readonly address: string; readonly port: number },
  ): Promise<Upstream>;
  /** Ends the relay and deletes the namespace. */
  close(): Promise<void>;
}

/** Why namespaces cannot be used here; false = they can. */
export const NO_NAMESPACE: string | false = (() => {
  const name = `albatross-probe-${process.pid}`;
  try {
    execFileSync("ip", ["netns", "add", name], { stdio: "pipe" });
    execFileSync("ip", ["netns", "delete", name], { stdio: "pipe" });
    return false;
  } catch {
    return "needs a network namespace: root and the ip command";
  }
})();

/** Makes a namespace whose loopback interface has `addresses` beside 127.0.0.1 and ::1. */
export async function createNamespace(addresses: readonly string[]): Promise<Namespace> {
  const name = `albatross-${process.pid}`;
  const ip = (...args: string[]) => execFileSync("ip", args, { stdio: "pipe" });
  const directory = mkdtempSync(join(tmpdir(), "albatross-ns-"));
  const socketPath = join(directory, "relay");
  ip("netns", "add", name);
  const remove = () => {
    rmSync(directory, { recursive: true, force: true });
    ip("netns", "delete", name);
  };
  process.once("exit", remove);
  ip("-n", name, "link", "set", "lo", "up");
  for (const address of addresses) {
    // nodad: an IPv6 address is otherwise unusable for the first second
    const options = address.includes(":")
      ? [`${address}/128`, "dev", "lo", "nodad"]
      : [`${address}/32`, "dev", "lo"];
    ip("-n", name, "addr", "add", ...options);
  }

  const exec = ["ip", "netns", "exec", name];
  const relayFile = fileURLToPath(new URL("relay.ts", import.meta.url));
  const relay = startProcess([...exec, ...scriptCommand(TEST_RUNTIME, relayFile, [socketPath])]);
  const command = (line: string) => openRelay(socketPath, line);
  await eventually(
    () => command("dial - 127.0.0.1 1").then(() => true, (error) => String(error).includes("ECONNREFUSED")),
    () => `the relay does not answer: ${relay.stderr.join("\n")}`,
  );
  let upstreams = 0;
  return {
    exec,
    dial: ({ from = "-", host, port }) => command(`dial ${from} ${host} ${port}`),
    async startUpstream(options) {
      const path = join(directory, `upstream-${upstreams++}`);
      const upstream = await startUpstream({ ...options, path });
      (await command(`listen ${options.address} ${options.port} ${path}`)).close();
      return upstream;
    },
    async close() {
      relay.signal("SIGKILL");
      await relay.exited;
      process.off("exit", remove);
      remove();
    },
  };
}

/** Sends one command to the relay; resolves with the connection once it answered with an empty line. */
async function openRelay(path: string, line: string): Promise<Connection> {
  const socket = connect({ path, allowHalfOpen: true });
  const connection = wrap(socket);
  await deadline(
    new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    }),
    () => `connecting to the relay`,
  );
  await connection.send(`${line}\n`);
  const answer = await connection.readUntil("\n");
  if (answer === "\n") return connection;
  connection.close();
  throw new Error(`${line}: ${answer.trim()}`);
}
