/** Fields that the gateway sets itself, so that edits of them have no effect; names as `fieldKey` makes them. */

/** On requests to upstreams (data-plane spec 3.7). What edits make of the first two is reported in others. */
export const SET_ON_REQUESTS: ReadonlySet<string> = new Set([
  "host",
  "x-forwarded-for",
  "x-real-ip",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-scheme",
  "x-original-uri",
  "x-original-url",
  "x-original-method",
]);

/** Those of them in which no edit shows. */
export const NEVER_EDITED_ON_REQUESTS: ReadonlySet<string> = new Set(
  [...SET_ON_REQUESTS].filter((key) => key !== "host" && key !== "x-forwarded-for"),
);

const ABOUT_ANSWERS = ["x-alb-err-reason", "x-cpaas-trace"];

const SET_ON_ANSWERS: ReadonlySet<string> = new Set(ABOUT_ANSWERS);
const SET_ON_ANSWERS_WITH_VIA: ReadonlySet<string> = new Set(["via", ...ABOUT_ANSWERS]);

/** On answers to clients; `via`: whether the gateway names itself there. */
export function setOnAnswers(via: boolean): ReadonlySet<string> {
  return via ? SET_ON_ANSWERS_WITH_VIA : SET_ON_ANSWERS;
}
