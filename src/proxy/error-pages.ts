/** What an answer says that the gateway makes itself: the page that the configuration has for its status, or ALB's words. */
import { parseAccept } from "hono/utils/accept";
import { utf8 } from "../lib/bytes.ts";
import type { HttpField } from "../lib/http-call.ts";
import type { ErrorBody } from "../middlewares/ports.ts";
import type { ErrorPage, Listener } from "../table/table.ts";

interface CompiledPage extends Pick<ErrorPage, "statuses"> {
  /** Without parameters, in lower case. */
  readonly mediaType: string;
  readonly body: ErrorBody;
}

/** Pages by the key under which routes name them. */
export type ErrorPages = ReadonlyMap<string, readonly CompiledPage[]>;

export function compileErrorPages(errorPages: Listener["errorPages"]): ErrorPages {
  return new Map(Object.entries(errorPages).map(([key, pages]) => [key, pages.map(compilePage)]));
}

function compilePage({ statuses, contentType, body }: ErrorPage): CompiledPage {
  const [mediaType = ""] = contentType.split(";", 1);
  return {
    statuses,
    mediaType: mediaType.trim().toLowerCase(),
    body: { fields: [["Content-Type", contentType]], bytes: utf8(body) },
  };
}

/**
 * The page for a status. Of several, the one whose type the client likes best, the first of equals; the first of all when
 * it takes none of them, since it must be told something.
 *
 * @param accept the client's `Accept`
 */
export function chooseErrorBody(
  pages: readonly CompiledPage[] | undefined,
  status: number,
  accept: string | undefined,
): ErrorBody {
  const fitting = pages?.filter(({ statuses }) =>
    statuses.some(({ from, to }) => from <= status && status <= to)
  );
  const [first, ...others] = fitting ?? [];
  if (first === undefined) return plainBody(status);
  if (others.length === 0) return first.body;
  const ranges = parseAccept(accept ?? "");
  const quality = ({ mediaType }: CompiledPage) => ranges.length === 0 ? 1 : qualityOf(mediaType, ranges);
  const { body } = others.reduce((best, page) => quality(page) > quality(best) ? page : best, first);
  return { ...body, fields: [...body.fields, VARIES] };
}

const VARIES: HttpField = ["Vary", "Accept"];

/** ALB's body (data-plane spec 3.13). */
function plainBody(status: number): ErrorBody {
  return { fields: [["Content-Type", "text/plain"]], bytes: utf8(`X-Error: ${status}\n`) };
}

/** The most particular range that covers a type decides (RFC 9110 12.5.1). */
function qualityOf(
  mediaType: string,
  ranges: readonly { readonly type: string; readonly q: number }[],
): number {
  const [family = ""] = mediaType.split("/", 1);
  for (const wanted of [mediaType, `${family}/*`, "*/*"]) {
    const range = ranges.find(({ type }) => type.toLowerCase() === wanted);
    if (range !== undefined) return range.q;
  }
  return 0;
}
