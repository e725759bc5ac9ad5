/** One path for every stage of the real process: rules, middlewares, variables, redirects, explanation and upstream. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { decodeUtf8 } from "../../src/lib/utf8.ts";
import { value } from "./harness/message.ts";
import { rule, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";

const FIXTURES = new URL("fixtures/", import.meta.url).pathname;

/** What a client sends, and the normal form; null = 400. Bytes, one a character. */
const SPELLINGS: readonly (readonly [raw: string, normal: string | null])[] = [
  ["/admin", "/admin"],
  ["/admin/", "/admin/"],
  ["/Admin", "/Admin"],
  ["/%61dmin", "/admin"],
  ["/%61%64%6d%69%6e/x", "/admin/x"],
  ["//admin", "/admin"],
  ["/admin//x", "/admin/x"],
  ["/%2fadmin", "/admin"],
  ["/admin%2Fx", "/admin/x"],
  ["/admin/x%2f", "/admin/x/"],
  ["/admin%2fx/y/../z", "/admin/x/z"],
  ["/admin%2f..x", "/admin/..x"],
  ["/./admin", "/admin"],
  ["/x/../admin", "/admin"],
  ["/x/%2e%2E/admin", "/admin"],
  ["/admin/../x", "/x"],
  ["/admin/x/..", "/admin/"],
  ["/admin;v=1", "/admin;v=1"],
  ["/admin;/x", "/admin;/x"],
  ["/admin\\x", "/admin\\x"],
  ["/admin%5cx", "/admin\\x"],
  ["/%2561dmin", "/%61dmin"],
  ["/admin%252fx", "/admin%2fx"],
  ["/%252e%252e/admin", "/%2e%2e/admin"],
  ["/admin%20x", "/admin x"],
  ["/admin+x", "/admin+x"],
  ["/admin%23x%3fy", "/admin#x?y"],
  ["/caf%c3%a9", "/caf\xc3\xa9"],
  ["/caf\xc3\xa9", "/caf\xc3\xa9"],
  ["/%c0%ae%c0%ae/admin", "/\xc0\xae\xc0\xae/admin"],
  ["/x%c0%afadmin", "/x\xc0\xafadmin"],
  ["/adm%c4%b0n", "/adm\xc4\xb0n"],
  ["/%ef%bc%8fadmin", "/\xef\xbc\x8fadmin"],
  ["/../admin", null],
  ["/x/../../admin", null],
  ["/x/..;/admin", null],
  ["/x/..%3b/admin", null],
  ["/x\\..\\admin", null],
  ["/x%5c..%5cadmin", null],
  ["/x\\y/../admin", null],
  ["/x//../admin", null],
  ["/x%2f%2f../admin", null],
  ["/x%2f..%2fadmin", null],
  ["/admin/..%2fx", null],
  ["/admin%2f../x", null],
  ["/admin%2F%2e%2E/x", null],
  ["/admin/.%2fx", null],
  ["/x%2fy/../admin", null],
  ["/x%2f/../admin", null],
  ["/admin%00", null],
  ["/admin%0d%0a", null],
  ["/adm%in", null],
  ["/admin%", null],
];

describe("one path for every stage", () => {
  let site: Site;
  before(async () => {
    const seen = { "x-uri": "uri", "x-request-uri": "request_uri" };
    const annotations = { "rewrite-request": { headers_var: seen } };
    const config = { middlewares: [{ name: "path-seen" }] };
    const services = [{ name: "app" }];
    const base = { frontend: "web", services };
    site = await startSite({
      dslx: underPath("/"),
      config,
      objects: [
        rule({ ...base, name: "admin", priority: 1, dslx: underPath("/admin"), config, annotations }),
        rule({
          ...base,
          name: "moved",
          priority: 2,
          dslx: [{ type: "HEADER", key: "x-ask", values: [["EQ", "redirect"]] }],
          config: { redirect: { scheme: "https", code: 308 } },
        }),
        rule({
          ...base,
          name: "stripped",
          priority: 3,
          dslx: [{ type: "HEADER", key: "x-ask", values: [["EQ", "rewrite"]] }],
          spec: { rewrite_base: "^/(.*)", rewrite_target: "/new/$1" },
        }),
      ],
      args: ["--middleware", `path-seen=${FIXTURES}path-seen.ts`],
    });
  });
  after(() => stopSite(site));

  const isAdmin = (normal: string) => normal.startsWith("/admin");
  const explained = async (raw: string) => {
    const url = encodeURIComponent(`http://a.com:${site.port}${raw}`);
    return await site.gateway.api(`explain?method=GET&url=${url}`);
  };

  for (const [raw, normal] of SPELLINGS) {
    it(`${JSON.stringify(raw)} is ${normal === null ? "refused" : JSON.stringify(normal)}`, async () => {
      const fields = [["Host", "a.com"]] as const;
      const before = site.upstream.requests.length;
      for (const target of [raw, `http://a.com${raw}`]) {
        const response = await site.request({ target: `${target}?q=/../x`, fields });
        assert.equal(response.status, normal === null ? 400 : 200, target);
        if (normal === null) continue;
        const request = site.upstream.requests.at(-1)!;
        assert.equal(request.target, `${raw}?q=/../x`, "the upstream gets what the client sent");
        assert.equal(value(request, "x-original-uri"), `${raw}?q=/../x`);
        assert.equal(value(response, "x-path-seen"), printed(normal), "c.req.path");
        assert.equal(
          value(request, "x-uri"),
          isAdmin(normal) ? normal : undefined,
          "$uri, and which rule matched",
        );
        assert.equal(value(request, "x-request-uri"), isAdmin(normal) ? `${raw}?q=/../x` : undefined);
      }
      if (/^[ -~]*$/.test(raw)) {
        const { request, route, action } = await explained(raw);
        if (normal === null) {
          assert.equal(action.status, 400);
        } else {
          assert.equal(request.view.path, decodeUtf8(normal));
          assert.equal(route.name, isAdmin(normal) ? "admin" : "r1");
        }
      }
      if (normal === null) {
        assert.equal(site.upstream.requests.length, before, "nothing reaches the upstream");
        return;
      }
      if (isAdmin(normal)) return;
      const ask = (what: string) => site.request({ target: raw, fields: [...fields, ["X-Ask", what]] });
      const location = value(await ask("redirect"), "location")!;
      assert.equal(unescaped(location), `https://a.com${normal}`);
      assert.equal((await ask("rewrite")).status, 200);
      assert.equal(unescaped(site.upstream.requests.at(-1)!.target), `/new${normal}`);
    });
  }
});

/** Bytes as the fixture prints the text that they are. */
function printed(bytes: string): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return decodeUtf8(bytes).replace(/[^\x20-\x7e]/g, escape);
}

/** Decoded once, one byte a character. */
function unescaped(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
