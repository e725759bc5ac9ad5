/** Access log lines on stdout: JSON with every documented field, ALB's text format, sampled, off (data-plane spec 8.2). */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { rule, service, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite, withSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { dial, requestText } from "./harness/client.ts";

/** A rule whose first endpoint refuses. */
async function halfRefused(good: string) {
  return [
    rule({
      name: "retried",
      frontend: "web",
      priority: 1,
      dslx: underPath("/retried"),
      services: [{ name: "half" }],
    }),
    ...service({ name: "half", endpoints: [`${LOOPBACK}:${await freePort()}`, good] }),
  ];
}

describe("access log as JSON", () => {
  let site: Site;
  let dead: string;
  before(async () => {
    dead = `${LOOPBACK}:${await freePort()}`;
    site = await startSite({
      dslx: [{ type: "URL", values: [["STARTS_WITH", "/served"]] }],
      objects: [
        rule({
          name: "dead",
          frontend: "web",
          priority: 1,
          dslx: underPath("/dead"),
          services: [{ name: "dead" }],
        }),
        ...service({ name: "dead", endpoints: [dead] }),
      ],
    });
  });
  after(() => stopSite(site));
  const entryOf = (target: string) => site.gateway.logged((entry) => entry.target === target);

  it("has one line with all that is known of an exchange", async () => {
    site.upstream.handler = () => reply(201, [], "created");
    const from = "127.8.8.8";
    await site.request({
      method: "POST",
      target: "/served?q=1",
      fields: [["Host", "Example.com"], ["User-Agent", 'agent "x"\\'], ["X-Request-Id", "id-1"], [
        "X-Forwarded-For",
        "9.9.9.9",
      ]],
      body: "12345",
      from,
    });
    const entry = await entryOf("/served?q=1");
    assert.deepEqual(
      {
        ...entry,
        time: 0,
        request_time: 0,
        upstream_response_time: 0,
        phases: 0,
        attempts: 0,
        bytes_received: 0,
        bytes_sent: 0,
      },
      {
        time: 0,
        request_id: "id-1",
        remote_addr: from,
        peer_addr: from,
        listener: "web",
        server_port: site.port,
        scheme: "http",
        protocol: "HTTP/1.1",
        host: "example.com",
        method: "POST",
        target: "/served?q=1",
        status: 201,
        namespace: "default",
        rule: "r1",
        upstream: entry.upstream,
        attempts: 0,
        bytes_received: 0,
        bytes_sent: 0,
        upstream_bytes_received: entry.upstream_bytes_received,
        request_time: 0,
        upstream_response_time: 0,
        phases: 0,
        user_agent: 'agent "x"\\',
        x_forwarded_for: "9.9.9.9",
        error: "",
        reason: "",
      },
    );
    assert.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(entry.upstream, /r1/);
    assert.deepEqual(
      entry.attempts.map(({ endpoint, status, error }: Record<string, unknown>) => [endpoint, status, error]),
      [
        [site.upstream.endpoint, 201, ""],
      ],
    );
    assert.ok(entry.bytes_received > 100 && entry.bytes_sent > 50 && entry.upstream_bytes_received > 20);
    assert.ok(entry.request_time >= entry.upstream_response_time && entry.upstream_response_time > 0);
    assert.ok(Object.values(entry.phases as Record<string, number>).every((seconds) => seconds >= 0));
  });

  it("names the error and reason of the gateway's own answers", async () => {
    await site.request({ target: "/dead" });
    const entry = await entryOf("/dead");
    assert.deepEqual([entry.status, entry.rule, entry.error], [502, "dead", "CONNECT_REFUSED"]);
    assert.match(entry.reason, /^UpstreamFail : ./);
    assert.equal(entry.attempts[0].error, "CONNECT_REFUSED");
    await site.request({ target: "/nothing" });
    const unmatched = await entryOf("/nothing");
    assert.deepEqual([unmatched.status, unmatched.rule, unmatched.reason], [
      404,
      "",
      "InvalidUpstream : no rule match",
    ]);
    assert.deepEqual(unmatched.attempts, []);
  });

  it("keeps a client's text inside its field", async () => {
    site.upstream.handler = () => reply(200, [], "ok");
    const nasty = '/served"},{"x":"\\u0041<script>';
    await site.request({ target: nasty, fields: [["User-Agent", '\xe9\xff\t"}']] });
    const entry = await entryOf(nasty);
    assert.equal(entry.status, 200);
  });

  it("has a line for what could not be read", async () => {
    const connection = await dial({ host: site.host, port: site.port, from: "127.8.8.9" });
    await connection.send("GET / HTTP/1.1\r\nHost : a.com\r\n\r\n");
    const entry = await site.gateway.logged((each) => each.error === "BAD_REQUEST");
    assert.deepEqual([entry.status, entry.peer_addr, entry.target, entry.rule], [400, "127.8.8.9", "", ""]);
    assert.equal(entry.reason, "BadRequest : space in or after a header name");
    connection.close();
  });

  it("has a line for clients that left", async () => {
    site.upstream.handler = () => {};
    const leaving = await dial({ host: site.host, port: site.port });
    await leaving.send(requestText({ target: "/served/left" }));
    await site.gateway.metric("albatross_requests_in_flight"); // a round trip: the request is on its way
    leaving.reset();
    const entry = await entryOf("/served/left");
    assert.deepEqual([entry.status, entry.error], [499, "CLIENT_ABORTED"]);
  });
});

describe("access log as ALB writes it", () => {
  let site: Site;
  before(async () => {
    site = await startSite({ args: ["--access-log-format", "alb"], dslx: underPath("/served") });
  });
  after(() => stopSite(site));

  it("has the fields of ALB in their order", async () => {
    const from = "127.8.8.8";
    await site.request({ target: "/served?x", fields: [["Host", "h:1"], ["User-Agent", 'a "b"']], from });
    const line = await site.gateway.process.waitForLine("stdout", (text) => text.includes("/served?x"));
    const number = "[0-9]+\\.[0-9]{3}";
    assert.match(
      line,
      new RegExp(
        `^\\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\\] ${from} "[^"]+" "GET /served\\?x HTTP/1.1" 200 200 ` +
          `${site.upstream.endpoint} "a \\\\x22b\\\\x22" "-" ${number} ${number} [0-9]+ ${site.port}$`,
      ),
    );
  });

  it("writes dashes for what is missing", async () => {
    await site.request({ target: "/none" });
    const line = await site.gateway.process.waitForLine("stdout", (text) => text.includes("/none"));
    assert.match(line, new RegExp(` 404 - - "-" "-" [0-9.]+ - - ${site.port}$`));
  });
});

describe("access log off", () => {
  it("writes nothing", async () => {
    const site = await startSite({ args: ["--access-log", "off"] });
    try {
      for (let n = 0; n < 5; n++) assert.equal((await site.request()).status, 200);
    } finally {
      await stopSite(site);
    }
    assert.deepEqual(site.gateway.process.stdout, []);
  });
});

describe("access log of retried requests", () => {
  it("lists every attempt", async () => {
    await withSite({}, async (site) => {
      site.gateway.write("more.yaml", await halfRefused(site.upstream.endpoint));
      site.upstream.handler = ({ target }) => reply(200, [], target);
      for (let n = 0; n < 200; n++) {
        await site.request({ target: `/retried/${n}` });
        const entry = await site.gateway.logged((each) => each.target === `/retried/${n}`);
        if (entry.attempts.length === 1) continue;
        assert.equal(entry.attempts[0].error, "CONNECT_REFUSED");
        assert.deepEqual([entry.attempts[1].status, entry.attempts[1].endpoint], [
          200,
          site.upstream.endpoint,
        ]);
        return;
      }
      assert.fail("no request was retried");
    });
  });
});
