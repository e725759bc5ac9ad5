/** `spec.config.upstreamTLS` (data-plane spec 3.8): ALB neither verifies nor names what it asks for. */
import { normalizeHost } from "../../lib/host.ts";
import { parseAddress } from "../../lib/ip.ts";
import type { UpstreamTlsConfig } from "../../resources/shared-config.ts";
import type { SecretObject } from "../../resources/secret.ts";
import type { UpstreamTls } from "../../table/table.ts";
import type { Finding } from "../types.ts";
import type { Lookup } from "./lookup.ts";

/** Key of the Secret, as in those of type `kubernetes.io/tls`. */
const CA_KEY = "ca.crt";

export interface UpstreamTlsChoice {
  readonly tls: UpstreamTls;
  /** Why it cannot be had: then the route must not be served. */
  readonly finding?: Finding;
  /** To blame instead of whoever has the configuration. */
  readonly object?: SecretObject;
}

/** @param namespace of the object, for a Secret without one */
export function upstreamTlsOf(
  config: UpstreamTlsConfig | undefined,
  namespace: string,
  lookup: Lookup,
): UpstreamTlsChoice {
  const { verify, serverName, caSecret } = config ?? {};
  const tls = { verify: verify ?? Boolean(caSecret), serverName: null, ca: null };
  const name = serverName ? hostName(serverName) : null;
  if (name === undefined) {
    return {
      tls,
      finding: invalid("serverName", `expected a host name, found ${JSON.stringify(serverName)}`),
    };
  }
  if (!caSecret) return { tls: { ...tls, serverName: name } };
  const slash = caSecret.indexOf("/");
  const where = slash === -1 ? namespace : caSecret.slice(0, slash);
  const secret = lookup("Secret", where, caSecret.slice(slash + 1));
  const ca = secret?.data[CA_KEY]?.text() ?? "";
  if (ca.includes("-----BEGIN CERTIFICATE-----")) return { tls: { ...tls, serverName: name, ca } };
  if (secret !== undefined) {
    const field = `data[${JSON.stringify(CA_KEY)}]`;
    return {
      tls,
      object: secret,
      finding: { code: "InvalidAction", field, reason: "expected certificates, PEM" },
    };
  }
  const reason = `there is no Secret ${where}/${caSecret.slice(slash + 1)}`;
  return { tls, finding: { ...invalid("caSecret", reason), code: "UnresolvedReference" } };
}

function hostName(text: string): string | undefined {
  const host = normalizeHost(text);
  return host === null || parseAddress(host) !== null ? undefined : host;
}

function invalid(field: string, reason: string): Finding {
  return { code: "InvalidAction", field: `spec.config.upstreamTLS.${field}`, reason };
}
