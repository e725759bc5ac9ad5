/** Authentication that cannot be built lets nobody through (rulings of the design: a bad object). */
import type { MiddlewareHandler } from "hono";
import type { AuthRefusalFilter } from "../../table/filters.ts";
import type { GatewayContext } from "../ports.ts";
import { refuse } from "./answer.ts";

export function authRefusal({ status, reason }: AuthRefusalFilter): MiddlewareHandler {
  const code = status === 503 ? "INVALID_AUTH" : "AUTH_FAILED";
  return function authRefusal(c) {
    return Promise.resolve(refuse((c as GatewayContext).env.exchange, code, reason));
  };
}
