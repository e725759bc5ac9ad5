/** What is unexpected is played again: where an answer races a request's body, what nginx does is sometimes chance. */
import type { FramingCase } from "../../tests/framing/harness/case.ts";
import { type Difference, differences } from "./compare.ts";
import { explain, type Explanation } from "./explain.ts";
import type { KnownDifference } from "./known.ts";
import type { Proxies } from "./lanes.ts";

/** So often, and then it is no chance. */
const TRIES = 5;

/** Plays `cases` at both proxies; a difference that nobody knows, and one that is gone, must be there every time. */
export async function settledDifferences(
  proxies: Proxies,
  cases: readonly (readonly [name: string, given: FramingCase])[],
  known: readonly KnownDifference[],
): Promise<Explanation & { readonly found: readonly Difference[] }> {
  const names = cases.map(([name]) => name);
  let found = await differences(proxies, cases);
  for (let tries = 1;; tries++) {
    const explanation = explain(found, known, names);
    const odd = new Set([...explanation.unexplained.map(({ name }) => name), ...explanation.gone]);
    if (odd.size === 0 || tries === TRIES) return { ...explanation, found };
    const again = await differences(proxies, cases.filter(([name]) => odd.has(name)));
    const order = new Map(names.map((name, place) => [name, place]));
    found = [...found.filter(({ name }) => !odd.has(name)), ...again]
      .sort((a, b) => order.get(a.name)! - order.get(b.name)!);
  }
}
