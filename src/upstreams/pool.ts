/**
 * Idle connections to one endpoint, kept for the next request. Shared by every upstream that names the endpoint with the
 * same TLS settings.
 */
import type { UpstreamTls } from "../table/table.ts";

/** What the pool needs of a connection. */
export interface Poolable {
  /** Name that TLS asked for (SNI); "" for none, and without TLS. */
  readonly serverName: string;
  /** Closes an idle connection. */
  discard(): void;
}

export class EndpointPool<C extends Poolable> {
  readonly host: string;
  readonly port: number;
  /** `host:port`, IPv6 in brackets; the name of the endpoint in logs and metrics. */
  readonly label: string;
  /** null = plain TCP. */
  readonly tls: UpstreamTls | null;
  readonly #idle: C[] = [];
  readonly #maxIdle: number;
  readonly #full: (() => void) | undefined;
  /** Exchanges under way. */
  active = 0;
  requests = 0;
  failures = 0;
  #retired = false;

  /** @param full told when a connection has no place */
  constructor(host: string, port: number, tls: UpstreamTls | null, maxIdle: number, full?: () => void) {
    this.host = host;
    this.port = port;
    this.tls = tls;
    this.label = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#maxIdle = maxIdle;
    this.#full = full;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** Of the connections with that server name the one used last: the others may then age and close. */
  take(serverName: string): C | undefined {
    // What was asked for under one name must not travel under another: the endpoint may serve several sites.
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      if ((this.#idle[at] as C).serverName !== serverName) continue;
      return at === this.#idle.length - 1 ? this.#idle.pop() : this.#idle.splice(at, 1)[0];
    }
    return undefined;
  }

  /** Keeps a connection; false when the pool is full or retired and the caller must close it. */
  put(connection: C): boolean {
    if (this.#retired || this.#maxIdle === 0) return false;
    if (this.#idle.length >= this.#maxIdle) {
      this.#full?.();
      // One for another name makes room: names that clients invent must not keep out those that are in use.
      if ((this.#idle[0] as C).serverName === connection.serverName) return false;
      this.#idle.shift()?.discard();
    }
    this.#idle.push(connection);
    return true;
  }

  /** Forgets a connection that closed while idle. */
  remove(connection: C): void {
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  /** The endpoint is gone from the table: idle connections close, busy ones will when they come back. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.discard();
  }
}
