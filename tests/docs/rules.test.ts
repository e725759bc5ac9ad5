/** The tables of examples in docs/rules.md, tried on the matcher. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { parse } from "yaml";
import { compileMatcher } from "../../src/matcher/mod.ts";
import { type PlainRequest, viewRequest } from "../../src/matcher/view.ts";
import type { Route } from "../../src/table/table.ts";
import { compileDslx } from "../../src/translators/rule/dslx.ts";

const page = readFileSync(new URL("../../docs/rules.md", import.meta.url), "utf8");

/** What the code spans of a table cell hold. */
function spans(cell: string): string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, text = ""]) => text);
}

/** A request that shows `example` to a term of this type. */
function requestFor(type: string, key: string, example: string): PlainRequest {
  const plain: PlainRequest = {
    method: "GET",
    target: "/",
    headers: [["Host", "h.example"]],
    peer: "198.51.100.1",
  };
  switch (type) {
    case "METHOD":
      return { ...plain, method: example };
    case "URL":
      return { ...plain, target: example };
    case "HOST":
      return { ...plain, headers: [["Host", example]] };
    case "SRC_IP":
      return { ...plain, peer: example };
    case "PARAM":
      return { ...plain, target: `/?${example}` };
    case "COOKIE":
      return { ...plain, headers: [["Cookie", example]] };
    default:
      return { ...plain, headers: [[key, example]] };
  }
}

function matches(type: string, key: string, row: readonly string[], example: string): boolean {
  const dslx = compileDslx([{ type, key, values: [row] }], "one");
  assert.ok(dslx.ok, JSON.stringify(dslx));
  const view = viewRequest(requestFor(type, key, example), []);
  assert.ok(view.ok, JSON.stringify(view));
  const route = { match: dslx.match } as Route; // all that the matcher reads
  return compileMatcher([route]).find(view.request) === route;
}

const examples = page.split("\n").flatMap((line) => {
  const cells = line.split(/ *(?<!\\)\| */).slice(1, -1);
  const [, type = "", key = "", row = ""] = /^`([A-Z_]+) (?:([\w-]+) )?(\[.*\])`$/.exec(cells[0] ?? "") ?? [];
  return type === "" ? [] : [{ type, key, row, takes: spans(cells[1] ?? ""), leaves: spans(cells[2] ?? "") }];
});

it("the page has examples of every matcher and operator", () => {
  assert.deepEqual(
    [...new Set(examples.map(({ type }) => type))].sort(),
    ["COOKIE", "HEADER", "HOST", "METHOD", "PARAM", "SRC_IP", "URL"],
  );
  assert.deepEqual(
    [...new Set(examples.map(({ row }) => (parse(row) as string[])[0]))].sort(),
    ["CIDR", "ENDS_WITH", "EQ", "EXIST", "IN", "RANGE", "REGEX", "STARTS_WITH"],
  );
});

for (const { type, key, row, takes, leaves } of examples) {
  it(`${type} ${key} ${row} takes and leaves what the page says`, () => {
    const args = parse(row) as string[];
    for (const example of takes) assert.equal(matches(type, key, args, example), true, `takes ${example}`);
    for (const example of leaves) assert.equal(matches(type, key, args, example), false, `leaves ${example}`);
  });
}
