import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headerEditFault } from "../../src/lib/field-names.ts";
import { HeaderEdits } from "../../src/lib/header-edits.ts";
import { requestHeaders } from "../../src/middlewares/request-headers.ts";
import { responseHeaders } from "../../src/middlewares/response-headers.ts";
import { vhost } from "../../src/middlewares/vhost.ts";
import type { RequestHeadersFilter } from "../../src/table/filters.ts";
import { acting, fakeExchange, type FakeOptions, run } from "./exchange.ts";

const NOTHING: RequestHeadersFilter = {
  type: "request-headers",
  set: {},
  setFrom: {},
  remove: [],
  add: {},
  addFrom: {},
};

async function edit(filter: Partial<RequestHeadersFilter>, request: FakeOptions = {}) {
  const exchange = fakeExchange(request);
  await run(acting(requestHeaders({ ...NOTHING, ...filter })), exchange);
  return { lines: exchange.requestEdits.lines(), removed: exchange.requestEdits.removed };
}

describe("request headers", () => {
  it("are set, set from variables, removed, added, added from variables, in this order", async () => {
    const { lines, removed } = await edit({
      set: { "x-a": "1", "x-b": "1" },
      setFrom: { "x-b": "scheme" },
      remove: ["x-a", "x-c"],
      add: { "x-c": ["2", "3"] },
      addFrom: { "x-c": ["host", "cookie_none", "server_port"] },
    });
    assert.equal(lines, "x-b: http\r\nx-c: 2\r\nx-c: 3\r\nx-c: a.com\r\nx-c: 80\r\n");
    assert.deepEqual(removed, ["x-a", "x-b", "x-c"]);
  });

  it("are left alone by variables without a value, and by unknown ones", async () => {
    const { lines, removed } = await edit({ setFrom: { "x-a": "cookie_none", "x-b": "nobody" } });
    assert.deepEqual([lines, removed], ["", []]);
  });

  it("travel as UTF-8, one byte a character", async () => {
    assert.equal((await edit({ set: { "x-a": "é日" } })).lines, "x-a: \xc3\xa9\xe6\x97\xa5\r\n");
    const request = { effectivePath: "/é\udcff" };
    assert.equal((await edit({ setFrom: { "x-a": "uri" } }, request)).lines, "x-a: /\xc3\xa9\xff\r\n");
  });

  for (
    const [variable, expected, request] of [
      ["arg_Q", "%41", { query: "x=1&q=%41" }],
      ["param_q", "A b", { query: "q=%41+b&q=2" }],
      ["param_q", "X-Evil: 1", { query: "q=%0d%0aX-Evil: 1" }],
      ["cookie_c", "v", { headers: { cookie: 'a=b; c="v"' } }],
      ["cookie_c", '"v', { headers: { cookie: 'c="v' } }],
      ["header_x_y", "1", { headers: { "x-y": "1" } }],
      ["HTTP_X_Y", "1", { headers: { "x-y": "1" } }],
      ["first_forward_or_remote_addr", "10.9.9.9", {}],
      ["time_iso8601", "2023-11-14T22:13:20+00:00", {}],
      ["remote_user", "ann", { headers: { authorization: `Basic ${btoa("ann:pw")}` } }],
    ] as [string, string, FakeOptions][]
  ) {
    it(`$${variable} is ${JSON.stringify(expected)} for ${JSON.stringify(request)}`, async () => {
      assert.equal((await edit({ setFrom: { "x-a": variable } }, request)).lines, `x-a: ${expected}\r\n`);
    });
  }
});

describe("edits of headers", () => {
  it("cannot touch framing and connection, in no spelling, nor end their line", () => {
    const edits = new HeaderEdits();
    for (
      const name of ["Content-Length", "content_length", "Transfer.Encoding", "connection", "x y", "", "x:"]
    ) {
      edits.set(name, "1");
      assert.notEqual(headerEditFault(name), undefined, name);
    }
    edits.set("x-a", "1\r\nx-evil: 2\0");
    assert.equal(edits.lines(), "x-a: 1x-evil: 2\r\n");
    assert.equal(headerEditFault("X-Any_Name.1"), undefined);
  });

  it("leave out what somebody else sets, in any spelling", () => {
    const edits = new HeaderEdits();
    edits.add("X_Real.IP", "1");
    edits.add("x-other", "2");
    assert.equal(edits.lines(new Set(["x-real-ip"])), "x-other: 2\r\n");
  });
});

describe("response headers", () => {
  it("are set, removed and added when the head is written", async () => {
    const exchange = fakeExchange();
    const filter = { set: { "x-a": "é" }, remove: ["x-b"], add: { vary: ["a", "b"] } };
    await run(acting(responseHeaders({ type: "response-headers", ...filter })), exchange);
    assert.equal(exchange.responseEdits.empty, true);
    exchange.answer(200);
    assert.equal(exchange.responseEdits.lines(), "x-a: \xc3\xa9\r\nvary: a\r\nvary: b\r\n");
    assert.deepEqual(exchange.responseEdits.removed, ["x-a", "x-b"]);
  });
});

describe("vhost", () => {
  it("replaces the Host of the upstream alone", async () => {
    const hosts: string[] = [];
    const exchange = fakeExchange({ setUpstreamHost: (host) => void hosts.push(host) });
    await run(acting(vhost({ type: "vhost", host: "b.com:81" })), exchange);
    assert.deepEqual([hosts, exchange.requestEdits.empty], [["b.com:81"], true]);
  });
});
