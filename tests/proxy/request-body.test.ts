import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { GatewayError } from "../../src/errors.ts";
import type { Fields } from "../../src/http1/fields.ts";
import type { BodyFraming } from "../../src/http1/framing.ts";
import { DEFAULT_LIMITS } from "../../src/proxy/limits.ts";
import { type BodySink, RequestBody } from "../../src/proxy/request-body.ts";

const CHUNKED: BodyFraming = { kind: "chunked" };

function length(bytes: number): BodyFraming {
  return { kind: "length", length: bytes };
}

class Taker implements BodySink {
  text = "";
  ends = 0;
  batches = 0;
  writable = true;
  trailers: Fields | undefined;

  onBodyData(bytes: Uint8Array, start: number, end: number): void {
    assert.equal(this.ends, 0, "nothing comes behind the end");
    this.text += new TextDecoder().decode(bytes.subarray(start, end));
  }

  onBodyBatch(): boolean {
    this.batches++;
    return this.writable;
  }

  onBodyEnd(trailers: Fields | undefined): void {
    this.ends++;
    this.trailers = trailers;
  }
}

/** A body and a connection that feeds it: what is not consumed waits, `resumeBody` feeds it again. */
function setUp(framing: BodyFraming, keep = 10) {
  let waiting = "";
  let resumed = 0;
  const body = new RequestBody(framing, {
    resumeBody() {
      resumed++;
      feed("");
    },
  }, { ...DEFAULT_LIMITS, maxReplayBytes: keep });
  function feed(text: string): void {
    const bytes = new TextEncoder().encode(waiting + text);
    waiting = "";
    if (bytes.length === 0 || body.complete) return;
    const at = body.feed(bytes, 0, bytes.length);
    waiting = new TextDecoder().decode(bytes.subarray(at));
    // "Valid during the call": whoever kept it sees this.
    bytes.fill(0x23);
  }
  return { body, feed, waiting: () => waiting, resumed: () => resumed };
}

describe("RequestBody", () => {
  it("hands over what comes, and its end once", () => {
    const { body, feed } = setUp(length(6));
    const taker = new Taker();
    body.attach(taker);
    feed("abc");
    assert.deepEqual([taker.text, taker.ends, body.complete], ["abc", 0, false]);
    feed("def");
    assert.deepEqual([taker.text, taker.ends, body.complete], ["abcdef", 1, true]);
  });

  it("does not take what stands behind it", () => {
    const { body, feed, waiting } = setUp(length(3));
    body.attach(new Taker());
    feed("abcGET /");
    assert.equal(waiting(), "GET /");
    const chunked = setUp(CHUNKED);
    chunked.body.attach(new Taker());
    chunked.feed("3\r\nabc\r\n0\r\n\r\nGET /");
    assert.equal(chunked.waiting(), "GET /");
  });

  it("an empty one is complete at once", () => {
    assert.equal(setUp(length(0)).body.complete, true);
  });

  it("before somebody takes it, it is kept within the limit and the rest waits", () => {
    const { body, feed, waiting, resumed } = setUp(length(30));
    feed("0123456789ab");
    assert.equal(waiting(), "");
    feed("cdef");
    assert.equal(waiting(), "cdef");
    const taker = new Taker();
    body.attach(taker);
    assert.equal(resumed(), 1);
    assert.equal(taker.text, "0123456789abcdef");
    feed("ghijklmnopqrst");
    assert.deepEqual([taker.text, taker.ends], ["0123456789abcdefghijklmnopqrst", 1]);
  });

  it("is sent again from its first byte while it is kept whole, also after its end", () => {
    const { body, feed } = setUp(length(6));
    const first = new Taker();
    body.attach(first);
    feed("abc");
    body.detach();
    assert.equal(body.replayable, true);
    const second = new Taker();
    body.attach(second);
    feed("def");
    const third = new Taker();
    body.attach(third);
    assert.deepEqual([first.text, second.text, third.text], ["abc", "abcdef", "abcdef"]);
    assert.deepEqual([first.ends, second.ends, third.ends], [0, 1, 1]);
  });

  it("is not sent again once more came than is kept", () => {
    const { body, feed } = setUp(length(20));
    body.attach(new Taker());
    feed("0123456789");
    assert.equal(body.replayable, true);
    feed("a");
    assert.equal(body.replayable, false);
  });

  it("trailers are sent again too", () => {
    const { body, feed } = setUp(CHUNKED);
    feed("3\r\nabc\r\n0\r\nA: b\r\n\r\n");
    for (let i = 0; i < 2; i++) {
      const taker = new Taker();
      body.attach(taker);
      assert.deepEqual([taker.text, taker.ends, taker.trailers?.get("a")], ["abc", 1, "b"]);
    }
  });

  it("waits for a sink that is full, and goes on when it has room", () => {
    const { body, feed, waiting } = setUp(length(9));
    const taker = new Taker();
    body.attach(taker);
    taker.writable = false;
    feed("abc");
    feed("def");
    assert.deepEqual([taker.text, waiting()], ["abc", "def"]);
    taker.writable = true;
    body.resume();
    feed("ghi");
    assert.deepEqual([taker.text, taker.ends], ["abcdefghi", 1]);
  });

  it("a sink that was full when it was replaced does not hold back the next", () => {
    const { body, feed } = setUp(length(9));
    const first = new Taker();
    body.attach(first);
    first.writable = false;
    feed("abc");
    feed("def");
    body.detach();
    const second = new Taker();
    body.attach(second);
    feed("ghi");
    assert.deepEqual([first.text, second.text, second.ends], ["abc", "abcdefghi", 1]);
  });

  it("a sink that is full with what was kept holds back the rest", () => {
    const { body, feed, waiting } = setUp(length(20));
    feed("0123456789");
    const taker = new Taker();
    taker.writable = false;
    body.attach(taker);
    feed("abc");
    assert.deepEqual([taker.text, waiting()], ["0123456789", "abc"]);
    body.resume();
    assert.equal(taker.text, "0123456789abc");
  });

  it("what nobody wants is read over, without being kept", () => {
    const { body, feed } = setUp(length(100));
    const taker = new Taker();
    body.attach(taker);
    feed("abc");
    body.discard();
    for (let i = 0; i < 9; i++) feed("0123456789");
    feed("0123456");
    assert.deepEqual([body.complete, body.bytes, taker.text, taker.ends], [true, 100, "abc", 0]);
    assert.equal(body.replayable, false);
  });

  it("malformed chunks are refused", () => {
    const { body, feed } = setUp(CHUNKED);
    body.attach(new Taker());
    assert.throws(() => feed("+3\r\nabc"), GatewayError);
  });

  it("property: whoever takes it last gets every byte in order, whatever happened before", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("feed" as const), size: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ kind: fc.constantFrom("attach", "detach", "full", "room"), size: fc.constant(0) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, chunked) => {
      const total = steps.reduce((sum, { size }) => sum + size, 0);
      if (total === 0) return;
      const { body, feed } = setUp(chunked ? CHUNKED : length(total), 1000);
      let expected = "";
      let taker: Taker | undefined;
      for (const [index, { kind, size }] of steps.entries()) {
        if (kind === "feed") {
          const text = String.fromCharCode(0x61 + index % 26).repeat(size);
          expected += text;
          feed(chunked ? `${size}\r\n${text}\r\n` : text);
        } else if (kind === "attach") body.attach(taker = new Taker());
        else if (kind === "detach") {
          body.detach();
          taker = undefined;
        } else if (taker !== undefined) {
          taker.writable = kind === "room";
          if (taker.writable) body.resume();
        }
      }
      if (chunked) feed("0\r\n\r\n");
      const last = new Taker();
      body.attach(last);
      assert.deepEqual([last.text, last.ends], [expected, 1]);
    }));
  });
});
