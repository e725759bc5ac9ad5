/** The order in which the features of a route run, with the reason for each place. */
import type { FilterType } from "../table/filters.ts";

export const MIDDLEWARE_ORDER = [
  // What users add sees the request as the features above left it, and the upstream's answer first.
  "middleware",
] as const satisfies readonly FilterType[];

/** Fails to compile when a feature has no place in the order. */
type Missing = Exclude<FilterType, typeof MIDDLEWARE_ORDER[number]>;
export type EveryFilterHasAPlace = Missing extends never ? true : never;
