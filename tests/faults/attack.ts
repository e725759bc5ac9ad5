/**
 * `scripts/faults [--strict] [--nginx] [--attack NAME]… [--idle N] [--slow N] [--seconds N] [--rate N]`: what idle clients,
 * slow senders and slow readers cost, and what they do to a client that behaves. Exits 1 when one of its requests fails, or
 * when not all attackers are held; with `--strict` also when its p99 is twice what it was, which is told in any case: on a
 * machine that does other things it says more about these. nginx is a yardstick and decides nothing.
 */
import { parseArgs } from "node:util";
import { GATEWAY_RUNTIME } from "../blackbox/harness/command.ts";
import { type AttackResult, ATTACKS, type Busy, canPin, runAttack } from "./attack-run.ts";
import { descriptorLimit } from "./figures.ts";
import type { TargetName } from "./target.ts";

const { values } = parseArgs({
  options: {
    attack: { type: "string", multiple: true, default: [...ATTACKS] },
    nginx: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
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
  `${limit} descriptors, so ${idle} idle and ${slow} slow clients; ${values.rate} requests/s; ` +
    (canPin() ? "the gateway on core 0, everything else on core 1" : "not bound to cores"),
);

let isGood = true;
for (const attack of ATTACKS) {
  if (!values.attack.includes(attack)) continue;
  for (const target of [GATEWAY_RUNTIME, ...(values.nginx ? ["nginx" as const] : [])]) {
    const clients = attack === "idle" ? idle : slow;
    const result = await runAttack({
      target,
      attack,
      clients,
      seconds: Number(values.seconds),
      rate: Number(values.rate),
    });
    console.log(describe(target, result));
    const isSlower = result.during.p99 >= 2 * result.before.p99;
    const isLost = result.during.failed > 0 || result.held < clients;
    if (isLost) console.log(`  MISSED: ${result.during.failed} failed, ${result.held} of ${clients} held`);
    if (isSlower) console.log("  MISSED: p99 is twice what it was");
    if (target !== "nginx" && (isLost || (values.strict && isSlower))) isGood = false;
  }
}
process.exit(isGood ? 0 : 1);

function describe(target: TargetName, result: AttackResult): string {
  const { attack, held, settledMs, before, during, memory, descriptors } = result;
  const perClient = ((memory[1]! - memory[0]!) * 1024 / held).toFixed(1);
  return [
    `${target} ${held} ${attack}, all there after ${(settledMs / 1000).toFixed(1)} s:`,
    `  p50 ${before.p50.toFixed(2)} → ${during.p50.toFixed(2)} ms, p99 ${before.p99.toFixed(2)} → ${
      during.p99.toFixed(2)
    } ms (× ${(during.p99 / before.p99).toFixed(2)}), failed ${during.failed} of ${during.requests}`,
    `  memory ${memory.map(Math.round).join(" → ")} MB (${perClient} kB each), descriptors ${
      descriptors.join(" → ")
    }`,
    `  busy before: ${busy(result.busyBefore)}; meanwhile: ${busy(result.busyDuring)}`,
  ].join("\n");
}

function busy({ target, attacker, attackedUpstream }: Busy): string {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return `itself ${percent(target)}, attackers ${percent(attacker)}, their upstream ${
    percent(attackedUpstream)
  }`;
}
