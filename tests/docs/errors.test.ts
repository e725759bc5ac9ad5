/** docs/errors.md and src/errors.ts say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { ERRORS } from "../../src/errors.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = read("docs/errors.md");

/** Cells of the table rows that begin with a code. */
const rows = page.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
  line.split("|").slice(1, -1).map((cell) => cell.trim().replace(/^`(.*)`$/, "$1"))
);

it("every traffic error is on the page as it is in the catalogue", () => {
  const documented = rows.filter((cells) => cells.length === 6).map((
    [code, status, word, whose, retried],
  ) => [
    code,
    { status: Number(status), word, source: whose, retryable: retried === "yes" },
  ]);
  assert.deepEqual(Object.fromEntries(documented), ERRORS);
});

it("every traffic error is explained", () => {
  for (const [code = "", , , , , meaning = ""] of rows.filter((cells) => cells.length === 6)) {
    assert.ok(meaning.length > 20, code);
  }
});

it("every problem code is on the page, in the order of the type", () => {
  const [, union = ""] =
    /export type ProblemCode =([^;]*?;)/.exec(read("src/errors.ts").replace(/\/\/.*$/gm, "")) ?? [];
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  assert.ok(codes.length > 5);
  assert.deepEqual(rows.filter((cells) => cells.length === 2).map(([code]) => code), codes);
});
