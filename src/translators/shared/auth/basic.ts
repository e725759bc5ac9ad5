/** Basic authentication as data (data-plane spec 4.5). */
import { isPasswordFault, parseHtpasswd, readPasswordHash } from "../../../lib/htpasswd.ts";
import type { SecretObject } from "../../../resources/secret.ts";
import type { AuthConfig } from "../../../resources/shared-config.ts";
import type { BasicAuthFilter } from "../../../table/filters.ts";
import type { Lookup } from "../lookup.ts";
import type { AuthAnswer, AuthFault } from "./fault.ts";
import { readReference } from "./reference.ts";

type BasicConfig = NonNullable<AuthConfig["basic"]>;
type Users = BasicAuthFilter["users"];

export interface BasicAuthResult {
  /** Undefined when one of the faults has an answer. */
  readonly filter?: BasicAuthFilter;
  readonly faults: readonly AuthFault[];
}

/** @param namespace of the object that has the configuration */
export function basicAuthOf(
  config: BasicConfig,
  namespace: string,
  lookup: Lookup,
): BasicAuthResult {
  const { auth_type = "", realm = "", secret: reference = "", secret_type } = config;
  if (auth_type !== "basic") {
    const reason = `expected basic, found ${JSON.stringify(auth_type)}`;
    return failed("InvalidAuth", "basic.auth_type", reason, "only support basic auth");
  }
  const place = readReference(reference, namespace);
  if (place === undefined) {
    const reason = `expected the name of a Secret or namespace/name, found ${JSON.stringify(reference)}`;
    return failed("InvalidAuth", "basic.secret", reason, "invalid secret refs format");
  }
  const read = readerOf(secret_type || "auth-file");
  if (read === undefined) {
    const reason = `expected auth-file or auth-map, found ${JSON.stringify(secret_type)}`;
    return failed("InvalidAuth", "basic.secret_type", reason, "unknown secret type");
  }
  const secret = lookup("Secret", place.namespace, place.name);
  if (secret === undefined) {
    const reason = `there is no Secret ${place.namespace}/${place.name}`;
    return failed("UnresolvedReference", "basic.secret", reason, "secret refs not found");
  }
  const { users, faults } = read(secret);
  return users.length === 0 ? { faults } : { filter: { type: "basic-auth", realm, users }, faults };
}

function failed(code: AuthFault["code"], field: string, reason: string, words: string): BasicAuthResult {
  return { faults: [{ code, field, reason, answer: invalid(words) }] };
}

/** ALB's words and status. */
function invalid(words: string): AuthAnswer {
  return { status: 500, reason: `invalid cfg ${words}` };
}

interface UserList {
  readonly users: Users;
  readonly faults: readonly AuthFault[];
}

function readerOf(type: string): ((secret: SecretObject) => UserList) | undefined {
  return type === "auth-file" ? readFile : type === "auth-map" ? readMap : undefined;
}

/** Key `auth`: an htpasswd file. */
function readFile(secret: SecretObject): UserList {
  const file = secret.data["auth"];
  const { entries, faults } = parseHtpasswd(file?.text() ?? "");
  const users = entries.map(({ user, hash }) => ({ name: user, passwordHash: hash }));
  const found = faults.map(({ line, detail, reason }) => ({
    field: "data.auth",
    detail,
    reason: `line ${line}: ${reason}`,
  }));
  const isEmpty = users.length === 0 && found.length === 0;
  if (isEmpty) {
    const reason = file === undefined
      ? "there is no key auth; expected lines user:hash in it"
      : "expected lines user:hash";
    found.push({ field: "data.auth", detail: "invalid pass format", reason });
  }
  return { users, faults: found.map((fault) => blame(secret, fault, users)) };
}

/** Each key is a user, its value the hash. */
function readMap(secret: SecretObject): UserList {
  const users: { name: string; passwordHash: string }[] = [];
  const found: UserFault[] = [];
  for (const [name, value] of Object.entries(secret.data)) {
    const text = value.text().trim();
    const hash = readPasswordHash(text);
    if (isPasswordFault(hash)) found.push({ field: `data[${JSON.stringify(name)}]`, ...hash });
    else users.push({ name, passwordHash: text });
  }
  if (users.length === 0 && found.length === 0) {
    found.push({ field: "data", detail: "invalid pass format", reason: "there are no users" });
  }
  return { users, faults: found.map((fault) => blame(secret, fault, users)) };
}

interface UserFault {
  readonly field: string;
  readonly detail: string;
  readonly reason: string;
}

/** A user whose hash cannot be read cannot log in; while there are others, that harms nobody else. */
function blame(secret: SecretObject, { field, detail, reason }: UserFault, users: Users): AuthFault {
  const fault = { code: "InvalidAuth", object: secret, field, reason } as const;
  return users.length > 0
    ? { ...fault, severity: "warning" }
    : { ...fault, answer: invalid(`invalid secret context ${detail}`) };
}
