/**
 * Every byte arrives where it belongs: clients side by side send random requests, cut into random pieces, pipelined at
 * random; the upstream answers each with its body's digest in a random framing. A mix-up of any kind shows.
 */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { requestText } from "./harness/client.ts";
import { type Field, readResponse, type Request } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { fromLatin1 } from "./harness/wire.ts";

interface Exchange {
  readonly method: "GET" | "POST" | "PUT" | "HEAD";
  /** Length of the request's body; null: none. */
  readonly size: number | null;
  /** Sizes of chunks; empty: Content-Length. */
  readonly chunks: readonly number[];
  /** How the upstream frames its answer. */
  readonly answer: "length" | "chunked" | "close";
  readonly answerSize: number;
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "HEAD"),
  size: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 200_000 })),
  chunks: fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 6 })),
  answer: fc.constantFrom("length", "length", "chunked", "close"),
  answerSize: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 300_000 })),
});

/** Each inner list is pipelined: sent whole before the first answer is read; `cuts` are the sizes of the writes. */
const session = fc.record({
  bursts: fc.array(fc.array(exchange, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  cuts: fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 8 }),
});

describe("integrity", () => {
  let site: Site;
  let serial = 0;
  before(async () => void (site = await startSite({ handler: answer, args: ["--access-log", "off"] })));
  after(() => stopSite(site));

  it("of random exchanges, eight clients at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(session, { minLength: 8, maxLength: 8 }), async (sessions) => {
        await Promise.all(sessions.map(play));
      }),
      { numRuns: 12, seed: 20_260_101, endOnFailure: true },
    );
  });

  async function play({ bursts, cuts }: { bursts: Exchange[][]; cuts: number[] }): Promise<void> {
    const client = await site.dial();
    for (const burst of bursts) {
      const sent = burst.map((each) => compose(each, `/${serial++}`));
      // Reading must not wait for writing to end: answers of earlier requests may fill every buffer.
      const writing = writeInPieces(client.send, sent.map(({ text }) => text).join(""), cuts);
      writing.catch(() => {}); // the reads below tell
      for (const { method, expected } of sent) {
        const response = await readResponse(client, method);
        assert.equal(response.status, 200);
        assert.equal(method === "HEAD" ? expected : response.body, expected);
      }
      await writing;
    }
    client.close();
  }
});

function compose(each: Exchange, target: string): { method: string; text: string; expected: string } {
  const { method, answer, answerSize } = each;
  const body = each.size === null ? undefined : pattern(each.size, target);
  const fields: Field[] = [["X-Answer", answer], ["X-Size", String(answerSize)]];
  const framed = body === undefined || each.chunks.length === 0 ? body : chunked(body, each.chunks);
  if (framed !== body) fields.push(["Transfer-Encoding", "chunked"]);
  const text = requestText({ method, target, fields, ...(framed === undefined ? {} : { body: framed }) });
  return { method, text, expected: answerBody(target, body ?? "", answerSize) };
}

/** What the upstream says to a request: depends on every byte of it. */
function answerBody(target: string, body: string, size: number): string {
  const digest = createHash("sha1").update(fromLatin1(body)).digest("hex");
  return `${target} ${digest} ${pattern(size, digest)}`;
}

async function answer(
  request: Request,
  connection: { send(text: string): Promise<void>; halfClose(): void },
) {
  const field = (name: string) => request.fields.find(([each]) => each === name)![1];
  const body = answerBody(request.target, request.body, Number(field("X-Size")));
  if (request.method === "HEAD") return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
  if (field("X-Answer") === "length") return reply(200, [], body);
  if (field("X-Answer") === "chunked") {
    return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(body, [1, 1000, 65_536])}`;
  }
  await connection.send(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`);
  connection.halfClose();
  return undefined;
}

/** `size` characters that differ from place to place and from seed to seed, CR and LF among them. */
function pattern(size: number, seed: string): string {
  let text = "";
  for (let n = 0; text.length < size; n++) text += `${seed}\r\n${n.toString(36)}\0\xff0\r\n\r\n`;
  return text.slice(0, size);
}

/** Chunks of the given sizes in turn. */
function chunked(body: string, sizes: readonly number[]): string {
  let text = "";
  for (let at = 0, n = 0; at < body.length; n++) {
    const piece = body.slice(at, at + sizes[n % sizes.length]!);
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
    at += piece.length;
  }
  return `${text}0\r\n\r\n`;
}

async function writeInPieces(send: (text: string) => Promise<void>, text: string, sizes: readonly number[]) {
  for (let at = 0, n = 0; at < text.length; n++) {
    // Tiny pieces of large bodies would take minutes.
    const size = Math.max(sizes[n % sizes.length]!, Math.ceil(text.length / 200));
    await send(text.slice(at, at + size));
    at += size;
  }
}
