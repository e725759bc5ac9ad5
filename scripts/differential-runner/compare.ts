/** Runs cases through both proxies and finds where they differ. */
import type { FramingCase } from "../../tests/framing/harness/case.ts";
import type { Proxies } from "./lanes.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** `theme: name` of a case, with what came of it at both. */
export interface Difference {
  readonly name: string;
  readonly nginx: Outcome;
  readonly albatross: Outcome;
}

/** Silence that counts as waiting; when the proxies seem to differ, they are given more time once. */
const QUIET_MS = 100;
const LONG_QUIET_MS = 600;

export async function differences(
  proxies: Proxies,
  cases: readonly (readonly [name: string, given: FramingCase])[],
): Promise<Difference[]> {
  const found: Difference[] = [];
  const queue = [...cases];
  await Promise.all(proxies.pairs.map(async (pair) => {
    const both = async (given: FramingCase, quietMs: number) => {
      const [nginx, albatross] = await Promise.all([
        outcomeOf(pair.nginx, given, quietMs),
        outcomeOf(pair.albatross, given, quietMs),
      ]);
      return { nginx, albatross };
    };
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [name, given] = next;
      let outcomes = await both(given, QUIET_MS);
      if (!same(outcomes)) outcomes = await both(given, LONG_QUIET_MS);
      if (!same(outcomes)) found.push({ name, ...outcomes });
    }
  }));
  const order = new Map(cases.map(([name], place) => [name, place]));
  return found.sort((a, b) => order.get(a.name)! - order.get(b.name)!);
}

function same({ nginx, albatross }: { nginx: Outcome; albatross: Outcome }): boolean {
  return JSON.stringify(nginx) === JSON.stringify(albatross);
}
