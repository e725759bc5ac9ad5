/** Tables for the eyes of operators: what may be secret is replaced before it is printed or sent. */
import { redactNamed } from "../lib/redact.ts";
import type { Filter } from "./filters.ts";
import type { Table } from "./table.ts";

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

/** Filters hold what users wrote, options of middlewares any JSON. Redacted, it is still a filter. */
function redactFilter(filter: Filter): Filter {
  return redactNamed(filter) as Filter;
}
