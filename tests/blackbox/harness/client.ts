/** A client that sends exactly the bytes it is told and shows exactly the bytes it gets. */
import { connect } from "node:net";
import { readResponse, type Response } from "./message.ts";
import { type Connection, deadline, wrap } from "./wire.ts";

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Source address; any of 127.0.0.0/8 works on loopback. */
  readonly from?: string;
}

/** Opens connections; a namespace has one of its own. */
export type Dial = (options: DialOptions) => Promise<Connection>;

export const dial: Dial = ({ host, port, from }) => {
  const opened = new Promise<Connection>((resolve, reject) => {
    const local = from === undefined ? {} : { localAddress: from };
    const socket = connect({ host, port, ...local, allowHalfOpen: true, noDelay: true });
    const connection = wrap(socket);
    socket.once("connect", () => resolve(connection));
    socket.once("error", reject);
  });
  return deadline(opened, () => `connecting to ${host}:${port}`);
};

export interface RequestOptions extends DialOptions {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Sent in this order, values verbatim; `Host: localhost` is added when none is given. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly dial?: Dial;
}

/** The bytes of a request; a `body` gets a Content-Length unless the fields say how it is framed. */
export function requestText(options: Omit<RequestOptions, keyof DialOptions>): string {
  const { method = "GET", target = "/", version = "1.1", fields = [], body } = options;
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  if (version === "1.1" && !names.has("host")) lines.unshift("Host: localhost\r\n");
  if (body !== undefined && !names.has("content-length") && !names.has("transfer-encoding")) {
    lines.push(`Content-Length: ${body.length}\r\n`);
  }
  return `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n${body ?? ""}`;
}

/** One request on a connection of its own. */
export async function request(options: RequestOptions): Promise<Response> {
  const connection = await (options.dial ?? dial)(options);
  try {
    await connection.send(requestText(options));
    return await readResponse(connection, options.method);
  } finally {
    connection.close();
  }
}
