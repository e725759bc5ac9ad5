/** Expectations (RFC 9110 10.1.1). */
import { type FramingCase, get, post, refused, request, seen } from "../harness/case.ts";

const HUNDRED = "HTTP/1.1 100 Continue\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CONTINUE = ["Content-Length: 3", "Expect: 100-continue"];
const FORWARDED = seen("POST / HTTP/1.1", ["Content-Length: 3", "Expect: 100-continue"], "abc");

const expecting = (name: string, more: Partial<FramingCase>): FramingCase => ({
  name,
  rfc: "9110 10.1.1",
  send: [post(CONTINUE, "abc")],
  client: [100, 200],
  then: "kept",
  upstream: [FORWARDED],
  ...more,
});

export const EXPECT: readonly FramingCase[] = [
  expecting("100 of the upstream is relayed, then the body goes on", {
    send: [post(CONTINUE), "abc"],
    answers: [{ interim: HUNDRED, pieces: [OK] }],
    client: [100, { status: 200, body: "ok" }],
  }),
  expecting("a body that does not wait for 100", { client: [200] }),
  expecting("100-Continue in another case", {
    send: [post(["Content-Length: 3", "Expect: 100-CONTINUE"], "abc")],
    client: [200],
  }),
  expecting("of a request without a body is nothing", {
    send: [get(["Expect: 100-continue"])],
    client: [200],
    upstream: [seen("GET / HTTP/1.1")],
  }),
  expecting("in HTTP/1.0 is nothing", {
    send: [request("POST / HTTP/1.0", CONTINUE, "abc")],
    client: [200],
    then: "closed",
    upstream: [seen("POST / HTTP/1.1", ["Content-Length: 3"], "abc")],
  }),
  expecting("an answer before the body: what follows could be body or request, so the connection ends", {
    send: [post(CONTINUE), "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"],
    answers: [{ pieces: ["HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"], early: true }],
    client: [{ status: 417, has: ["Connection: close"] }],
    then: "closed",
    upstream: [],
    unfinished: true,
    cve: "HTTP/1 request smuggling",
  }),
  refused(
    "an expectation that we do not know",
    "9110 10.1.1",
    post(["Content-Length: 3", "Expect: x"], "abc"),
    417,
  ),
  refused("an empty expectation", "9110 10.1.1", post(["Content-Length: 3", "Expect:"], "abc"), 417),
  refused(
    "a list of expectations",
    "9110 10.1.1",
    post(["Content-Length: 3", "Expect: 100-continue, x"], "abc"),
    417,
  ),
  refused("a number only", "9110 10.1.1", post(["Content-Length: 3", "Expect: 100"], "abc"), 417),
  refused("another one on a second line", "9110 10.1.1", post([...CONTINUE, "Expect: x"], "abc"), 417),
  refused(
    "a folded expectation",
    "9112 5.2",
    post(["Content-Length: 3", "Expect:\r\n 100-continue"], "abc"),
    400,
  ),
];
