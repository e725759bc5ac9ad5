/**
 * The resolver cases of 16-keepalive-tunables: which nameserver a `resolv.conf` leads to. The program asks the system, so
 * it asks every server that stands there, and starts without any (docs: differences).
 */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "../blackbox/harness/client.ts";
import { scriptCommand, TEST_RUNTIME } from "../blackbox/harness/command.ts";
import { type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { createNamespace, type Namespace, NO_NAMESPACE } from "../blackbox/harness/namespace.ts";
import { frontend, rule } from "../blackbox/harness/objects.ts";
import { type Process, startProcess } from "../blackbox/harness/process.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { reply } from "../blackbox/harness/upstream.ts";
import { eventually } from "../blackbox/harness/wire.ts";
import { type Case, loadCases } from "./load.ts";

interface ResolverCase extends Case {
  readonly kind: string;
  readonly given: { readonly text: string };
  readonly expect: { readonly server?: string; readonly error?: boolean };
}

const cases = loadCases<ResolverCase>("16-keepalive-tunables.yaml").filter(({ kind }) => kind === "resolver");
const NAME = "shop.albatross-test.internal";
const PORT = 8080;
/** Of the upstreams, and of an ExternalName Service. */
const UPSTREAM_PORT = 80;
/** What each nameserver says of every name: the address of an upstream that says who it is. */
const ANSWERS: Readonly<Record<string, string>> = {
  "10.4.0.10": "127.0.0.11",
  "fd00:10:98::a": "127.0.0.12",
};

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0;
const skip = canMount ? NO_NAMESPACE : "needs a mount namespace: root";

/** Nameservers that a case expects nothing of are silent, as the first of two must be for the second to be asked. */
function serversOf({ expect }: ResolverCase): readonly string[] {
  return expect.server === undefined ? [] : [expect.server.replace(/[[\]]/g, "")];
}

describe("vectors: 16-keepalive-tunables (resolvers)", () => {
  let namespace: Namespace;
  const directory = mkdtempSync(join(tmpdir(), "albatross-resolv-"));

  before(async () => {
    if (skip !== false) return;
    namespace = await createNamespace(Object.keys(ANSWERS));
    for (const address of Object.values(ANSWERS)) {
      await namespace.startUpstream({ address, port: UPSTREAM_PORT, handler: () => reply(200, [], address) });
    }
  });
  after(async () => {
    await namespace?.close();
    rmSync(directory, { recursive: true });
  });

  async function startNameserver(address: string): Promise<Process> {
    const file = fileURLToPath(new URL("../blackbox/harness/dns-server.ts", import.meta.url));
    const args = [address, ANSWERS[address] ?? ""];
    const server = startProcess([...namespace.exec, ...scriptCommand(TEST_RUNTIME, file, args)]);
    await eventually(() => server.stdout.length > 0, () => `no nameserver: ${server.stderr.join("\n")}`);
    return server;
  }

  for (const test of cases) {
    it(test.name, { skip }, async () => {
      const file = join(directory, "resolv.conf");
      writeFileSync(file, `${test.given.text}options timeout:1 attempts:1\n`);
      const servers = await Promise.all(serversOf(test).map(startNameserver));
      const gateway = await startGateway({
        namespace,
        wrapper: ["unshare", "-m", "sh", "-c", `mount --bind ${file} /etc/resolv.conf && exec "$@"`, "sh"],
        config: [
          frontend({ name: "web", port: PORT }),
          rule({ name: "named", frontend: "web", services: [{ name: "external" }] }),
          {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "external", namespace: "default" },
            spec: { type: "ExternalName", externalName: NAME, ports: [{ port: UPSTREAM_PORT }] },
          },
        ],
      });
      try {
        const ask = () => request({ host: gateway.host, port: PORT, dial: namespace.dial });
        if (test.expect.error === true) {
          // Nothing but this name is the worse for it.
          assert.equal((await ask()).status, 500);
          const { problems } = await gateway.api("problems");
          assert.ok(problems.some(({ reason }: Json) => reason.includes(NAME)), JSON.stringify(problems));
          return;
        }
        const [expected = ""] = serversOf(test);
        let body = "";
        await eventually(
          async () => (body = (await ask()).body) === ANSWERS[expected],
          () => `answered by ${body}, not by ${ANSWERS[expected]}`,
          15_000,
        );
      } finally {
        await gateway.stop();
        for (const server of servers) server.signal("SIGKILL");
        await Promise.all(servers.map(({ exited }) => exited));
      }
    });
  }
});
