/** Values of nginx's variables, and texts that hold them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseVarString } from "../../src/lib/var-string.ts";
import { FIXED_VARIABLES } from "../../src/lib/variable-names.ts";
import { compileText, compileVariable, type TextPlace } from "../../src/middlewares/variables.ts";
import { createNginxTime } from "../../src/telemetry/access-log/time.ts";
import { fakeExchange, type FakeOptions } from "./exchange.ts";

function valueOf(name: string, options: FakeOptions = {}): string | undefined {
  const read = compileVariable(name);
  assert.ok(read !== undefined, `${name} is a variable`);
  return read(fakeExchange(options));
}

describe("variables", () => {
  const request: FakeOptions = {
    method: "POST",
    query: "id=c%201&flag&ID=2&utf=%C3%A9",
    requestUri: "/a%20b/?id=c%201&flag&ID=2&utf=%C3%A9",
    path: "/a b/",
    effectivePath: "/é b/",
    headers: {
      "x-user": "u",
      cookie: 'a=1; q="c1 c2"; half="c1; B=2',
      "content-type": "text/plain",
      authorization: `Basic ${btoa("foo:bar")}`,
    },
  };
  const expected: readonly [name: string, value: string | undefined][] = [
    ["host", "a.com"],
    ["http_host", "a.com:8080"],
    ["best_http_host", "a.com:8080"],
    ["uri", "/\xc3\xa9 b/"],
    ["document_uri", "/\xc3\xa9 b/"],
    ["request_uri", "/a%20b/?id=c%201&flag&ID=2&utf=%C3%A9"],
    ["escaped_request_uri", "%2Fa%2520b%2F%3Fid%3Dc%25201%26flag%26ID%3D2%26utf%3D%25C3%25A9"],
    ["args", "id=c%201&flag&ID=2&utf=%C3%A9"],
    ["query_string", "id=c%201&flag&ID=2&utf=%C3%A9"],
    ["is_args", "?"],
    ["arg_id", "c%201"],
    ["ARG_ID", "c%201"],
    ["arg_flag", undefined],
    ["param_id", "c 1"],
    ["param_ID", "2"],
    ["param_utf", "\xc3\xa9"],
    ["param_none", undefined],
    ["http_x_user", "u"],
    ["header_x_user", "u"],
    ["http_none", undefined],
    ["cookie_a", "1"],
    ["cookie_q", "c1 c2"],
    ["cookie_half", '"c1'],
    ["cookie_b", "2"],
    ["cookie_none", undefined],
    ["content_type", "text/plain"],
    ["content_length", undefined],
    ["request_method", "POST"],
    ["method", "POST"],
    ["request", "POST /a%20b/?id=c%201&flag&ID=2&utf=%C3%A9 HTTP/1.1"],
    ["server_protocol", "HTTP/1.1"],
    ["scheme", "http"],
    ["pass_access_scheme", "http"],
    ["https", ""],
    ["remote_addr", "10.9.9.9"],
    ["remote_user", "foo"],
    ["proxy_add_x_forwarded_for", "10.9.9.9"],
    ["server_port", "80"],
    ["pass_server_port", "80"],
    ["remote_port", "40000"],
    ["request_id", "id-1"],
    ["request_length", "99"],
    ["msec", "1700000000.123"],
    ["time_iso8601", "2023-11-14T22:13:20+00:00"],
    ["time_local", createNginxTime()(1_700_000_000_123)],
    ["first_forward", ""],
    ["first_forward_or_remote_addr", "10.9.9.9"],
  ];
  for (const [name, value] of expected) {
    it(`${name} is ${JSON.stringify(value)}`, () => assert.equal(valueOf(name, request), value));
  }

  it("all of the list are covered above", () => {
    const tested = new Set(expected.map(([name]) => name));
    assert.deepEqual(FIXED_VARIABLES.filter((name) => !tested.has(name)), []);
  });

  it("that nobody knows are told apart from those without a value", () => {
    for (const name of ["", "nope", "http_", "upstream_addr", "sent_http_x", "__proto__", "constructor"]) {
      assert.equal(compileVariable(name), undefined, name);
    }
  });

  it("of requests without a query, a Host or credentials", () => {
    assert.equal(valueOf("is_args"), "");
    assert.equal(valueOf("args"), "");
    assert.equal(valueOf("http_host", { authority: "", host: "_" }), undefined);
    assert.equal(valueOf("remote_user", { headers: { authorization: "Bearer x" } }), undefined);
    assert.equal(valueOf("host", { host: "::1" }), "[::1]");
  });

  it("see fields as the features in front have left them", () => {
    const exchange = fakeExchange({ headers: { "x-user": "u", cookie: "a=1" } });
    exchange.requestEdits.set("X-User", "edited");
    exchange.requestEdits.set("Host", "b.com");
    exchange.requestEdits.remove("Cookie");
    const read = (name: string) => compileVariable(name)?.(exchange);
    assert.equal(read("http_x_user"), "edited");
    assert.equal(read("http_host"), "b.com");
    assert.equal(read("host"), "a.com");
    assert.equal(read("cookie_a"), undefined);
  });

  it("first_forward is who a trusted proxy says the client is, never what anybody says", () => {
    const headers = { "x-forwarded-for": "1.1.1.1, 2.2.2.2" };
    assert.equal(valueOf("first_forward", { headers }), "");
    assert.equal(valueOf("first_forward_or_remote_addr", { headers }), "10.9.9.9");
    const trusted = { headers, clientAddress: "1.1.1.1" };
    assert.equal(valueOf("first_forward", trusted), "1.1.1.1");
    assert.equal(valueOf("first_forward_or_remote_addr", trusted), "1.1.1.1");
  });
});

describe("texts", () => {
  function render(text: string, place: TextPlace, options: FakeOptions = {}) {
    return compileText(parseVarString(text), place)(fakeExchange(options));
  }

  it("are put together", () => {
    assert.equal(render("http://$host/${request_method}!", "field"), "http://a.com/GET!");
    assert.equal(render("constant $ é", "field"), "constant $ \xc3\xa9");
    assert.equal(render("", "field"), "");
  });

  it("name the first variable without a value", () => {
    assert.deepEqual(render("a$http_x/$nope", "field"), { missing: "http_x" });
    assert.deepEqual(render("a$nope", "url"), { missing: "nope" });
  });

  it("security: what a request brings is never expanded again", () => {
    const values = ["$host", "${http_authorization}", "{env.SECRET}", "$$", "%24host", "$1"];
    for (const value of values) {
      assert.equal(render("<$http_x>", "field", { headers: { "x-x": "", "x": value } }), `<${value}>`);
    }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "h", "o", "s", "t", "_") }), (value) => {
        assert.equal(render("$http_x", "field", { headers: { x: value } }), value);
      }),
    );
  });

  it("security: in a URL no value leaves its place", () => {
    const url = (text: string, options: FakeOptions) => render(text, "url", options);
    assert.equal(url("http://a$uri?x=1", { effectivePath: "/b?x=2#" }), "http://a/b%3Fx=2%23?x=1");
    assert.equal(url("http://a/?u=$param_u&x=1", { query: "u=%26x%3D2" }), "http://a/?u=%26x%3D2&x=1");
    assert.equal(
      url("http://a/?u=$http_u&x=1", { headers: { u: "v#w \\\x80" } }),
      "http://a/?u=v%23w%20%5C%80&x=1",
    );
    // Escapes and structure of what is raw stay: it is part of a URL already.
    assert.equal(url("http://a$request_uri", { requestUri: "/b%2Fc?d=e&f" }), "http://a/b%2Fc?d=e&f");
  });
});
