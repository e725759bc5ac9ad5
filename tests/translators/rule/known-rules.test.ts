/** What is remembered of rules changes no translation: it is as if everything were new. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { translate } from "../../../src/translators/mod.ts";
import type { TranslateOptions, Translation } from "../../../src/translators/types.ts";
import { successiveSnapshots } from "../../successive-snapshots.ts";
import { alb2, frontend, type Json, rule, service } from "../objects.ts";

const LABELS = { labels: { "alb2.cpaas.io/name": "edge" } };
const OF_WEB = { labels: { ...LABELS.labels, "alb2.cpaas.io/frontend": "web" } };
const BASIC = { auth: { basic: { auth_type: "basic", secret: "s" } } };

/** What an object may be from one moment to the next; undefined = it is not there. */
const CHOICES: Readonly<Record<string, readonly (Json | undefined)[]>> = {
  alb: [
    undefined,
    alb2(),
    alb2({ timeout: { proxy_read_timeout_ms: 7 } }),
    alb2(BASIC),
    alb2({ redirect: { code: 999 } }),
    alb2({ auth: { forward: { url: "no URL" } } }),
  ],
  web: [
    frontend({}, LABELS),
    frontend({ config: { timeout: { proxy_read_timeout_ms: 9 } } }, LABELS),
    frontend({ config: BASIC }, LABELS),
    frontend({ config: { auth: { forward: { url: "no URL" } } } }, LABELS),
    frontend({ config: { upstreamTLS: { serverName: "10.0.0.1" } } }, LABELS),
    frontend({ config: { timeout: "soon" } }, LABELS),
    frontend({ port: 81, protocol: "tcp" }, LABELS),
  ],
  r1: [undefined, rule("r1", {}, OF_WEB), rule("r1", { priority: 99 }, OF_WEB)],
  r2: [
    rule("r2", { backendProtocol: "https" }, OF_WEB),
    rule("r2", { config: BASIC }, OF_WEB),
    rule("r2", { config: { auth: {} } }, OF_WEB),
    rule("r2", { redirectURL: "/x", redirectCode: 200 }, OF_WEB),
    rule("r2", { dslx: [{ type: "URL", values: [["NOPE", "/"]] }] }, OF_WEB),
  ],
  r3: [rule("r3", { backendProtocol: "https" }, OF_WEB), rule("r3", { config: { cors: 1 } }, OF_WEB)],
  secret: [undefined, secretOf("a:x"), secretOf("a:$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1")],
};

function secretOf(auth: string): Json {
  return { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { auth } };
}

const moments = fc.record(
  Object.fromEntries(Object.entries(CHOICES).map(([name, choices]) => [name, fc.constantFrom(...choices)])),
);

function sayable({ table, problems, uses }: Translation): unknown {
  return { table, problems, uses: [...uses] };
}

describe("rules that are known", () => {
  it("are translated as if they were new, whatever was before", () => {
    const options: TranslateOptions = { labelDomain: "cpaas.io", trustedProxies: [] };
    fc.assert(
      fc.property(fc.array(moments, { minLength: 2, maxLength: 6 }), (history) => {
        const snapshot = successiveSnapshots();
        for (const moment of history) {
          const objects = [...Object.values(moment).filter(Boolean), ...service("echo", ["10.0.0.1"])];
          const known = translate(snapshot(objects), options);
          const anew = translate(successiveSnapshots()(objects), options);
          assert.deepEqual(sayable(known), sayable(anew));
        }
      }),
      { numRuns: 400 },
    );
  });

  it("keep their parts, also when another one comes before them", () => {
    const options: TranslateOptions = { labelDomain: "cpaas.io", trustedProxies: [] };
    const snapshot = successiveSnapshots();
    const common = [frontend(), rule("r2"), ...service("echo", ["10.0.0.1"])];
    const [first] = translate(snapshot(common), options).table.listeners[0]!.routes;
    const [, moved] = translate(snapshot([...common, rule("r1")]), options).table.listeners[0]!.routes;
    assert.deepEqual([first!.index, moved!.index], [1, 2]);
    assert.equal(moved!.match, first!.match);
    assert.equal(moved!.timeouts, first!.timeouts);
  });
});
