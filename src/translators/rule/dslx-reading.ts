/** Everything that translation needs to know of a dslx. */
import type { DslxTerm } from "../../resources/rule.ts";
import type { WildcardLabels } from "./checked-row.ts";
import { type CompiledDslx, compileDslx } from "./dslx.ts";
import { complexity, prefixForm, prefixFormLength } from "./prefix-form.ts";

export interface DslxReading {
  readonly compiled: CompiledDslx;
  readonly complexity: number;
  /** Bytes of the prefix form as JSON. */
  readonly length: number;
}

/**
 * Reads a dslx, once: objects that did not change are the same values in successive snapshots, so that a change of one
 * rule among thousands compiles one. Forgets with the object.
 */
export function readDslx(dslx: readonly DslxTerm[], labels: WildcardLabels): DslxReading {
  let reading = READINGS[labels].get(dslx);
  if (reading === undefined) {
    reading = {
      compiled: compileDslx(dslx, labels),
      complexity: complexity(dslx),
      length: prefixFormLength(prefixForm(dslx)),
    };
    READINGS[labels].set(dslx, reading);
  }
  return reading;
}

const READINGS: Readonly<Record<WildcardLabels, WeakMap<readonly DslxTerm[], DslxReading>>> = {
  one: new WeakMap(),
  any: new WeakMap(),
};
