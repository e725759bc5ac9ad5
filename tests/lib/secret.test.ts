import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Secret } from "../../src/lib/secret.ts";

test("secret: gives its value away only when asked", () => {
  const secret = new Secret("pässword");
  assert.equal(secret.text(), "pässword");
  assert.deepEqual(secret.bytes(), new TextEncoder().encode("pässword"));
  assert.deepEqual(new Secret(Uint8Array.of(0, 255)).bytes(), Uint8Array.of(0, 255));
});

test("secret: every way of printing it says [redacted]", () => {
  const secret = new Secret("hunter2");
  const printed = [
    String(secret),
    `${secret}`,
    secret + "",
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { showHidden: true }),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify({ ...secret }),
  ];
  for (const text of printed) assert.ok(!text.includes("hunter2"), text);
  assert.equal(String(secret), "[redacted]");
  assert.equal(JSON.stringify({ secret }), '{"secret":"[redacted]"}');
  assert.equal(inspect(secret), "[redacted]");
});
