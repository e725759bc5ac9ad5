/** Basic authentication (data-plane spec 4.5, RFC 7617). */
import type { MiddlewareHandler } from "hono";
import { type CredentialsFault, parseBasicCredentials } from "../../lib/basic-credentials.ts";
import type { HttpField } from "../../lib/http-call.ts";
import { isPasswordFault, readPasswordHash } from "../../lib/htpasswd.ts";
import type { BasicAuthFilter } from "../../table/filters.ts";
import type { GatewayContext } from "../ports.ts";
import { refuse } from "./answer.ts";
import type { StoredPassword, Verdict } from "./password/verifier.ts";
import type { AuthServices } from "./services.ts";

/** ALB's words. */
const FAULTS: Readonly<Record<CredentialsFault, string>> = {
  scheme: "invalid Authorization scheme, not basic auth.",
  base64: "invalid base64 encoding",
  format: "invalid format",
};

/** The Authorization field goes on to the upstream. */
export function basicAuth(filter: BasicAuthFilter, { passwords }: AuthServices): MiddlewareHandler {
  const users = new Map(filter.users.map(({ name, passwordHash }) => [name, stored(passwordHash)]));
  const [decoy] = users.values();
  if (decoy === undefined) throw new Error("basic authentication without users");
  const challenge: HttpField = ["www-authenticate", `Basic realm="${quoted(filter.realm)}"`];

  /** Whoever is not known is computed for, too: how long it takes does not tell which names exist. */
  async function judge(name: string, password: string): Promise<Verdict> {
    const known = users.get(name);
    const verdict = await passwords.verify(known ?? (decoy as StoredPassword), password);
    return known === undefined && verdict === "right" ? "wrong" : verdict;
  }

  return async function basicAuth(c, next) {
    const { exchange } = (c as GatewayContext).env;
    const deny = (reason: string) => refuse(exchange, "AUTH_REQUIRED", reason, { fields: [challenge] });
    const authorization = exchange.effectiveHeader("authorization");
    if (authorization === undefined) return deny("basic_auth but req no auth header");
    const credentials = parseBasicCredentials(authorization);
    if (typeof credentials === "string") return deny(FAULTS[credentials]);
    const verdict = await judge(credentials.user, credentials.password);
    if (verdict === "right") return await next();
    if (verdict === "wrong") return deny("invalid user or passwd");
    return refuse(exchange, "OVERLOADED", "too many passwords wait to be verified");
  };
}

function stored(text: string): StoredPassword {
  const hash = readPasswordHash(text);
  if (isPasswordFault(hash)) throw new Error(`a password cannot be read: ${hash.reason}`);
  return { text, hash };
}

/** As a quoted-string (RFC 9110 5.6.4); what is not ASCII has no agreed reading there. */
function quoted(realm: string): string {
  return realm.replace(/[^\x20-\x7e]/g, "").replace(/["\\]/g, "\\$&");
}
