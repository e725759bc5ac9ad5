/** Hono middlewares in a rule's chain: three that Hono ships and two of a user's own. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "./harness/addresses.ts";
import { request, requestText } from "./harness/client.ts";
import { type Field, readHead, readResponse, value, values } from "./harness/message.ts";
import { frontend, rule, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

const FIXTURES = new URL("fixtures/", import.meta.url).pathname;

function withMiddlewares(name: string, ...middlewares: { name: string; options?: unknown }[]) {
  const config = { middlewares };
  return rule({
    name,
    frontend: "web",
    priority: 1,
    dslx: underPath(`/${name}`),
    services: [{ name: "app" }],
    config,
  });
}

describe("middlewares", () => {
  let site: Site;
  before(async () => {
    const shipped = (use: string) => ({ name: "shipped", options: { use } });
    site = await startSite({
      handler: ({ body }) =>
        reply(200, [["Content-Type", "text/plain"], ["X-Backend", "1"]], `hello ${body}`),
      objects: [
        withMiddlewares("chain", shipped("request-id"), shipped("secure-headers"), shipped("etag"), {
          name: "shout",
          options: { suffix: "!" },
        }),
        withMiddlewares("etag", shipped("etag")),
        withMiddlewares("gate", { name: "gatekeeper" }),
        withMiddlewares("unknown", { name: "nobody-registered" }),
      ],
      args: ["shipped=off-the-shelf", "shout=shout", "gatekeeper=gatekeeper"].flatMap((entry) => {
        const [name, file] = entry.split("=");
        return ["--middleware", `${name}=${FIXTURES}${file}.ts`];
      }),
    });
  });
  after(() => stopSite(site));

  it("run together: request-id, secure-headers, etag and one that rewrites the body", async () => {
    const response = await site.request({ target: "/chain" });
    assert.deepEqual([response.status, response.body], [200, "HELLO !"]);
    assert.match(value(response, "x-request-id") ?? "", /^[\w-]{16,}$/);
    assert.equal(value(response, "x-content-type-options"), "nosniff");
    assert.equal(value(response, "x-frame-options"), "SAMEORIGIN");
    assert.match(value(response, "etag") ?? "", /^"[0-9a-f]+"$/);
    assert.equal(value(response, "x-backend"), "1");
    assert.equal(value(response, "via"), "alb");
  });

  it("answer 304 to a matching etag, with no body", async () => {
    const first = await site.request({ target: "/etag" });
    assert.deepEqual([first.status, first.body], [200, "hello "]);
    const fields: Field[] = [["If-None-Match", value(first, "etag")!]];
    const client = await site.dial();
    await client.send(requestText({ target: "/etag", fields }));
    const second = await readResponse(client);
    assert.deepEqual([second.status, second.body], [304, ""]);
    await client.send(requestText({ target: "/etag" }));
    assert.equal((await readResponse(client)).body, "hello ");
    client.close();
  });

  it("pass request bodies that they do not read", async () => {
    const response = await site.request({ target: "/chain", method: "POST", body: "world" });
    assert.equal(response.body, "HELLO WORLD!");
    assert.equal(site.upstream.requests.at(-1)!.body, "world");
  });

  it("keep chunked bodies and connections in order", async () => {
    const client = await site.dial();
    for (const text of ["a", "bc", "def"]) {
      const body = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
      await client.send(
        requestText({ method: "POST", target: "/chain", fields: [["Transfer-Encoding", "chunked"]], body }),
      );
      assert.equal((await readResponse(client)).body, `HELLO ${text.toUpperCase()}!`);
    }
    client.close();
  });

  it("may answer by themselves, without an upstream", async () => {
    const before = site.upstream.requests.length;
    const response = await site.request({ target: "/gate", fields: [["X-Deny", "1"]] });
    assert.deepEqual([response.status, response.body], [403, "denied by middleware"]);
    assert.equal(site.upstream.requests.length, before);
  });

  it("answer HEAD as they answer GET, without the body", async () => {
    const fields: Field[] = [["X-Deny", "1"]];
    const get = await site.request({ target: "/gate", fields });
    const head = await site.request({ target: "/gate", fields, method: "HEAD" });
    assert.deepEqual([head.status, head.body], [403, ""]);
    for (const name of ["content-type", "content-length"]) {
      assert.deepEqual(values(head, name), values(get, name), name);
    }
    assert.match(value(head, "content-type") ?? "", /^text\/plain; ?charset=UTF-8$/i);
  });

  it("may read the request body", async () => {
    const response = await site.request({
      target: "/gate",
      method: "POST",
      fields: [["X-Read", "1"]],
      body: "secret",
    });
    assert.equal(response.body, "read secret");
  });

  it("see the path in its normal form", async () => {
    const response = await site.request({ target: "/gate//a/../b%20c" });
    assert.equal(decodeURIComponent(value(response, "x-path-seen") ?? ""), "/gate/b c");
    assert.equal(site.upstream.requests.at(-1)!.target, "/gate//a/../b%20c");
  });

  it("that throw are a 500 with a reason, which tells nothing of the error", async () => {
    const response = await site.request({ target: "/gate", fields: [["X-Fail", "1"]] });
    assert.deepEqual([response.status, response.body], [500, "X-Error: 500\n"]);
    assert.match(value(response, "x-alb-err-reason") ?? "", /^MiddlewareFail : ./);
    assert.doesNotMatch(value(response, "x-alb-err-reason")!, /broken on purpose/);
    assert.equal((await site.request({ target: "/gate" })).status, 200);
  });

  it("that nobody registered make their rule answer 500, and are a Problem", async () => {
    const response = await site.request({ target: "/unknown" });
    assert.equal(response.status, 500);
    assert.match(value(response, "x-alb-err-reason") ?? "", /^InvalidConfig : ./);
    const body = await site.gateway.api("problems");
    const problem = (body.problems ?? body).find((each: { object: { name: string } }) =>
      each.object.name === "unknown"
    );
    assert.match(problem?.reason ?? "", /nobody-registered/);
    assert.equal((await site.request()).status, 200);
  });

  it("of a Frontend that cannot be had are its problem, told once, and close its routes", async () => {
    const port = await freePort();
    site.gateway.write("second.yaml", [
      frontend({
        name: "second",
        port,
        services: [{ name: "app" }],
        config: { middlewares: [{ name: "shout", options: { suffix: "?" } }, { name: "nobody" }] },
      }),
      rule({ name: "second-1", frontend: "second", dslx: underPath("/1"), services: [{ name: "app" }] }),
      rule({ name: "second-2", frontend: "second", dslx: underPath("/2"), services: [{ name: "app" }] }),
    ]);
    const told = await eventually(async () => {
      const { problems } = await site.gateway.api("problems");
      const found = problems.filter(({ reason }: { reason: string }) => reason.includes('"nobody"'));
      return found.length > 0 ? found : undefined;
    }, () => "no problem is told");
    assert.deepEqual(
      told.map(({ object, field }: { object: object; field: string }) => [object, field]),
      [[{ kind: "Frontend", namespace: "default", name: "second" }, "spec.config.middlewares[1]"]],
    );
    for (const target of ["/1", "/2", "/"]) {
      const response = await request({ host: site.host, port, target });
      assert.equal(response.status, 500);
      const reason = value(response, "x-alb-err-reason");
      assert.equal(reason, "InvalidConfig : spec.config.middlewares is invalid");
    }
    site.gateway.remove("second.yaml");
  });

  it("do not stand in the way of an upgrade", async () => {
    site.upstream.handler = null;
    for (const connection of site.upstream.connections) connection.close();
    const client = await site.dial();
    await client.send(
      requestText({ target: "/gate", fields: [["Connection", "Upgrade"], ["Upgrade", "chat"]] }),
    );
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    await upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhi");
    assert.equal((await readResponse(client)).status, 101);
    assert.equal(Buffer.from(await client.readExactly(2)).toString(), "hi");
    client.close();
    upstream.close();
  });
});
