/** What the upstream is told (data-plane spec 3.7), whom the gateway believes, and which fields stop at a hop. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { type Field, readResponse, type Request, value, values } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";

const CLIENT = "127.5.5.5";

describe("headers to the upstream", () => {
  let site: Site;
  before(async () => void (site = await startSite()));
  after(() => stopSite(site));

  async function seen(fields: readonly Field[], target = "/p?q=1", method = "GET"): Promise<Request> {
    const response = await site.request({ method, target, fields, from: CLIENT });
    assert.equal(response.status, 200);
    return site.upstream.requests.at(-1)!;
  }

  it("are the client's and exactly the documented ones", async () => {
    const request = await seen([["Host", "Example.com:8080"], ["User-Agent", "t"], ["X-Custom", "a"]]);
    assert.deepEqual(
      sorted(request.fields),
      sorted([
        ["Host", "Example.com:8080"],
        ["User-Agent", "t"],
        ["X-Custom", "a"],
        ["X-Real-IP", CLIENT],
        ["X-Forwarded-For", CLIENT],
        ["X-Forwarded-Proto", "http"],
        ["X-Scheme", "http"],
        ["X-Forwarded-Host", "Example.com:8080"],
        ["X-Forwarded-Port", String(site.port)],
        ["X-Original-URI", "/p?q=1"],
        ["X-Original-URL", "http://Example.com:8080/p?q=1"],
        ["X-Original-Method", "GET"],
      ]),
    );
  });

  it("keep order, case and repetition of the client's", async () => {
    const own: Field[] = [["x-B", "1"], ["Accept", "*/*"], ["X-b", "2"], ["cookie", "a=1"], [
      "Cookie",
      "b=2",
    ]];
    const request = await seen(own);
    const names = new Set(own.map(([name]) => name.toLowerCase()));
    assert.deepEqual(request.fields.filter(([name]) => names.has(name.toLowerCase())), own);
  });

  it("replace forged ones, in every spelling", async () => {
    const forged = [
      "X-Real-IP",
      "X-Forwarded-For",
      "X-Forwarded-Proto",
      "X-Scheme",
      "X-Forwarded-Host",
      "X-Forwarded-Port",
      "X-Original-URI",
      "X-Original-URL",
      "X-Original-Method",
    ].flatMap((name): Field[] => [
      [name, "forged"],
      [name.replaceAll("-", "_"), "forged"],
      [name.toUpperCase().replace("-", "_"), "forged"],
      [name.toLowerCase(), "forged again"],
    ]);
    const request = await seen(forged);
    assert.deepEqual(request.fields.filter(([, text]) => text.startsWith("forged")), []);
    assert.equal(value(request, "x-forwarded-for"), CLIENT);
    assert.equal(value(request, "x-real-ip"), CLIENT);
  });

  it("of HTTP/1.0 without a Host have a Host, and tell of none", async () => {
    const before = site.upstream.requests.length;
    const { status } = await site.request({
      version: "1.0",
      fields: [["X-Forwarded-Host", "forged"]],
      from: CLIENT,
    });
    assert.equal(status, 200);
    const request = site.upstream.requests[before]!;
    assert.equal(value(request, "host"), "localhost");
    assert.deepEqual(values(request, "x-forwarded-host"), []);
    assert.equal(value(request, "x-forwarded-port"), String(site.port));
  });

  it("keep other names with underscores", async () => {
    assert.equal(value(await seen([["my_header", "v"]]), "my_header"), "v");
  });

  it("lose what belongs to the client's connection", async () => {
    const request = await seen([
      ["Connection", "keep-alive, X-Hop, x-other-hop"],
      ["X-Hop", "1"],
      ["X-Other-Hop", "2"],
      ["Keep-Alive", "timeout=5"],
      ["Proxy-Connection", "keep-alive"],
      ["TE", "gzip"],
      ["X-Stays", "yes"],
    ]);
    for (
      const name of ["Connection", "X-Hop", "X-Other-Hop", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade"]
    ) {
      assert.deepEqual(values(request, name), [], name);
    }
    assert.equal(value(request, "x-stays"), "yes");
  });

  it("cannot lose Host or the gateway's own through Connection", async () => {
    const request = await seen([["Host", "h"], ["Connection", "Host, X-Forwarded-For, X-Real-IP"]]);
    assert.equal(value(request, "host"), "h");
    assert.equal(value(request, "x-forwarded-for"), CLIENT);
    assert.equal(value(request, "x-real-ip"), CLIENT);
  });

  it("carry the target as it was received", async () => {
    const target = "/a%2Fb//c/./d/%7euser?x=%20&y=a/../b";
    const request = await seen([], target);
    assert.equal(request.target, target);
    assert.equal(value(request, "x-original-uri"), target);
  });

  it("carry the method as it was received", async () => {
    const request = await seen([], "/", "PROPFIND");
    assert.equal(request.method, "PROPFIND");
    assert.equal(value(request, "x-original-method"), "PROPFIND");
  });

  it("turn an absolute target into its origin form and its host (RFC 9112 section 3.2.2)", async () => {
    const request = await seen([["Host", "other.example"]], "http://first.example/x?y");
    assert.equal(request.target, "/x?y");
    assert.equal(value(request, "host"), "first.example");
  });

  it("are those of each request where a connection repeats its lines", async () => {
    const requests: readonly (readonly [line: string, host: string, told: string])[] = [
      ["GET /1", "a.example", "a.example"],
      ["GET /1", "a.example", "a.example"],
      ["GET /2", "a.example", "a.example"],
      ["GET http://first.example/3", "a.example", "first.example"],
      ["GET /4", "a.example", "a.example"],
      ["GET http://second.example/5", "a.example", "second.example"],
      ["PUT /6?x", "b.example", "b.example"],
      ["GET /7", "a.example", "a.example"],
    ];
    const client = await site.dial();
    for (const [line, host, told] of requests) {
      await client.send(`${line} HTTP/1.1\r\nHost: ${host}\r\nX-Own: ${host}\r\n\r\n`);
      assert.equal((await readResponse(client)).status, 200);
      const request = site.upstream.requests.at(-1)!;
      assert.deepEqual(
        ["host", "x-forwarded-host", "x-own", "x-original-method"].map((name) => value(request, name)),
        [told, told, host, line.split(" ")[0]],
        line,
      );
      assert.equal(request.target, line.slice(line.indexOf("/", line.startsWith("GET http") ? 12 : 0)), line);
    }
    client.close();
  });
});

describe("headers to the client", () => {
  let site: Site;
  before(async () => void (site = await startSite()));
  after(() => stopSite(site));

  it("are the upstream's in order and case, with Via, without those of its connection", async () => {
    site.upstream.handler = () =>
      reply(200, [
        ["Server", "backend/1"],
        ["x-Case", "kept"],
        ["Set-Cookie", "a=1"],
        ["Via", "1.1 inner"],
        ["Connection", "X-Hop"],
        ["X-Hop", "1"],
        ["Keep-Alive", "timeout=5"],
        ["Set-Cookie", "b=2"],
        ["Location", `http://${site.upstream.endpoint}/x`],
      ]);
    const response = await site.request();
    const own = response.fields.filter(([name]) => !/^(via|connection|date|keep-alive)$/i.test(name));
    assert.deepEqual(own, [
      ["Server", "backend/1"],
      ["x-Case", "kept"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["Location", `http://${site.upstream.endpoint}/x`],
      ["Content-Length", "0"],
    ]);
    assert.deepEqual(values(response, "via"), ["alb"]);
  });
});

describe("trusted proxies", () => {
  let site: Site;
  const PROXY = "127.7.0.1";
  before(async () =>
    void (site = await startSite({ args: ["--trusted-proxies", "127.7.0.0/16,10.0.0.0/8"] }))
  );
  after(() => stopSite(site));

  async function forwarded(from: string, ...chain: string[]): Promise<Request> {
    await site.request({ from, fields: chain.map((text): Field => ["X-Forwarded-For", text]) });
    return site.upstream.requests.at(-1)!;
  }

  it("have their X-Forwarded-For continued, nobody else has", async () => {
    assert.equal(
      value(await forwarded(PROXY, "1.1.1.1, 2.2.2.2"), "x-forwarded-for"),
      `1.1.1.1, 2.2.2.2, ${PROXY}`,
    );
    assert.equal(value(await forwarded(CLIENT, "1.1.1.1, 2.2.2.2"), "x-forwarded-for"), CLIENT);
  });

  it("may say more than the gateway does, nobody else may", async () => {
    const fields: Field[] = [["Forwarded", "for=1.1.1.1;proto=https"], ["X-Forwarded-Prefix", "/shop"]];
    for (const [from, expected] of [[PROXY, fields.map(([, text]) => text)], [CLIENT, []]] as const) {
      await site.request({ from, fields: [...fields, ["X_Forwarded_Prefix", "/forged"]] });
      const request = site.upstream.requests.at(-1)!;
      const names = ["forwarded", "x-forwarded-prefix", "x_forwarded_prefix"];
      assert.deepEqual(names.flatMap((name) => values(request, name)), expected, from);
    }
  });

  it("make the nearest untrusted address from the right the client's", async () => {
    assert.equal(value(await forwarded(PROXY, "6.6.6.6, 2.2.2.2, 10.0.0.9"), "x-real-ip"), "2.2.2.2");
    assert.equal(value(await forwarded(PROXY, "6.6.6.6", "2.2.2.2"), "x-real-ip"), "2.2.2.2");
    assert.equal(value(await forwarded(PROXY, "10.0.0.1, 10.0.0.9"), "x-real-ip"), "10.0.0.1");
    assert.equal(value(await forwarded(PROXY), "x-real-ip"), PROXY);
  });
});

function sorted(fields: readonly Field[]): Field[] {
  return [...fields].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}
