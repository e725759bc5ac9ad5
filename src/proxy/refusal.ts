/** The chain of a route whose object is invalid: it matches, and answers why (rulings: a bad object). */
import { GatewayError } from "../errors.ts";
import type { Chain } from "../middlewares/compile.ts";
import type { Route } from "../table/table.ts";

export function refusalEnd(refusal: NonNullable<Route["refusal"]>): Chain {
  const code = refusal.status === 503 ? "INVALID_AUTH" : "INVALID_ACTION";
  return function refuse() {
    return Promise.reject(new GatewayError(code, refusal.reason));
  };
}
