/** Output of workers arrives in whole lines, whatever the pieces. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { LineWriter } from "../../src/telemetry/line-writer.ts";
import { wholeLines } from "../../src/workers/whole-lines.ts";

it("lines of several processes never meet in the middle", () => {
  const written: [text: string, count: number][] = [];
  const to = {
    write: (line) => void written.push([line, 1]),
    writeLines: (lines, count) => void written.push([lines, count]),
    flush: async () => {},
    dropped: () => 0,
  } satisfies LineWriter;
  const [one, two] = [wholeLines(to), wholeLines(to)];
  const bytes = new TextEncoder().encode("äöü 1\näöü 2\näöü 3\nrest");
  for (let at = 0; at < bytes.length; at += 3) {
    one.push(bytes.subarray(at, at + 3));
    two.push(new TextEncoder().encode("x"));
  }
  one.push(new TextEncoder().encode(" of it\nand"));
  one.end();
  two.end();
  assert.deepEqual(written.slice(0, -1), [
    ["äöü 1", 1],
    ["äöü 2", 1],
    ["äöü 3", 1],
    ["rest of it", 1],
    ["and", 1],
  ]);
  assert.match(written.at(-1)![0], /^x+$/);
  const three = wholeLines(to);
  three.push(new TextEncoder().encode("a\nb\nc\n"));
  assert.deepEqual(written.at(-1), ["a\nb\nc", 3]);
});
