/** The framing battery: what a client or an upstream may send, and what must come of it, by theme. */
import type { FramingCase } from "./harness/case.ts";
import { ANSWER_HEADS } from "./cases/answer-heads.ts";
import { ANSWERS } from "./cases/answers.ts";
import { CHUNKS } from "./cases/chunks.ts";
import { CONTENT_LENGTH } from "./cases/content-length.ts";
import { EXPECT } from "./cases/expect.ts";
import { FORGED } from "./cases/forged.ts";
import { HEAD_LINES } from "./cases/head-lines.ts";
import { HOP_BY_HOP } from "./cases/hop-by-hop.ts";
import { HOSTS } from "./cases/hosts.ts";
import { PIPELINING } from "./cases/pipelining.ts";
import { REQUEST_LINE } from "./cases/request-line.ts";
import { SIZES } from "./cases/sizes.ts";
import { TARGETS } from "./cases/targets.ts";
import { TRAILERS } from "./cases/trailers.ts";
import { TRANSFER_ENCODING } from "./cases/transfer-encoding.ts";
import { UPGRADE } from "./cases/upgrade.ts";

export const BATTERY: Readonly<Record<string, readonly FramingCase[]>> = {
  "Content-Length": CONTENT_LENGTH,
  "Transfer-Encoding": TRANSFER_ENCODING,
  "chunks": CHUNKS,
  "trailers": TRAILERS,
  "field lines": HEAD_LINES,
  "request line": REQUEST_LINE,
  "target": TARGETS,
  "Host": HOSTS,
  "hop by hop": HOP_BY_HOP,
  "forged fields": FORGED,
  "Expect": EXPECT,
  "Upgrade": UPGRADE,
  "answer": ANSWERS,
  "answer head": ANSWER_HEADS,
  "pipelining": PIPELINING,
  "size": SIZES,
};
