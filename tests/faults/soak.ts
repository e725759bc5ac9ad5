/**
 * `scripts/soak [--minutes N]`: mixed traffic while the configuration changes. Prints figures each minute and a verdict;
 * exits 1 when an exchange failed, a descriptor is left, or memory goes on growing.
 */
import { parseArgs } from "node:util";
import { GATEWAY_RUNTIME } from "../blackbox/harness/command.ts";
import { floors, slopePerMinute } from "./figures.ts";
import { soak } from "./soak-run.ts";

/** Of the line through the least memory of every half a minute, after the warm-up. */
const ALLOWED_MB_PER_MINUTE = 2;
const ALLOWED_DESCRIPTORS = 30; // idle connections to the two upstreams
/** Of the removals: between the last look at a listener's queue and its end there is time for a handshake. */
const ALLOWED_REFUSED_LATE = 0.02;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "20" } } });
const seconds = Number(values.minutes) * 60;
let minute = 0;
const result = await soak(seconds, ({ at, value }) => {
  if (at < minute * 60) return;
  console.log(`${GATEWAY_RUNTIME} minute ${minute++}: ${value.toFixed(0)} MB`);
});
/** Compiled code, pools and the collector's own idea of a heap come in the first part. */
const warmUp = Math.min(seconds / 3, 180);
const settled = floors(result.memory.filter(({ at }) => at >= warmUp), 30);
const slope = slopePerMinute(settled);
const { done, failures, removals, refusedLate, revisions, descriptorsBefore, descriptorsAfter } = result;
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(
  `${GATEWAY_RUNTIME} done: ${Object.entries(done).map(([kind, count]) => `${kind} ${count}`).join(", ")}`,
);
console.log(
  `${GATEWAY_RUNTIME} ${failures.length} failed, ${refusedLate} refused late in ${removals} removals, ${revisions} tables, memory ${
    settled[0]?.value.toFixed(0)
  } → ${settled.at(-1)?.value.toFixed(0)} MB, slope ${
    slope.toFixed(2)
  } MB a minute, descriptors ${descriptorsBefore} → ${descriptorsAfter}`,
);
const isGood = failures.length === 0 && slope < ALLOWED_MB_PER_MINUTE &&
  descriptorsAfter <= descriptorsBefore + ALLOWED_DESCRIPTORS &&
  refusedLate <= Math.ceil(removals * ALLOWED_REFUSED_LATE);
process.exit(isGood ? 0 : 1);
