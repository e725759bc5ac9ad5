/** Attacks on what Rules do with requests, one class of known vulnerabilities a test. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import type { RequestOptions } from "./harness/client.ts";
import { type Field, type Response, value, values } from "./harness/message.ts";
import { type KubeObject, rule, type RuleOptions, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";

const SECRET = "s3cret-of-the-environment";

function action(name: string, options: Partial<RuleOptions>): KubeObject {
  return rule({
    name,
    frontend: "web",
    priority: 1,
    dslx: underPath(`/${name}`),
    services: [{ name: "app" }],
    ...options,
  });
}

/** Everything that a request may carry into headers. */
const FROM_REQUEST = {
  "x-raw": "arg_q",
  "x-decoded": "param_q",
  "x-path": "uri",
  "x-copy": "http_x_given",
  "x-cookie": "cookie_c",
};

describe("attacks on the actions of rules", () => {
  let site: Site;
  before(async () => {
    process.env["ALBATROSS_TEST_SECRET"] = SECRET;
    site = await startSite({
      objects: [
        action("admin", { priority: 0, config: { redirect: { url: "/login" } } }),
        action("strip", { spec: { rewrite_base: "^/strip(/|$)(.*)", rewrite_target: "/$2" } }),
        action("join", { spec: { rewrite_base: "^/join/(.*)x(.*)", rewrite_target: "/$1$2" } }),
        action("slow", { spec: { rewrite_base: "^/slow/(a+)+$", rewrite_target: "/fast" } }),
        action("edit", {
          annotations: {
            "rewrite-request": {
              headers: { "X-User": "from-the-rule", "X_Real_IP": "6.6.6.6", "x.forwarded.proto": "https" },
              headers_var: { "X-Forwarded-Proto": "arg_q", "X-Original-URI": "arg_q", "X-Real-IP": "arg_q" },
              headers_add: { "X_Forwarded_Host": ["evil.example"], "Transfer_Encoding": ["chunked"] },
            },
          },
        }),
        action("copy", {
          spec: { vhost: "internal.example" },
          annotations: { "rewrite-request": { headers_var: FROM_REQUEST } },
        }),
        action("secure", { config: { redirect: { code: 308, scheme: "https" } } }),
        action("out", { config: { redirect: { prefix_match: "/out", replace_prefix: "/" } } }),
        action("bare", { config: { redirect: { prefix_match: "/bare/", replace_prefix: "" } } }),
        action("cors", {
          spec: { enableCORS: true, corsAllowOrigin: "https://a.example, https://*.b.example" },
        }),
      ],
    });
  });
  after(() => {
    delete process.env["ALBATROSS_TEST_SECRET"];
    return stopSite(site);
  });

  const ask = (target: string, fields: Field[] = [], more: Partial<RequestOptions> = {}): Promise<Response> =>
    site.request({ target, fields: [["Host", "a.com"], ...fields], ...more });
  const seen = () => site.upstream.requests.at(-1)!;

  it("path mismatch: no spelling of a protected prefix gets past its rule", async () => {
    const before = site.upstream.requests.length;
    const spellings = [
      "/admin",
      "//admin",
      "/./admin",
      "/x/../admin",
      "/%61dmin",
      "/x/%2e%2e/admin",
    ];
    for (const target of [...spellings, "/%2Fadmin/", "http://a.com/admin", "/strip/../admin"]) {
      assert.equal((await ask(target)).status, 302, target);
    }
    for (
      const target of [
        "/x/..%2fadmin",
        "/admin/..%2fx",
        "/x/..;/admin",
        "/x/..\\admin",
        "/x/..%5cadmin",
        "/../admin",
        "/%00/admin",
        "/adm%in",
      ]
    ) {
      assert.equal((await ask(target)).status, 400, target);
    }
    assert.equal(site.upstream.requests.length, before);
  });

  it("path mismatch: captures that make dot segments are answered 400, and the upstream never sees them", async () => {
    const before = site.upstream.requests.length;
    for (
      const path of [
        ".x./admin",
        "a/.x./.x./admin",
        ".x",
        "a/x..",
        "..x;/admin",
        ".x.%5Cadmin",
        "%2ex%2e/admin",
      ]
    ) {
      const response = await ask(`/join/${path}`);
      assert.deepEqual([response.status, site.upstream.requests.length], [400, before], path);
    }
    assert.equal((await ask("/join/ax..b/...x/c")).status, 200);
    assert.equal(seen().target, "/ax..b/.../c");
  });

  it("path mismatch: double encoding stays encoded through a rewrite", async () => {
    await ask("/strip/%252e%252e/admin%252f");
    assert.equal(seen().target, "/%252e%252e/admin%252f");
  });

  it("identity spoofing: neither clients nor rules speak for the gateway, in no spelling", async () => {
    const spoofed: Field[] = [
      "X-Real-IP",
      "X_Real_IP",
      "x.real.ip",
      "X-Forwarded-Proto",
      "X_Forwarded_Host",
      "X-Original-URI",
    ]
      .map((name) => [name, "6.6.6.6"]);
    await ask("/edit?q=6.6.6.6", [...spoofed, ["X-User", "root"], ["x_user", "root"], ["X.User", "root"]]);
    const { fields } = seen();
    const text = JSON.stringify(fields.filter(([name]) => !/^x-original-ur/i.test(name)));
    assert.doesNotMatch(text, /6\.6\.6\.6|evil\.example|root/);
    assert.equal(value({ fields }, "x-user"), "from-the-rule");
    assert.equal(value({ fields }, "x-forwarded-proto"), "http");
    assert.equal(value({ fields }, "x-original-uri"), "/edit?q=6.6.6.6");
    assert.deepEqual(values({ fields }, "transfer_encoding"), []);
  });

  it("hop-by-hop abuse: Connection cannot strike out what the gateway or a rule adds", async () => {
    const named = "X-User, X-Real-IP, X-Forwarded-For, X-Forwarded-Proto, Host, close";
    await ask("/edit", [["Connection", named], ["Keep-Alive", "timeout=5"], ["TE", "trailers"], [
      "Proxy-Connection",
      "x",
    ]]);
    const request = seen();
    assert.equal(value(request, "x-user"), "from-the-rule");
    assert.equal(value(request, "host"), "a.com");
    for (const name of ["x-real-ip", "x-forwarded-for", "x-forwarded-proto"]) {
      assert.equal(values(request, name).length, 1, name);
    }
    for (const name of ["keep-alive", "te", "proxy-connection"]) {
      assert.deepEqual(values(request, name), [], name);
    }
  });

  it("ReDoS: a hostile rewrite pattern holds up nobody", async () => {
    const attack = Promise.all(
      Array.from({ length: 20 }, () => ask(`/slow/${"a".repeat(12_000)}!`)),
    );
    assert.equal((await ask("/strip/quick")).status, 200);
    for (const { status } of await attack) assert.equal(status, 200);
    assert.equal((await ask("/slow/aaaa")).status, 200);
    assert.equal(seen().target, "/fast");
  });

  for (
    const text of [
      "$1",
      "${host}",
      "$host",
      "{env.ALBATROSS_TEST_SECRET}",
      "${ALBATROSS_TEST_SECRET}",
      "%{host}",
      "$$",
      "{{host}}",
    ]
  ) {
    it(`placeholder expansion: ${text} in a path, query, header or cookie is text`, async () => {
      const encoded = encodeURIComponent(text);
      await ask(`/copy/${encoded}?q=${encoded}`, [["X-Given", text], ["Cookie", `c=${text}`]]);
      const request = seen();
      assert.equal(value(request, "x-raw"), encoded);
      assert.equal(value(request, "x-decoded"), text);
      assert.equal(value(request, "x-path"), `/copy/${text}`);
      assert.equal(value(request, "x-copy"), text);
      assert.equal(value(request, "x-cookie"), text);
      await ask(`/strip/${encoded}`);
      assert.equal(decodeURIComponent(seen().target), `/${text}`);
      const moved = await ask(`/secure/${encoded}?q=${encoded}`);
      assert.equal(decodeURIComponent(value(moved, "location")!), `https://a.com/secure/${text}?q=${text}`);
      assert.doesNotMatch(JSON.stringify([site.upstream.requests, moved]), new RegExp(SECRET));
    });
  }

  it("CRLF injection: nothing of a request ends a header line of ours", async () => {
    for (
      const bytes of [
        "%0d%0aX-Evil:%201",
        "%0aX-Evil:%201",
        "%0dX-Evil:%201",
        "%00",
        "%ed%a0%80",
        "%c4%8d%c4%8aX-Evil:1",
      ]
    ) {
      const response = await ask(`/copy?q=${bytes}`);
      assert.equal(response.status, 200, bytes);
      assert.deepEqual(values(seen(), "x-evil"), [], bytes);
      assert.equal(values(seen(), "x-decoded").length, 1);
      assert.equal(value(seen(), "x-raw"), bytes);
      const moved = await ask(`/secure?q=${bytes}`);
      assert.deepEqual([value(moved, "location"), values(moved, "x-evil")], [
        `https://a.com/secure?q=${bytes}`,
        [],
      ]);
    }
    for (const bytes of ["%0d%0aX-Evil:%201", "%0a", "%00"]) {
      const response = await ask(`/secure/${bytes}`);
      assert.deepEqual([response.status, values(response, "location")], [400, []], bytes);
    }
    // Characters whose low byte is CR or LF: a writer that cuts to bytes would end the line (U+010D, U+010A).
    const response = await ask("/secure/%c4%8d%c4%8aX-Evil:1");
    assert.equal(value(response, "location"), "https://a.com/secure/%C4%8D%C4%8AX-Evil:1");
  });

  it("CRLF injection: an origin is echoed only when it is one of the list", async () => {
    for (
      const origin of [
        "https://a.example\tx",
        "https://a.example, https://evil",
        "https://x\xff.b.example",
        "https://evil/.b.example",
      ]
    ) {
      const response = await ask("/cors", [["Origin", origin]]);
      assert.deepEqual(values(response, "access-control-allow-origin"), [], origin);
    }
  });

  for (
    const path of [
      "//evil.com",
      "/%2Fevil.com",
      "/\\evil.com",
      "/%5Cevil.com",
      "/https:evil.com",
      "/https://evil.com",
      "/@evil.com",
      "/.evil.com",
      "/%09/evil.com",
      "/%0d%0aevil.com",
    ]
  ) {
    it(`open redirect: ${path} does not lead away`, async () => {
      for (const rule of ["/secure", "/out", "/bare"]) {
        for (const version of ["1.1", "1.0"]) {
          const fields: Field[] = version === "1.1" ? [["Host", "a.com"]] : [];
          const response = await site.request({ target: rule + path, fields, version });
          const [location] = values(response, "location");
          if (location === undefined) assert.equal(response.status, 400);
          else {
            const scheme = rule === "/secure" ? "https" : "http";
            assert.equal(new URL(location, `${scheme}://a.com/`).host, "a.com", location);
            assert.doesNotMatch(location, /^(\/\/|\/\\|[^/]*:[^/])|[\s\\]/);
          }
        }
      }
    });
  }

  it("open redirect: the Host of a request cannot be more than a host", async () => {
    for (
      const host of [
        "evil.com/",
        "a.com@evil.com",
        "a.com\\evil",
        "a.com evil",
        "a.com#",
        "a.com?x",
        "[evil]",
        "a.com:80:90",
      ]
    ) {
      const response = await site.request({ target: "/secure", fields: [["Host", host]] });
      assert.deepEqual([response.status, values(response, "location")], [400, []], host);
    }
  });
});
