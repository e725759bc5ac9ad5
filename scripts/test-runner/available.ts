/** Judges scripts that need something from elsewhere. */
import type { CommandResult } from "./command.ts";
import type { Outcome } from "./run-file.ts";

/** Exit code of our scripts when something that they need cannot be downloaded; the last line says what. */
const UNAVAILABLE = 69;

/** What could not be had is not run, whatever else went wrong has failed. */
export function judgeAvailable(name: string, { code, output, seconds }: CommandResult): Outcome {
  const skipped = code === UNAVAILABLE
    ? [`${name} (not run: ${output.trim().split("\n").at(-1)?.replace(/^[\w-]+: /, "")})`]
    : [];
  const failed = code === 0 || code === UNAVAILABLE ? 0 : 1;
  return { passed: code === 0 ? 1 : 0, failed, skipped, seconds, output };
}
