/** Header modification of requests (data-plane spec 3.5): set, set from variables, remove, add, add from variables. */
import { fieldEdit } from "../lib/header-edits.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import type { RequestHeadersFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";
import { compileVariable, type Variable } from "./variables.ts";

/** A name nobody knows has no value: the field is left alone. */
const UNKNOWN: Variable = () => undefined;

export function requestHeaders(filter: RequestHeadersFilter): Act {
  const set = Object.entries(filter.set).map(([name, value]) => fieldEdit(name, encodeUtf8(value)));
  const setFrom = Object.entries(filter.setFrom).map(([name, source]) => [name, variable(source)] as const);
  const add = flatten(filter.add).map(([name, value]) => fieldEdit(name, encodeUtf8(value)));
  const addFrom = flatten(filter.addFrom).map(([name, source]) => [name, variable(source)] as const);
  return function requestHeaders(exchange) {
    const edits = exchange.requestEdits;
    for (const edit of set) edits.setField(edit);
    for (const [name, read] of setFrom) {
      const value = read(exchange);
      if (value !== undefined) edits.set(name, value);
    }
    for (const name of filter.remove) edits.remove(name);
    for (const edit of add) edits.addField(edit);
    for (const [name, read] of addFrom) {
      const value = read(exchange);
      if (value !== undefined) edits.add(name, value);
    }
    return undefined;
  };
}

function variable(name: string): Variable {
  return compileVariable(name) ?? UNKNOWN;
}

function flatten(lists: Readonly<Record<string, readonly string[]>>): (readonly [string, string])[] {
  return Object.entries(lists).flatMap(([name, values]) => values.map((value) => [name, value] as const));
}
