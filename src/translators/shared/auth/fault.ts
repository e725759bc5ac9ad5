/** What can be wrong with authentication, and what clients are answered because of it (data-plane spec 4.4, 4.5). */
import type { AuthRefusalFilter } from "../../../table/filters.ts";
import type { Resource } from "../../../resources/kinds.ts";
import type { Finding } from "../../types.ts";

export type AuthAnswer = Omit<AuthRefusalFilter, "type">;

export interface AuthFault extends Finding {
  /** Below `spec.config.auth`, e.g. `forward.url`; of {@link AuthFault.object} if there is one. */
  readonly field: string;
  /** To blame instead of whoever has the configuration, e.g. a Secret. */
  readonly object?: Resource;
  /** Undefined = it can be served all the same. */
  readonly answer?: AuthAnswer;
}

/** ALB sends the call all the same, and fails (rulings of the design: a bad object). */
export const BUILD_FAILS: AuthAnswer = { status: 500, reason: "build-auth-request-fail" };
/** ALB has a word for it, and its 503. */
export const BAD_CONFIG_MAP: AuthAnswer = { status: 503, reason: "invalid-auth-req-cm-ref" };

/** What ALB would let through, or does not know: nobody passes. Clients learn which field it is, not what is in it. */
export function closed(field: string): AuthAnswer {
  return { status: 503, reason: `${field} is invalid` };
}
