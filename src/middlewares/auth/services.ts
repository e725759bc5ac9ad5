/** What authentication shares within the process; it outlives every table. */
import type { Digests } from "../../lib/digest.ts";
import type { HttpCaller } from "../../lib/http-call.ts";
import { type AnswerCache, createAnswerCache } from "./answer-cache.ts";
import { createPasswordVerifier, type PasswordVerifier } from "./password/verifier.ts";

export interface AuthServices {
  readonly call: HttpCaller;
  readonly answers: AnswerCache;
  readonly passwords: PasswordVerifier;
  readonly digests: Digests;
  /** Tells the operator what clients are not told; not once per request. */
  report(error: unknown): void;
}

export interface AuthServiceOptions {
  readonly call: HttpCaller;
  readonly digests: Digests;
  readonly report: (error: unknown) => void;
}

export function createAuthServices({ call, digests, report }: AuthServiceOptions): AuthServices {
  const passwords = createPasswordVerifier({ digests });
  return { call, report, digests, answers: createAnswerCache(), passwords };
}
