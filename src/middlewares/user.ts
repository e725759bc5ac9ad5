/**
 * Middlewares of the user's own: a module whose default export receives what it needs of Hono and returns a factory from
 * options to middleware. It imports nothing at run time, so it loads in the single binary too.
 */
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import type { MiddlewareFactory, MiddlewareRegistry } from "./registry.ts";

/** What a module gets of Hono. */
export const HONO_KIT = { createMiddleware, HTTPException, getCookie, setCookie } as const;

export type HonoKit = typeof HONO_KIT;

/** Default export of a module: `(hono) => (options) => middleware`. */
export type UserMiddlewareModule = (hono: HonoKit) => (options: never) => MiddlewareHandler;

export interface MiddlewareSource {
  /** Under which objects ask for it. */
  readonly name: string;
  /** File to import. */
  readonly path: string;
}

/** Loads every module. Throws an Error that names the module when one cannot be loaded: the program must not start half. */
export async function loadMiddlewares(
  sources: readonly MiddlewareSource[],
  importModule: (path: string) => Promise<unknown>,
): Promise<MiddlewareRegistry> {
  const registry = new Map<string, MiddlewareFactory>();
  for (const { name, path } of sources) {
    if (registry.has(name)) throw new Error(`middleware "${name}" is given twice`);
    registry.set(name, await load(name, path, importModule));
  }
  return registry;
}

async function load(
  name: string,
  path: string,
  importModule: (path: string) => Promise<unknown>,
): Promise<MiddlewareFactory> {
  let module: unknown;
  try {
    module = await importModule(path);
  } catch (error) {
    throw failure(`middleware "${name}": ${path} cannot be loaded`, error);
  }
  const create = (module as { default?: unknown }).default;
  if (typeof create !== "function") {
    throw new Error(`middleware "${name}": ${path} has no function as default export`);
  }
  let factory: unknown;
  try {
    factory = create(HONO_KIT);
  } catch (error) {
    throw failure(`middleware "${name}": the default export of ${path} failed`, error);
  }
  if (typeof factory !== "function") {
    throw new Error(`middleware "${name}": the default export of ${path} returns no factory`);
  }
  return (options) => {
    let handler: unknown;
    try {
      handler = factory(options);
    } catch (error) {
      throw failure(`middleware "${name}" refuses its options`, error);
    }
    if (typeof handler !== "function") {
      throw new Error(`middleware "${name}" returns no middleware for its options`);
    }
    return handler as MiddlewareHandler;
  };
}

function failure(what: string, cause: unknown): Error {
  return new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
