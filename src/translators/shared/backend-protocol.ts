/** The scheme towards upstreams (data-plane spec 3.8). */
import type { Protocol, Route } from "../../table/table.ts";

type Scheme = Route["backendProtocol"];

const HTTP: ReadonlyMap<string, Scheme> = new Map([["", "http"], ["http", "http"], ["https", "https"]]);
const GRPC: ReadonlyMap<string, Scheme> = new Map([["", "grpc"], ["grpc", "grpc"], ["grpcs", "grpcs"]]);

/** Undefined when a frontend of that protocol cannot speak it. On tcp and udp the setting means nothing. */
export function backendProtocolOf(protocol: Protocol, setting: string | undefined): Scheme | undefined {
  switch (protocol) {
    case "tcp":
    case "udp":
      return protocol;
    case "http":
    case "https":
      return HTTP.get((setting ?? "").toLowerCase());
    case "grpc":
    case "grpcs":
      return GRPC.get((setting ?? "").toLowerCase());
  }
}

/** What {@link backendProtocolOf} accepts, for people. */
export function backendProtocolsOf(protocol: Protocol): string {
  return [...(protocol.startsWith("grpc") ? GRPC : HTTP).keys()].filter((name) => name !== "").join(" or ");
}
