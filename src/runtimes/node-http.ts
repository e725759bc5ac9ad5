/**
 * Calls to other servers over node:http and node:https, which Bun and Deno both have: no redirects followed, nothing
 * decompressed, Host as it is given, connections kept alive.
 */
import { lookup as resolve } from "node:dns";
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { HttpAnswer, HttpCall, HttpCaller, HttpField } from "../lib/http-call.ts";

/** Bytes of an answer's body that are read to keep its connection; a larger body costs the connection. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_IDLE_PER_HOST = 64;
/** A connection that nobody used for so long is closed; one in use only tells that it is quiet. */
const IDLE_MS = 60_000;
/** Certificate authorities with connections of their own; the one least recently added goes. */
const MAX_AGENTS = 64;
/** Methods whose requests announce a body, so that its absence must be said (RFC 9110 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

type Agent = HttpAgent | HttpsAgent;

/** A caller with pools of its own. */
export function createHttpCaller(): HttpCaller {
  const agents = new Map<string, Agent>();

  function agentOf({ url, tls }: HttpCall): Agent {
    const key = url.protocol === "http:" ? "http" : `https ${tls.verify} ${tls.ca ?? ""}`;
    let agent = agents.get(key);
    if (agent === undefined) {
      agent = createAgent(url.protocol, tls);
      agents.set(key, agent);
      const [oldest] = agents.keys();
      if (agents.size > MAX_AGENTS && oldest !== undefined) {
        agents.get(oldest)?.destroy();
        agents.delete(oldest);
      }
    }
    return agent;
  }

  return async function call(request) {
    const agent = agentOf(request);
    try {
      return await attempt(request, agent);
    } catch (error) {
      // The server had closed a kept connection just then: it has seen nothing of this request.
      if (error instanceof StaleConnection) return await attempt(request, agent);
      throw error;
    }
  };
}

function createAgent(protocol: string, { verify, ca }: HttpCall["tls"]): Agent {
  const options = { keepAlive: true, maxFreeSockets: MAX_IDLE_PER_HOST, timeout: IDLE_MS };
  if (protocol === "http:") return new HttpAgent(options);
  return new HttpsAgent({ ...options, rejectUnauthorized: verify, ...(ca === null ? {} : { ca }) });
}

/** A reused connection that ended before any answer. */
class StaleConnection extends Error {}

function attempt(call: HttpCall, agent: Agent): Promise<HttpAnswer> {
  return new Promise((fulfil, reject) => {
    const outgoing = open(call, agent);
    let isSettled = false;
    const timer = createDeadline((phase) => fail(new Error(`${phase} took too long`)));

    function settle(): boolean {
      if (isSettled) return false;
      isSettled = true;
      timer.cancel();
      call.signal?.removeEventListener("abort", abandon);
      return true;
    }
    function fail(error: Error): void {
      if (settle()) reject(error);
      outgoing.destroy();
    }
    function abandon(): void {
      fail(new Error("given up: the client is gone"));
    }

    timer.start("connecting", call.connectMs);
    call.signal?.addEventListener("abort", abandon);
    outgoing.on("socket", (socket) => {
      // Deno repeats a request by itself when a reused connection ends, also when we ended it.
      if (isSettled) {
        outgoing.destroy();
        return;
      }
      const connected = () => timer.start("the answer", call.readMs);
      if (outgoing.reusedSocket) connected();
      else socket.once(call.url.protocol === "https:" ? "secureConnect" : "connect", connected);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      fail(isStale ? new StaleConnection(error.message) : error);
    });
    outgoing.on("response", (incoming) => {
      drain(incoming, call.readMs);
      if (settle()) fulfil({ status: incoming.statusCode ?? 0, headers: fieldsOf(incoming) });
    });
    // A protocol switch that nobody asked for.
    outgoing.on("upgrade", (_, socket) => {
      socket.destroy();
      fail(new Error("the server switched protocols"));
    });
    if (call.signal?.aborted) abandon();
    else outgoing.end();
  });
}

function open(call: HttpCall, agent: Agent): ClientRequest {
  const { url, method, headers, refuses } = call;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isAddress = isIP(host) !== 0;
  if (isAddress && refuses(host)) throw refused(host);
  const length: HttpField[] = WITH_BODY.has(method) ? [["Content-Length", "0"]] : [];
  const isSecure = url.protocol === "https:";
  return (isSecure ? httpsRequest : httpRequest)({
    agent,
    method,
    host,
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    headers: [...headers, ...length].flat(),
    setHost: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    lookup: guardedLookup(refuses),
    ...(isSecure && !isAddress ? { servername: host } : {}),
  });
}

/** Resolves a name, and fails if it leads where no call may go: what is checked is what is connected to. */
function guardedLookup(refuses: (address: string) => boolean): LookupFunction {
  return function lookup(hostname, options, done) {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, "");
      const bad = addresses.find(({ address }) => refuses(address));
      if (bad !== undefined) return done(refused(bad.address), "");
      const [first] = addresses;
      if (options.all === true) done(null, addresses);
      else done(null, first?.address ?? "", first?.family ?? 0);
    });
  };
}

function refused(address: string): Error {
  return new Error(`address ${address} may not be called`);
}

/** Reads a body away, within bounds, so that its connection can be used again. */
function drain(incoming: IncomingMessage, ms: number): void {
  let left = MAX_BODY_BYTES;
  const timer = createDeadline(() => incoming.destroy());
  timer.start("the body", ms);
  incoming.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) incoming.destroy();
  });
  incoming.on("error", () => {});
  incoming.on("close", () => timer.cancel());
}

function fieldsOf({ rawHeaders }: IncomingMessage): HttpField[] {
  const fields: HttpField[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    fields.push([(rawHeaders[at] as string).toLowerCase(), rawHeaders[at + 1] as string]);
  }
  return fields;
}

interface Deadline {
  /** Starts a phase; the one before has ended. */
  start(phase: string, ms: number): void;
  cancel(): void;
}

function createDeadline(onLate: (phase: string) => void): Deadline {
  let id: ReturnType<typeof setTimeout> | undefined;
  return {
    start(phase, ms) {
      clearTimeout(id);
      id = setTimeout(() => onLate(phase), ms);
    },
    cancel: () => clearTimeout(id),
  };
}
