// slow: four gateways, each measured three times
/** The small form of `scripts/faults`: others are served whatever idle and slow clients do; how fast, the script says. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { it } from "../blackbox/harness/suite.ts";
import { GATEWAY_RUNTIME } from "../blackbox/harness/command.ts";
import { ATTACKS, runAttack } from "./attack-run.ts";
import { descriptorLimit } from "./figures.ts";

/** What is held takes a descriptor here, and at the gateway up to two. */
const CLIENTS = Math.min(400, Math.floor(descriptorLimit() / 4));

describe(`${CLIENTS} clients`, () => {
  for (const attack of ATTACKS) {
    it(`that are ${attack} harm nobody, and leave nothing behind`, async () => {
      const { held, during, memory, descriptors } = await runAttack({
        target: GATEWAY_RUNTIME,
        attack,
        clients: CLIENTS,
        seconds: 1,
        rate: 200,
      });
      assert.equal(held, CLIENTS, "connections that the gateway holds");
      assert.deepEqual([during.requests, during.failed], [200, 0]);
      const [before = 0, , after = 0] = descriptors;
      assert.ok(after <= before + 20, `${descriptors} descriptors`);
      assert.ok(memory[1]! - memory[0]! < CLIENTS * 0.1 + 50, `${memory} MB`);
    });
  }
});
