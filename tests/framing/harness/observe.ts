/** Sends the bytes of a case and tells what came of it. */
import { type Connection, latin1, sleep } from "../../blackbox/harness/wire.ts";
import type { FramingCase } from "./case.ts";
import { type PlainMessage, plainResponse } from "./plain.ts";
import { PIECE_MS } from "./recorder.ts";

/** Sent on the client's connection behind a case, to see whether it still carries requests. */
export const AFTER = "GET /after HTTP/1.1\r\nHost: h\r\n\r\n";

/** Long enough for what an upstream sends late to arrive. */
const SETTLE_MS = 50;

/** An answer as the client saw it. */
export interface Answer {
  readonly status: number;
  readonly lines: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

export interface Observed {
  /** 1xx included. */
  readonly answers: readonly Answer[];
  /** What is left behind the last whole answer: "" unless an answer was cut. */
  readonly rest: string;
  readonly then: FramingCase["then"];
}

type Sent = Pick<FramingCase, "send" | "fin" | "methods" | "settle">;

/** Sends what the case says; a peer that has closed already is no failure. */
export async function sendCase(client: Connection, { send, fin }: Sent): Promise<void> {
  for (const [index, piece] of send.entries()) {
    if (index > 0) await sleep(PIECE_MS);
    await client.send(piece).catch(() => {});
  }
  if (fin === true) client.halfClose();
}

/** Plays a case of which is known how it ends, on a new connection. Closes it. */
export async function observe(client: Connection, sent: Sent, then: FramingCase["then"]): Promise<Observed> {
  try {
    await sendCase(client, sent);
    if (then === "waiting") {
      await client.staysSilent(30);
      return { answers: [], rest: "", then };
    }
    if (sent.settle === true) await sleep(SETTLE_MS);
    if (then === "kept") await client.send(AFTER);
    let raw = "";
    for (;;) {
      const result = read(raw, sent.methods ?? [], false);
      if (then === "kept" && result.answers.at(-1)?.body === "/after") {
        return { ...result, answers: result.answers.slice(0, -1), then };
      }
      const piece = await client.readSome();
      if (piece.length === 0) break;
      raw += latin1(piece);
    }
    const result = read(raw, sent.methods ?? [], true);
    return { ...result, then: result.rest === "" ? "closed" : "cut" };
  } finally {
    client.close();
  }
}

/** The answers in what a client got. */
export function read(
  raw: string,
  methods: readonly string[],
  ended: boolean,
): Pick<Observed, "answers" | "rest"> {
  const answers: Answer[] = [];
  let finals = 0;
  for (;;) {
    const message = raw === "" ? "incomplete" : plainResponse(raw, methods[finals] ?? "GET", ended);
    if (typeof message === "string") return { answers, rest: raw };
    const answer = answerOf(message);
    answers.push(answer);
    if (answer.status >= 200) finals++;
    raw = raw.slice(message.size);
  }
}

function answerOf({ startLine, lines, body, trailers }: PlainMessage): Answer {
  return { status: Number(startLine.split(" ")[1]), lines, body, trailers };
}
