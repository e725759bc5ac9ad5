/** The files of some paths, parsed, and kept up to date with as little work as a change needs. */
import { readFile, stat } from "node:fs/promises";
import { sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeFailure, type ListedFile, listFiles, type Listing, stampOf } from "./list-files.ts";
import { type FileError, type ParsedFile, parseFile, unreadableFile } from "./parse-file.ts";

export interface Scan {
  /** In the order in which they count. */
  readonly files: readonly ParsedFile[];
  /** See `Listing.folders`. */
  readonly folders: ReadonlyMap<string, string>;
  /** False when everything is as the scan before found it. */
  readonly changed: boolean;
}

export interface FileSet {
  /** Reads what changed; everything, when `thorough`. Calls must not overlap. */
  scan(thorough?: boolean): Promise<Scan>;
  /** Whether a scan might find a change; looks at stamps only. */
  differs(): Promise<boolean>;
}

const SETTLE_MS = 50;
const MOST_TRIES = 10;
/** So many looks, each at another file, tell an exchange from a program that empties and writes. */
const EXCHANGES = 3;

interface KnownFile {
  /** Undefined when the file could not be read. */
  readonly stamp?: string;
  readonly parsed: ParsedFile;
}

/** @param isOnce there will be one scan: pipes such as `/dev/stdin` can be read, too */
export function createFileSet(paths: readonly string[], isOnce = false): FileSet {
  let known: ReadonlyMap<string, KnownFile> = new Map();
  let signature = "";

  async function scan(thorough = false): Promise<Scan> {
    const listing = await listFiles(paths);
    const now = new Map<string, KnownFile>();
    for (const file of listing.files) {
      now.set(file.path, await read(file, known.get(file.path), { thorough, isOnce }));
    }
    for (const { path, message } of listing.unreadable) {
      const below = [...known].filter(([old]) => old.startsWith(path + sep));
      for (const [old, file] of below) now.set(old, file); // may still be there
      now.set(path, failed(path, { message, stale: below.length > 0 }, known.get(path)));
    }
    const changed = now.size !== known.size ||
      [...now].some(([path, { parsed }]) => parsed !== known.get(path)?.parsed);
    known = now;
    signature = signatureOf(listing);
    const files = [...now.values()].map(({ parsed }) => parsed).sort((a, b) => a.path < b.path ? -1 : 1);
    return { files, folders: listing.folders, changed };
  }

  async function differs(): Promise<boolean> {
    return signatureOf(await listFiles(paths)) !== signature;
  }

  return { scan, differs };
}

function signatureOf({ files, unreadable }: Listing): string {
  return JSON.stringify([files.map(({ path, stamp }) => [path, stamp]), unreadable]);
}

async function read(
  file: ListedFile,
  old: KnownFile | undefined,
  { thorough, isOnce }: { readonly thorough: boolean; readonly isOnce: boolean },
): Promise<KnownFile> {
  const { path, isStream } = file;
  // A pipe is empty after it was read, and a second look might wait for a writer for ever.
  if (isStream && !isOnce) {
    return failed(path, { message: "is a pipe or a device, which cannot be watched" }, old);
  }
  if (old?.stamp === file.stamp && !thorough) return old;
  try {
    const { bytes, stamp, isSettled } = await (isStream ? readStream(file) : readSettled(file));
    if (!isSettled && old !== undefined) return old; // its stamp will differ at the next look, too
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const isSame = old?.stamp !== undefined && old.parsed.text === text;
    return { stamp, parsed: isSame ? old.parsed : await parseFile(path, text, old?.parsed) };
  } catch (error) {
    const message = error instanceof TypeError ? "not UTF-8 text" : describeFailure(error);
    return failed(path, { message }, old);
  }
}

async function readStream({ path, stamp }: ListedFile): Promise<SettledRead> {
  return { bytes: await readFile(path), stamp, isSettled: true };
}

interface SettledRead {
  readonly bytes: Uint8Array;
  readonly stamp: string;
  readonly isSettled: boolean;
}

/**
 * Most programs write a file by emptying it first. What is seen in between would be taken for deleted objects, so a
 * file counts only when it was left alone for a moment, before and while it was read; or when it is another file at
 * every look, because then somebody exchanges it again and again, and what is exchanged is whole.
 */
async function readSettled({ path, stamp }: ListedFile): Promise<SettledRead> {
  const files = new Set<string>();
  for (let tries = 1;; tries++) {
    const before = files.size + 1 < EXCHANGES ? stamp : stampOf(await stat(path));
    const bytes = await readFile(path);
    const found = await stat(path);
    const isExchanged = files.add(`${found.ino} ${found.birthtimeMs}`).size >= EXCHANGES;
    const isSettled = stampOf(found) === before &&
      (isExchanged || Math.abs(Date.now() - found.mtimeMs) > SETTLE_MS);
    if (isSettled || tries === MOST_TRIES) return { bytes, stamp, isSettled };
    stamp = stampOf(found);
    await sleep(SETTLE_MS);
  }
}

function failed(path: string, error: FileError, old: KnownFile | undefined): KnownFile {
  const before = old?.stamp === undefined ? old?.parsed.errors[0] : undefined;
  const isSame = before?.message === error.message && before.stale === error.stale;
  return old !== undefined && isSame ? old : { parsed: unreadableFile(path, error) };
}
