/** Client connections as the Frontend configures them (data-plane spec 3.12). */
import { execFileSync } from "node:child_process";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts } from "./harness/addresses.ts";
import { dial, requestText } from "./harness/client.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { readResponse, value } from "./harness/message.ts";
import { frontend, service } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { startUpstream, type Upstream } from "./harness/upstream.ts";
import { sleep } from "./harness/wire.ts";

describe("keep-alive towards clients", () => {
  let upstream: Upstream;
  let gateway: Gateway;
  let few: number, brief: number, plain: number, probed: number;

  before(async () => {
    upstream = await startUpstream();
    [few, brief, plain, probed] = await freePorts(4) as [number, number, number, number];
    const services = [{ name: "app" }];
    const http = (options: unknown) => ({ config: { keepalive: { http: options } } });
    gateway = await startGateway({
      config: [
        frontend({ name: "few", port: few, services, ...http({ requests: 3 }) }),
        frontend({ name: "brief", port: brief, services, ...http({ timeout: "4s", header_timeout: "50s" }) }),
        frontend({ name: "plain", port: plain, services }),
        frontend({
          name: "probed",
          port: probed,
          services,
          config: { keepalive: { tcp: { idle: "40m", interval: "30s", count: 3 } } },
        }),
        ...service({ name: "app", endpoints: [upstream.endpoint] }),
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  it("ends after the configured number of requests, and says so", async () => {
    const client = await dial({ host: gateway.host, port: few });
    const said: (string | undefined)[] = [];
    for (let n = 0; n < 3; n++) {
      await client.send(requestText({}));
      said.push(value(await readResponse(client), "connection"));
    }
    assert.deepEqual(said, [undefined, undefined, "close"]);
    await client.ended;
    client.close();
  });

  it("ends after the configured idle time and announces the configured one", async () => {
    const client = await dial({ host: gateway.host, port: brief });
    await client.send(requestText({}));
    assert.equal(value(await readResponse(client), "keep-alive"), "timeout=50");
    await client.ended;
    client.close();
  });

  it("counts idle time from the last response", async () => {
    const client = await dial({ host: gateway.host, port: brief });
    // Longer than the idle time in all, far from it each.
    for (let n = 0; n < 5; n++) {
      await client.send(requestText({}));
      assert.equal((await readResponse(client)).status, 200);
      await sleep(1200);
    }
    client.close();
  });

  it("announces nothing by default and outlives a pause", async () => {
    const client = await dial({ host: gateway.host, port: plain });
    for (let n = 0; n < 2; n++) {
      await client.send(requestText({}));
      assert.equal(value(await readResponse(client), "keep-alive"), undefined);
      await sleep(1500);
    }
    client.close();
  });

  it("TCP probes are switched on; what the runtime cannot set is said (rulings: TCP keepalive)", async () => {
    const timers = async (port: number) => {
      const client = await dial({ host: gateway.host, port });
      await client.send(requestText({}));
      await readResponse(client);
      const sockets = execFileSync("ss", ["-Htno", "sport", "=", `:${port}`], { encoding: "utf8" });
      client.close();
      return sockets;
    };
    assert.match(await timers(probed), /timer:\(keepalive,(39|40)min/);
    assert.doesNotMatch(await timers(plain), /timer:\(keepalive/);
    const { problems } = await gateway.api("problems");
    assert.deepEqual(
      problems.filter(({ object }: Json) => object.name === "probed").map((
        { field, severity, code }: Json,
      ) => [field, severity, code]),
      ["interval", "count"].map((part) => [
        `spec.config.keepalive.tcp.${part}`,
        "warning",
        "Unsupported",
      ]),
    );
  });
});
