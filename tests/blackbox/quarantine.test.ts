/** An object that becomes invalid serves on as it was last good, is called stale, and is forgotten when it is deleted. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "./harness/addresses.ts";
import { request } from "./harness/client.ts";
import { albatrossCommand } from "./harness/command.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { documents, frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { runProcess } from "./harness/process.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

/** What an edit makes of the good Rule, and how it is reported. */
interface BadEdit {
  readonly content: readonly KubeObject[] | string;
  readonly code: string;
  readonly field: RegExp;
  /** Kind of the object that the problem names. */
  readonly kind?: string;
}

const GOOD = rule({ name: "shop", frontend: "web", dslx: underPath("/shop"), services: [{ name: "app" }] });

function edited(changes: Readonly<Record<string, unknown>>): readonly KubeObject[] {
  return [{ ...GOOD, spec: { ...GOOD["spec"] as object, ...changes } }];
}

const BAD_EDITS: Readonly<Record<string, BadEdit>> = {
  "a bad matcher": {
    content: edited({ dslx: [{ type: "URL", values: [["NO_SUCH", "/shop"]] }] }),
    code: "InvalidMatch",
    field: /^spec\.dslx/,
  },
  "a bad action": {
    content: edited({ redirectURL: "/elsewhere", redirectCode: 200 }),
    code: "InvalidAction",
    field: /^spec\.redirectCode/,
  },
  "bad authentication": {
    content: edited({ config: { auth: { forward: { url: "not a URL" } } } }),
    code: "InvalidAuth",
    field: /^spec\.config\.auth/,
  },
  "a violation of the schema": {
    content: edited({ priority: "high" }),
    code: "InvalidObject",
    field: /^spec\.priority$/,
  },
  "a file that cannot be parsed": {
    content: `${documents([GOOD])}\n  bad: [indent\n`,
    code: "UnreadableFile",
    field: /^$/,
    kind: "File",
  },
  "a file that is no text": {
    content: "kind: Rule\0\x01",
    code: "UnreadableFile",
    field: /^$/,
    kind: "File",
  },
};

describe("quarantine", () => {
  let upstream: Upstream;
  let gateway: Gateway;
  let port: number;
  let admin: string;

  before(async () => {
    upstream = await startUpstream({ handler: () => reply(200, [], "shop") });
    port = await freePort();
    gateway = await startGateway({
      config: {
        "base.yaml": [
          frontend({ name: "web", port }),
          ...service({ name: "app", endpoints: [upstream.endpoint] }),
        ],
        "shop.yaml": [GOOD],
      },
    });
    admin = `${gateway.admin.host}:${gateway.admin.port}`;
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  async function answer(): Promise<string> {
    const { status, body } = await request({ host: gateway.host, port, target: "/shop" });
    return status === 200 ? body : String(status);
  }
  async function problems(): Promise<Json[]> {
    return (await gateway.api("problems")).problems;
  }
  function becomes(test: (problems: Json[]) => boolean): Promise<Json[]> {
    let last: Json[] = [];
    return eventually(async () => test(last = await problems()) && last, () => JSON.stringify(last));
  }
  async function explained(): Promise<Json> {
    const url = encodeURIComponent(`http://a:${port}/shop`);
    return await gateway.api(`explain?url=${url}`);
  }
  function run(...args: string[]) {
    return runProcess(albatrossCommand(args));
  }

  for (const [name, { content, code, field, kind = "Rule" }] of Object.entries(BAD_EDITS)) {
    it(`${name}: the last good version serves, and everybody says so`, async () => {
      assert.equal(await answer(), "shop");
      assert.deepEqual((await explained()).stale, []);
      gateway.write("shop.yaml", content);
      const [found] = await becomes((all) => all.some(({ stale }) => stale === true));
      assert.deepEqual([found.code, found.object.kind, found.stale], [code, kind, true]);
      assert.match(found.field, field);
      assert.match(found.object.file, /shop\.yaml$/);
      for (let n = 0; n < 3; n++) assert.equal(await answer(), "shop");

      const { route, stale } = await explained();
      assert.equal(route.name, "shop");
      assert.deepEqual(stale.map(({ object }: Json) => object), [
        { kind: "Rule", namespace: "default", name: "shop" },
      ]);
      assert.equal(await gateway.metric("albatross_config_last_reload_successful"), 0);

      // Mended: nothing is stale any more.
      gateway.write("shop.yaml", [GOOD]);
      await becomes((all) => all.length === 0);
      assert.deepEqual((await explained()).stale, []);
      assert.equal(await answer(), "shop");
      assert.equal(await gateway.metric("albatross_config_last_reload_successful"), 1);
    });
  }

  it("is in the output of `explain` and `validate` when they ask the gateway", async () => {
    gateway.write("shop.yaml", BAD_EDITS["a bad matcher"]!.content);
    await becomes((all) => all.some(({ stale }) => stale === true));
    const url = `http://a:${port}/shop`;
    const [text, json, validated, offline] = await Promise.all([
      run("explain", "--ask", admin, "GET", url),
      run("explain", "--ask", admin, "--json", "GET", url),
      run("validate", "--ask", admin),
      run("validate", gateway.directory),
    ]);
    assert.match(text.stdout, /^ {2}route +1\. Rule default\/shop$/m);
    assert.match(
      text.stdout,
      /^ {2}stale +Rule default\/shop spec\.dslx.*NO_SUCH.*; the last good version serves$/m,
    );
    assert.equal(JSON.parse(json.stdout).stale[0].object.name, "shop");
    assert.match(
      validated.stdout,
      /shop\.yaml:\d+ Rule default\/shop spec\.dslx.*\(stale: the last good version keeps serving\)$/m,
    );
    assert.equal(validated.code, 1);
    // Files alone have no past: what they say now is all there is.
    assert.match(offline.stdout, /NO_SUCH/);
    assert.doesNotMatch(offline.stdout, /stale/);
    gateway.write("shop.yaml", [GOOD]);
    await becomes((all) => all.length === 0);
    assert.deepEqual(await run("validate", "--ask", admin), {
      code: 0,
      stdout: "4 objects, no problems\n",
      stderr: "",
    });
  });

  it("holds over several bad versions, and ends when the object is deleted", async () => {
    for (const { content } of Object.values(BAD_EDITS)) {
      gateway.write("shop.yaml", content);
      await becomes((all) => all.some(({ stale }) => stale === true));
      assert.equal(await answer(), "shop");
    }
    gateway.write("shop.yaml", BAD_EDITS["a bad matcher"]!.content);
    await becomes((all) => all[0]?.code === "InvalidMatch");
    gateway.remove("shop.yaml");
    await becomes((all) => all.length === 0);
    assert.equal(await answer(), "404");
    // What comes back bad has no good version any more.
    gateway.write("shop.yaml", BAD_EDITS["a bad action"]!.content);
    const [found] = await becomes((all) => all.length > 0);
    assert.equal(found.stale, undefined);
    await eventually(async () => await answer() === "500", () => "the bad action does not answer 500");
    gateway.write("shop.yaml", [GOOD]);
    await becomes((all) => all.length === 0);
    assert.equal(await answer(), "shop");
  });
});
