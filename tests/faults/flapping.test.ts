// slow: five seconds of it
/** Endpoints come and go fifty times a second under load. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { freePort } from "../blackbox/harness/addresses.ts";
import { dial, requestText } from "../blackbox/harness/client.ts";
import { type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { readResponse, value } from "../blackbox/harness/message.ts";
import { frontend, rule, service, underPath } from "../blackbox/harness/objects.ts";
import { it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream } from "../blackbox/harness/upstream.ts";
import { eventually, sleep } from "../blackbox/harness/wire.ts";

const SECONDS = 5;
const PER_SECOND = 50;
/** So many tables must have been taken into service, or nothing flapped. */
const TABLES = 5;
/** So many must have been served meanwhile. */
const REQUESTS = 500;
/** Seconds. */
const LONGEST = 60;

describe("endpoints that flap", () => {
  it("cost no request, no descriptor and no memory", async () => {
    const upstreams = await Promise.all(
      [1, 2, 3].map(() => startUpstream({ handler: () => reply(200, [], "ok") })),
    );
    const endpoints = upstreams.map(({ endpoint }) => endpoint);
    const port = await freePort();
    const base = [
      frontend({ name: "web", port }),
      rule({ name: "all", frontend: "web", dslx: underPath("/"), services: [{ name: "app" }] }),
    ];
    const gateway = await startGateway({
      config: { "base.yaml": base, "app.yaml": service({ name: "app", endpoints }) },
      args: ["--access-log", "off"],
    });
    try {
      const descriptors = () => readdirSync(`/proc/${gateway.process.pid}/fd`).length;
      const before = descriptors();
      let over = false;
      let served = 0;
      const clients = Array.from({ length: 8 }, async (_, n) => {
        let client = await dial({ host: gateway.host, port });
        while (!over) {
          await client.send(requestText(n % 2 === 0 ? {} : { method: "POST", body: "x".repeat(1000) }));
          const response = await readResponse(client);
          assert.deepEqual([response.status, response.body], [200, "ok"]);
          served++;
          if (value(response, "connection") === "close") {
            client.close();
            client = await dial({ host: gateway.host, port });
          }
          await sleep(2);
        }
        client.close();
      });
      // A busy machine takes fewer of them into service and serves fewer: it gets more time, never fewer changes.
      let revision = 0;
      for (let n = 0; n < SECONDS * PER_SECOND || revision <= TABLES || served <= REQUESTS; n++) {
        assert.ok(n < LONGEST * PER_SECOND, `${revision} tables, ${served} requests`);
        // Each is there most of the time, none always.
        gateway.write(
          "app.yaml",
          service({ name: "app", endpoints: endpoints.filter((_, index) => n % 3 !== index) }),
        );
        await sleep(1000 / PER_SECOND);
        if (n % PER_SECOND === 0) ({ revision } = JSON.parse((await gateway.fetch("/")).body) as Json);
      }
      over = true;
      await Promise.all(clients);
      let after = 0;
      await eventually(
        () => (after = descriptors()) <= before + 8,
        () => `${after} descriptors, ${before} before`,
      );
    } finally {
      await gateway.stop();
      for (const upstream of upstreams) await upstream.close();
    }
  });
});
