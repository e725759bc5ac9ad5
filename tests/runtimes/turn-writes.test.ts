/** Writes wait for the end of the turn, keep their order, and are not written twice whatever happens meanwhile. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { type TurnWriter, TurnWrites } from "../../src/runtimes/turn-writes.ts";

/** Collects what is written, as `name:text`; `endTurn` does what the event loop would. */
function setUp() {
  const written: string[] = [];
  const scheduled: (() => void)[] = [];
  const writes = new TurnWrites((flush) => scheduled.push(flush));
  const writer = (name: string, then: () => void = () => {}): TurnWriter => ({
    writeNow(bytes, start, end) {
      written.push(`${name}:${new TextDecoder().decode(bytes.subarray(start, end))}`);
      then();
    },
  });
  const endTurn = () => scheduled.splice(0).forEach((flush) => flush());
  return { written, scheduled, writes, writer, endTurn };
}

function add(writes: TurnWrites, writer: TurnWriter, text: string): boolean {
  const bytes = new TextEncoder().encode(`[${text}]`);
  return writes.add(writer, bytes, 1, bytes.length - 1);
}

describe("writes of a turn", () => {
  it("come at its end, in order, each with its own bytes", () => {
    const { written, writes, writer, endTurn } = setUp();
    const [a, b] = [writer("a"), writer("b")];
    assert.ok(add(writes, a, "one"));
    assert.ok(add(writes, b, "two"));
    assert.ok(add(writes, a, "three"));
    assert.deepEqual(written, []);
    endTurn();
    assert.deepEqual(written, ["a:one", "b:two", "a:three"]);
    add(writes, b, "next turn");
    endTurn();
    assert.deepEqual(written.slice(3), ["b:next turn"]);
  });

  it("do not depend on the caller's memory", () => {
    const { written, writes, writer, endTurn } = setUp();
    const bytes = new TextEncoder().encode("kept");
    writes.add(writer("a"), bytes, 0, bytes.length);
    bytes.fill(0);
    endTurn();
    assert.deepEqual(written, ["a:kept"]);
  });

  it("are scheduled once a turn, also after an early flush", () => {
    const { written, scheduled, writes, writer } = setUp();
    add(writes, writer("a"), "one");
    writes.flush();
    add(writes, writer("a"), "two");
    assert.equal(scheduled.length, 1);
    scheduled[0]?.();
    assert.deepEqual(written, ["a:one", "a:two"]);
    add(writes, writer("a"), "three");
    assert.equal(scheduled.length, 2);
  });

  it("are not taken when they are large", () => {
    const { written, writes, writer, endTurn } = setUp();
    assert.equal(writes.add(writer("a"), new Uint8Array(16 * 1024 + 1), 0, 16 * 1024 + 1), false);
    endTurn();
    assert.deepEqual(written, []);
  });

  it("do not wait for too many others, nor for more than the memory holds", () => {
    const { written, writes, writer } = setUp();
    for (let n = 0; n < 65; n++) add(writes, writer("a"), String(n));
    assert.equal(written.length, 64);
    writes.flush();
    const chunk = new Uint8Array(16 * 1024);
    for (let n = 0; n < 17; n++) writes.add(writer("b"), chunk, 0, chunk.length);
    assert.equal(written.length, 65 + 16);
  });

  it("are written once when a writer writes or flushes meanwhile", () => {
    const { written, writes, writer, endTurn } = setUp();
    let isFirst = true;
    const busy = writer("busy", () => {
      if (isFirst) add(writes, writer("late"), "reaction");
      isFirst = false;
      writes.flush();
    });
    add(writes, busy, "one");
    add(writes, writer("b"), "two");
    endTurn();
    assert.deepEqual(written, ["busy:one", "b:two", "late:reaction"]);
  });
});
