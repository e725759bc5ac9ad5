/** An upstream that keeps every byte it gets, and answers by script. */
import { createServer, type Socket } from "node:net";
import { LOOPBACK } from "../../blackbox/harness/addresses.ts";
import { fromLatin1, latin1, sleep } from "../../blackbox/harness/wire.ts";
import type { Script } from "./case.ts";
import { type PlainMessage, plainRequest, plainValues } from "./plain.ts";

/** Between two pieces, so that they arrive apart. */
export const PIECE_MS = 5;

export interface Recorder {
  readonly endpoint: string;
  readonly port: number;
  /** Forgets what it has seen, and answers what comes by these scripts, then as always: the target as body. */
  begin(scripts: readonly Script[]): void;
  /** Whole requests since {@link begin}, in canonical form. */
  readonly requests: readonly string[];
  /** Bytes since {@link begin} that are no whole request: beginnings, or anything else. */
  readonly rest: string;
  close(): Promise<void>;
}

export async function startRecorder(address = LOOPBACK): Promise<Recorder> {
  let requests: string[] = [];
  let scripts: Script[] = [];
  /** Unread bytes of every connection that had any since the beginning of the case. */
  let rests = new Map<Socket, string>();
  const sockets = new Set<Socket>();

  function accept(socket: Socket): void {
    sockets.add(socket);
    let raw = "";
    let answering = false;
    /** Whether the answer to the request that is coming has been sent. */
    let early = false;
    socket.on("data", (bytes) => {
      raw += latin1(bytes as Uint8Array);
      void work();
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));

    async function work(): Promise<void> {
      if (answering) return;
      answering = true;
      for (;;) {
        rests.set(socket, raw);
        const isHead = raw.includes("\r\n\r\n");
        const interim = scripts[0]?.interim;
        if (isHead && interim !== undefined) {
          socket.write(interim);
          const { interim: _, ...rest } = scripts[0] as Script;
          scripts[0] = rest;
        }
        if (isHead && !early && scripts[0]?.early === true) {
          early = true;
          await play(socket, scripts.shift() as Script);
          continue;
        }
        const request = plainRequest(raw);
        if (typeof request === "string") break;
        requests.push(canonical(request));
        raw = raw.slice(request.size);
        rests.set(socket, raw);
        if (!early) await play(socket, scriptFor(request));
        early = false;
      }
      answering = false;
    }
  }

  function scriptFor({ startLine }: PlainMessage): Script {
    const target = startLine.split(" ")[1] as string;
    const script = target.startsWith("/probe") || target === "/after" ? undefined : scripts.shift();
    return script ?? { pieces: [plainAnswer(target)] };
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as { port: number };
  return {
    endpoint: `${address}:${port}`,
    port,
    begin(given) {
      requests = [];
      scripts = [...given];
      rests = new Map();
    },
    get requests() {
      return requests;
    },
    get rest() {
      return [...rests.values()].join("");
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What the recorder answers when no script says otherwise. */
export function plainAnswer(target: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`;
}

async function play(socket: Socket, script: Script): Promise<void> {
  for (const [index, piece] of script.pieces.entries()) {
    if (index > 0) await sleep(PIECE_MS);
    if (piece !== "" && socket.writable) socket.write(fromLatin1(piece));
  }
  if (script.then === "close") socket.end();
  if (script.then === "reset") setTimeout(() => socket.resetAndDestroy(), PIECE_MS);
}

/** The lines that the gateway adds to every request (docs/lifecycle.md, "Headers to the upstream"), without values. */
const FORWARDED = [
  "x-real-ip",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-scheme",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-original-uri",
  "x-original-url",
  "x-original-method",
];

/**
 * A request as text to compare: the lines as they came, without those that the gateway adds, an empty line, the decoded
 * body and `[trailers]`. What the gateway adds must be there once and say the truth, otherwise the text says so.
 */
export function canonical(request: PlainMessage): string {
  const kept = request.lines.filter((line) => !FORWARDED.includes(line.split(":")[0]!.toLowerCase()));
  const faults = FORWARDED.flatMap((name) => forwardingFault(request, name));
  const trailers = request.trailers.length === 0 ? "" : `\n[trailers]\n${request.trailers.join("\n")}`;
  return [...faults, request.startLine, ...kept, "", request.body].join("\n") + trailers;
}

function forwardingFault(request: PlainMessage, name: string): string[] {
  const values = plainValues(request.lines, name);
  const [method, target] = request.startLine.split(" ");
  const [host = ""] = plainValues(request.lines, "host");
  const truth: Readonly<Record<string, RegExp>> = {
    "x-real-ip": /^127\.[0-9.]+$/,
    "x-forwarded-for": /^127\.[0-9.]+$/,
    "x-forwarded-proto": /^http$/,
    "x-scheme": /^http$/,
    "x-forwarded-port": /^[0-9]+$/,
  };
  // HTTP/1.0 may come without a Host; there is none to tell of then, and the upstream gets one that means nothing.
  const isHostless = plainValues(request.lines, "x-original-url")[0] === `http://${target}`;
  if (name === "x-forwarded-host" && isHostless && values.length === 0) return [];
  const told = values[0] ?? "";
  const isTrue = truth[name]?.test(told) ??
    (name === "x-original-method"
      ? told === method
      : name === "x-original-uri"
      ? told === target
      : name === "x-forwarded-host"
      ? told === host
      : told === `http://${host}${target}` || told === `http://${target}`);
  return values.length === 1 && isTrue ? [] : [`! ${name}: ${JSON.stringify(values)}`];
}
