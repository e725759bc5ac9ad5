/** Header modification of answers (data-plane spec 3.5). */
import { FieldEdit } from "../lib/header-edits.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import type { ResponseHeadersFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";
import type { ResponseHook } from "./ports.ts";

/** Runs when the head is written, so that it has the last word over what other features set. */
export function responseHeaders(filter: ResponseHeadersFilter): Act {
  const edits = [
    ...Object.entries(filter.set).map(([name, value]) => FieldEdit.set(name, encodeUtf8(value))),
    ...filter.remove.map(FieldEdit.remove),
    ...Object.entries(filter.add).flatMap(([name, values]) =>
      values.map((value) => FieldEdit.add(name, encodeUtf8(value)))
    ),
  ];
  const edit: ResponseHook = (_status, _fields, { responseEdits }) => responseEdits.makeAll(edits);
  return function responseHeaders(exchange) {
    exchange.beforeResponse(edit);
    return undefined;
  };
}
