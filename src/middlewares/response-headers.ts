/** Header modification of answers (data-plane spec 3.5). */
import { fieldEdit } from "../lib/header-edits.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import type { ResponseHeadersFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";

/** Runs when the head is written, so that it has the last word over what other features set. */
export function responseHeaders(filter: ResponseHeadersFilter): Act {
  const set = Object.entries(filter.set).map(([name, value]) => fieldEdit(name, encodeUtf8(value)));
  const add = Object.entries(filter.add).flatMap(([name, values]) =>
    values.map((value) => fieldEdit(name, encodeUtf8(value)))
  );
  return function responseHeaders(exchange) {
    exchange.beforeResponse(() => {
      const edits = exchange.responseEdits;
      for (const edit of set) edits.setField(edit);
      for (const name of filter.remove) edits.remove(name);
      for (const edit of add) edits.addField(edit);
    });
    return undefined;
  };
}
