/** What `/api/objects` shows of objects that hold secrets. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readObject } from "../../src/resources/read.ts";
import { redactObject } from "../../src/resources/redact.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** As JSON, as the admin plane answers it; texts that must not be shown are called `hidden`. */
function shown(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { object, issues } = readObject({ apiVersion: "v1", ...value });
  assert.deepEqual(issues, []);
  assert.ok(object !== undefined);
  const text = JSON.stringify(redactObject(object));
  assert.doesNotMatch(text, /hidden/);
  return JSON.parse(text);
}

describe("objects that are shown", () => {
  it("have no annotations of Secrets, which may hold the whole of them", () => {
    const { metadata } = shown({
      kind: "Secret",
      metadata: {
        name: "a",
        labels: { app: "b" },
        annotations: { [LAST_APPLIED]: '{"data":"hidden"}', x: "hidden" },
      },
      stringData: { a: "hidden" },
    }) as { metadata: { annotations: unknown; labels: unknown } };
    assert.deepEqual(metadata.annotations, { [LAST_APPLIED]: "[redacted]", x: "[redacted]" });
    assert.deepEqual(metadata.labels, { app: "b" });
  });

  it("keep annotations of others, but for credentials in them", () => {
    const { metadata } = shown({
      apiVersion: "crd.alauda.io/v1",
      kind: "Rule",
      metadata: {
        name: "a",
        annotations: {
          [LAST_APPLIED]: "hidden",
          "alb.rule.cpaas.io/rewrite-request": '{"headers":{"Authorization":"hidden","X-Env":"gray"}}',
          broken: '{"Authorization": "hidden"',
          note: "see https://me:hidden@wiki/page",
        },
      },
      spec: {},
    }) as { metadata: { annotations: unknown } };
    assert.deepEqual(metadata.annotations, {
      [LAST_APPLIED]: "[redacted]",
      "alb.rule.cpaas.io/rewrite-request": '{"headers":{"Authorization":"[redacted]","X-Env":"gray"}}',
      broken: "[redacted]",
      note: "see https://[redacted]@wiki/page",
    });
  });

  it("keep references to Secrets, and hide what URLs, options and ConfigMaps hold", () => {
    const { spec } = shown({
      apiVersion: "crd.alauda.io/v1",
      kind: "Rule",
      metadata: { name: "a" },
      spec: {
        config: {
          auth: {
            forward: { url: "http://u:hidden@auth/x?a=b&access_token=hidden&c=d" },
            basic: { secret: "n/users" },
          },
          middlewares: [{ name: "m", options: { apiKey: "hidden", limit: 5 } }],
        },
      },
    }) as { spec: { config: { auth: Record<string, Record<string, unknown>>; middlewares: unknown } } };
    assert.equal(
      spec.config.auth["forward"]?.["url"],
      "http://[redacted]@auth/x?a=b&access_token=[redacted]&c=d",
    );
    assert.equal(spec.config.auth["basic"]?.["secret"], "n/users");
    assert.deepEqual(spec.config.middlewares, [{ name: "m", options: { apiKey: "[redacted]", limit: 5 } }]);
    const { data } = shown({
      kind: "ConfigMap",
      metadata: { name: "headers" },
      data: { Authorization: "hidden", "X-Env": "gray" },
    });
    assert.deepEqual(data, { Authorization: "[redacted]", "X-Env": "gray" });
  });
});
