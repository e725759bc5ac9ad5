/**
 * Divides visitors into A and B for good: a cookie remembers the choice, a header tells the upstream.
 * Options: `{ percentB: number, cookie?: string, header?: string }`.
 */
import type { MiddlewareHandler } from "hono";

interface Options {
  /** 0 to 100. */
  readonly percentB: number;
  readonly cookie?: string;
  readonly header?: string;
}

/** What the gateway passes of Hono, as far as it is used here. */
interface HonoKit {
  readonly getCookie: typeof import("hono/cookie").getCookie;
  readonly setCookie: typeof import("hono/cookie").setCookie;
}

const YEAR_S = 31_536_000;

export default ({ getCookie, setCookie }: HonoKit) =>
({ percentB, cookie = "ab", header = "x-variant" }: Options): MiddlewareHandler => {
  if (!(percentB >= 0 && percentB <= 100)) throw new Error("percentB: expected a number from 0 to 100");

  return async function abSwitch(c, next) {
    const known = getCookie(c, cookie);
    const variant = known === "A" || known === "B" ? known : Math.random() * 100 < percentB ? "B" : "A";
    c.req.raw.headers.set(header, variant);
    await next();
    if (variant !== known) {
      setCookie(c, cookie, variant, { path: "/", maxAge: YEAR_S, httpOnly: true, sameSite: "Lax" });
    }
  };
};
