/** A name that does not resolve: its rule says so, the others serve, and it is served soon after it is known again. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { freePort } from "../blackbox/harness/addresses.ts";
import { request } from "../blackbox/harness/client.ts";
import { type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { frontend, rule, service, underPath } from "../blackbox/harness/objects.ts";
import { it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream } from "../blackbox/harness/upstream.ts";
import { eventually, sleep } from "../blackbox/harness/wire.ts";

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0;
const NAME = "shop.albatross-test.internal";

describe("an ExternalName whose DNS fails", () => {
  const options = { skip: canMount ? false : "a mount namespace of its own needs root" } as const;
  it("answers why, leaves others alone, and is served when the name is known", options, async () => {
    const directory = mkdtempSync(join(tmpdir(), "albatross-dns-"));
    const hosts = join(directory, "hosts");
    writeFileSync(hosts, "127.0.0.1 localhost\n");
    // Nobody answers there: what `hosts` does not know cannot be resolved.
    writeFileSync(join(directory, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    const upstream = await startUpstream({ handler: () => reply(200, [], "shop") });
    const port = await freePort();
    const external = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "external", namespace: "default" },
      spec: { type: "ExternalName", externalName: NAME, ports: [{ port: upstream.port }] },
    };
    const serviceGroup = {
      services: [{ name: "external", namespace: "default", port: upstream.port, weight: 100 }],
    };
    const mounts = ["hosts", "resolv.conf"].map((file) => `mount --bind ${directory}/${file} /etc/${file}`)
      .join(" && ");
    const gateway = await startGateway({
      config: [
        frontend({ name: "web", port }),
        rule({ name: "known", frontend: "web", dslx: underPath("/known"), services: [{ name: "app" }] }),
        rule({ name: "named", frontend: "web", dslx: underPath("/named"), spec: { serviceGroup } }),
        ...service({ name: "app", endpoints: [upstream.endpoint] }),
        external,
      ],
      wrapper: ["unshare", "-m", "sh", "-c", `${mounts} && exec "$@"`, "sh"],
    });
    try {
      const ask = (target: string) => request({ host: gateway.host, port, target });
      for (let n = 0; n < 3; n++) {
        assert.equal((await ask("/known")).body, "shop");
        assert.equal((await ask("/named")).status, 500);
        await sleep(300);
      }
      const { problems } = await gateway.api("problems");
      assert.ok(problems.some(({ reason }: Json) => reason.includes(NAME)), JSON.stringify(problems));

      writeFileSync(hosts, `127.0.0.1 localhost\n${upstream.address} ${NAME}\n`);
      await eventually(
        async () => (await ask("/named")).body === "shop",
        () => "the name is known, and not used",
        60_000,
      );
      await eventually(
        async () => (await gateway.api("problems")).problems.length === 0,
        () => "the problem stays",
      );

      // It fails again: the last answer counts.
      writeFileSync(hosts, "127.0.0.1 localhost\n");
      gateway.process.signal("SIGHUP");
      for (let n = 0; n < 5; n++) {
        assert.equal((await ask("/named")).body, "shop");
        await sleep(300);
      }
    } finally {
      await gateway.stop();
      await upstream.close();
      rmSync(directory, { recursive: true });
    }
  });
});
