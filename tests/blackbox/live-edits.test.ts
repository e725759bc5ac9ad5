/** The configuration folder is edited under a running gateway: good edits are live, bad ones harm nobody. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./harness/addresses.ts";
import { dial, request } from "./harness/client.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { value } from "./harness/message.ts";
import { documents, frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

/** The promise is a second; the rest is for a machine that does other things, where no process gets its turn in time. */
const LIVE_MS = 30_000;

describe("live edits", () => {
  let one: Upstream;
  let two: Upstream;
  let gateway: Gateway;
  let port: number;
  let base: KubeObject[];

  before(async () => {
    one = await startUpstream({ handler: () => reply(200, [], "one") });
    two = await startUpstream({ handler: () => reply(200, [], "two") });
    port = await freePort();
    base = [
      frontend({ name: "web", port }),
      ...service({ name: "one", endpoints: [one.endpoint] }),
      ...service({ name: "two", endpoints: [two.endpoint] }),
    ];
    gateway = await startGateway({ config: { "base.yaml": base, "rule.yaml": [to("one")] } });
  });
  after(async () => {
    await gateway?.stop();
    await one?.close();
    await two?.close();
  });

  function to(name: string, dslx = underPath("/")): KubeObject {
    return rule({ name: "r1", frontend: "web", dslx, services: [{ name }] });
  }
  async function answer(target = "/", at = port): Promise<string> {
    const { status, body } = await request({ host: gateway.host, port: at, target });
    return status === 200 ? body : String(status);
  }
  async function becomes(expected: string, target = "/"): Promise<void> {
    let last = "";
    await eventually(
      async () => (last = await answer(target)) === expected,
      () => `${target}: ${last}`,
      LIVE_MS,
    );
  }
  function problems(): Promise<Json[]> {
    return gateway.api("problems").then((body) => body.problems ?? body);
  }
  async function problem(test: (problem: Json) => boolean): Promise<Json> {
    let last: Json[] = [];
    return await eventually(
      async () => (last = await problems()).find(test),
      () => `no such problem: ${JSON.stringify(last)}`,
      LIVE_MS,
    );
  }
  async function noProblems(): Promise<void> {
    let last: Json[] = [];
    await eventually(async () => (last = await problems()).length === 0, () => JSON.stringify(last), LIVE_MS);
  }

  it("a changed rule is live", async () => {
    await becomes("one");
    gateway.write("rule.yaml", [to("two")]);
    await becomes("two");
    gateway.write("rule.yaml", [to("one")]);
    await becomes("one");
  });

  it("changed endpoints are live", async () => {
    gateway.write("base.yaml", [...base.slice(0, 1), ...service({ name: "one", endpoints: [two.endpoint] })]);
    await becomes("two");
    gateway.write("base.yaml", base);
    await becomes("one");
  });

  it("a new file adds, a removed file takes away, also listeners", async () => {
    const other = await freePort();
    const more = [
      rule({
        name: "r2",
        frontend: "web",
        priority: 1,
        dslx: underPath("/two"),
        services: [{ name: "two" }],
      }),
      frontend({ name: "other", port: other, services: [{ name: "two" }] }),
    ];
    gateway.write("more.yaml", more);
    await becomes("two", "/two");
    assert.equal(await answer("/", other), "two");
    gateway.remove("more.yaml");
    await becomes("one", "/two");
    await eventually(
      () => dial({ host: gateway.host, port: other }).then((open) => void open.close(), () => true),
      () => `${other} is still open`,
      LIVE_MS,
    );
  });

  it("a file may be written in place, in pieces", async () => {
    const path = join(gateway.directory, "rule.yaml");
    const text = documents([to("two")]);
    writeFileSync(path, text.slice(0, 40));
    writeFileSync(path, text);
    await becomes("two");
    gateway.write("rule.yaml", [to("one")]);
    await becomes("one");
    await noProblems();
  });

  it("JSON files, List objects and folders below are read", async () => {
    const item = rule({
      name: "r3",
      frontend: "web",
      priority: 1,
      dslx: underPath("/json"),
      services: [{ name: "two" }],
    });
    mkdirSync(join(gateway.directory, "below"));
    writeFileSync(
      join(gateway.directory, "below", "list.json"),
      JSON.stringify({ apiVersion: "v1", kind: "List", items: [item] }),
    );
    await becomes("two", "/json");
    writeFileSync(
      join(gateway.directory, "below", "list.json"),
      JSON.stringify({ kind: "List", apiVersion: "v1", items: [] }),
    );
    await becomes("one", "/json");
  });

  it("an edit that does not parse keeps the last good state and says where", async () => {
    gateway.write("rule.yaml", "kind: Rule\nmetadata:\n  name: r1\n   bad: indent\n");
    const found = await problem(({ code }) => code === "UnreadableFile");
    assert.match(found.object.file, /rule\.yaml$/);
    assert.equal(found.object.line, 4);
    assert.ok(found.object.column >= 1);
    await gateway.process.waitForLine("stderr", (line) => /rule\.yaml:4 File .* \(column \d+\)/.test(line));
    assert.equal(await answer(), "one");
    gateway.write("rule.yaml", [to("two")]);
    await becomes("two");
    await noProblems();
    gateway.write("rule.yaml", [to("one")]);
    await becomes("one");
  });

  it("a rule that turns bad keeps serving as it was, marked stale", async () => {
    gateway.write("rule.yaml", [to("two", [{ type: "URL", values: [["NO_SUCH_OPERATOR", "/"]] }])]);
    const found = await problem(({ object }) => object.name === "r1");
    assert.equal(found.stale, true);
    assert.match(found.field, /^spec\.dslx/);
    assert.match(found.reason, /NO_SUCH_OPERATOR/);
    assert.equal(await answer(), "one");
    gateway.write("rule.yaml", [to("one")]);
    await noProblems();
  });

  it("a rule that was never good is left out alone", async () => {
    gateway.write("bad.yaml", [
      rule({
        name: "bad",
        frontend: "web",
        priority: 1,
        dslx: [{ type: "URL", values: [["NOPE"]] }],
        services: [],
      }),
      rule({
        name: "good",
        frontend: "web",
        priority: 1,
        dslx: underPath("/good"),
        services: [{ name: "two" }],
      }),
    ]);
    await becomes("two", "/good");
    assert.equal(await answer(), "one");
    const found = await problem(({ object, code }) => object.name === "bad" && code === "InvalidMatch");
    assert.deepEqual([found.severity, found.stale], ["error", undefined]);
    gateway.remove("bad.yaml");
    await noProblems();
  });

  it("a wrong field is refused with object, field and reason, a tolerated one is not", async () => {
    const extra = to("one") as { spec: Record<string, unknown> };
    gateway.write("rule.yaml", [{ ...extra, spec: { ...extra.spec, unknownField: 1, enableCORS: false } }]);
    await becomes("one");
    await noProblems();
    gateway.write("rule.yaml", [{ ...extra, spec: { ...extra.spec, priority: "high" } }]);
    const found = await problem(({ object }) => object.kind === "Rule");
    assert.equal(found.field, "spec.priority");
    assert.equal(await answer(), "one");
    gateway.write("rule.yaml", [to("one")]);
    await noProblems();
  });

  it("no request is lost while the configuration changes", async () => {
    let stop = false;
    const failures: string[] = [];
    let count = 0;
    const load = (async () => {
      while (!stop) {
        const got = await answer().catch(String);
        count++;
        if (got !== "one" && got !== "two") failures.push(got);
      }
    })();
    for (let n = 0; n < 10; n++) {
      gateway.write("rule.yaml", [to(n % 2 === 0 ? "two" : "one")]);
      await becomes(n % 2 === 0 ? "two" : "one");
    }
    stop = true;
    await load;
    assert.deepEqual(failures, []);
    assert.ok(count >= 10);
  });

  it("SIGHUP reloads and changes nothing else", async () => {
    gateway.process.signal("SIGHUP");
    await becomes("one");
    assert.equal(gateway.process.exit(), undefined);
    await noProblems();
  });
});

describe("a ConfigMap mount", () => {
  it("is followed when its ..data link is exchanged", async () => {
    const one = await startUpstream({ handler: () => reply(200, [], "one") });
    const port = await freePort();
    const web = (via: string | undefined) =>
      documents([
        frontend({ name: "web", port, services: [{ name: "one" }] }),
        ...(via === undefined
          ? service({ name: "one", endpoints: [one.endpoint] })
          : service({ name: "one", endpoints: [] })),
      ]);
    const gateway = await startGateway({ config: [] });
    try {
      const { directory } = gateway;
      const mount = (version: string, text: string) => {
        mkdirSync(join(directory, `..${version}`));
        writeFileSync(join(directory, `..${version}`, "web.yaml"), text);
        symlinkSync(`..${version}`, join(directory, "..data_tmp"));
        renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
      };
      mount("v1", web(undefined));
      symlinkSync("..data/web.yaml", join(directory, "web.yaml"));
      const state = () =>
        request({ host: gateway.host, port }).then(
          (response) => value(response, "x-alb-err-reason") ?? response.body,
          () => "closed",
        );
      await eventually(async () => await state() === "one", () => "the first version", LIVE_MS);
      mount("v2", web("none"));
      await eventually(
        async () => (await state()).startsWith("InvalidBalancer"),
        () => "the second version",
        LIVE_MS,
      );
    } finally {
      await gateway.stop();
      await one.close();
    }
  });
});
