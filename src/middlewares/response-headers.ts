/** Header modification of answers (data-plane spec 3.5). */
import { encodeUtf8 } from "../lib/utf8.ts";
import type { ResponseHeadersFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";

/** Runs when the head is written, so that it has the last word over what other features set. */
export function responseHeaders(filter: ResponseHeadersFilter): Act {
  const set = Object.entries(filter.set).map(([name, value]) => [name, encodeUtf8(value)] as const);
  const add = Object.entries(filter.add).flatMap(([name, values]) =>
    values.map((value) => [name, encodeUtf8(value)] as const)
  );
  return function responseHeaders(exchange) {
    exchange.beforeResponse(() => {
      const edits = exchange.responseEdits;
      for (const [name, value] of set) edits.set(name, value);
      for (const name of filter.remove) edits.remove(name);
      for (const [name, value] of add) edits.add(name, value);
    });
    return undefined;
  };
}
