/** Features that have decided at once: as middlewares in a chain, and as plain functions where a chain is not needed. */
import type { NamedMiddleware } from "./compile.ts";
import type { ExchangePort, GatewayContext } from "./ports.ts";

/**
 * What a feature does with a request that it need not wait for: changes the exchange, or answers. Throws a
 * `GatewayError` when the request cannot be served.
 */
export type Act = (exchange: ExchangePort) => Response | undefined;

/** The middleware of a feature that acts. */
export function actingMiddleware(name: string, act: Act): NamedMiddleware {
  return {
    name,
    act,
    handler(c, next) {
      const answer = act((c as GatewayContext).env.exchange);
      return answer === undefined ? next() : Promise.resolve(answer);
    },
  };
}
