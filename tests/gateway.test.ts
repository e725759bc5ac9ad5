/** The control loop against a scripted source and a data plane that only takes notes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DataPlane, DataPlaneDrain, ListenerStatus } from "../src/data-plane.ts";
import type { Problem } from "../src/errors.ts";
import { createGateway, type Gateway, NothingReadable } from "../src/gateway.ts";
import type { Source, SourceUpdate } from "../src/sources/source.ts";
import type { Table } from "../src/table/table.ts";
import { createLogger } from "../src/telemetry/log.ts";
import { successiveSnapshots } from "./successive-snapshots.ts";
import { alb2, frontend, OPTIONS, rule, service } from "./translators/objects.ts";

const WEB = frontend();
const ECHO = service("echo", ["10.0.0.1"]);
const UNREADABLE: Problem = {
  severity: "error",
  code: "UnreadableFile",
  object: { kind: "File", namespace: "", name: "a.yaml", file: "a.yaml", line: 3 },
  field: "",
  reason: "not YAML",
};

interface Rig {
  readonly gateway: Gateway;
  readonly applied: Table[];
  readonly log: string[];
  readonly reloads: boolean[];
  readonly events: string[];
  problemCount: number;
  /** The source says this. */
  say(objects: readonly unknown[], problems?: readonly Problem[]): void;
  /** What the next `reload` finds. */
  onReload: readonly unknown[];
  listeners: ListenerStatus[];
  dataPlaneProblems: Problem[];
  /** Makes `apply` wait, or fail. */
  apply: () => Promise<void>;
  drained: DataPlaneDrain | undefined;
}

function rig(first: readonly unknown[], firstProblems: readonly Problem[] = []): Rig {
  const snapshot = successiveSnapshots();
  let listener: ((update: SourceUpdate) => void) | undefined;
  const source: Source = {
    start(onUpdate) {
      listener = onUpdate;
      self.say(first, firstProblems);
      return Promise.resolve();
    },
    reload() {
      self.say(self.onReload);
      return Promise.resolve();
    },
    close() {
      self.events.push("source closed");
      listener = undefined;
    },
  };
  const dataPlane: DataPlane = {
    async apply(table) {
      await self.apply();
      self.applied.push(table);
    },
    listeners: () => self.listeners,
    upstreams: () => [],
    problems: () => self.dataPlaneProblems,
    drain(options) {
      self.drained = options;
      self.events.push(`drain, ready: ${self.gateway.readiness().ready}`);
      return Promise.resolve();
    },
  };
  const log: string[] = [];
  const self: Rig = {
    gateway: createGateway({
      source,
      dataPlane,
      translate: OPTIONS,
      log: createLogger({ level: "debug", format: "text", write: (line) => log.push(line.slice(25)) }),
      metrics: {
        config: {
          reloaded: (ok) => self.reloads.push(ok),
          problems: (all) => self.problemCount = all.length,
        },
        tableApplied: (table) => self.events.push(`table ${self.applied.length}/${table.listeners.length}`),
      },
    }),
    applied: [],
    log,
    reloads: [],
    events: [],
    problemCount: -1,
    say: (objects, problems = []) => listener?.({ snapshot: snapshot(objects), problems }),
    onReload: first,
    listeners: [],
    dataPlaneProblems: [],
    apply: () => Promise.resolve(),
    drained: undefined,
  };
  return self;
}

function listenerStatus(state: ListenerStatus["state"], reason = ""): ListenerStatus {
  return {
    id: "tcp/80",
    name: "web",
    port: 80,
    protocol: "http",
    addresses: [],
    state,
    reason,
    connections: 0,
  };
}

/** Waits until a condition holds: how long a change takes depends on what else the machine does. */
async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < giveUpAt, `not within 10 s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe("starting", () => {
  it("is over when the first table has been applied", async () => {
    const { gateway, applied, reloads, log } = rig([WEB, rule("r1"), ...ECHO]);
    assert.deepEqual(gateway.readiness(), { ready: false, reasons: ["no configuration is served yet"] });
    await gateway.start();
    assert.equal(applied.length, 1);
    assert.deepEqual([gateway.revision(), gateway.table()], [1, applied[0]]);
    assert.deepEqual(gateway.readiness(), { ready: true, reasons: [] });
    assert.deepEqual(reloads, [true]);
    assert.match(log.join("\n"), /configuration applied revision=1 listeners=1 routes=1 upstreams=1/);
  });

  it("fails when nothing can be read, and says why in the log", async () => {
    const { gateway, applied, log, reloads } = rig([], [UNREADABLE]);
    await assert.rejects(gateway.start(), NothingReadable);
    assert.deepEqual([applied.length, reloads], [0, [false]]);
    assert.match(log.join("\n"), /ERROR a\.yaml:3 File a\.yaml: not YAML/);
  });

  it("succeeds with nothing, if nothing is what there is", async () => {
    const { gateway } = rig([]);
    await gateway.start();
    assert.equal(gateway.readiness().ready, true);
  });

  it("serves what is good beside what cannot be read", async () => {
    const { gateway, applied, reloads } = rig([WEB], [UNREADABLE]);
    await gateway.start();
    assert.equal(applied[0]!.listeners.length, 1);
    assert.deepEqual(reloads, [false], "what was read is not all served");
    assert.deepEqual(gateway.problems(), [UNREADABLE]);
  });

  it("fails with the data plane", async () => {
    const broken = rig([WEB]);
    broken.apply = () => Promise.reject(new Error("no sockets"));
    await assert.rejects(broken.gateway.start(), /no sockets/);
  });
});

describe("changes", () => {
  it("are applied, and what changes nothing is not", async () => {
    const { gateway, applied, say, events, reloads } = rig([WEB, ...ECHO]);
    await gateway.start();
    say([WEB, ...ECHO, rule("r1")]);
    await until(() => reloads.length === 2);
    say([WEB, ...ECHO, rule("r1"), { apiVersion: "v1", kind: "Namespace", metadata: { name: "new" } }]);
    await until(() => reloads.length === 3);
    assert.equal(applied.length, 2);
    assert.equal(gateway.revision(), 2);
    assert.equal(gateway.snapshot()?.all("Namespace").size, 1);
    assert.deepEqual(events, ["table 0/1", "table 1/1"], "metrics know a table before it serves");
  });

  it("that come while one is applied count as one, the last", async () => {
    const it = rig([WEB, ...ECHO]);
    await it.gateway.start();
    let release: (() => void) | undefined;
    it.apply = () => new Promise((resolve) => release = resolve);
    it.say([WEB, ...ECHO, rule("r1")]);
    await until(() => release !== undefined);
    for (const name of ["r2", "r3", "r4"]) it.say([WEB, ...ECHO, rule(name)]);
    it.apply = () => Promise.resolve();
    release?.();
    await until(() => it.reloads.length === 3);
    const names = it.applied.map(({ listeners }) => listeners[0]!.routes.map(({ name }) => name).join());
    assert.deepEqual(names, ["", "r1", "r4"]);
  });

  it("that cannot be read at all leave the last good table alone", async () => {
    const { gateway, applied, say, reloads } = rig([WEB]);
    await gateway.start();
    say([], [UNREADABLE]);
    await until(() => reloads.length === 2);
    assert.equal(applied.length, 1);
    assert.deepEqual([gateway.table(), gateway.readiness().ready], [applied[0], true]);
    assert.deepEqual(reloads, [true, false]);
    say([]);
    await until(() => reloads.length === 3);
    assert.equal(applied.at(-1)!.listeners.length, 0, "an empty folder is a configuration");
  });

  it("that cannot be applied are reported, and the next one counts again", async () => {
    const it = rig([WEB, ...ECHO]);
    await it.gateway.start();
    it.apply = () => Promise.reject(new Error("out of memory"));
    it.say([WEB, ...ECHO, rule("r1")]);
    await until(() => it.reloads.length === 2);
    assert.deepEqual([it.gateway.revision(), it.reloads], [1, [true, false]]);
    assert.match(it.log.join("\n"), /ERROR configuration could not be applied.*out of memory/);
    it.apply = () => Promise.resolve();
    it.say([WEB, ...ECHO, rule("r2")]);
    await until(() => it.reloads.length === 3);
    assert.equal(it.gateway.revision(), 2);
  });

  it("are looked for by a reload, which is over when they serve", async () => {
    const it = rig([WEB]);
    await it.gateway.start();
    it.onReload = [WEB, frontend({ port: 81 }, { name: "other" })];
    await it.gateway.reload();
    assert.equal(it.applied.at(-1)!.listeners.length, 2);
  });
});

describe("problems", () => {
  it("are those of source, translation and data plane, each logged once", async () => {
    const bad = rule("bad", { dslx: [{ type: "URL", values: [["NOPE"]] }] });
    const it = rig([WEB, bad], [UNREADABLE]);
    const failed: Problem = {
      severity: "error",
      code: "ListenerFailed",
      object: { kind: "Frontend", namespace: "default", name: "web" },
      field: "spec.port",
      reason: "address in use",
    };
    it.dataPlaneProblems = [failed];
    await it.gateway.start();
    assert.deepEqual(it.gateway.problems().map(({ code }) => code), [
      "UnreadableFile",
      "InvalidMatch",
      "ListenerFailed",
    ]);
    assert.equal(it.problemCount, 3);
    for (let n = 0; n < 3; n++) it.gateway.dataPlaneChanged();
    it.dataPlaneProblems = [];
    it.gateway.dataPlaneChanged();
    const about = it.log.filter((line) => line.includes("address in use"));
    assert.deepEqual(about, [
      "ERROR Frontend default/web spec.port: address in use code=ListenerFailed",
      "INFO  solved: Frontend default/web spec.port: address in use code=ListenerFailed",
    ]);
    assert.equal(it.problemCount, 2);
  });
});

describe("readiness", () => {
  it("is lost when every listener has failed, and only then", async () => {
    const it = rig([WEB]);
    await it.gateway.start();
    it.listeners = [listenerStatus("failed", "address in use"), listenerStatus("serving")];
    assert.equal(it.gateway.readiness().ready, true);
    it.listeners = [listenerStatus("failed", "address in use"), listenerStatus("draining")];
    assert.deepEqual(it.gateway.readiness(), {
      ready: false,
      reasons: ["listener web (port 80): address in use"],
    });
  });
});

describe("draining", () => {
  it("is not ready first, follows no more changes, then drains the data plane", async () => {
    const it = rig([WEB]);
    await it.gateway.start();
    await it.gateway.drain({ delayMs: 10, timeoutMs: 20 });
    assert.deepEqual(it.gateway.readiness(), { ready: false, reasons: ["draining"] });
    assert.deepEqual(it.events.slice(1), ["source closed", "drain, ready: false"]);
    assert.deepEqual(it.drained, { delayMs: 10, timeoutMs: 20, handover: false });
  });

  it("takes the time that the ALB2 allows, or 30 s", async () => {
    const labels = { "alb2.cpaas.io/name": "edge" };
    const governed = rig([alb2({ maxTermSeconds: 7 }), frontend({}, { labels })]);
    const implicit = rig([WEB]);
    for (const each of [governed, implicit]) {
      await each.gateway.start();
      await each.gateway.drain({ delayMs: 0, timeoutMs: undefined });
    }
    assert.deepEqual([governed.drained?.timeoutMs, implicit.drained?.timeoutMs], [7000, 30_000]);
  });
});
