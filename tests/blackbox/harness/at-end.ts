/** What must not outlive the tests of a file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Calls `clean` when the process that runs the tests ends by itself. Bun tells with `exit`, Deno with `unload`. */
export function atEnd(clean: () => void): void {
  process.on("exit", clean);
  addEventListener("unload", clean);
}

/** Makes a folder that is gone when the tests are; {@link removeFolder} removes it earlier. */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

const folders = new Set<string>();
atEnd(() => folders.forEach(removeFolder));
