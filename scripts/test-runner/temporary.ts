/** Temporary files of a run of the tests: all in one folder, which does not outlive the run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes the folder, in which whatever is started from now on makes its own (`TMPDIR`): also what is killed, and can remove
 * nothing any more, leaves nothing behind. It is removed when this process exits.
 */
export function useOwnTemporaryFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), "albatross-tests-"));
  process.env["TMPDIR"] = folder;
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
}
