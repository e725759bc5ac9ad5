/** What the predicates of one matcher share, so that a thousand of them do the same work once. */
import { type Address, parseAddress } from "../lib/ip.ts";
import type { Subject } from "../table/match.ts";
import type { RequestView } from "./request-view.ts";
import { readSubject } from "./subject.ts";

/** Value of one subject, undefined when it is absent. */
export type Reader = (request: RequestView) => string | undefined;

export interface MatcherContext {
  /** To be called for each request: forgets the values of the one before. */
  begin(): void;
  /** A function that reads `subject` at most once a request. */
  readerOf(subject: Subject): Reader;
  /** Parses an address; remembers the last one. */
  parseAddress(text: string): Address | null;
}

/** Makes the context of one matcher; finds do not overlap, since they never await. */
export function newContext(): MatcherContext {
  const readers = new Map<string, Reader>();
  const words = new Uint32Array(4);
  let turn = 0;
  let lastText = "";
  let lastAddress: Address | null = null;

  function readOnce(subject: Subject): Reader {
    let readAt = 0;
    let value: string | undefined;
    return function read(request) {
      if (readAt !== turn) {
        value = readSubject(subject, request);
        readAt = turn;
      }
      return value;
    };
  }

  return {
    begin() {
      turn++;
    },
    readerOf(subject) {
      const name = "key" in subject ? `${subject.type} ${subject.key}` : subject.type;
      let reader = readers.get(name);
      if (reader === undefined) readers.set(name, reader = readOnce(subject));
      return reader;
    },
    parseAddress(text) {
      if (text !== lastText) {
        lastText = text;
        lastAddress = parseAddress(text, words);
      }
      return lastAddress;
    },
  };
}
