/** Two targets measured in turns, so that a noisy machine is noisy for both. */
import { type Load, measure, type Sample } from "./load.ts";
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

/** `pairs` samples of each side; who goes first alternates. `progress` is called after each pair. */
export async function compare(
  reference: Side,
  candidate: Side,
  pairs: number,
  progress: (pair: Pair) => void,
): Promise<Pair[]> {
  for (const side of [reference, candidate]) await warmUp(side);
  const found: Pair[] = [];
  for (let index = 0; index < pairs; index++) {
    const first = index % 2 === 0 ? reference : candidate;
    const second = first === reference ? candidate : reference;
    const [a, b] = [await sample(first), await sample(second)];
    const pair = first === reference ? { reference: a, candidate: b } : { reference: b, candidate: a };
    found.push(pair);
    progress(pair);
  }
  return found;
}

/** Load that does not count, as fast as it goes. */
export async function warmUp({ target, load }: Side): Promise<Sample> {
  const { rate: _, ...flatOut } = load;
  return await measure(target, { ...flatOut, seconds: WARM_UP_SECONDS });
}

function sample({ target, load }: Side): Promise<Sample> {
  return measure(target, load);
}
