/** Differences between nginx and Albatross that are known and wanted, and why. Printed into docs/differences-from-nginx.md. */
import { IN_EXCHANGES } from "./known/exchanges.ts";
import { IN_REQUESTS } from "./known/requests.ts";

export interface KnownDifference {
  readonly title: string;
  /** Markdown. */
  readonly reason: string;
  /** Names of cases, or expressions over many of them. Each must still differ. */
  readonly cases: readonly (string | RegExp)[];
}

export const KNOWN: readonly KnownDifference[] = [...IN_REQUESTS, ...IN_EXCHANGES];
