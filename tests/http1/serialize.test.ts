import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { ChunkedDecoder } from "../../src/http1/chunked.ts";
import {
  clientResponseHead,
  forwardedRequestLines,
  requestLinesOf,
  responseLinesOf,
  trailerLines,
  upstreamRequestHead,
} from "../../src/http1/serialize.ts";
import { bytesOf, LIMITS, requestHead, responseHead } from "./helpers.ts";

const NOTHING_ADDED = {
  added: "",
  appended: "",
  own: "",
  replacesVia: false,
  replacesReason: false,
  removed: [],
};

function forwarded(lines: string, trusted = false): string {
  return forwardedRequestLines(requestHead(`GET / HTTP/1.1\r\n${lines}\r\n`)!, trusted);
}

describe("forwardedRequestLines", () => {
  it("copies lines as they came", () => {
    assert.equal(forwarded("A: 1\r\nb:2\r\nC:  \r\n"), "A: 1\r\nb:2\r\nC:  \r\n");
  });

  it("drops the first, the last and what stands between", () => {
    assert.equal(
      forwarded("TE: x\r\nA: 1\r\nHost: a\r\nKeep-Alive: 5\r\nB: 2\r\nUpgrade: x\r\n"),
      "A: 1\r\nB: 2\r\n",
    );
    assert.equal(forwarded("Host: a\r\n"), "");
  });

  for (
    const name of [
      "Connection",
      "Keep-Alive",
      "Proxy-Connection",
      "TE",
      "Upgrade",
      "Proxy-Authorization",
      "HTTP2-Settings",
    ]
  ) {
    it(`RFC 9110 7.6.1: drops ${name}, which ends at this hop`, () => {
      assert.equal(forwarded(`${name}: x\r\nA: 1\r\n`), "A: 1\r\n");
      assert.equal(forwarded(`${name.replaceAll("-", "_").toLowerCase()}: x\r\nA: 1\r\n`), "A: 1\r\n");
    });
  }

  it("RFC 9112 6.1: drops Transfer-Encoding, which is written anew, and keeps Content-Length", () => {
    assert.equal(forwarded("Transfer-Encoding: chunked\r\n"), "");
    assert.equal(forwarded("Content-Length: 5\r\n"), "Content-Length: 5\r\n");
    assert.equal(forwarded("Content_Length: 5\r\nTransfer_Encoding: chunked\r\n"), "");
  });

  for (
    const name of [
      "X-Real-IP",
      "X-Forwarded-For",
      "X-Forwarded-Proto",
      "X-Forwarded-Host",
      "X-Forwarded-Port",
      "X-Scheme",
      "X-Original-URI",
      "X-Original-URL",
      "X-Original-Method",
    ]
  ) {
    it(`data-plane spec 3.7: drops the client's ${name} in every spelling`, () => {
      const spellings = [name, name.toLowerCase(), name.replaceAll("-", "_"), name.replace("-", "_")];
      for (const spelling of spellings) assert.equal(forwarded(`${spelling}: x\r\n${spelling}: y\r\n`), "");
    });
  }

  it("drops of the same lines what is to be removed now, not what was before", () => {
    const head = requestHead("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n")!;
    head.fields.isRemembered = true;
    const variants = [[[], "A: 1\r\nB: 2\r\n"], [["a"], "B: 2\r\n"], [["b"], "A: 1\r\n"], [
      ["a", "b"],
      "",
    ]] as const;
    for (const [first] of variants) {
      for (const [removed, expected] of variants) {
        forwardedRequestLines(head, false, first);
        assert.equal(forwardedRequestLines(head, false, removed), expected);
        assert.equal(forwardedRequestLines(head, false, [...removed]), expected);
      }
    }
  });

  for (
    const name of [
      "Forwarded",
      "X-Forwarded-Prefix",
      "X-Forwarded-Protocol",
      "X-Forwarded-Scheme",
      "X-Forwarded-Ssl",
      "X-Forwarded-Server",
      "X-Forwarded-Uri",
      "X-Forwarded-Method",
    ]
  ) {
    it(`RFC 7239 8.1: ${name} goes on for trusted peers alone, and in its own spelling alone`, () => {
      assert.equal(forwarded(`A: 1\r\n${name.toLowerCase()}: x\r\n${name}: y\r\n`), "A: 1\r\n");
      assert.equal(forwarded(`${name}: x\r\n${name}: y\r\n`, true), `${name}: x\r\n${name}: y\r\n`);
      if (!name.includes("-")) return;
      for (const trusted of [false, true]) {
        assert.equal(forwarded(`${name.replaceAll("-", "_")}: x\r\n`, trusted), "");
      }
    });
  }

  it("RFC 9110 7.6.1: drops fields that Connection names, but not the length", () => {
    assert.equal(forwarded("Connection: a, X-B\r\nA: 1\r\nx-b: 2\r\nC: 3\r\n"), "C: 3\r\n");
    assert.equal(forwarded("Connection: content-length\r\nContent-Length: 5\r\n"), "Content-Length: 5\r\n");
  });
});

describe("clientResponseHead", () => {
  const relayed = (text: string, response = NOTHING_ADDED) =>
    clientResponseHead(responseHead(text)!, response);

  it("keeps order, case and repeated lines, drops what ends at this hop", () => {
    assert.equal(
      relayed(
        "HTTP/1.0 200 Fine\r\nSet-Cookie: a\r\nConnection: x-h\r\nset-cookie: b\r\nX-H: 1\r\nKeep-Alive: t\r\nServer: s\r\n\r\n",
      ),
      "HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nset-cookie: b\r\nServer: s\r\n\r\n",
    );
  });

  it("replaces Via and the reason only by our own", () => {
    const text = "HTTP/1.1 500 X\r\nVia: up\r\nX-ALB-ERR-REASON: up\r\n\r\n";
    assert.equal(relayed(text), "HTTP/1.1 500 X\r\nVia: up\r\nX-ALB-ERR-REASON: up\r\n\r\n");
    assert.equal(
      relayed(text, { ...NOTHING_ADDED, added: "Via: alb\r\n", replacesVia: true }),
      "HTTP/1.1 500 X\r\nVia: alb\r\nX-ALB-ERR-REASON: up\r\n\r\n",
    );
    assert.equal(
      relayed(text, { ...NOTHING_ADDED, replacesVia: true, replacesReason: true }),
      "HTTP/1.1 500 X\r\n\r\n",
    );
  });

  it("RFC 9110 8.6: no length in an answer that has no body by its code, but in one to HEAD", () => {
    assert.equal(relayed("HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n"), "HTTP/1.1 204 X\r\n\r\n");
    assert.equal(
      relayed("HTTP/1.1 103 X\r\nContent-Length: 5\r\nLink: a\r\n\r\n"),
      "HTTP/1.1 103 X\r\nLink: a\r\n\r\n",
    );
    assert.equal(
      relayed("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n"),
      "HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n",
    );
    const head = responseHead("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n", "HEAD")!;
    assert.equal(clientResponseHead(head, NOTHING_ADDED), "HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n");
  });

  it("says of the same head what is asked now, not what was asked before", () => {
    const head = responseHead("HTTP/1.1 500 X\r\nVia: up\r\nServer: s\r\n\r\n")!;
    head.fields.isRemembered = true;
    const plain = "HTTP/1.1 500 X\r\nVia: up\r\nServer: s\r\n\r\n";
    const variants = [
      [NOTHING_ADDED, plain],
      [{ ...NOTHING_ADDED, added: "A: 1\r\n" }, "HTTP/1.1 500 X\r\nA: 1\r\nVia: up\r\nServer: s\r\n\r\n"],
      [
        { ...NOTHING_ADDED, added: "Via: a\r\n", replacesVia: true },
        "HTTP/1.1 500 X\r\nVia: a\r\nServer: s\r\n\r\n",
      ],
      [{ ...NOTHING_ADDED, removed: ["server"] }, "HTTP/1.1 500 X\r\nVia: up\r\n\r\n"],
      [{ ...NOTHING_ADDED, appended: "B: 1\r\n" }, "HTTP/1.1 500 X\r\nVia: up\r\nServer: s\r\nB: 1\r\n\r\n"],
      [
        { ...NOTHING_ADDED, appended: "B: 1\r\n", own: "C: 1\r\n" },
        "HTTP/1.1 500 X\r\nVia: up\r\nServer: s\r\nB: 1\r\nC: 1\r\n\r\n",
      ],
      [{ ...NOTHING_ADDED, own: "C: 2\r\n" }, "HTTP/1.1 500 X\r\nVia: up\r\nServer: s\r\nC: 2\r\n\r\n"],
    ] as const;
    for (const [first] of variants) {
      for (const [response, expected] of variants) {
        clientResponseHead(head, first);
        assert.equal(clientResponseHead(head, response), expected);
        assert.equal(clientResponseHead(head, response), expected);
      }
    }
  });
});

describe("trailerLines", () => {
  function trailers(lines: string): string {
    const decoder = new ChunkedDecoder(LIMITS);
    const bytes = bytesOf(`0\r\n${lines}\r\n`);
    decoder.decode(bytes, 0, bytes.length, { onData() {} });
    return trailerLines(decoder.trailers);
  }

  it("copies what may stand in a trailer section", () => {
    assert.equal(trailers("Grpc-Status: 0\r\nDigest: x\r\n"), "Grpc-Status: 0\r\nDigest: x\r\n");
    assert.equal(trailers(""), "");
    assert.equal(trailerLines(undefined), "");
  });

  for (
    const name of [
      "Transfer-Encoding",
      "Content-Length",
      "Content_Length",
      "Host",
      "Connection",
      "X-Real-IP",
      "X_Real_IP",
      "X-Forwarded-For",
      "Authorization",
      "Cookie",
      "Set-Cookie",
      "Content-Type",
      "Content-Encoding",
      "Content-Range",
      "Trailer",
      "Expect",
      "TE",
    ]
  ) {
    it(`RFC 9110 6.5.1: drops ${name}`, () => assert.equal(trailers(`${name}: x\r\nA: 1\r\n`), "A: 1\r\n"));
  }
});

describe("lines of Headers", () => {
  it("requests: by the same rules, without the length", () => {
    const headers = new Headers([
      ["a", "1"],
      ["host", "x"],
      ["x-real-ip", "1.1.1.1"],
      ["content-length", "4"],
      ["te", "x"],
    ]);
    assert.equal(requestLinesOf(headers), "a: 1\r\n");
  });

  it("responses: without framing, cookies on lines of their own", () => {
    const headers = new Headers([["a", "1"], ["content-length", "4"], ["connection", "close"], ["via", "x"]]);
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    assert.equal(responseLinesOf(headers, ["via"]), "a: 1\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n");
  });
});

describe("heads that were written, properties", () => {
  const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_."), minLength: 1, maxLength: 8 });
  const value = fc.string({ unit: fc.constantFrom(..."abc ,;=\xe9\t"), maxLength: 10 });
  const line = fc.tuple(token, value).map(([name, text]) => `${name}: ${text}\r\n`);
  const lines = fc.array(line, { maxLength: 6 }).map((each) => each.join(""));

  it("an upstream's request parses back, and has no field that its lines did not have", () => {
    const request = fc.record({
      lines,
      expectContinue: fc.boolean(),
      chunked: fc.boolean(),
      upgrade: fc.constantFrom("", "websocket"),
    });
    fc.assert(fc.property(request, ({ lines, expectContinue, chunked, upgrade }) => {
      const kept = forwarded(lines);
      const text = upstreamRequestHead({
        method: "PUT",
        target: "/x?y",
        host: "h:1",
        lines: kept,
        framing: chunked ? { kind: "chunked" } : { kind: "none" },
        expectContinue,
        upgrade,
      });
      const head = requestHead(text)!;
      assert.deepEqual([head.method, head.target, head.size], ["PUT", "/x?y", text.length]);
      assert.equal(head.framing.kind, chunked ? "chunked" : "none");
      assert.equal(head.fields.get("host"), "h:1");
      const written = (kept.match(/\r\n/g)?.length ?? 0) + 1 + Number(chunked) + Number(expectContinue) +
        (upgrade === "" ? 0 : 2);
      assert.equal(head.fields.count, written);
    }));
  });

  it("a relayed answer parses back to the same fields", () => {
    fc.assert(fc.property(lines, fc.constantFrom("", "OK", "caf\xe9 x"), (lines, phrase) => {
      const before = responseHead(`HTTP/1.1 200 ${phrase}\r\n${lines}\r\n`)!;
      const after = responseHead(clientResponseHead(before, NOTHING_ADDED))!;
      assert.deepEqual([after.status, after.reasonPhrase], [200, phrase]);
      const namesOf = (head: typeof before) =>
        Array.from(
          { length: head.fields.count },
          (_, index) => [head.fields.name(index), head.fields.value(index)],
        )
          .filter(([name]) => !/^te$/i.test(name!));
      assert.deepEqual(namesOf(after), namesOf(before));
    }));
  });
});
