import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLineWriter, type WriteBytes } from "../../src/telemetry/line-writer.ts";

/** A descriptor whose writes end when the test says so. */
function fakeDescriptor() {
  const calls: { text: string; end: (error: Error | null, taken?: number) => void }[] = [];
  const write: WriteBytes = (bytes, done) => {
    const copy = bytes.slice();
    calls.push({
      text: new TextDecoder().decode(copy),
      end: (error, taken = error === null ? copy.length : 0) => done(error, taken),
    });
  };
  return { write, calls };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe("line writer", () => {
  it("gathers lines until they are worth a write", () => {
    const { write, calls } = fakeDescriptor();
    const writer = createLineWriter({ write, flushSize: 10, flushMs: 60_000 });
    writer.write("abc");
    writer.write("def");
    assert.equal(calls.length, 0);
    writer.write("ghi");
    assert.deepEqual(calls.map(({ text }) => text), ["abc\ndef\nghi\n"]);
  });

  it("writes what is there after a while", async () => {
    const { write, calls } = fakeDescriptor();
    const writer = createLineWriter({ write, flushMs: 5 });
    writer.write("a");
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.deepEqual(calls.map(({ text }) => text), ["a\n"]);
  });

  it("has one write under way at a time and keeps the order", () => {
    const { write, calls } = fakeDescriptor();
    const writer = createLineWriter({ write, flushSize: 1 });
    for (const line of ["a", "b", "c"]) writer.write(line);
    assert.deepEqual(calls.map(({ text }) => text), ["a\n"]);
    calls[0]!.end(null);
    assert.deepEqual(calls.map(({ text }) => text), ["a\n", "b\nc\n"]);
  });

  it("goes on behind what was taken, also after EAGAIN", async () => {
    const { write, calls } = fakeDescriptor();
    const writer = createLineWriter({ write, flushSize: 1 });
    writer.write("abcdef");
    calls[0]!.end(null, 3);
    assert.equal(calls[1]!.text, "def\n");
    calls[1]!.end(failure("EAGAIN"));
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(calls[2]!.text, "def\n");
    calls[2]!.end(null);
    assert.equal(writer.dropped(), 0);
  });

  it("drops lines while the reader is slow, and counts them", () => {
    const { write, calls } = fakeDescriptor();
    const writer = createLineWriter({ write, flushSize: 1, maxPending: 8 });
    for (const line of ["111", "222", "333", "444", "555"]) writer.write(line);
    assert.equal(writer.dropped(), 2);
    calls[0]!.end(null);
    assert.equal(calls[1]!.text, "222\n333\n");
  });

  it("drops what an error takes, and starts a new line where a write was cut", async () => {
    const { write, calls } = fakeDescriptor();
    const writer = createLineWriter({ write, flushSize: 1 });
    writer.write("first");
    calls[0]!.end(null, 2);
    calls[1]!.end(failure("ENOSPC"));
    assert.equal(writer.dropped(), 1);
    writer.write("second");
    assert.equal(calls[2]!.text, "\nsecond\n");
    calls[2]!.end(failure("EPIPE"));
    assert.equal(writer.dropped(), 2);
    await writer.flush(1000);
  });

  it("flushes what was written before, and does not wait for ever", async () => {
    const { write, calls } = fakeDescriptor();
    const writer = createLineWriter({ write, flushMs: 60_000 });
    await writer.flush(60_000);
    writer.write("a");
    let flushed = false;
    const flush = writer.flush(60_000).then(() => flushed = true);
    await Promise.resolve();
    assert.equal(flushed, false);
    calls[0]!.end(null);
    await flush;
    writer.write("b");
    await writer.flush(5);
    assert.equal(calls.length, 2, "b is under way, its reader is stuck");
  });
});
