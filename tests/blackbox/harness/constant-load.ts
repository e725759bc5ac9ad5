/** Requests without pause, each of which must be answered: whatever is not is told. */
import { type Dial, dial as dialLoopback, requestText } from "./client.ts";
import { readResponse, value } from "./message.ts";
import type { Connection } from "./wire.ts";

export interface ConstantLoad {
  /** Answered 200 so far. */
  readonly answered: number;
  /** Of these, on a connection that had carried others. */
  readonly reused: number;
  /** What went wrong, one text each. */
  readonly failures: readonly string[];
  /** Ends after the requests under way. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  /** Clients that open a connection for every request. */
  readonly fresh?: number;
  /** Clients that keep theirs until they are told to close it. */
  readonly kept?: number;
  /** Between two requests of a client. */
  readonly pauseMs?: number;
  readonly dial?: Dial;
}

/** Begins at once. */
export function startLoad(options: LoadOptions): ConstantLoad {
  const { host, port, fresh = 4, kept = 4, pauseMs = 0, dial = dialLoopback } = options;
  let isOver = false;
  const load = { answered: 0, reused: 0, failures: [] as string[] };

  /** Answers the connection if it may be used again. */
  async function ask(before: Connection | undefined, keeps: boolean): Promise<Connection | undefined> {
    let connection = before;
    try {
      connection ??= await dial({ host, port });
      const fields: [string, string][] = keeps ? [] : [["Connection", "close"]];
      await connection.send(requestText({ target: "/load", fields }));
      const response = await readResponse(connection);
      if (response.status === 200) load.answered++;
      else load.failures.push(`${response.status} ${response.body}`);
      if (before !== undefined) load.reused++;
      if (keeps && value(response, "connection") !== "close") return connection;
    } catch (error) {
      load.failures.push(`${before === undefined ? "fresh" : "kept"}: ${error}`);
    }
    connection?.close();
    return undefined;
  }

  async function client(keeps: boolean): Promise<void> {
    let connection: Connection | undefined;
    while (!isOver) {
      connection = await ask(connection, keeps);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    connection?.close();
  }

  const clients = [
    ...Array.from({ length: fresh }, () => client(false)),
    ...Array.from({ length: kept }, () => client(true)),
  ];
  return {
    get answered() {
      return load.answered;
    },
    get reused() {
      return load.reused;
    },
    failures: load.failures,
    async stop() {
      isOver = true;
      await Promise.all(clients);
    },
  };
}
