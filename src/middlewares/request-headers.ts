/** Header modification of requests (data-plane spec 3.5): set, set from variables, remove, add, add from variables. */
import { FieldEdit } from "../lib/header-edits.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import type { RequestHeadersFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";
import type { ExchangePort } from "./ports.ts";
import { compileVariable, type Variable } from "./variables.ts";

/** A name nobody knows has no value: the field is left alone. */
const UNKNOWN: Variable = () => undefined;

export function requestHeaders(filter: RequestHeadersFilter): Act {
  const steps = [
    ...Object.entries(filter.set).map(([name, value]) => FieldEdit.set(name, encodeUtf8(value))),
    ...Object.entries(filter.setFrom).map(([name, source]) => varying(FieldEdit.set, name, source)),
    ...filter.remove.map(FieldEdit.remove),
    ...flatten(filter.add).map(([name, value]) => FieldEdit.add(name, encodeUtf8(value))),
    ...flatten(filter.addFrom).map(([name, source]) => varying(FieldEdit.add, name, source)),
  ];
  return function requestHeaders(exchange) {
    const edits = exchange.requestEdits;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as FieldEdit | VaryingEdit;
      const edit = typeof step === "function" ? step(exchange) : step;
      if (edit !== undefined) edits.make(edit);
    }
    return undefined;
  };
}

/** The edit for an exchange; undefined when the variable has no value in it. */
type VaryingEdit = (exchange: ExchangePort) => FieldEdit | undefined;

/** Messages with the value of the one before share its edit. */
function varying(
  prepare: (name: string, value: string) => FieldEdit,
  name: string,
  source: string,
): VaryingEdit {
  const read = compileVariable(source) ?? UNKNOWN;
  let last = "";
  let edit = prepare(name, last);
  return function editFor(exchange) {
    const value = read(exchange);
    if (value === undefined) return undefined;
    if (value !== last) edit = prepare(name, last = value);
    return edit;
  };
}

function flatten(lists: Readonly<Record<string, readonly string[]>>): (readonly [string, string])[] {
  return Object.entries(lists).flatMap(([name, values]) => values.map((value) => [name, value] as const));
}
