/** Idle connections to one endpoint, kept for the next request. Shared by every upstream that names the endpoint. */

/** What the pool needs of a connection. */
export interface Poolable {
  /** Closes an idle connection. */
  discard(): void;
}

export class EndpointPool<C extends Poolable> {
  readonly host: string;
  readonly port: number;
  /** `host:port`, IPv6 in brackets; the name of the endpoint in logs and metrics. */
  readonly label: string;
  readonly #idle: C[] = [];
  readonly #maxIdle: number;
  /** Exchanges under way. */
  active = 0;
  requests = 0;
  failures = 0;
  #retired = false;

  constructor(host: string, port: number, maxIdle: number) {
    this.host = host;
    this.port = port;
    this.label = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#maxIdle = maxIdle;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** The connection used last: the others may then age and close. */
  take(): C | undefined {
    return this.#idle.pop();
  }

  /** Keeps a connection; false when the pool is full or retired and the caller must close it. */
  put(connection: C): boolean {
    if (this.#retired || this.#idle.length >= this.#maxIdle) return false;
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
