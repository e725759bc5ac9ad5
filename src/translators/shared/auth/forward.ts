/** Forward authentication as data (data-plane spec 4.1–4.3). */
import { NEVER_EDITED_ON_REQUESTS } from "../../../lib/gateway-fields.ts";
import { fieldKey, headerEditFault } from "../../../lib/field-names.ts";
import { parseVarString, variablesOf, type VarString } from "../../../lib/var-string.ts";
import { readVariableName } from "../../../lib/variable-names.ts";
import type { AuthConfig } from "../../../resources/shared-config.ts";
import type { ForwardAuthFilter } from "../../../table/filters.ts";
import type { ConfigMap } from "../../../resources/config-map.ts";
import type { Lookup } from "../lookup.ts";
import { DEFAULT_CACHE_DURATION, readCacheDuration } from "./cache-duration.ts";
import { type AuthAnswer, type AuthFault, BAD_CONFIG_MAP, BUILD_FAILS, closed } from "./fault.ts";
import { readReference } from "./reference.ts";
import { completeSignin } from "./signin.ts";

type ForwardConfig = NonNullable<AuthConfig["forward"]>;

export interface ForwardAuthResult {
  /** Not to be used when one of the faults has an answer. */
  readonly filter: ForwardAuthFilter;
  readonly faults: readonly AuthFault[];
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Methods that mean something else than asking. */
const NO_QUESTION: ReadonlySet<string> = new Set(["CONNECT", "TRACE"]);
/** The call has no body that could be waited for. */
const EXPECT = "expect";
const DEFAULT_MS = 5000;
const LONGEST_MS = 2 ** 31 - 1; // what timers of every runtime take
const CA_KEY = "ca.crt";

/**
 * @param namespace of the object that has the configuration
 * @param allowedNetworks CIDRs that may be called although they are refused otherwise
 */
export function forwardAuthOf(
  config: ForwardConfig,
  namespace: string,
  allowedNetworks: readonly string[],
  lookup: Lookup,
): ForwardAuthResult {
  const faults: AuthFault[] = [];
  const reader = createReader(config, namespace, lookup, faults);
  const filter: ForwardAuthFilter = {
    type: "forward-auth",
    url: reader.url(),
    method: reader.method(),
    requestHeaders: reader.requestHeaders(),
    requestRedirect: reader.text("auth_request_redirect"),
    upstreamHeaders: reader.upstreamHeaders(),
    signin: reader.signin(),
    alwaysSetCookie: config.always_set_cookie ?? false,
    connectMs: Math.min(config.connect_timeout_ms || DEFAULT_MS, LONGEST_MS),
    readMs: Math.min(config.read_timeout_ms || DEFAULT_MS, LONGEST_MS),
    tls: { verify: config.insecureSkipVerify !== true, ca: reader.authorities() },
    cache: reader.cache(),
    allowedNetworks,
  };
  return { filter, faults };
}

/** Reads the fields one by one; what is wrong goes to `faults`. */
function createReader(
  config: ForwardConfig,
  namespace: string,
  lookup: Lookup,
  faults: AuthFault[],
) {
  function fault(field: string, reason: string, answer?: AuthAnswer, code?: AuthFault["code"]): void {
    const finding = { code: code ?? "InvalidAuth", field, reason } as const;
    faults.push(answer === undefined ? finding : { ...finding, answer });
  }

  /** Of a ConfigMap that is named, instead of the field that names it. */
  function faultIn(object: ConfigMap, key: string, reason: string, answer?: AuthAnswer): void {
    const finding = { code: "InvalidAuth", object, field: keyField(key), reason } as const;
    faults.push(answer === undefined ? finding : { ...finding, answer });
  }

  /** A variable that nobody knows never has a value: the request says so, as in ALB. */
  function parse(text: string, unknown: (reason: string) => void): VarString {
    const pieces = parseVarString(text);
    for (const name of variablesOf(pieces)) {
      if (readVariableName(name) === undefined) {
        unknown(`there is no variable $${name}, so it never has a value`);
      }
    }
    return pieces;
  }

  function parseField(field: string, text: string): VarString {
    return parse(text, (reason) => fault(field, reason));
  }

  function configMap(field: string, reference: string, answer: AuthAnswer) {
    const place = readReference(reference, namespace);
    if (place === undefined) {
      const reason = `expected the name of a ConfigMap or namespace/name, found ${JSON.stringify(reference)}`;
      fault(field, reason, answer);
      return undefined;
    }
    const found = lookup("ConfigMap", place.namespace, place.name);
    if (found === undefined) {
      const reason = `there is no ConfigMap ${place.namespace}/${place.name}`;
      fault(field, reason, answer, "UnresolvedReference");
    }
    return found;
  }

  return {
    url(): VarString {
      const field = "forward.url";
      const pieces = parseField(field, config.url?.trim() ?? "");
      if (!mayBeUrl(pieces)) {
        const given = config.url ?? "";
        // What stands in front of an @ may be a password.
        const found = given.includes("@") ? "another" : JSON.stringify(given);
        fault(field, `expected an absolute http or https URL without user, found ${found}`, BUILD_FAILS);
      }
      return pieces;
    },

    method(): string {
      const method = (config.method || "GET").toUpperCase();
      if (!TOKEN.test(method) || NO_QUESTION.has(method)) {
        fault(
          "forward.method",
          `expected a method such as GET, found ${JSON.stringify(config.method)}`,
          BUILD_FAILS,
        );
      }
      return method;
    },

    /** Null when it is absent or blank. */
    text(name: "auth_request_redirect"): VarString | null {
      const pieces = parseField(`forward.${name}`, config[name] ?? "");
      return pieces.length === 0 ? null : pieces;
    },

    signin(): VarString | null {
      const signin = config.signin?.trim() ?? "";
      return signin === ""
        ? null
        : parseField("forward.signin", completeSignin(signin, config.signin_redirect_param));
    },

    requestHeaders(): Readonly<Record<string, VarString>> {
      const field = "forward.auth_headers_cm_ref";
      const reference = config.auth_headers_cm_ref ?? "";
      const found = reference === "" ? undefined : configMap(field, reference, BAD_CONFIG_MAP);
      if (found === undefined) return {};
      const kept = Object.entries(found.data).filter(([name]) => {
        if (!TOKEN.test(name)) {
          faultIn(found, name, `${JSON.stringify(name)} is no name of a header`, BAD_CONFIG_MAP);
        } else if (isNoneOfTheirs(name)) {
          faults.push({ ...ignored(name), object: found, field: keyField(name) });
          return false;
        }
        return true;
      });
      return Object.fromEntries(
        kept.map(([name, text]) => [name, parse(text, (reason) => faultIn(found, name, reason))]),
      );
    },

    upstreamHeaders(): readonly string[] {
      const names = config.upstream_headers.map((name) => name.trim()).filter((name) => name !== "");
      const field = "forward.upstream_headers";
      for (const name of names) {
        if (!TOKEN.test(name)) fault(field, `${JSON.stringify(name)} is no name of a header`, closed(field));
        else if (isNoneOfTheirs(name)) faults.push({ ...ignored(name), field });
        else if (isGateways(name)) faults.push({ ...ignored(name, "is set by the gateway"), field });
      }
      return names.filter((name) => !isNoneOfTheirs(name) && !isGateways(name));
    },

    /** PEM, or null for those that the runtime knows. */
    authorities(): string | null {
      const field = "forward.ca_cm_ref";
      if (!config.ca_cm_ref) return null;
      const found = configMap(field, config.ca_cm_ref, closed(field));
      const ca = found?.data[CA_KEY] ?? "";
      if (found !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) {
        faultIn(found, CA_KEY, "expected certificates, PEM", closed(field));
      }
      return ca;
    },

    cache(): ForwardAuthFilter["cache"] {
      const key = parseField("forward.cache_key", config.cache_key ?? "");
      if (key.length === 0) return null;
      const field = "forward.cache_duration";
      const duration = config.cache_duration || DEFAULT_CACHE_DURATION;
      const lifetimes = readCacheDuration(duration);
      if (lifetimes === undefined) {
        const reason = `expected statuses and durations such as "200 202 10m, 401 5m", found ${
          JSON.stringify(duration)
        }`;
        fault(field, reason, closed(field));
      }
      return { key, lifetimes: lifetimes ?? [] };
    },
  };
}

function keyField(key: string): string {
  return `data[${JSON.stringify(key)}]`;
}

/**
 * Whether a field frames messages or belongs to a connection, where no configuration has a say: those to a server are
 * shared, and what follows on them may be about somebody else's request.
 */
function isNoneOfTheirs(name: string): boolean {
  return headerEditFault(name) !== undefined || fieldKey(name) === EXPECT;
}

/** Whether the upstream gets the gateway's own, whatever a server says. */
function isGateways(name: string): boolean {
  return NEVER_EDITED_ON_REQUESTS.has(fieldKey(name));
}

function ignored(name: string, why = "belongs to the connection or frames the message") {
  const reason = `${JSON.stringify(name)} ${why}; it is ignored`;
  return { code: "InvalidAuth", reason, severity: "warning" } as const;
}

/** As far as can be told without the values of its variables. */
function mayBeUrl(pieces: VarString): boolean {
  const [first = ""] = pieces;
  if (variablesOf(pieces).length > 0) return first.startsWith("$") || /^https?:\/\/./i.test(`${first}$`);
  const text = pieces.join("");
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}
