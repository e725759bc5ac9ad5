import assert from "node:assert/strict";
import { test } from "node:test";
import { compileMatcher } from "../../src/matcher/mod.ts";
import { naiveMatcher } from "../../src/matcher/naive.ts";
import type { Match, Row } from "../../src/table/match.ts";
import { type Ask, ask, routeOf, term } from "./helpers.ts";

/** Runs one match through both matchers. */
function check(name: string, match: Match, yes: readonly Ask[], no: readonly Ask[]): void {
  test(name, () => {
    const routes = [routeOf("r1", match)];
    for (
      const [kind, matcher] of [["compiled", compileMatcher(routes)], [
        "naive",
        naiveMatcher(routes),
      ]] as const
    ) {
      for (const each of yes) {
        assert.equal(matcher.find(ask(each)), routes[0], `${kind} ${JSON.stringify(each)}`);
      }
      for (const each of no) {
        assert.equal(matcher.find(ask(each)), undefined, `${kind} ${JSON.stringify(each)}`);
      }
    }
  });
}

const urls = (...list: string[]): Ask[] => list.map((url) => ({ url }));
const hosts = (...list: string[]): Ask[] => list.map((host) => ({ headers: { host } }));
const peers = (...list: string[]): Ask[] => list.map((peer) => ({ peer }));
const uids = (...list: string[]): Ask[] => list.map((uid) => ({ headers: { uid } }));
const eq = (value: string): Row => ({ op: "EQ", value });
const startsWith = (value: string): Row => ({ op: "STARTS_WITH", value });
const endsWith = (value: string): Row => ({ op: "ENDS_WITH", value });
const regex = (value: string): Row => ({ op: "REGEX", value });
const pathPrefix = (value: string): Row => ({ op: "PATH_PREFIX", value });
const range = (start: string, end: string): Row => ({ op: "RANGE", start, end });
const cidr = (value: string): Row => ({ op: "CIDR", value });
const exist: Row = { op: "EXIST" };
const never: Row = { op: "NEVER", reason: "EQ takes one argument" };
const wildcard = (suffix: string, labels: "one" | "any"): Row => ({ op: "WILDCARD", suffix, labels });

check("no match never matches", null, [], urls("/"));
check("an empty match matches everything", [], [{}, { method: "OPTIONS", url: "*" }], []);

check("METHOD EQ is case-sensitive", [term("METHOD", eq("POST"))], [{ method: "POST" }], [
  { method: "post" },
  { method: "POSTS" },
]);
check("METHOD IN", [term("METHOD", { op: "IN", values: ["GET", "HEAD"] })], [{}, { method: "HEAD" }], [
  { method: "PUT" },
]);

check(
  "URL EQ",
  [term("URL", eq("/a"))],
  urls("/a", "/a?x=1", "//a", "/./a", "/%61"),
  urls("/a/", "/A", "/ab", "/"),
);
check("URL EQ is compared decoded", [term("URL", eq("/a b"))], urls("/a%20b"), urls("/a+b"));
check(
  "URL EQ is Unicode text",
  [term("URL", eq("/café"))],
  urls("/caf%C3%A9", "/café"),
  urls("/caf%E9", "/caf"),
);
check("URL EQ never sees the query", [term("URL", eq("/a?x=1"))], [], urls("/a?x=1"));
check(
  "URL EQ meets encoded slashes and dots",
  [term("URL", eq("/a/b"))],
  urls("/a%2fb", "/a/x/%2e%2e/b"),
  [],
);
check("URL IN", [term("URL", { op: "IN", values: ["/a", "/b"] })], urls("/a", "/b"), urls("/c", "/a/b"));
check(
  "URL STARTS_WITH is a text prefix",
  [term("URL", startsWith("/foo"))],
  urls("/foo", "/foobar", "/foo/x"),
  urls("/fo", "/x/foo"),
);
check("URL STARTS_WITH / meets all paths but *", [term("URL", startsWith("/"))], urls("/", "/a"), [
  { method: "OPTIONS", url: "*" },
]);
check(
  "URL ENDS_WITH is a plain suffix",
  [term("URL", endsWith(".jpg"))],
  urls("/x.jpg", "/v1.2/x.jpg"),
  urls("/x.png"),
);
check(
  "URL PATH_PREFIX goes by elements",
  [term("URL", pathPrefix("/pki/ca/prod"))],
  urls("/pki/ca/prod", "/pki/ca/prod/", "/pki/ca/prod/x", "/pki/ca//prod/x", "/x/../pki/ca/prod"),
  urls(
    "/pki/ca/prod-2",
    "/pki/ca/prod-2/x",
    "/pki/ca",
    "/pki/ca/prod/../dev",
    "/pki/ca/prod/%2e%2E/dev",
    "/PKI/ca/prod",
  ),
);
check(
  "URL PATH_PREFIX: slashes at its end",
  [term("URL", pathPrefix("/a/"))],
  urls("/a", "/a/", "/a/b"),
  urls("/ab"),
);
check("URL PATH_PREFIX /", [term("URL", pathPrefix("/"))], urls("/", "/a"), [{
  method: "OPTIONS",
  url: "*",
}]);
check("URL REGEX is a search", [term("URL", regex("/t7/.*"))], urls("/t7/d", "/x/t7/d"), urls("/t7"));
check(
  "URL REGEX: star belongs to one character",
  [term("URL", regex("/t6/*"))],
  urls("/t6/d", "/t6"),
  urls("/t5"),
);
check(
  "URL REGEX anchored",
  [term("URL", regex("^/Api/(v1|v2)$"))],
  urls("/Api/v1", "/Api/v2"),
  urls("/api/v1", "/Api/v3"),
);
check(
  "URL REGEX with lookahead",
  [term("URL", regex("/(?!(login)|(ping))test"))],
  urls("/test"),
  urls("/ping"),
);
check("URL EXIST", [term("URL", exist)], urls("/"), []);
check("URL RANGE of text", [term("URL", range("/b", "/c"))], urls("/b", "/bz", "/c"), urls("/a", "/ca"));

check(
  "HOST EQ",
  [term("HOST", eq("a.com"))],
  hosts("a.com", "A.Com", "a.com.", "a.com:8080"),
  hosts("b.a.com", "aacom"),
);
check(
  "HOST EQ of an IPv6 literal",
  [term("HOST", eq("::1"))],
  hosts("[::1]", "[::1]:80", "[0:0::1]"),
  hosts("a.com"),
);
check(
  "HOST IN",
  [term("HOST", { op: "IN", values: ["a.com", "b.com"] })],
  hosts("a.com", "b.com"),
  hosts("c.com"),
);
check(
  "HOST WILDCARD with one label",
  [term("HOST", wildcard(".a.com", "one"))],
  hosts("x.a.com", "xyz.a.com", "X.A.COM:80"),
  hosts("y.x.a.com", "a.com", "xa.com", "a.com.b"),
);
check(
  "HOST WILDCARD with any number of labels",
  [term("HOST", wildcard(".a.com", "any"))],
  hosts("x.a.com", "y.x.a.com"),
  hosts("a.com", "xa.com"),
);
check(
  "HOST ENDS_WITH is a plain suffix",
  [term("HOST", endsWith(".a.com"))],
  hosts("x.a.com", "y.x.a.com"),
  hosts("a.com"),
);
check("HOST REGEX", [term("HOST", regex("^[a-z]+\\.a\\.com$"))], hosts("x.a.com"), hosts("x1.a.com"));
check("HOST EXIST", [term("HOST", exist)], hosts("a.com"), []);
check(
  "HOST rows of several kinds",
  [term("HOST", eq("a.com"), regex("^b"), wildcard(".c.com", "one"), never)],
  hosts("a.com", "b.org", "x.c.com"),
  hosts("c.com", "y.x.c.com"),
);

check("SRC_IP EQ", [term("SRC_IP", eq("1.2.3.4"))], peers("1.2.3.4", "::ffff:1.2.3.4"), peers("1.2.3.5"));
check(
  "SRC_IP EQ of IPv6",
  [term("SRC_IP", eq("2001:db8::1"))],
  peers("2001:db8::1", "2001:DB8::0:1", "2001:db8::1%eth0"),
  peers("2001:db8::2"),
);
check(
  "SRC_IP IN",
  [term("SRC_IP", { op: "IN", values: ["1.2.3.4", "::1"] })],
  peers("1.2.3.4", "::1"),
  peers("1.2.3.5"),
);
check(
  "SRC_IP rows of several kinds",
  [term("SRC_IP", eq("1.2.3.4"), cidr("10.0.0.0/8"), cidr("fd00::/8"))],
  peers("1.2.3.4", "10.1.1.1", "fd00::1"),
  peers("1.2.3.5", "fe80::1"),
);
check(
  "SRC_IP CIDR",
  [term("SRC_IP", cidr("10.0.0.0/9"))],
  peers("10.0.0.1", "10.127.0.1"),
  peers("10.128.0.1", "::1"),
);
check(
  "SRC_IP CIDR of IPv6",
  [term("SRC_IP", cidr("2001:db8::/32"))],
  peers("2001:db8:9::1"),
  peers("2001:db9::", "1.1.1.1"),
);
check("SRC_IP CIDR that is none", [term("SRC_IP", cidr("10.0.0.0/99"))], [], peers("10.0.0.1"));
check(
  "SRC_IP RANGE is inclusive",
  [term("SRC_IP", range("1.1.1.1", "1.1.1.100"))],
  peers("1.1.1.1", "1.1.1.20", "1.1.1.100"),
  peers("1.1.1.101", "1.1.0.255", "::1"),
);
check(
  "SRC_IP RANGE over octets",
  [term("SRC_IP", range("10.0.0.250", "10.0.1.5"))],
  peers("10.0.0.255", "10.0.1.1"),
  peers("10.0.1.6"),
);
check(
  "SRC_IP RANGE of IPv6 has 128 bits",
  [term("SRC_IP", range("2001:db8::5", "2001:db9::1"))],
  peers("2001:db8::10", "2001:db8:ffff::"),
  peers("2001:db9::2", "1.1.1.1"),
);
check(
  "SRC_IP RANGE of two families",
  [term("SRC_IP", range("1.1.1.1", "2001:db8::1"))],
  [],
  peers("1.1.1.1", "2001::"),
);
check(
  "SRC_IP RANGE of IPv6 holds no IPv4",
  [term("SRC_IP", range("::", "ffff::"))],
  peers("::1", "1::"),
  peers("1.1.1.1"),
);
check("SRC_IP RANGE of other text", [term("SRC_IP", range("a", "z"))], [], peers("1.1.1.1"));
check(
  "SRC_IP under trust",
  [term("SRC_IP", eq("1.1.1.1"))],
  [{ headers: { "x-forwarded-for": " 1.1.1.1 , 2.2.2.2" }, trusted: ["0.0.0.0/0", "::/0"] }],
  [{ headers: { "x-forwarded-for": "1.1.1.1" } }, { headers: { "x-real-ip": "1.1.1.1" } }],
);

check(
  "HEADER EQ",
  [term("HEADER x-env", eq("gray"))],
  [{ headers: { "X-ENV": "gray" } }, { headers: { x_env: "gray" } }, { headers: { "x-env": " gray " } }],
  [{}, { headers: { "x-env": "Gray" } }, { headers: { "x-env": ["gray", "gray"] } }],
);
check("HEADER with _ in its key", [term("HEADER x_env", eq("gray"))], [{ headers: { "x-env": "gray" } }], [
  {},
]);
check(
  "HEADER: of two spellings the first counts",
  [term("HEADER x-env", eq("a"))],
  [{ headers: { x_env: "a", "x-env": "b" } }],
  [{ headers: { "x-env": "b", x_env: "a" } }],
);
check("HEADER: lines are joined", [term("HEADER x", eq("a, b"))], [{ headers: { x: ["a", "b"] } }], [{
  headers: { x: "a" },
}]);
check("HEADER is UTF-8", [term("HEADER x", eq("é"))], [{ headers: { x: "é" } }], [{ headers: { x: "e" } }]);
check("HEADER host keeps the port", [term("HEADER host", eq("A.com:80"))], hosts("A.com:80"), hosts("a.com"));
check("HEADER EXIST", [term("HEADER token", exist)], [{ headers: { token: "" } }, {
  headers: { token: "x" },
}], [{}]);
check("HEADER EQ of nothing", [term("HEADER token", eq(""))], [{ headers: { token: "" } }], [{}]);
check("HEADER REGEX", [term("HEADER name", regex("^w+$"))], [{ headers: { name: "www" } }], [{
  headers: { name: "wxw" },
}, {}]);
check(
  "HEADER RANGE of numbers",
  [term("HEADER uid", range("9", "100"))],
  uids("9", "10", "99.9", "100"),
  uids("8", "101", "-50"),
);
check(
  "HEADER RANGE of numbers beyond a double",
  [term("HEADER uid", range("9007199254740993", "9007199254740995"))],
  uids("9007199254740993", "9007199254740994"),
  uids("9007199254740992", "9007199254740996"),
);
check(
  "HEADER RANGE: text when one is no number",
  [term("HEADER uid", range("10", "b"))],
  uids("9", "a"),
  uids("0", "c"),
);
check("HEADER EXIST in an OR row", [term("HEADER x", eq("a"), exist)], [{ headers: { x: "b" } }], [{}]);

check(
  "PARAM",
  [term("PARAM q", eq("a b"))],
  urls("/?q=a%20b", "/?q=a+b", "/?x&q=a+b", "/?q=a+b&q=c"),
  urls("/", "/?Q=a+b", "/?q=c&q=a+b", "/?q"),
);
check(
  "PARAM: a flag is empty",
  [term("PARAM debug", eq(""))],
  urls("/?debug", "/?debug="),
  urls("/?debug=1", "/"),
);
check(
  "PARAM STARTS_WITH on a flag",
  [term("PARAM debug", startsWith("1"))],
  urls("/?debug=12"),
  urls("/?debug"),
);
check(
  "PARAM EXIST",
  [term("PARAM debug", exist)],
  urls("/?debug", "/?debug=", "/?debug=1"),
  urls("/", "/?debugs"),
);
check(
  "PARAM REGEX needs the parameter",
  [term("PARAM a", regex(".*"))],
  urls("/?a=1", "/?a="),
  urls("/?v=v"),
);
check("PARAM beyond the hundredth", [term("PARAM a", eq("1"))], urls(`/?${"x=1&".repeat(150)}a=1`), []);

check(
  "COOKIE",
  [term("COOKIE sid", eq("1"))],
  [{ headers: { cookie: "x=0; SID=1" } }, { headers: { cookie: ["x=0", "sid=1"] } }],
  [{}, { headers: { cookie: "sid=2; sid=1" } }, { headers: { cookie: 'sid="1"' } }],
);
check("COOKIE keeps quotes", [term("COOKIE sid", eq('"1"'))], [{ headers: { cookie: 'sid="1"' } }], []);

check("terms are ANDed", [term("HEADER a", eq("1")), term("HEADER b", eq("2"))], [{
  headers: { a: "1", b: "2" },
}], [
  { headers: { a: "1" } },
  { headers: { b: "2" } },
]);
check(
  "two terms on one subject",
  [term("URL", startsWith("/a")), term("URL", endsWith("z"))],
  urls("/a/z"),
  urls("/a", "/z"),
);
check("NEVER alone", [term("URL", never)], [], urls("/"));
check("NEVER beside a row", [term("URL", never, eq("/a"))], urls("/a"), urls("/"));
check("a pattern that does not compile", [term("URL", regex("("))], [], urls("/", "/("));
check("the same beside a row", [term("URL", regex("^/a("), eq("/b"))], urls("/b"), urls("/a("));
