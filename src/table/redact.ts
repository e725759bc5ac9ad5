/** Tables for the eyes of operators: what may be secret is replaced before it is printed or sent. */
import type { Filter } from "./filters.ts";
import type { Table } from "./table.ts";

const REDACTED = "[redacted]";

/** Names of fields whose values are not for show, wherever they are in a middleware's options. */
const SECRET_NAME = /secret|passw|token|credential|private|authorization|cookie|api-?_?key/i;

/** How each kind of filter is shown. */
const SHOWN: { readonly [T in Filter["type"]]: (filter: Extract<Filter, { type: T }>) => Filter } = {
  middleware: (filter) => ({ ...filter, options: redactOptions(filter.options) }),
};

/** The same table without secrets; still in the shape of {@link Table}. */
export function redactTable(table: Table): Table {
  return {
    ...table,
    listeners: table.listeners.map((listener) => ({
      ...listener,
      routes: listener.routes.map((route) => ({ ...route, filters: route.filters.map(showFilter) })),
    })),
  };
}

function showFilter(filter: Filter): Filter {
  return SHOWN[filter.type](filter);
}

/** Options are the user's own JSON: only names can tell what is secret, so rather too much is hidden than too little. */
function redactOptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactOptions);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [name, inner],
    ) => [name, SECRET_NAME.test(name) ? REDACTED : redactOptions(inner)]),
  );
}
