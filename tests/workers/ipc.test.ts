/** Messages between supervisor and workers. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { inspect } from "node:util";
import { Secret } from "../../src/lib/secret.ts";
import { decode, encode, type Order } from "../../src/workers/ipc.ts";

const BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);

function order(options: unknown): Order {
  // An apply order whose patch has whatever the options of a middleware may have.
  return { type: "apply", id: 1, patch: { listeners: [{ options }] } } as unknown as Order;
}

function optionsOf(message: Order): unknown {
  return (message as unknown as { patch: { listeners: { options: unknown }[] } }).patch.listeners[0]!.options;
}

it("secrets arrive whole, and are redacted when they are printed on either side", () => {
  const sent = order({ key: new Secret(BYTES), nested: [new Secret("pässword")] });
  const arrived = optionsOf(decode<Order>(encode(sent))) as { key: Secret; nested: Secret[] };
  assert.deepEqual(arrived.key.bytes(), BYTES);
  assert.equal(arrived.nested[0]!.text(), "pässword");
  for (const message of [sent, { arrived }]) {
    for (const text of [JSON.stringify(message), inspect(message, { depth: 9 })]) {
      assert.ok(text.includes("[redacted]") && !text.includes("pässword"), text);
    }
  }
});

it("everything else arrives as JSON has it", () => {
  const options = {
    text: "a\u0000b\n",
    number: 1.5,
    none: null,
    list: [true, { deep: {} }],
    secret: "no Secret",
  };
  assert.deepEqual(optionsOf(decode<Order>(encode(order(options)))), options);
});
