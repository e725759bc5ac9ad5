/** Two targets measured in turns, so that a noisy machine is noisy for both. */
import { type Load, measure, type Sample } from "./load.ts";
import { foreignSeconds, pause } from "./process.ts";
import type { Target } from "./target.ts";

/** One target and what it is asked. */
export interface Side {
  readonly target: Target;
  readonly load: Load;
}

export interface Pair {
  readonly reference: Sample;
  readonly candidate: Sample;
}

/** Seconds of load before anything counts: just-in-time compilers and pools. */
const WARM_UP_SECONDS = 2;

/** How much of a core others may take while a pair is measured. */
export const MAX_FOREIGN = 0.1;

/** Pairs that may be thrown away, per comparison, because others took more. */
const MAX_REPEATS = 20;

/**
 * `pairs` samples of each side; who goes first alternates. A pair during which the machine was busy with something else
 * is measured again, as long as there is patience. `progress` is called after each pair.
 */
export async function compare(
  reference: Side,
  candidate: Side,
  pairs: number,
  progress: (pair: Pair, kept: boolean) => void,
): Promise<Pair[]> {
  for (const side of [reference, candidate]) await warmUp(side);
  const found: Pair[] = [];
  let patience = MAX_REPEATS;
  while (found.length < pairs) {
    const first = found.length % 2 === 0 ? reference : candidate;
    const second = first === reference ? candidate : reference;
    await untilQuiet();
    const [a, b] = [await sample(first), await sample(second)];
    const pair = first === reference ? { reference: a, candidate: b } : { reference: b, candidate: a };
    const kept = foreignShare(pair) <= MAX_FOREIGN || patience-- <= 0;
    if (kept) found.push(pair);
    progress(pair, kept);
  }
  return found;
}

/** Waits until others leave the cores alone, at most half a minute. */
async function untilQuiet(): Promise<void> {
  const LOOK_MS = 300;
  for (let looks = 0; looks < 100; looks++) {
    const before = foreignSeconds();
    await pause(LOOK_MS);
    if ((foreignSeconds() - before) * 1000 / LOOK_MS <= MAX_FOREIGN) return;
  }
}

/** The larger share of a core that others took during one of the two samples. */
export function foreignShare({ reference, candidate }: Pair): number {
  return Math.max(reference.foreign, candidate.foreign);
}

/** Load that does not count, as fast as it goes. */
export async function warmUp({ target, load }: Side): Promise<Sample> {
  const { rate: _, ...flatOut } = load;
  return await measure(target, { ...flatOut, seconds: WARM_UP_SECONDS });
}

function sample({ target, load }: Side): Promise<Sample> {
  return measure(target, load);
}
