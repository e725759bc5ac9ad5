import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readSettings, type SettingSources } from "../../src/cli/read-settings.ts";
import { SETTINGS, type Settings } from "../../src/config.ts";
import { DEFAULT_LIMITS } from "../../src/proxy/limits.ts";

function settings(sources: Partial<SettingSources> = {}): Settings {
  const result = readSettings({ env: {}, ...sources, flags: { config: ["a.yaml"], ...sources.flags } });
  assert(result.ok, result.ok ? "" : result.errors.join("\n"));
  return result.settings;
}

function errors(sources: Partial<SettingSources>): readonly string[] {
  const result = readSettings({ env: {}, ...sources, flags: { config: ["a.yaml"], ...sources.flags } });
  assert(!result.ok, "the settings should be refused");
  return result.errors;
}

describe("settings", () => {
  it("have defaults", () => {
    assert.deepEqual(settings(), {
      config: ["a.yaml"],
      admin: { address: "127.0.0.1", port: 9180 },
      labelDomain: "cpaas.io",
      trustedProxies: [],
      middleware: [],
      drainDelay: 5000,
      accessLog: 1,
      accessLogFormat: "json",
      logFormat: "json",
      logLevel: "info",
      limits: DEFAULT_LIMITS,
    });
  });

  it("are read from texts", () => {
    const given = settings({
      flags: {
        config: ["a.yaml", "b:c.yaml"],
        alb: ["ns/edge"],
        bind: ["::1"],
        admin: ["[::1]:0"],
        trustedProxies: ["10.0.0.0/8, ::1", "192.0.2.1"],
        middleware: ["x=./x.ts", "y=/a=b.ts"],
        drainDelay: ["1m30s"],
        drainTimeout: ["0s"],
        accessLog: ["0.25"],
        limits: ["request.maxHeadBytes=1000,maxConnections=5", "headerReadMs=7"],
      },
    });
    assert.deepEqual(given.config, ["a.yaml", "b:c.yaml"]);
    assert.deepEqual(given.alb, { namespace: "ns", name: "edge" });
    assert.deepEqual([given.bind, given.admin], ["::1", { address: "::1", port: 0 }]);
    assert.deepEqual(given.trustedProxies, ["10.0.0.0/8", "::1", "192.0.2.1"]);
    assert.deepEqual(given.middleware, [{ name: "x", path: "./x.ts" }, { name: "y", path: "/a=b.ts" }]);
    assert.deepEqual([given.drainDelay, given.drainTimeout, given.accessLog], [90_000, 0, 0.25]);
    assert.deepEqual(given.limits, {
      ...DEFAULT_LIMITS,
      request: { ...DEFAULT_LIMITS.request, maxHeadBytes: 1000 },
      maxConnections: 5,
      headerReadMs: 7,
    });
    assert.deepEqual(settings({ flags: { alb: ["edge"] } }).alb, { namespace: undefined, name: "edge" });
    assert.equal(settings({ flags: { accessLog: ["off"] } }).accessLog, 0);
  });

  it("of flags win over the environment, and that over the file", () => {
    const file = {
      path: "s.yaml",
      content: { logLevel: "error", logFormat: "text", drainDelay: 2, accessLog: false },
    };
    const env = {
      ALBATROSS_LOG_LEVEL: "warn",
      ALBATROSS_LOG_FORMAT: "json",
      LABEL_BASE_DOMAIN: "",
      OTHER: "x",
    };
    const given = settings({ flags: { logLevel: ["debug"] }, env, file });
    assert.deepEqual(
      [given.logLevel, given.logFormat, given.drainDelay, given.accessLog, given.labelDomain],
      [
        "debug",
        "json",
        2000,
        0,
        "cpaas.io",
      ],
    );
    const fromEnv = readSettings({
      flags: {},
      env: { ALBATROSS_CONFIG: "a:b", ALBATROSS_TRUSTED_PROXIES: "::1,::2" },
    });
    assert(fromEnv.ok);
    assert.deepEqual([fromEnv.settings.config, fromEnv.settings.trustedProxies], [["a", "b"], [
      "::1",
      "::2",
    ]]);
  });

  it("that are wrong are all named, with where they were given", () => {
    const flags = {
      workers: ["0"],
      bind: ["10.0.0.0/8"],
      admin: ["9180"],
      alb: ["a/b/c"],
      accessLog: ["1.5"],
      trustedProxies: ["::1,everyone"],
      limits: ["maxFields", "request.maxFields=0", "nope=1"],
    };
    assert.deepEqual(errors({ flags, env: { ALBATROSS_DRAIN_DELAY: "soon" } }), [
      '--alb "a/b/c": expected NAME or NAMESPACE/NAME',
      '--workers "0": expected a whole number above 0',
      '--bind "10.0.0.0/8": expected an IP address',
      '--admin "9180": expected ADDRESS:PORT, IPv6 in brackets',
      '--trusted-proxies "everyone": expected an address or a block such as 10.0.0.0/8',
      'ALBATROSS_DRAIN_DELAY "soon": expected a time such as 5s, 500ms or 1m30s',
      '--access-log "1.5": expected off, on or a share such as 0.01',
      '--limits request.maxFields "0": expected a whole number above 0',
      '--limits: there is no "maxFields", "nope"',
    ]);
    const file = { path: "s.yaml", content: { colour: "red", limits: { maxConnections: "many" } } };
    assert.deepEqual(errors({ file }), [
      's.yaml: limits maxConnections "many": expected a whole number above 0',
      'no setting is called "colour"',
    ]);
    assert.deepEqual(errors({ file: { path: "s.yaml", content: [] } }), [
      "s.yaml: expected a map of settings",
    ]);
    assert.deepEqual(errors({ flags: { config: [] } }), ["--config: give at least one file or folder"]);
  });

  it("have names that follow from their keys", () => {
    const names = SETTINGS.map(({ key, flag, env }) => `${key} --${flag} ${env}`);
    assert.ok(names.includes("drainDelay --drain-delay ALBATROSS_DRAIN_DELAY"));
    assert.ok(names.includes("labelDomain --label-domain LABEL_BASE_DOMAIN"));
    assert.equal(new Set(SETTINGS.map(({ flag }) => flag)).size, SETTINGS.length);
  });
});
