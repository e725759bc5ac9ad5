/** htpasswd files, and the forms of password hashes that stand in them (data-plane spec 4.5). */

/** A hash taken apart; `digest` is what a computed one is compared with. */
export type PasswordHash =
  | { readonly algorithm: "apr1" | "md5-crypt"; readonly salt: string; readonly digest: string }
  | { readonly algorithm: "bcrypt"; readonly cost: number; readonly salt: string; readonly digest: string }
  | {
    readonly algorithm: "sha256-crypt" | "sha512-crypt";
    readonly rounds: number;
    readonly salt: string;
    readonly digest: string;
  }
  /** `digest` is base 64. */
  | { readonly algorithm: "sha1"; readonly digest: string };

export interface PasswordFault {
  /** ALB's words for it. */
  readonly detail: "unsupported algorithm" | "invalid pass format";
  /** For people; quotes nothing of the hash. */
  readonly reason: string;
}

/** Beyond these, one login takes seconds of computing: whoever configures it would stall the gateway. */
const MAX_BCRYPT_COST = 15;
const MAX_SHA_ROUNDS = 500_000;
const MIN_SHA_ROUNDS = 1000;
const DEFAULT_SHA_ROUNDS = 5000;

const MD5 = /^\$(apr1|1)\$([!-#%-9;-~]{0,8})\$([./0-9A-Za-z]{22})$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$([./0-9A-Za-z]{22})([./0-9A-Za-z]{31})$/;
const SHA_CRYPT =
  /^\$([56])\$(?:rounds=(\d{1,9})\$)?([!-#%-9;-~]{0,16})\$([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})$/;
const SHA_CRYPT_DIGITS: Readonly<Record<string, number>> = { "5": 43, "6": 86 };
const SHA1 = /^\{SHA\}([0-9A-Za-z+/]{27}=)$/;
const KNOWN_MARKER = /^(\$(apr1|1|2[aby]|5|6)\$|\{SHA\})/;

/** Reads one hash, as it stands behind the name in a file. */
export function readPasswordHash(text: string): PasswordHash | PasswordFault {
  const [md5, bcrypt, sha, sha1] = [MD5.exec(text), BCRYPT.exec(text), SHA_CRYPT.exec(text), SHA1.exec(text)];
  if (md5 !== null) {
    const [, marker, salt = "", digest = ""] = md5;
    return { algorithm: marker === "1" ? "md5-crypt" : "apr1", salt, digest };
  }
  if (bcrypt !== null) return readBcrypt(bcrypt);
  if (sha !== null && SHA_CRYPT_DIGITS[sha[1] ?? ""] === sha[4]?.length) return readShaCrypt(sha);
  if (sha1 !== null) return { algorithm: "sha1", digest: sha1[1] ?? "" };
  return KNOWN_MARKER.test(text) ? { detail: "invalid pass format", reason: "the hash is not complete" } : {
    detail: "unsupported algorithm",
    reason: "expected apr1, bcrypt, SHA-256 or SHA-512 crypt, MD5 crypt or {SHA}",
  };
}

function readBcrypt([, digits, salt = "", digest = ""]: RegExpExecArray): PasswordHash | PasswordFault {
  const cost = Number(digits);
  if (cost >= 4 && cost <= MAX_BCRYPT_COST) return { algorithm: "bcrypt", cost, salt, digest };
  return {
    detail: "unsupported algorithm",
    reason: `expected a bcrypt cost from 4 to ${MAX_BCRYPT_COST}, found ${cost}`,
  };
}

function readShaCrypt(
  [, marker, given, salt = "", digest = ""]: RegExpExecArray,
): PasswordHash | PasswordFault {
  const rounds = given === undefined ? DEFAULT_SHA_ROUNDS : Math.max(Number(given), MIN_SHA_ROUNDS);
  if (rounds > MAX_SHA_ROUNDS) {
    const reason = `expected at most ${MAX_SHA_ROUNDS} rounds, found ${rounds}`;
    return { detail: "unsupported algorithm", reason };
  }
  return { algorithm: marker === "5" ? "sha256-crypt" : "sha512-crypt", rounds, salt, digest };
}

export function isPasswordFault(hash: PasswordHash | PasswordFault): hash is PasswordFault {
  return "detail" in hash;
}

export interface HtpasswdEntry {
  readonly user: string;
  readonly hash: string;
}

export interface HtpasswdFile {
  /** With hashes that can be read; of two with one name the first counts, as everywhere. */
  readonly entries: readonly HtpasswdEntry[];
  /** `line` is 1-based. */
  readonly faults: readonly (PasswordFault & { readonly line: number })[];
}

/** Reads `user:hash` lines; blank lines and comments (`#`) are skipped, and whatever stands behind a second colon. */
export function parseHtpasswd(text: string): HtpasswdFile {
  const entries = new Map<string, HtpasswdEntry>();
  const faults: (PasswordFault & { line: number })[] = [];
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const [user = "", hash] = line.split(":");
    const read = user === "" || hash === undefined ? NO_ENTRY : readPasswordHash(hash);
    if (isPasswordFault(read)) faults.push({ ...read, line: index + 1 });
    else if (!entries.has(user)) entries.set(user, { user, hash: hash as string });
  });
  return { entries: [...entries.values()], faults };
}

const NO_ENTRY: PasswordFault = { detail: "invalid pass format", reason: "expected user:hash" };
