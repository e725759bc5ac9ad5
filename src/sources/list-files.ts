/** Which files the given paths hold at the moment. */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface ListedFile {
  readonly path: string;
  /** Equal stamps = the same content. */
  readonly stamp: string;
  /** A pipe or a device: it can be read once, and whoever opens it may wait for its other end. */
  readonly isStream?: boolean;
}

export interface Listing {
  /** In the order of their paths. */
  readonly files: readonly ListedFile[];
  /** Every folder in which a change may matter, with what tells it from another one of the same path. */
  readonly folders: ReadonlyMap<string, string>;
  /** Paths that were given, or found in a folder, and cannot be looked at. */
  readonly unreadable: readonly { readonly path: string; readonly message: string }[];
}

const EXTENSION = /\.(?:ya?ml|json)$/i;
const MISSING = "no such file or folder";

/**
 * A folder counts with its subfolders; names that start with a dot are left out, so that of a mounted ConfigMap
 * (`..data -> ..2024_01`, `a.yaml -> ..data/a.yaml`) each file counts once. A path to a file counts whatever its name
 * is. Links are followed; what is reached twice counts once. Pipes, devices and sockets in folders are passed over.
 */
export async function listFiles(paths: readonly string[]): Promise<Listing> {
  const files: ListedFile[] = [];
  const folders = new Map<string, string>();
  const unreadable: { path: string; message: string }[] = [];
  const seen = new Set<string>();

  async function visit(path: string, given: boolean): Promise<void> {
    try {
      const found = await stat(path);
      const identity = identityOf(found);
      if (seen.has(identity)) return;
      if (found.isDirectory()) {
        seen.add(identity);
        folders.set(path, identity);
        for (const name of (await readdir(path)).sort()) {
          if (!name.startsWith(".")) await visit(join(path, name), false);
        }
      } else if (found.isFile() ? given || EXTENSION.test(path) : given) {
        seen.add(identity);
        files.push({ path, stamp: stampOf(found), ...(!found.isFile() && { isStream: true }) });
      }
    } catch (error) {
      const message = describeFailure(error);
      // A link in a folder that leads nowhere is told of only where its target would have counted.
      if (given || message !== MISSING || EXTENSION.test(path)) unreadable.push({ path, message });
    }
  }

  for (const path of paths) {
    const clean = join(path); // without `./` and a slash at the end
    await visit(clean, true);
    const parent = dirname(clean);
    if (!folders.has(clean) && !folders.has(parent)) folders.set(parent, "");
  }
  files.sort((a, b) => a.path < b.path ? -1 : 1);
  return { files, folders, unreadable };
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** Another one after every change of a file that is older than the clock of its file system is coarse. */
export function stampOf(found: Stats): string {
  return `${identityOf(found)}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
}

/** Why a file operation failed, for people. */
export function describeFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return MISSING;
  if (code === "EACCES" || code === "EPERM") return "not permitted to read it";
  if (code === "ELOOP") return "links lead in a circle";
  return `cannot be read${code === "" ? "" : ` (${code})`}`;
}
