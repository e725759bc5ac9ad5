/** What a case of the framing battery says, and short hands for what many of them share. */

/** An answer as the client must see it; a plain number is a status. */
export interface Expected {
  readonly status: number;
  /** Decoded. */
  readonly body?: string;
  /** Field lines that must be there, as they stand on the wire. */
  readonly has?: readonly string[];
  /** Names of fields that must not be there. */
  readonly lacks?: readonly string[];
}

/** What the recording upstream sends when it has read a request. */
export interface Script {
  /** Sent as soon as it has the head of the request. */
  readonly interim?: string;
  /** Sent with a pause in between. */
  readonly pieces: readonly string[];
  /** What it does then; by default it keeps the connection. */
  readonly then?: "close" | "reset";
  /** Whether it answers as soon as it has the head. */
  readonly early?: boolean;
}

export interface FramingCase {
  readonly name: string;
  /** Section that decides, e.g. `9112 6.3`. */
  readonly rfc: string;
  /** Class of known vulnerabilities that it stands for. */
  readonly cve?: string;
  /** What the client sends, with a pause between the pieces. */
  readonly send: readonly string[];
  /** Whether the client sends FIN behind it. */
  readonly fin?: boolean;
  /** Method of each request whose answer is awaited; GET where nothing is said. Only HEAD matters. */
  readonly methods?: readonly string[];
  /** What the upstream answers to the requests of the case, one after the other; `200` with the target as body when left out. */
  readonly answers?: readonly Script[];
  /** What the client sees: 1xx included, in this order. */
  readonly client: readonly (number | Expected)[];
  /**
   * Its connection then: `kept` (another request on it is answered), `closed` behind the last answer, `cut` within an
   * answer that is not complete, `waiting` (the gateway is silent and waits for more).
   */
  readonly then: "kept" | "closed" | "cut" | "waiting";
  /** Whether the client lets some time pass before its next request, in which the upstream may send more. */
  readonly settle?: boolean;
  /** The requests that the upstream sees, in canonical form (`recorder.ts`): all of them and nothing else. */
  readonly upstream: readonly string[];
  /** Whether it may see the beginning of another one, which never becomes whole. */
  readonly unfinished?: boolean;
}

/** The bytes of a request; `Host: h` comes first unless a line says otherwise. `\n` stands for CRLF nowhere. */
export function request(line: string, lines: readonly string[] = [], body = ""): string {
  const hasHost = lines.some((each) => /^host:/i.test(each));
  return [line, ...(hasHost ? [] : ["Host: h"]), ...lines, "", body].join("\r\n");
}

export function get(lines: readonly string[] = [], body = ""): string {
  return request("GET / HTTP/1.1", lines, body);
}

export function post(lines: readonly string[] = [], body = ""): string {
  return request("POST / HTTP/1.1", lines, body);
}

/** A chunked POST with this body. */
export function chunks(body: string, lines: readonly string[] = []): string {
  return post(["Transfer-Encoding: chunked", ...lines], body);
}

/** The canonical form of what the upstream sees of a request without further lines. */
export function seen(line: string, lines: readonly string[] = [], body = ""): string {
  const hasHost = lines.some((each) => /^host:/i.test(each));
  return [line, ...(hasHost ? [] : ["Host: h"]), ...lines, "", body].join("\n");
}

/** Refused before a byte reaches the upstream, and the connection closed. */
export function refused(
  name: string,
  rfc: string,
  send: string | readonly string[],
  status = 400,
  cve?: string,
): FramingCase {
  return {
    name,
    rfc,
    ...(cve === undefined ? {} : { cve }),
    send: typeof send === "string" ? [send] : send,
    client: [{ status, body: `X-Error: ${status}\n`, has: ["Connection: close"] }],
    then: "closed",
    upstream: [],
  };
}

/** A body that is refused while it comes: the upstream never sees the request whole. */
export function refusedBody(
  name: string,
  rfc: string,
  send: string | readonly string[],
  status = 400,
  cve?: string,
): FramingCase {
  return { ...refused(name, rfc, send, status, cve), unfinished: true };
}

/** Served, the connection kept, and the upstream sees exactly this. */
export function served(
  name: string,
  rfc: string,
  send: string | readonly string[],
  upstream: string | readonly string[],
  cve?: string,
): FramingCase {
  const requests = typeof upstream === "string" ? [upstream] : upstream;
  return {
    name,
    rfc,
    ...(cve === undefined ? {} : { cve }),
    send: typeof send === "string" ? [send] : send,
    client: requests.map(() => 200),
    then: "kept",
    upstream: requests,
  };
}

/** A plain GET, the upstream's answer to it, and what the client sees of that. */
export function answered(
  name: string,
  rfc: string,
  answer: string | Script,
  client: readonly (number | Expected)[],
  then: FramingCase["then"] = "kept",
  cve?: string,
): FramingCase {
  return {
    name,
    rfc,
    ...(cve === undefined ? {} : { cve }),
    send: [get()],
    answers: [typeof answer === "string" ? { pieces: [answer] } : answer],
    client,
    then,
    upstream: [seen("GET / HTTP/1.1")],
  };
}
