/** What upstreams are told of the client in field lines (data-plane spec 3.7). */
import type { HeaderEdits } from "../lib/header-edits.ts";
import type { CompiledListener } from "./compiled.ts";
import type { Peer } from "./peer.ts";

/** Field lines that do not depend on more than listener, peer and authority. */
export interface ToldUpstream {
  readonly listener: CompiledListener;
  readonly authority: string;
  /** Up to the value of `X-Original-URI`. */
  readonly untilUri: string;
  /** From its end up to the path in `X-Original-URL`. */
  readonly untilUrl: string;
}

/** The exchange, as far as upstreams are told of it. */
export interface Told {
  readonly listener: CompiledListener;
  readonly peer: Peer;
  /** Host as the client sent it, "" when it sent none. */
  readonly authority: string;
  readonly clientAddress: string;
  /** Value of `X-Forwarded-For`. */
  readonly forwardedChain: string;
}

/** The lines for one exchange: put together anew only where others than the peer have a say in them. */
export function toldUpstream(exchange: Told, edits: HeaderEdits | undefined): ToldUpstream {
  const { listener, peer, authority } = exchange;
  if (!tellsOfPeerAlone(listener, edits)) return tell(exchange, edits?.get("host") ?? authority);
  const { told } = peer;
  if (told?.authority === authority && told.listener === listener) return told;
  return peer.told = tell(exchange, authority);
}

/** Whether no proxy is trusted to speak for others, and no edit changes what is reported. */
function tellsOfPeerAlone({ trustedProxies }: CompiledListener, edits: HeaderEdits | undefined): boolean {
  return trustedProxies.length === 0 &&
    (edits === undefined || edits.get("host") === undefined && edits.get("x-forwarded-for") === undefined);
}

/** `authority`: an edited Host is what is reported (data-plane spec 3.5). */
function tell({ listener, peer, clientAddress, forwardedChain }: Told, authority: string): ToldUpstream {
  const { protocol } = peer;
  // HTTP/1.0 may say no host; then there is none to tell of, as with nginx.
  const hostLine = authority === "" ? "" : `X-Forwarded-Host: ${authority}\r\n`;
  return {
    listener,
    authority,
    untilUri: `X-Real-IP: ${clientAddress}\r\nX-Forwarded-For: ${forwardedChain}\r\n` +
      `X-Forwarded-Proto: ${protocol}\r\nX-Scheme: ${protocol}\r\n${hostLine}` +
      `X-Forwarded-Port: ${listener.spec.port}\r\nX-Original-URI: `,
    untilUrl: `\r\nX-Original-URL: ${protocol}://${authority}`,
  };
}
