/** Middlewares of the user's own as objects ask for them, and the object to blame when they cannot be had. */
import type { MiddlewareHandler } from "hono";
import type { Problem } from "../errors.ts";
import type { MiddlewareFilter } from "../table/filters.ts";
import type { Table } from "../table/table.ts";
import type { MiddlewareRegistry } from "./registry.ts";

/** Where objects ask for them. */
export const MIDDLEWARES_FIELD = "spec.config.middlewares";

/** A middleware of the user's that cannot be had as an object asks for it. */
export class MiddlewareFault extends Error {
  override readonly name = "MiddlewareFault";

  constructor(readonly filter: MiddlewareFilter, message: string) {
    super(message);
  }

  /** Names the object whose list it stands in, and its place there. */
  get problem(): Problem {
    const { place, ...object } = this.filter.source;
    const field = `${MIDDLEWARES_FIELD}[${place}]`;
    return { severity: "error", code: "InvalidAction", object, field, reason: this.message };
  }
}

/** Throws a {@link MiddlewareFault}. */
export function makeMiddleware(filter: MiddlewareFilter, registry: MiddlewareRegistry): MiddlewareHandler {
  const { name, options } = filter;
  const factory = registry.get(name);
  if (factory === undefined) throw new MiddlewareFault(filter, `no middleware named "${name}" is loaded`);
  try {
    return factory(options);
  } catch (error) {
    throw new MiddlewareFault(filter, error instanceof Error ? error.message : String(error));
  }
}

/** What of a table cannot be had; each once, however many routes inherit it. */
export function middlewareProblems({ listeners }: Table, registry: MiddlewareRegistry): Problem[] {
  const asked = new Map<string, MiddlewareFilter>();
  for (const filter of listeners.flatMap(({ routes }) => routes.flatMap(({ filters }) => filters))) {
    if (filter.type === "middleware") asked.set(JSON.stringify(filter.source), filter);
  }
  return [...asked.values()].flatMap((filter) => {
    try {
      makeMiddleware(filter, registry);
      return [];
    } catch (error) {
      if (error instanceof MiddlewareFault) return [error.problem];
      throw error;
    }
  });
}
