/**
 * A filter is a route's data for one feature; `middlewares/compile.ts` turns it into a Hono middleware. The union is
 * the one list of features: maps over it are exhaustive by type.
 */
import type { VarString } from "../lib/var-string.ts";

export type Filter =
  | CompressFilter
  | CorsFilter
  | RedirectFilter
  | VhostFilter
  | RewriteFilter
  | ReverseRewriteFilter
  | RequestHeadersFilter
  | ResponseHeadersFilter
  | AuthRefusalFilter
  | ForwardAuthFilter
  | BasicAuthFilter
  | MiddlewareFilter;

/** Data-plane spec 8.3; what is compressed is fixed. */
export interface CompressFilter {
  readonly type: "compress";
}

/** Data-plane spec 3.3. */
export interface CorsFilter {
  readonly type: "cors";
  /** Whole origins, or with one `*` for names (`https://*.a.com`); empty or `*` = every origin. */
  readonly allowOrigins: readonly string[];
  /** As sent. */
  readonly allowMethods: string;
  readonly allowHeaders: string;
  /** "" = not sent. */
  readonly exposeHeaders: string;
  /** Never sent to every origin. */
  readonly allowCredentials: boolean;
  readonly maxAgeS: number;
  /** False where a redirect of the same route comes first. */
  readonly answersPreflight: boolean;
}

/** Data-plane spec 3.2; null = as in the request. */
export interface RedirectFilter {
  readonly type: "redirect";
  readonly code: 301 | 302 | 303 | 307 | 308;
  /** Whole URL or path. */
  readonly url: string | null;
  readonly scheme: "http" | "https" | null;
  /** Normal form: lower-case, without port, IPv6 without brackets. */
  readonly host: string | null;
  readonly port: number | null;
  readonly prefix: { readonly match: string; readonly replacement: string } | null;
}

/** Data-plane spec 3.4. */
export interface VhostFilter {
  readonly type: "vhost";
  readonly host: string;
}

/** Data-plane spec 3.1; works on the decoded path. */
export interface RewriteFilter {
  readonly type: "rewrite";
  readonly path:
    | { readonly kind: "full"; readonly target: string }
    | { readonly kind: "prefix"; readonly prefix: string; readonly replacement: string }
    /** The first match of `base` becomes `target`, in which `$1` stands for a group. */
    | { readonly kind: "regex"; readonly base: string; readonly target: string };
}

/** In the upstream's answers: what begins with `from` begins with `to`; of a cookie's domain, the whole. */
export interface ReverseRewriteFilter {
  readonly type: "reverse-rewrite";
  /** Location and Refresh. */
  readonly location: readonly Replacement[];
  readonly cookieDomain: readonly Replacement[];
  readonly cookiePath: readonly Replacement[];
}

export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/** Data-plane spec 3.5; in the order in which they are applied. Variables are names without `$`. */
export interface RequestHeadersFilter {
  readonly type: "request-headers";
  readonly set: Readonly<Record<string, string>>;
  readonly setFrom: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  readonly add: Readonly<Record<string, readonly string[]>>;
  readonly addFrom: Readonly<Record<string, readonly string[]>>;
}

/** Data-plane spec 3.5. */
export interface ResponseHeadersFilter {
  readonly type: "response-headers";
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  readonly add: Readonly<Record<string, readonly string[]>>;
}

/** Authentication that is demanded and cannot be built: nobody is let through (data-plane spec 4.4, 4.5). */
export interface AuthRefusalFilter {
  readonly type: "auth-refusal";
  readonly status: 500 | 503;
  /** Behind `AuthFail : `. */
  readonly reason: string;
}

/** Another server decides (data-plane spec 4.3, 4.4). */
export interface ForwardAuthFilter {
  readonly type: "forward-auth";
  readonly url: VarString;
  readonly method: string;
  /** Fields of the call, beside the client's and those that every call has; they win. */
  readonly requestHeaders: Readonly<Record<string, VarString>>;
  /** Value of X-Auth-Request-Redirect; null = path and query of the request. */
  readonly requestRedirect: VarString | null;
  /** Fields of the answer that the upstream gets; the client's own never get there. */
  readonly upstreamHeaders: readonly string[];
  /** Where to send whoever is not logged in; null = nowhere, 401. */
  readonly signin: VarString | null;
  readonly alwaysSetCookie: boolean;
  readonly connectMs: number;
  readonly readMs: number;
  readonly tls: { readonly verify: boolean; readonly ca: string | null };
  /** What is remembered; null = nothing. */
  readonly cache: {
    readonly key: VarString;
    readonly lifetimes: readonly { readonly statuses: readonly number[]; readonly ms: number }[];
  } | null;
  /** CIDRs that may be called although they are refused otherwise. */
  readonly allowedNetworks: readonly string[];
}

/** Names and passwords (data-plane spec 4.5). */
export interface BasicAuthFilter {
  readonly type: "basic-auth";
  readonly realm: string;
  /** Not empty; hashes as in htpasswd files, all of them readable. */
  readonly users: readonly { readonly name: string; readonly passwordHash: string }[];
}

/** A middleware that the user (or a test) registered by name. */
export interface MiddlewareFilter {
  readonly type: "middleware";
  readonly name: string;
  /** JSON; handed to the middleware's factory as it is. */
  readonly options: unknown;
  /** Whose list it stands in, and where there: the object to blame in messages. */
  readonly source: {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly place: number;
  };
}

export type FilterType = Filter["type"];
