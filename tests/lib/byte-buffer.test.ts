import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteBuffer } from "../../src/lib/byte-buffer.ts";

describe("ByteBuffer", () => {
  it("property: holds what was appended, in order, and copies of it", () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (parts) => {
      const buffer = new ByteBuffer();
      for (const part of parts) {
        const memory = Uint8Array.of(1, ...part, 2);
        buffer.append(memory, 1, part.length + 1);
        memory.fill(0xee);
      }
      assert.deepEqual([...buffer.bytes], parts.flatMap((part) => [...part]));
      assert.equal(buffer.length, buffer.bytes.length);
    }));
  });

  it("property: forgets its beginning, and goes on", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.uint8Array(), (part, count, more) => {
        const buffer = new ByteBuffer();
        buffer.append(part, 0, part.length);
        const dropped = Math.min(count, part.length);
        buffer.drop(dropped);
        buffer.append(more, 0, more.length);
        assert.deepEqual([...buffer.bytes], [...part.subarray(dropped), ...more]);
      }),
    );
  });

  it("many small pieces take at most twice their memory", () => {
    const buffer = new ByteBuffer();
    for (let i = 0; i < 10_000; i++) buffer.append(Uint8Array.of(i & 0xff), 0, 1);
    assert.equal(buffer.length, 10_000);
    assert.ok(buffer.bytes.buffer.byteLength <= 20_000);
  });
});
