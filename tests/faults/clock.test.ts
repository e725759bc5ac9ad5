/**
 * The wall clock jumps by years, both ways. Everything that waits looks at the monotonic clock: the wall clock is for
 * `Date`, logs, and the times in metrics.
 */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../blackbox/harness/addresses.ts";
import { dial, request, requestText } from "../blackbox/harness/client.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { readResponse, value } from "../blackbox/harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { eventually, sleep } from "../blackbox/harness/wire.ts";

const [library] = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1");
const options = {
  skip: library === undefined ? "libfaketime (Debian: faketime) is missing" : false,
} as const;

describe("a clock that jumps", () => {
  let directory: string;
  let upstream: Upstream;
  let gateway: Gateway;
  let port: number;

  before(async () => {
    if (library === undefined) return;
    directory = mkdtempSync(join(tmpdir(), "albatross-clock-"));
    jumpTo(2026);
    upstream = await startUpstream({
      handler: async ({ target }) => {
        if (target === "/slow") await sleep(3000);
        return reply(200, [], "ok");
      },
    });
    port = await freePort();
    gateway = await startGateway({
      config: { "web.yaml": objects("one") },
      args: ["--limits", "upstreamIdleMs=5000"],
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: join(directory, "now"),
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        NO_FAKE_STAT: "1",
      },
    });
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
    if (directory !== undefined) rmSync(directory, { recursive: true });
  });

  function jumpTo(year: number): void {
    writeFileSync(join(directory, "now"), `@${year}-06-01 12:00:00\n`);
  }
  function objects(name: string): KubeObject[] {
    const timeout = { proxy_read_timeout_ms: 700 };
    return [
      frontend({ name: "web", port }),
      rule({ name, frontend: "web", dslx: underPath("/"), services: [{ name: "app" }], config: { timeout } }),
      ...service({ name: "app", endpoints: [upstream.endpoint] }),
    ];
  }

  for (const year of [2036, 2016]) {
    it(`to ${year} neither ends nor prolongs anything`, options, async () => {
      const idle = await dial({ host: gateway.host, port });
      await idle.send(requestText({}));
      await readResponse(idle);
      const started = performance.now();
      const slow = request({ host: gateway.host, port, target: "/slow" });
      await sleep(200);
      jumpTo(year);
      // A timeout under way takes its time, no more and no less.
      assert.equal((await slow).status, 504);
      const took = performance.now() - started;
      assert.ok(took >= 690, `${took} ms`);
      // A connection that idled across the jump is open, and so is the one behind it.
      await idle.send(requestText({ target: `/${year}` }));
      const response = await readResponse(idle);
      assert.equal(response.body, "ok");
      assert.match(value(response, "date") ?? "", new RegExp(` ${year} `));
      idle.close();
      // Figures of duration are no differences of dates.
      const entry = await gateway.logged(({ target }) => target === `/${year}`);
      assert.ok(entry.request_time >= 0 && entry.request_time < 5, JSON.stringify(entry));
      assert.match(entry.time, new RegExp(`^${year}-`));
      // An edit is live as ever.
      gateway.write("web.yaml", objects(`rule-${year}`));
      await eventually(
        async () => (await gateway.api("table")).listeners[0].routes[0].name === `rule-${year}`,
        () => "the edit is not live",
      );
    });
  }
});
