/** The tables of examples on the pages about redirects and rewrites: what they say comes out, comes out. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "yaml";
import type { Filter } from "../../src/table/filters.ts";
import { answer, startSite } from "../proxy/harness/site.ts";
import { frontend, type Json, rule, service, translateObjects } from "../translators/objects.ts";

/** Rows of the table under a header; cells without their backticks, `\|` is a bar. */
function rowsUnder(page: string, header: string): readonly (readonly string[])[] {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), "utf8");
  const start = text.indexOf(header);
  assert.notEqual(start, -1, `${page}.md has no table ${header}`);
  return text.slice(start).split("\n\n")[0]!.split("\n").slice(2).map((row) =>
    row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("`", "").replaceAll("\\|", "|"))
  );
}

/** What a Rule with `spec` does, beside compression. */
function filtersOf(spec: Json): readonly Filter[] {
  const objects = [
    frontend(),
    rule("r", spec, { labels: { "alb2.cpaas.io/frontend": "web" } }),
    ...service("echo", ["10.0.0.1"]),
  ];
  const { table, problems } = translateObjects(objects);
  assert.deepEqual(problems, []);
  return table.listeners[0]!.routes[0]!.filters.filter(({ type }) => type !== "compress");
}

/** Sends a GET through the filters; what the upstream got, if it was asked, and what the client got. */
async function send(filters: readonly Filter[], target: string, lines = "Host: a.com\r\n") {
  const site = startSite({ filters });
  const client = site.client().send(`GET ${target} HTTP/1.1\r\n${lines}\r\n`);
  await site.settle();
  const upstream = site.network.dials.length > 0 ? site.accept() : undefined;
  upstream?.send(answer("ok"));
  await site.settle();
  client.end();
  await site.settle();
  return { upstream: upstream?.received ?? "", client: client.received };
}

describe("docs/redirect.md", () => {
  const rows = rowsUnder("redirect", "| Redirect | Request | Location |");
  it("has examples", () => assert.ok(rows.length >= 4));
  for (const [redirect = "", url = "", location] of rows) {
    it(`${redirect}: ${url} → ${location}`, async () => {
      const filters = filtersOf({ config: { redirect: parse(redirect) } });
      const [, host, target = "/"] = /^http:\/\/([^/]*)(.*)$/.exec(url) ?? [];
      const { client } = await send(filters, target, `Host: ${host}\r\n`);
      assert.equal(/^location: (.*)\r$/m.exec(client)?.[1], location);
    });
  }
});

describe("docs/rewrite.md", () => {
  const rows = rowsUnder("rewrite", "| `rewrite_base` | `rewrite_target` | Request | Upstream |");
  it("has examples", () => assert.ok(rows.length >= 4));
  for (const [rewrite_base = "", rewrite_target = "", target = "", expected] of rows) {
    it(`${rewrite_base} → ${rewrite_target}: ${target} → ${expected}`, async () => {
      const { upstream } = await send(filtersOf({ rewrite_base, rewrite_target }), target);
      assert.equal(/^GET (\S+) /.exec(upstream)?.[1], expected);
    });
  }
});

describe("docs/headers.md", () => {
  it("a header from a variable alone is the variable's, or is not there", async () => {
    const page = readFileSync(new URL("../../docs/headers.md", import.meta.url), "utf8");
    const json = /```json\n([^]*?)```/.exec(page)?.[1] ?? "";
    const objects = [
      frontend(),
      rule("r", {}, {
        labels: { "alb2.cpaas.io/frontend": "web" },
        annotations: { "alb.rule.cpaas.io/rewrite-request": json },
      }),
      ...service("echo", ["10.0.0.1"]),
    ];
    const { table } = translateObjects(objects);
    const filters = table.listeners[0]!.routes[0]!.filters.filter(({ type }) => type !== "compress");
    const users = async (lines: string) =>
      [...(await send(filters, "/", `Host: a\r\nX-User: forged\r\n${lines}`)).upstream.matchAll(
        /^x-user: (.*)\r$/gim,
      )]
        .map(([, user]) => user);
    assert.deepEqual(await users("Cookie: user=ann\r\n"), ["ann"]);
    assert.deepEqual(await users(""), []);
  });
});
