/**
 * Hides what may be secret in values that users wrote, for the eyes of operators. Only names can tell what is secret
 * there, so rather too much is hidden than too little. Texts become other texts and nothing else changes.
 */

export const REDACTED = "[redacted]";

/** Names whose texts are not for show: fields of options, of requests, of queries. */
const SECRET = "secret|passw|token|credential|private|authorization|cookie|api[-_]?key";
const SECRET_NAME = new RegExp(SECRET, "i");

/** The user of a URL, and parameters of its query. */
const USER_INFO = /(\/\/)[^/?#@\s]*@/g;
const SECRET_PARAMETER = new RegExp(`([?&][^=&#\\s]*(?:${SECRET})[^=&#\\s]*=)[^&#\\s]+`, "gi");

/** Hides texts below secret names, at any depth of plain data, and what URLs hold. */
export function redactNamed(value: unknown): unknown {
  return mapTexts(value, (text, isSecret) => isSecret ? REDACTED : redactUrl(text), false);
}

/** Hides users and secret parameters of URLs, in the texts of plain data. */
export function redactUrls(value: unknown): unknown {
  return mapTexts(value, redactUrl, false);
}

function redactUrl(text: string): string {
  return text.replace(USER_INFO, `$1${REDACTED}@`).replace(SECRET_PARAMETER, `$1${REDACTED}`);
}

type TextMap = (text: string, isSecret: boolean) => string;

function mapTexts(value: unknown, change: TextMap, isSecret: boolean): unknown {
  if (typeof value === "string") return change(value, isSecret);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, isSecret));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value);
  return Object.fromEntries(
    fields.map(([name, inner]) => [name, mapTexts(inner, change, isSecret || SECRET_NAME.test(name))]),
  );
}
