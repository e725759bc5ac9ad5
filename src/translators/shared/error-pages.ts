/** `spec.config.errorPages`: what clients read when the gateway itself answers; a setting that ALB lacks (data-plane spec 10.4). */
import type { Alb2 } from "../../resources/alb2.ts";
import type { Frontend } from "../../resources/frontend.ts";
import type { Rule } from "../../resources/rule.ts";
import type { ErrorPagesConfig } from "../../resources/shared-config.ts";
import type { ErrorPage, Listener } from "../../table/table.ts";
import type { Context, Finding } from "../types.ts";
import { type Lookup, lookupFor } from "./lookup.ts";

export type ErrorPages = Pick<Listener, "errorPages" | "unmatchedErrorPages">;

type Configured = Rule | Frontend | Alb2;
type PageConfig = ErrorPagesConfig[number];

export const NO_ERROR_PAGES: ErrorPages = { errorPages: {}, unmatchedErrorPages: null };

const FIELD = "spec.config.errorPages";
const DEFAULT_TYPE = "text/html; charset=utf-8";
/** RFC 9110 8.3.1; parameters as they are, as long as they fit into a field. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:\s*;[\x20-\x7e]*)?$/;
/** What gateways answer instead of an upstream. */
const STATUSES = { from: 400, to: 599 } as const;

/** Key of the pages that count: those of the nearest object that has some, alone. Null = none. */
export function errorPagesKey(layers: readonly (Configured | undefined)[]): string | null {
  const owner = layers.find((layer) => layer?.spec.config?.errorPages !== undefined);
  if (owner === undefined || owner.spec.config?.errorPages?.length === 0) return null;
  return `${owner.kind} ${owner.metadata.namespace}/${owner.metadata.name}`;
}

/** A function that collects the pages of a Frontend, its Rules and their ALB2. What is wrong is reported once. */
export function createErrorPageCollector(
  context: Context,
): (frontend: Frontend, rules: readonly Rule[]) => ErrorPages {
  const known = new Map<Configured, readonly ErrorPage[]>();
  const { alb } = context.owner;

  function pagesOf(owner: Configured): readonly ErrorPage[] {
    let pages = known.get(owner);
    if (pages === undefined) known.set(owner, pages = readPages(owner, context));
    return pages;
  }

  return function collect(frontend, rules) {
    const owners: Configured[] = alb === undefined ? [frontend, ...rules] : [alb, frontend, ...rules];
    const found = owners.flatMap((owner) => {
      const key = errorPagesKey([owner]);
      return key === null ? [] : [[key, pagesOf(owner)] as const];
    });
    return { errorPages: Object.fromEntries(found), unmatchedErrorPages: errorPagesKey([frontend, alb]) };
  };
}

/** A page that cannot be had is left out: traffic does not depend on what an error looks like. */
function readPages(owner: Configured, context: Context): readonly ErrorPage[] {
  const lookup = lookupFor(owner, context);
  return (owner.spec.config?.errorPages ?? []).flatMap((config, place) => {
    const { page, faults } = readPage(config, owner.metadata.namespace, lookup);
    for (const { field, ...finding } of faults) {
      context.report(owner, { ...finding, field: `${FIELD}[${place}]${field}` });
    }
    return faults.length === 0 ? [page] : [];
  });
}

interface PageResult {
  readonly page: ErrorPage;
  /** Fields are those of the page; with any of them it must not be used. */
  readonly faults: readonly Finding[];
}

function readPage(config: PageConfig, namespace: string, lookup: Lookup): PageResult {
  const faults: Finding[] = [];
  const fault = (field: string, reason: string) => faults.push({ code: "InvalidAction", field, reason });
  const statuses = config.status.flatMap((given, place) => {
    const range = readRange(given);
    if (range === undefined) {
      const expected = `a status from ${STATUSES.from} to ${STATUSES.to}, or a range such as "500-599"`;
      fault(`.status[${place}]`, `expected ${expected}, found ${JSON.stringify(given)}`);
    }
    return range ?? [];
  });
  if (config.status.length === 0) fault(".status", "expected at least one status");
  const contentType = config.contentType?.trim() || DEFAULT_TYPE;
  if (!MEDIA_TYPE.test(contentType)) {
    fault(".contentType", `expected a media type such as text/html, found ${JSON.stringify(contentType)}`);
  }
  const { body = "", finding } = readBody(config, namespace, lookup);
  if (finding !== undefined) faults.push(finding);
  return { page: { statuses, contentType, body }, faults };
}

/** `403`, `"403"` or `"500-599"`. */
function readRange(given: number | string): ErrorPage["statuses"][number] | undefined {
  const [, first, last] = /^\s*(\d{3})\s*(?:-\s*(\d{3})\s*)?$/.exec(String(given)) ?? [];
  const [from, to] = [Number(first), Number(last ?? first)];
  return from >= STATUSES.from && from <= to && to <= STATUSES.to ? { from, to } : undefined;
}

/** Either in the object or in a ConfigMap, `[namespace/]name#key`. */
function readBody(
  { body, cmRef }: PageConfig,
  ownNamespace: string,
  lookup: Lookup,
): { readonly body?: string; readonly finding?: Finding } {
  const invalid = (field: string, reason: string, code: Finding["code"] = "InvalidAction") => ({
    finding: { code, field, reason },
  });
  if (body !== undefined && cmRef) return invalid(".cmRef", "expected either body or cmRef, found both");
  if (!cmRef) return body === undefined ? invalid("", "expected body or cmRef") : { body };
  const [, namespace = ownNamespace, name, key] = /^(?:([^/#]+)\/)?([^/#]+)#(.+)$/.exec(cmRef.trim()) ?? [];
  if (name === undefined || key === undefined) {
    return invalid(".cmRef", `expected [namespace/]name#key of a ConfigMap, found ${JSON.stringify(cmRef)}`);
  }
  const found = lookup("ConfigMap", namespace, name);
  if (found === undefined) {
    return invalid(".cmRef", `there is no ConfigMap ${namespace}/${name}`, "UnresolvedReference");
  }
  const text = Object.hasOwn(found.data, key) ? found.data[key] : undefined;
  return text === undefined
    ? invalid(
      ".cmRef",
      `ConfigMap ${namespace}/${name} has no key ${JSON.stringify(key)}`,
      "UnresolvedReference",
    )
    : { body: text };
}
