/** What is known of the connection that carries an exchange, and what it said and was told of last. */
import { GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";
import { FieldId } from "../http1/known.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { normalizeHost } from "../lib/host.ts";
import type { ToldUpstream } from "./told-upstream.ts";

/** Stands for the host of a request that has none, which only HTTP/1.0 allows. */
export const NO_HOST = "_";

/** Facts about the connection that carries the exchange. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly protocol: "http" | "https";
  /** What was said of this peer to the upstream last: a client seldom changes the host that it asks on a connection. */
  told: ToldUpstream | undefined;
  /** The host that it asked last. */
  asked: AskedHost | undefined;
}

/** The one host of field lines that requests of a connection share. */
export interface AskedHost {
  readonly fields: Fields;
  readonly authority: string;
  readonly host: string;
}

/**
 * The host that a request names: in its target (`targetAuthority`, null when the target has none), else in its Host field.
 * Found once for requests that share their field lines. Throws {@link GatewayError} 400 unless it is one host.
 */
export function askedBy(peer: Peer, head: RequestHead, targetAuthority: string | null): AskedHost {
  if (targetAuthority !== null) return askedHost(head, targetAuthority);
  return peer.asked?.fields === head.fields ? peer.asked : peer.asked = askedHost(head, null);
}

function askedHost({ fields, minor }: RequestHead, targetAuthority: string | null): AskedHost {
  const field = hostField(fields, minor);
  const authority = targetAuthority ?? field ?? "";
  const hostless = authority === "" && minor === 0 && targetAuthority === null;
  const host = hostless ? NO_HOST : normalizeHost(authority);
  // A Host that is none is refused also where the target has another one (RFC 9112 3.2).
  const isFieldBad = targetAuthority !== null && field !== undefined && normalizeHost(field) === null;
  if (host === null || isFieldBad) throw new GatewayError("BAD_REQUEST", "invalid host");
  return { fields, authority, host };
}

/** Value of the one Host line; undefined when there is none, which only HTTP/1.0 may do (RFC 9112 3.2). */
function hostField(fields: Fields, minor: number): string | undefined {
  const first = fields.indexOfId(FieldId.HOST);
  if (first === -1) {
    if (minor === 1) throw new GatewayError("BAD_REQUEST", "no Host");
    return undefined;
  }
  if (fields.indexOfId(FieldId.HOST, first + 1) !== -1) {
    throw new GatewayError("BAD_REQUEST", "more than one Host");
  }
  return fields.value(first);
}
