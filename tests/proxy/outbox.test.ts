import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { Outbox } from "../../src/proxy/outbox.ts";
import type { Socket } from "../../src/runtimes/runtime.ts";

/** A socket that keeps what is written, and is full after `room` bytes. */
class Sink {
  text = "";
  writes = 0;
  room = Infinity;

  write(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    for (let at = start; at < end; at++) this.text += String.fromCharCode(bytes[at]!);
    this.writes++;
    return this.text.length <= this.room;
  }

  outbox(): Outbox {
    return new Outbox(this as unknown as Socket);
  }
}

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("Outbox", () => {
  it("writes nothing before flush, and small pieces at once", () => {
    const sink = new Sink();
    const outbox = sink.outbox();
    outbox.text("head\r\n");
    outbox.data(bytesOf("__body__"), 2, 6);
    assert.equal(sink.writes, 0);
    assert.equal(outbox.flush(), true);
    assert.deepEqual([sink.text, sink.writes, outbox.bytes], ["head\r\nbody", 1, 10]);
    assert.equal(outbox.flush(), true);
    assert.equal(sink.writes, 1);
  });

  it("one byte a character", () => {
    const sink = new Sink();
    const outbox = sink.outbox();
    outbox.text("caf\xe9 \xff");
    outbox.flush();
    assert.equal(sink.text, "caf\xe9 \xff");
    assert.equal(outbox.bytes, 6);
  });

  it("flush says whether the socket is full, once", () => {
    const sink = new Sink();
    const outbox = sink.outbox();
    sink.room = 3;
    outbox.text("abc");
    assert.equal(outbox.flush(), true);
    outbox.text("d");
    assert.equal(outbox.flush(), false);
    assert.equal(outbox.flush(), true);
  });

  it("a write that filled the socket before flush is told by flush", () => {
    const sink = new Sink();
    sink.room = 0;
    const outbox = sink.outbox();
    outbox.data(new Uint8Array(32 * 1024), 0, 32 * 1024);
    outbox.text("x");
    sink.room = Infinity;
    assert.equal(outbox.flush(), false);
  });

  it("outboxes that write by turns keep their bytes apart", () => {
    const left = new Sink();
    const right = new Sink();
    const a = left.outbox();
    const b = right.outbox();
    a.text("a1");
    b.text("b1");
    a.text("a2");
    b.data(bytesOf("b2"), 0, 2);
    b.flush();
    a.flush();
    assert.deepEqual([left.text, right.text], ["a1a2", "b1b2"]);
  });

  it("property: whatever the sizes and turns, every socket gets its bytes in order", () => {
    const size = fc.oneof(
      fc.nat(100),
      fc.constantFrom(16 * 1024, 16 * 1024 + 1, 64 * 1024, 64 * 1024 + 1, 150_000),
    );
    const step = fc.record({ who: fc.nat(2), kind: fc.constantFrom("text", "data", "flush"), size });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const sinks = [new Sink(), new Sink(), new Sink()];
        const outboxes = sinks.map((sink) => sink.outbox());
        const expected = ["", "", ""];
        for (const [index, { who, kind, size }] of steps.entries()) {
          const text = String.fromCharCode(0x61 + index).repeat(size);
          const outbox = outboxes[who]!;
          if (kind === "flush") outbox.flush();
          else if (kind === "text") outbox.text(text);
          else outbox.data(bytesOf(text), 0, size);
          if (kind !== "flush") expected[who] += text;
        }
        for (const outbox of outboxes) outbox.flush();
        for (let who = 0; who < 3; who++) {
          assert.equal(sinks[who]!.text === expected[who], true, `bytes of outbox ${who}`);
          assert.equal(outboxes[who]!.bytes, expected[who]!.length);
        }
      }),
      { numRuns: 50 },
    );
  });
});
