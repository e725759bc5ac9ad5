/** Secrets in options of middlewares are not for show. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { redactTable } from "../../src/table/redact.ts";
import { tableSchema } from "../../src/table/schema.ts";
import { listenerOf, routeOf, tableOf } from "./tables.ts";

it("hides what is named like a secret, at any depth, and nothing else", () => {
  const options = {
    header: "x-id",
    clientSecret: "s1",
    nested: [{ API_KEY: "s2", "api-key": "s3", limit: 5 }, null, "text"],
    Authorization: { scheme: "s4", limit: 1 },
    passwords: ["s5"],
    allowCredentials: true,
    url: "http://user:s6@host/?token=s6",
  };
  const source = { kind: "Rule", namespace: "default", name: "a", place: 0 };
  const route = routeOf("a", 1, { filters: [{ type: "middleware", name: "m", options, source }] });
  const table = tableOf([listenerOf([route])]);
  const shown = redactTable(table);
  assert.doesNotMatch(JSON.stringify(shown), /s[1-6]\b/);
  assert.deepEqual(shown.listeners[0]?.routes[0]?.filters, [{
    type: "middleware",
    name: "m",
    source,
    options: {
      header: "x-id",
      clientSecret: "[redacted]",
      nested: [{ API_KEY: "[redacted]", "api-key": "[redacted]", limit: 5 }, null, "text"],
      Authorization: { scheme: "[redacted]", limit: 1 },
      passwords: ["[redacted]"],
      allowCredentials: true,
      url: "http://[redacted]@host/?token=[redacted]",
    },
  }]);
  assert.deepEqual(tableSchema.parse(shown), shown);
  assert.equal(options.clientSecret, "s1");
});
