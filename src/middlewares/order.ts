/** The order in which the features of a route run, with the reason for each place (data-plane spec 0.3). */
import type { FilterType } from "../table/filters.ts";

export const MIDDLEWARE_ORDER = [
  // Only registers what is done when a head is written, so that even a redirect or a refusal is modified.
  "response-headers",
  // Before everything that may answer: a browser can read an answer only with these fields. Preflights need no session.
  "cors",
  // Whoever is sent elsewhere needs nothing of what follows.
  "redirect",
  "vhost",
  "rewrite",
  // Before authentication, which sees the request as the upstream would.
  "request-headers",
  // In front of what it replaces.
  "auth-refusal",
  // Who asks the other server first needs no password of ours (data-plane spec 4.1).
  "forward-auth",
  "basic-auth",
  // Of what comes from behind alone: the sign-in of authentication is nobody's to change.
  "reverse-rewrite",
  // Around the user's own, whose answers are worth compressing too.
  "compress",
  // What users add sees the request as the features above left it, and the upstream's answer first.
  "middleware",
] as const satisfies readonly FilterType[];

/** Fails to compile when a feature has no place in the order. */
type Missing = Exclude<FilterType, typeof MIDDLEWARE_ORDER[number]>;
export const EVERY_FILTER_HAS_A_PLACE: Missing extends never ? true : never = true;
