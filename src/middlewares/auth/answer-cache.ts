/** Remembers what authentication servers have said, where the configuration asks for it (`cache_key`). */
import type { HttpAnswer } from "../../lib/http-call.ts";
import { TtlCache } from "../../lib/ttl-cache.ts";

/** Answers kept for the whole process, and the characters that each may have: at most some 40 MB. */
const CAPACITY = 10_000;
const MAX_CHARACTERS = 4096;

/** Milliseconds for which an answer may be used again; 0 = not at all. */
export type Lifetime = (answer: HttpAnswer) => number;

export interface AnswerCache {
  /** The answer under `key`, or that of `ask`, which is asked once for all who want it at the same time. */
  get(key: string, lifetime: Lifetime, ask: () => Promise<HttpAnswer>): Promise<HttpAnswer>;
}

/** Calls that fail leave nothing behind: the next request asks again. */
export function createAnswerCache(now?: () => number): AnswerCache {
  const known = new TtlCache<HttpAnswer>(CAPACITY, now);
  const asking = new Map<string, Promise<HttpAnswer>>();

  async function askOnce(
    key: string,
    lifetime: Lifetime,
    ask: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    try {
      const answer = await ask();
      const ms = isPersonal(answer) || isLarge(answer) ? 0 : lifetime(answer);
      if (ms > 0) known.set(key, answer, ms);
      return answer;
    } finally {
      asking.delete(key);
    }
  }

  return {
    async get(key, lifetime, ask) {
      const answer = known.get(key);
      if (answer !== undefined) return answer;
      let pending = asking.get(key);
      if (pending === undefined) {
        pending = askOnce(key, lifetime, ask);
        asking.set(key, pending);
      }
      return await pending;
    },
  };
}

/** As nginx has it: an answer that sets a cookie is for one client, and the server may forbid that it is kept. */
function isPersonal({ headers }: HttpAnswer): boolean {
  return headers.some(([name, value]) =>
    name === "set-cookie" ||
    (name === "cache-control" && /\b(no-store|no-cache|private|max-age=0)\b/i.test(value))
  );
}

function isLarge({ headers }: HttpAnswer): boolean {
  return headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > MAX_CHARACTERS;
}
