/** How answers end, and what stands behind them (RFC 9112 6.3, 9.2). */
import { answered, type FramingCase, get, request, seen } from "../harness/case.ts";

const POISON = "Desync of pooled sockets";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const EXTRA = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
/** As long as lets many of them fit into the limit of a head, 64 KiB. */
const INTERIM = `HTTP/1.1 102 Processing\r\nX: ${"a".repeat(200)}\r\n\r\n`;
const ok = { status: 200, body: "ok" };

const chunked = (body: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
/** The head, and behind it a body that does not end as it should. */
const cut = (name: string, body: string, then?: "close" | "reset"): FramingCase => {
  const bytes = body.startsWith("HTTP") ? body : chunked(body);
  const end = bytes.indexOf("\r\n\r\n") + 4;
  const pieces = [bytes.slice(0, end), bytes.slice(end)];
  return answered(name, "9112 8", { pieces, ...(then === undefined ? {} : { then }) }, [], "cut");
};
const head = (
  name: string,
  answer: string | readonly string[],
  client: FramingCase["client"],
): FramingCase => ({
  ...answered(
    name,
    "9110 9.3.2",
    { pieces: typeof answer === "string" ? [answer] : answer },
    client,
    "kept",
    POISON,
  ),
  send: [request("HEAD / HTTP/1.1")],
  methods: ["HEAD"],
  upstream: [seen("HEAD / HTTP/1.1")],
});

export const ANSWERS: readonly FramingCase[] = [
  answered("a length", "9112 6.2", OK, [ok]),
  answered("chunks", "9112 7.1", chunked("1\r\no\r\n1;x\r\nk\r\n0\r\n\r\n"), [ok]),
  answered("until the end", "9112 6.3", { pieces: ["HTTP/1.1 200 OK\r\n\r\no", "k"], then: "close" }, [ok]),
  answered("HTTP/1.0 until the end", "9112 6.3", { pieces: ["HTTP/1.0 200 OK\r\n\r\nok"], then: "close" }, [
    ok,
  ]),
  answered("HTTP/1.0 with a length", "9112 6.3", {
    pieces: ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    then: "close",
  }, [ok]),
  answered(
    "Connection: Content-Length cannot unframe it",
    "9110 7.6.1",
    OK.replace("\r\n", "\r\nConnection: content-length\r\n"),
    [
      ok,
    ],
  ),
  answered(
    "Transfer-Encoding is not forwarded as a name of Connection",
    "9110 7.6.1",
    chunked("2\r\nok\r\n0\r\n\r\n").replace("\r\n", "\r\nConnection: Transfer-Encoding\r\n"),
    [
      ok,
    ],
  ),
  answered("a whole answer behind the answer", "9112 9.2", OK + EXTRA, [ok], "kept", POISON),
  {
    ...answered(
      "a whole answer behind the answer, later",
      "9112 9.2",
      { pieces: [OK, EXTRA] },
      [ok],
      "kept",
      POISON,
    ),
    settle: true,
  },
  answered("a byte behind the answer", "9112 9.2", `${OK}!`, [ok], "kept", POISON),
  answered("CRLF behind the answer", "9112 9.2", `${OK}\r\n`, [ok], "kept", POISON),
  answered(
    "bytes behind the last chunk",
    "9112 9.2",
    chunked("2\r\nok\r\n0\r\n\r\n") + EXTRA,
    [ok],
    "kept",
    POISON,
  ),
  answered(
    "a second final head",
    "9112 9.2",
    `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${EXTRA}`,
    [
      { status: 200, body: "" },
    ],
    "kept",
    POISON,
  ),
  answered(
    "204 with a body",
    "9110 15.3.5",
    `HTTP/1.1 204 No Content\r\n\r\n${EXTRA}`,
    [{ status: 204, lacks: ["content-length"] }],
    "kept",
    POISON,
  ),
  answered(
    "204 with a length",
    "9110 8.6",
    "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil",
    [
      { status: 204, lacks: ["content-length", "transfer-encoding"] },
    ],
    "kept",
    POISON,
  ),
  answered(
    "204 with chunks",
    "9112 6.1",
    "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    [
      { status: 204, lacks: ["transfer-encoding"] },
    ],
    "kept",
    POISON,
  ),
  answered(
    "304 with a body",
    "9110 15.4.5",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",
    [304],
    "kept",
    POISON,
  ),
  answered(
    "304 with chunks",
    "9112 6.1",
    "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    [
      { status: 304, lacks: ["transfer-encoding"] },
    ],
    "kept",
    POISON,
  ),
  head("HEAD with a length", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", [{
    status: 200,
    has: ["Content-Length: 4"],
  }]),
  head("HEAD with a body", `HTTP/1.1 200 OK\r\nContent-Length: ${EXTRA.length}\r\n\r\n${EXTRA}`, [200]),
  {
    ...head(
      "HEAD with a body, later",
      [`HTTP/1.1 200 OK\r\nContent-Length: ${EXTRA.length}\r\n\r\n`, EXTRA],
      [200],
    ),
    settle: true,
  },
  head("HEAD with chunks", chunked("4\r\nevil\r\n0\r\n\r\n"), [200]),
  head("HEAD until the end", "HTTP/1.1 200 OK\r\n\r\nevil", [200]),
  answered("1xx before the answer", "9110 15.2", `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`, [
    { status: 103, has: ["Link: </a>"] },
    ok,
  ]),
  answered(
    "1xx of which Connection names a field",
    "9110 7.6.1",
    `HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\nTransfer-Encoding: chunked\r\n\r\n${OK}`,
    [{ status: 103, has: ["Link: </a>"], lacks: ["connection", "x-hop", "transfer-encoding"] }, ok],
  ),
  answered("100 that nobody waits for", "9110 15.2.1", `HTTP/1.1 100 Continue\r\n\r\n${OK}`, [ok]),
  answered(
    "1xx with a length has no body",
    "9112 6.3",
    `HTTP/1.1 102 Processing\r\nContent-Length: 2\r\n\r\n${OK}`,
    [
      { status: 102, lacks: ["content-length"] },
      ok,
    ],
  ),
  answered("1xx, then the end", "9112 8", { pieces: ["HTTP/1.1 103 Early Hints\r\n\r\n"], then: "close" }, [
    103,
    502,
  ]),
  answered(
    "1xx without end",
    "9110 15.2",
    INTERIM.repeat(3000),
    [
      ...Array(Math.floor(65_536 / INTERIM.length)).fill(102),
      502,
    ],
  ),
  {
    ...answered("1xx for HTTP/1.0", "9110 15.2", `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`, [ok], "closed"),
    send: [request("GET / HTTP/1.0")],
  },
  cut("a length that is not reached", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "close"),
  cut(
    "a length that is not reached, then a reset",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
    "reset",
  ),
  cut("no last chunk", "3\r\nabc\r\n", "close"),
  cut("a chunk cut in the middle", "5\r\nabc", "close"),
  cut("a trailer section without an end", "3\r\nabc\r\n0\r\nX: 1\r\n", "close"),
  cut("a chunk size that is none", "3\r\nabc\r\nxyz\r\n"),
  cut("a chunk longer than its size", "3\r\nabcd\r\n0\r\n\r\n"),
  cut("a bare LF in a chunk size", "3\nabc\r\n0\r\n\r\n"),
  cut("a chunk size beyond integers", "fffffffffffffffff\r\nabc"),
  cut("a trailer that is no field", "3\r\nabc\r\n0\r\nnonsense\r\n\r\n"),
  answered(
    "trailers that would frame or route",
    "9110 6.5.1",
    chunked("2\r\nok\r\n0\r\nContent-Length: 9\r\nConnection: x\r\nSet-Cookie: a=b\r\nX: 1\r\n\r\n"),
    [
      ok,
    ],
  ),
  {
    name: "Connection: close of the upstream is about its own connection",
    rfc: "9110 7.6.1",
    send: [get()],
    answers: [{ pieces: [OK.replace("\r\n", "\r\nConnection: close\r\nKeep-Alive: 1\r\n")] }],
    client: [{ ...ok, lacks: ["connection", "keep-alive"] }],
    then: "kept",
    upstream: [seen("GET / HTTP/1.1")],
  },
];
