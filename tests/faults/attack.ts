/**
 * `scripts/faults [--attack NAME]… [--idle N] [--slow N] [--seconds N] [--rate N]`: what idle clients, slow senders and slow readers cost,
 * and what they do to a client that behaves. Exits 1 when one of its requests fails or its p99 is twice what it was.
 */
import { parseArgs } from "node:util";
import { GATEWAY_RUNTIME } from "../blackbox/harness/command.ts";
import { type AttackResult, ATTACKS, runAttack } from "./attack-run.ts";
import { descriptorLimit } from "./figures.ts";

const { values } = parseArgs({
  options: {
    attack: { type: "string", multiple: true, default: [...ATTACKS] },
    idle: { type: "string", default: "10000" },
    slow: { type: "string", default: "5000" },
    seconds: { type: "string", default: "10" },
    rate: { type: "string", default: "500" },
  },
});
const limit = descriptorLimit();
/** A slow client has a connection to the upstream as well; the rest is for everything else. */
const most = { idle: limit - 500, slow: Math.floor((limit - 500) / 2) };
const idle = Math.min(Number(values.idle), most.idle);
const slow = Math.min(Number(values.slow), most.slow);
console.log(
  `${GATEWAY_RUNTIME}: ${limit} descriptors, so ${idle} idle and ${slow} slow clients; ${values.rate} requests/s`,
);

let isGood = true;
for (const attack of ATTACKS) {
  if (!values.attack.includes(attack)) continue;
  const clients = attack === "idle" ? idle : slow;
  const result = await runAttack({
    attack,
    clients,
    seconds: Number(values.seconds),
    rate: Number(values.rate),
  });
  console.log(describe(result));
  if (result.during.failed > 0 || result.held < clients || result.during.p99 >= 2 * result.before.p99) {
    isGood = false;
  }
}
process.exit(isGood ? 0 : 1);

function describe({ attack, held, before, during, memory, descriptors }: AttackResult): string {
  const perClient = ((memory[1]! - memory[0]!) * 1024 / held).toFixed(1);
  return [
    `${GATEWAY_RUNTIME} ${held} ${attack}:`,
    `  p50 ${before.p50.toFixed(2)} → ${during.p50.toFixed(2)} ms, p99 ${before.p99.toFixed(2)} → ${
      during.p99.toFixed(2)
    } ms (× ${(during.p99 / before.p99).toFixed(2)}), failed ${during.failed} of ${during.requests}`,
    `  memory ${memory.map(Math.round).join(" → ")} MB (${perClient} kB each), descriptors ${
      descriptors.join(" → ")
    }`,
  ].join("\n");
}
