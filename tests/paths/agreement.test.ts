/** One normal form of paths: no two stages may see different ones, whatever the spelling (docs/lifecycle.md, "Paths"). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { MiddlewareHandler } from "hono";
import { encodePath } from "../../src/lib/path-encode.ts";
import { normalizePath } from "../../src/lib/path.ts";
import { replacePrefix } from "../../src/lib/prefix.ts";
import { encodeUtf8 } from "../../src/lib/utf8.ts";
import { explainRoutes } from "../../src/matcher/explain.ts";
import { compileMatcher } from "../../src/matcher/mod.ts";
import { naiveMatcher } from "../../src/matcher/naive.ts";
import { requestOf, viewRequest } from "../../src/matcher/view.ts";
import { redirect } from "../../src/middlewares/redirect.ts";
import { rewrite } from "../../src/middlewares/rewrite.ts";
import { compileVariable } from "../../src/middlewares/variables.ts";
import type { Exchange } from "../../src/proxy/exchange.ts";
import type { Row } from "../../src/table/match.ts";
import { fuzz } from "../fuzz/fuzz.ts";
import { routeOf, term } from "../matcher/helpers.ts";
import { acting, run } from "../middlewares/exchange.ts";
import { exchangeOf, rawPath } from "./spellings.ts";

const squeezed = (path: string) => path.replace(/\/+/g, "/");

/** What a middleware did: gone on, answered, or refused. */
async function outcome(
  middleware: MiddlewareHandler,
  exchange: Exchange,
): Promise<Response | "next" | "refused"> {
  try {
    const result = await run(middleware, exchange);
    return result.next ? "next" : result.response;
  } catch {
    return "refused";
  }
}

fuzz(
  "paths: exchange and explanation have one normal form, or refuse both, in origin and absolute form",
  fc.property(rawPath, (raw) => {
    const exchange = exchangeOf(raw);
    const absolute = exchangeOf(`http://a.com${raw}`);
    const normal = normalizePath(raw);
    assert.equal(exchange?.path ?? null, normal);
    assert.equal(absolute?.path ?? null, normal);
    // `explain` takes text, where the wire has bytes.
    if (/[\x80-\xff]/.test(raw)) return;
    const view = viewRequest({ method: "GET", peer: "10.9.9.9", ...requestOf(`http://a.com${raw}`, []) }, []);
    assert.equal(view.ok ? view.request.path : null, normal);
  }),
);

fuzz(
  "paths: the compiled matcher, the plain one and the explanation choose one route",
  fc.property(fc.array(rawPath, { minLength: 1, maxLength: 6 }), rawPath, (rules, raw) => {
    const exchange = exchangeOf(raw);
    if (exchange === undefined) return;
    const routes = [...rules, raw].flatMap((rule, n) => {
      const value = normalizePath(rule);
      if (value === null) return [];
      const ops: readonly Row[] = [
        { op: "EQ", value },
        { op: "PATH_PREFIX", value },
        { op: "STARTS_WITH", value: value.slice(0, 1 + n) },
        { op: "ENDS_WITH", value: value.slice(-2) },
      ];
      return [routeOf(`r${n}`, [term("URL", ops[n % ops.length]!)])];
    });
    const found = compileMatcher(routes).find(exchange)?.name;
    assert.equal(found, naiveMatcher(routes).find(exchange)?.name);
    assert.equal(found, explainRoutes(routes, exchange).find(({ matched }) => matched)?.route.name);
  }),
);

fuzz(
  "paths: what is written for an upstream or a client reads back as the path that was meant",
  fc.property(rawPath, (raw) => {
    const normal = normalizePath(raw);
    if (normal !== null) assert.equal(normalizePath(encodePath(normal)), normal);
  }),
);

fuzz(
  "paths: without a rewrite the upstream gets the bytes of the client, and they have the form that was matched",
  fc.property(rawPath, (raw) => {
    const exchange = exchangeOf(`${raw}?a=/../b`);
    if (exchange === undefined) return;
    assert.equal(exchange.targetPath, raw);
    assert.equal(normalizePath(exchange.targetPath), exchange.path);
  }),
);

fuzz(
  "paths: after a replaced prefix, request line, variables and normal form tell of one path",
  fc.asyncProperty(
    rawPath,
    fc.nat(12),
    fc.constantFrom("/", "/b", "/b/", "", "/b%2e"),
    async (raw, length, replacement) => {
      const exchange = exchangeOf(raw);
      if (exchange === undefined) return;
      const prefix = exchange.path.slice(0, length);
      const filter = { type: "rewrite", path: { kind: "prefix", prefix, replacement } } as const;
      const done = await outcome(acting(rewrite(filter)), exchange);
      if (done === "refused") return;
      const meant = replacePrefix(exchange.path, prefix, replacement);
      const path = meant.startsWith("/") ? meant : `/${meant}`;
      assert.equal(exchange.effectivePath, path);
      assert.equal(compileVariable("uri")!(exchange), encodeUtf8(path));
      // No segment of it means something else to whoever reads it next.
      assert.equal(normalizePath(exchange.targetPath), squeezed(path));
    },
  ),
);

fuzz(
  "paths: captures that a rewrite puts together are one path, or refused",
  fc.asyncProperty(rawPath, fc.constantFrom("/$1$2", "$2/$1", "/x/$1", "/$1/$2"), async (raw, target) => {
    const exchange = exchangeOf(`/s${raw}`);
    if (exchange === undefined) return;
    const filter = { type: "rewrite", path: { kind: "regex", base: "^/s/?([^b]*)b?(.*)", target } } as const;
    if (await outcome(acting(rewrite(filter)), exchange) === "refused") return;
    assert.equal(normalizePath(exchange.targetPath), squeezed(exchange.effectivePath));
  }),
);

fuzz(
  "paths: a redirect leads to the path that was matched, with its prefix replaced",
  fc.asyncProperty(rawPath, fc.nat(12), fc.constantFrom("/", "/b", ""), async (raw, length, replacement) => {
    const exchange = exchangeOf(raw);
    if (exchange === undefined) return;
    const match = exchange.path.slice(0, length);
    const filter = {
      type: "redirect",
      code: 302,
      url: null,
      scheme: "https",
      host: null,
      port: null,
      prefix: { match, replacement },
    } as const;
    const response = await outcome(acting(redirect(filter)), exchange);
    assert.ok(response instanceof Response);
    const location = response.headers.get("location")!;
    assert.ok(location.startsWith("https://a.com/"), location);
    const meant = replacePrefix(exchange.path, match, replacement);
    const path = location.slice("https://a.com".length);
    assert.equal(
      normalizePath(path),
      normalizePath(encodePath(meant.startsWith("/") ? meant : `/${meant}`)),
      location,
    );
  }),
);

/** Readers behind the gateway that differ from it in one habit each. */
const UPSTREAMS: Readonly<Record<string, (decoded: string) => string>> = {
  "resolves dot segments before it merges slashes, as RFC 3986": (path) => path,
  "merges slashes before it resolves dot segments, as nginx does": (path) => squeezed(path),
  "cuts parameters of segments, as Tomcat does": (path) => path.replace(/;[^/]*/g, ""),
  "takes a backslash for a slash, as IIS does": (path) => path.replaceAll("\\", "/"),
  "does both": (path) => path.replace(/;[^/\\]*/g, "").replaceAll("\\", "/"),
};

for (const [habit, read] of Object.entries(UPSTREAMS)) {
  fuzz(
    `paths: an upstream that ${habit} climbs no further than the path that was matched`,
    fc.property(rawPath, (raw) => {
      const normal = normalizePath(raw);
      if (normal === null) return;
      // Its own order: first its habit on what was decoded, then dot segments.
      const decoded = raw.replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
      const theirs: string[] = [];
      for (const segment of read(decoded).split("/").slice(1)) {
        if (segment === "..") theirs.pop();
        else if (segment !== ".") theirs.push(segment);
      }
      const ours = read(encodeUtf8(normal)).split("/").filter((segment) => segment !== "");
      assert.deepEqual(theirs.filter((segment) => segment !== ""), ours);
    }),
  );
}
