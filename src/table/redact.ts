/** Tables for the eyes of operators: what may be secret is replaced before it is printed or sent. */
import type { Filter } from "./filters.ts";
import type { Table } from "./table.ts";

const REDACTED = "[redacted]";

/** Names whose texts are not for show, wherever they are in a filter: fields of options, or of requests. */
const SECRET_NAME = /secret|passw|token|credential|private|authorization|cookie|api[-_]?key/i;

/** The same table without secrets; still in the shape of {@link Table}. */
export function redactTable(table: Table): Table {
  return {
    ...table,
    listeners: table.listeners.map((listener) => ({
      ...listener,
      routes: listener.routes.map((route) => ({ ...route, filters: route.filters.map(redactFilter) })),
    })),
  };
}

/**
 * Filters hold what users wrote, options of middlewares any JSON: only names can tell what is secret, so rather too
 * much is hidden than too little. Texts become other texts and nothing else changes, so it is still a filter.
 */
function redactFilter(filter: Filter): Filter {
  return redact(filter, false) as Filter;
}

function redact(value: unknown, isSecret: boolean): unknown {
  if (typeof value === "string") return isSecret ? REDACTED : value;
  if (Array.isArray(value)) return value.map((item) => redact(item, isSecret));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value);
  return Object.fromEntries(
    fields.map(([name, inner]) => [name, redact(inner, isSecret || SECRET_NAME.test(name))]),
  );
}
