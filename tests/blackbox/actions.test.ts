/** What Rules do with requests and answers, where features meet each other and the protocol. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts, LOOPBACK } from "./harness/addresses.ts";
import { request, type RequestOptions, requestText } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { type Field, readHead, readResponse, type Response, value, values } from "./harness/message.ts";
import { frontend, type KubeObject, rule, type RuleOptions, service, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";

/** A rule for the paths below `/NAME` that sends to the upstream of the site. */
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

const CORS_REQUEST: Field[] = [["Host", "a.com"], ["Origin", "https://shop.example"]];

describe("actions of rules", () => {
  let site: Site;
  before(async () => {
    site = await startSite({
      handler: ({ target }) => {
        const status = Number(/status=(\d+)/.exec(target)?.[1] ?? 200);
        const body = status === 204 || status === 304 ? "" : "body";
        const allowed: Field[] = target.includes("allow=*") ? [["Access-Control-Allow-Origin", "*"]] : [];
        if (target.includes("credentials")) allowed.push(["Access-Control-Allow-Credentials", "true"]);
        return reply(status, [["X-Powered-By", "php"], ["Vary", "Accept"], ...allowed], body);
      },
      objects: [
        action("moved", { config: { redirect: { code: 308, scheme: "https" } } }),
        action("new-prefix", { config: { redirect: { prefix_match: "/new-prefix", replace_prefix: "/n" } } }),
        action("other-port", { config: { redirect: { code: 307, port: 8443 } } }),
        action("self", { config: { redirect: { prefix_match: "/self/", replace_prefix: "/n" } } }),
        action("fragment", { config: { redirect: { scheme: "https", url: "/a#b" } } }),
        action("public", { spec: { enableCORS: true } }),
        action("no-credentials", {
          spec: { enableCORS: true, corsAllowOrigin: "https://shop.example" },
          config: { cors: { allowCredentials: false } },
        }),
        action("other-url", { config: { redirect: { scheme: "https", url: "/a?b=c" } } }),
        action("all", {
          config: { redirect: { code: 301, scheme: "https" } },
          spec: { enableCORS: true, corsAllowOrigin: "https://shop.example" },
          annotations: {
            "rewrite-response": { headers: { "x-env": "prod" }, headers_add: { vary: ["x-env"] } },
          },
        }),
        action("shared", {
          spec: { enableCORS: true, corsAllowOrigin: "https://shop.example, https://*.shop.example" },
          annotations: {
            "rewrite-response": {
              headers: { "access-control-allow-methods": "GET" },
              headers_remove: ["x-powered-by"],
              headers_add: { "x-tag": ["a", "b"] },
            },
          },
        }),
        action("gateways-own", {
          annotations: {
            "rewrite-response": {
              headers: { Via: "mine", "X-ALB-ERR-REASON": "mine", "x-cpaas-trace": "mine" },
              headers_remove: ["via"],
            },
          },
        }),
        action("dead", {
          services: [{ name: "dead" }],
          spec: { enableCORS: true },
          annotations: { "rewrite-response": { headers: { "x-env": "prod" } } },
        }),
        action("api", { spec: { rewrite_base: "/api/(v[0-9])(/|$)(.*)", rewrite_target: "/$3" } }),
        action("vhost", {
          spec: { vhost: "internal.example:81" },
          annotations: {
            "rewrite-request": {
              headers: { "x-env": "pröd", "x-sign": "日本" },
              headers_var: { "x-path": "uri", "x-host": "http_host", "x-none": "cookie_absent" },
              headers_remove: ["x-debug"],
              headers_add: { "x-tag": ["a", "b"] },
            },
          },
        }),
        ...service({ name: "dead", endpoints: [`${LOOPBACK}:9`] }),
      ],
    });
  });
  after(() => stopSite(site));

  const ask = (target: string, more: Omit<RequestOptions, "host" | "port"> = {}): Promise<Response> =>
    site.request({ target, fields: [["Host", "a.com"]], ...more });
  const location = async (target: string, more: Omit<RequestOptions, "host" | "port"> = {}) =>
    value(await ask(target, more), "location");
  const upstreamSaw = () => site.upstream.requests.at(-1)!;

  describe("redirects", () => {
    it("keep the query and encode the path again", async () => {
      assert.equal(
        await location("/moved/caf%C3%A9/%2525?a=%0d%0a&b"),
        "https://a.com/moved/caf%C3%A9/%2525?a=%0d%0a&b",
      );
      assert.equal(await location("/moved/a\xc3\xa9%3Fx?q=\xe9"), "https://a.com/moved/a%C3%A9%3Fx?q=%E9");
      assert.equal(await location("/moved/a%FFb"), "https://a.com/moved/a%FFb");
    });

    it("write IPv6 hosts with brackets, and drop the port with the scheme", async () => {
      const to = (host: string) => location("/moved", { fields: [["Host", host]] });
      assert.equal(await to("[2001:DB8::1]:8080"), "https://[2001:db8::1]/moved");
      assert.equal(await to("A.com.:80"), "https://a.com/moved");
      assert.equal(
        await location("/other-port", { fields: [["Host", "[::1]:1"]] }),
        "http://[::1]:8443/other-port",
      );
    });

    it("keep the client's port when only the path changes", async () => {
      assert.equal(
        await location("/new-prefix/x?y", { fields: [["Host", "a.com:81"]] }),
        "http://a.com:81/n/x?y",
      );
    });

    it("leave the query of a configured path alone", async () => {
      assert.equal(await location("/other-url?x=1"), "https://a.com/a?b=c");
    });

    it("without a Host are relative, or refused when they would lead back here", async () => {
      assert.equal(await location("/new-prefix/x", { version: "1.0", fields: [] }), "/n/x");
      const response = await ask("/moved", { version: "1.0", fields: [] });
      assert.deepEqual([response.status, values(response, "location")], [400, []]);
    });

    for (const [code, target] of [[308, "/moved"], [307, "/other-port"]] as const) {
      it(`answer ${code} to a POST without losing the connection or the next request`, async () => {
        const seen = site.upstream.requests.length;
        const client = await site.dial();
        for (const body of ["x".repeat(100_000), ""]) {
          await client.send(requestText({ method: "POST", target, body }));
          assert.equal((await readResponse(client)).status, code);
        }
        assert.equal(site.upstream.requests.length, seen);
        client.close();
      });
    }

    it("keep a configured fragment behind the query", async () => {
      assert.equal(value(await ask("/fragment?x=1"), "location"), "https://a.com/a?x=1#b");
    });

    it("answer 500 where they would lead to themselves", async () => {
      const response = await ask("/self");
      assert.equal(response.status, 500);
      assert.equal(value(response, "x-alb-err-reason"), "InvalidConfig : the redirect leads to itself");
      assert.equal(value(await ask("/self/x"), "location"), "http://a.com/n/x");
    });

    it("have no body for HEAD", async () => {
      const client = await site.dial();
      for (let i = 0; i < 2; i++) {
        await client.send(requestText({ method: "HEAD", target: "/moved" }));
        const response = await readResponse(client, "HEAD");
        assert.equal(response.status, 308);
        const length = value(await ask("/moved"), "content-length");
        assert.equal(value(response, "content-length"), length, "the length that GET has");
      }
      client.close();
    });

    it("carry CORS and modified headers; preflights are redirected too", async () => {
      const response = await ask("/all", { fields: CORS_REQUEST });
      assert.deepEqual([response.status, value(response, "location")], [301, "https://a.com/all"]);
      assert.equal(value(response, "access-control-allow-origin"), "https://shop.example");
      assert.equal(value(response, "x-env"), "prod");
      assert.deepEqual(values(response, "vary"), ["Origin", "x-env"]);
      const preflight: Field[] = [...CORS_REQUEST, ["Access-Control-Request-Method", "GET"]];
      assert.equal((await ask("/all", { method: "OPTIONS", fields: preflight })).status, 301);
    });
  });

  describe("CORS", () => {
    const preflight = (origin: string): Field[] => [
      ["Host", "a.com"],
      ["Origin", origin],
      ["Access-Control-Request-Method", "PUT"],
    ];

    it("security: an upstream's credentials are not for those whom the Rule admits without", async () => {
      for (const [path, origin] of [["public", "*"], ["no-credentials", "https://shop.example"]] as const) {
        const response = await ask(`/${path}?credentials`, { fields: CORS_REQUEST });
        assert.deepEqual(values(response, "access-control-allow-origin"), [origin]);
        assert.deepEqual(values(response, "access-control-allow-credentials"), [], path);
      }
      const response = await ask("/shared?credentials", { fields: CORS_REQUEST });
      assert.deepEqual(values(response, "access-control-allow-credentials"), ["true"]);
    });

    it("answers preflights alone, and keeps the connection", async () => {
      const seen = site.upstream.requests.length;
      const client = await site.dial();
      for (let i = 0; i < 2; i++) {
        await client.send(
          requestText({ method: "OPTIONS", target: "/shared", fields: preflight("https://x.shop.example") }),
        );
        const response = await readResponse(client, "OPTIONS");
        assert.equal(response.status, 204);
        assert.equal(value(response, "access-control-allow-origin"), "https://x.shop.example");
        assert.equal(value(response, "access-control-max-age"), "1728000");
        assert.deepEqual(values(response, "content-length"), []);
      }
      assert.equal(site.upstream.requests.length, seen);
      client.close();
    });

    it("lets other OPTIONS pass to the upstream", async () => {
      const seen = site.upstream.requests.length;
      await ask("/shared", { method: "OPTIONS", fields: CORS_REQUEST });
      await ask("/shared", {
        method: "OPTIONS",
        fields: [["Host", "a.com"], ["Access-Control-Request-Method", "PUT"]],
      });
      assert.equal(site.upstream.requests.length, seen + 2);
    });

    it("names no origin to strangers, but says what the answer varies by", async () => {
      for (const origin of ["https://evil.example", "https://evil.example/.shop.example", "null"]) {
        const response = await ask("/shared", { fields: [["Host", "a.com"], ["Origin", origin]] });
        assert.deepEqual(values(response, "access-control-allow-origin"), [], origin);
        assert.deepEqual(values(response, "vary"), ["Accept", "Origin"]);
      }
    });

    it("adds no credentials to what the upstream allows to strangers", async () => {
      const answers = async (target: string, origin: string) => {
        const response = await ask(target, { fields: [["Host", "a.com"], ["Origin", origin]] });
        return ["origin", "credentials"].map((name) => value(response, `access-control-allow-${name}`));
      };
      assert.deepEqual(await answers("/shared?allow=*", "https://evil.example"), ["*", undefined]);
      assert.deepEqual(await answers("/shared", "https://evil.example"), [undefined, "true"]);
      assert.deepEqual(await answers("/shared?allow=*", "https://shop.example"), [
        "https://shop.example",
        "true",
      ]);
    });

    it("gives way to response header modification", async () => {
      const response = await ask("/shared", { fields: CORS_REQUEST });
      assert.equal(value(response, "access-control-allow-methods"), "GET");
    });
  });

  describe("header changes", () => {
    for (const status of [200, 204, 304, 404]) {
      it(`apply to ${status}, on GET and HEAD`, async () => {
        const client = await site.dial();
        for (const method of ["GET", "HEAD", "GET"]) {
          await client.send(requestText({ method, target: `/shared?status=${status}` }));
          const response = await readResponse(client, method);
          assert.equal(response.status, status);
          assert.deepEqual([values(response, "x-tag"), values(response, "x-powered-by")], [["a", "b"], []]);
        }
        client.close();
      });
    }

    for (const accepts of [[], [["Accept-Encoding", "gzip"]]] as Field[][]) {
      const asked = accepts.length === 0 ? "" : ", nor when the answer might be compressed";
      it(`do not apply to error pages of the gateway${asked}`, async () => {
        const response = await ask("/dead", { fields: [...CORS_REQUEST, ...accepts] });
        assert.equal(response.status, 502);
        assert.deepEqual(values(response, "x-env"), []);
        assert.deepEqual(values(response, "access-control-allow-origin"), []);
      });
    }

    it("leave what the gateway says of itself", async () => {
      const response = await ask("/gateways-own?status=404", {
        fields: [["Host", "a.com"], ["cpaas-trace", "true"]],
      });
      assert.equal(value(response, "via"), "alb");
      assert.match(value(response, "x-alb-err-reason") ?? "", /^BackendError : read \d+ byte/);
      assert.match(value(response, "x-cpaas-trace") ?? "", /^\{/);
      const good = await ask("/gateways-own");
      assert.deepEqual([value(good, "via"), value(good, "x-alb-err-reason")], ["alb", undefined]);
    });

    it("reach the upstream as UTF-8, in the order of the maps, and leave out what has no value", async () => {
      await ask("/vhost/%C3%BC", {
        fields: [["Host", "a.com:80"], ["X-Debug", "1"], ["x_debug", "2"], ["X-Tag", "0"], [
          "X-None",
          "client",
        ]],
      });
      const seen = upstreamSaw();
      assert.deepEqual(
        ["x-env", "x-sign", "x-path"].map((name) => Buffer.from(value(seen, name)!, "latin1").toString()),
        ["pröd", "日本", "/vhost/ü"],
      );
      assert.deepEqual(values(seen, "x-tag"), ["0", "a", "b"]);
      assert.deepEqual([values(seen, "x-debug"), values(seen, "x_debug")], [[], []]);
      assert.deepEqual([value(seen, "x-none"), value(seen, "x-host")], ["client", "a.com:80"]);
      assert.deepEqual([value(seen, "host"), value(seen, "x-forwarded-host")], [
        "internal.example:81",
        "a.com:80",
      ]);
    });

    it("apply to upgrades on their way to the upstream, also of clients that take encodings", async () => {
      const { handler } = site.upstream;
      site.upstream.handler = null;
      for (const connection of site.upstream.connections) connection.close();
      const client = await site.dial();
      await client.send(requestText({
        target: "/vhost",
        fields: [["Connection", "Upgrade"], ["Upgrade", "chat"], ["Accept-Encoding", "gzip, br"]],
      }));
      const upstream = await site.upstream.nextConnection();
      const head = await readHead(upstream);
      assert.deepEqual([value(head, "host"), value(head, "upgrade")], ["internal.example:81", "chat"]);
      assert.deepEqual(values(head, "x-tag"), ["a", "b"]);
      await upstream.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhi",
      );
      assert.equal((await readResponse(client)).status, 101);
      assert.equal(Buffer.from(await client.readExactly(2)).toString(), "hi");
      client.close();
      upstream.close();
      site.upstream.handler = handler;
    });
  });

  describe("rewrites", () => {
    for (
      const [target, expected] of [
        ["/api/v1/users?x=%2F&y=a+b", "/users?x=%2F&y=a+b"],
        ["/api/v1", "/"],
        ["/api/v1/caf%C3%A9/%e6%97%a5", "/caf%C3%A9/%E6%97%A5"],
        ["/api/v1/a%20b%3Fc%25d", "/a%20b%3Fc%25d"],
        ["/api/v1/%FF", "/%FF"],
        ["/api//v1/./a/../b", "/b"],
        ["/api/v1/a?b?c=/../d", "/a?b?c=/../d"],
        // No match: as received.
        ["/api/%76x/%2e%2e/y", "/api/%76x/%2e%2e/y"],
      ] as const
    ) {
      it(`makes ${expected} of ${target}`, async () => {
        assert.equal((await ask(target)).status, 200);
        assert.equal(upstreamSaw().target, expected);
        const { fields } = upstreamSaw();
        assert.equal(value({ fields }, "x-original-uri"), target);
      });
    }
  });
});

describe("redirects of whole ports", () => {
  const LABELS = { "alb2.cpaas.io/name": "edge" };
  let upstream: Upstream;
  let gateway: Gateway;
  let ports: number[];
  before(async () => {
    upstream = await startUpstream();
    ports = await freePorts(3);
    const [own, ingress, open] = ports as [number, number, number];
    const services = [{ name: "app" }];
    const objects = [
      frontend({ name: "own", port: own, services, config: { redirect: { host: "new.example" } } }),
      frontend({ name: "ingress", port: ingress, services }),
      frontend({ name: "open", port: open, services }),
      ...["own", "ingress", "open"].map((name) =>
        rule({ name, frontend: name, priority: 1, dslx: underPath("/rule"), services })
      ),
    ];
    const alb2 = {
      apiVersion: "crd.alauda.io/v2",
      kind: "ALB2",
      metadata: { name: "edge", namespace: "default" },
      spec: { config: { ingressSSLRedirect: true, ingressHTTPPort: ingress } },
    };
    gateway = await startGateway({
      config: [
        alb2,
        ...objects.map((object) => {
          const { labels, ...metadata } = object["metadata"] as { labels?: object };
          return { ...object, metadata: { ...metadata, labels: { ...labels, ...LABELS } } };
        }),
        ...service({ name: "app", endpoints: [upstream.endpoint] }),
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  const ask = (index: number, target: string) =>
    request({ host: LOOPBACK, port: ports[index]!, target, fields: [["Host", "a.com"]] });

  for (const target of ["/rule/x?y=1", "/anything?y=1"]) {
    it(`come before rules and the default route: ${target}`, async () => {
      const own = await ask(0, target);
      assert.deepEqual([own.status, value(own, "location")], [302, `http://new.example${target}`]);
      const ingress = await ask(1, target);
      assert.deepEqual([ingress.status, value(ingress, "location")], [308, `https://a.com${target}`]);
      assert.equal((await ask(2, target)).status, 200);
    });
  }
});
