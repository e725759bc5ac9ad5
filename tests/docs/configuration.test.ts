/** docs/configuration.md and src/config.ts say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { SETTINGS } from "../../src/config.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

/** Cells of the rows of a table, by the heading of its first column; code marks removed. */
function rows(heading: string): string[][] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`)) + 2;
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith("|"));
  return lines.slice(start, end).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", ""))
  );
}

it("every setting is on the page with its flag, variable and default, in the order of the help text", () => {
  assert.deepEqual(
    rows("Flag").map((cells) => cells.slice(0, 3)),
    SETTINGS.map((setting) => [`--${setting.flag}`, setting.env, setting.default]),
  );
});
