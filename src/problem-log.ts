/** Problems in the log: each once when it appears, and once when it is gone. */
import { formatProblem, type Problem } from "./errors.ts";
import type { Logger } from "./telemetry/log.ts";

/** To be called with everything that is wrong now, as often as one likes. */
export function createProblemLog(log: Logger): (problems: readonly Problem[]) => void {
  let known: ReadonlyMap<string, Problem> = new Map();
  return (problems) => {
    const now = new Map(problems.map((problem) => [keyOf(problem), problem]));
    for (const [key, problem] of now) {
      if (known.has(key)) continue;
      const level = problem.severity === "error" ? "error" : "warn";
      log[level](formatProblem(problem), { code: problem.code, ...(problem.stale && { stale: true }) });
    }
    for (const [key, problem] of known) {
      if (!now.has(key)) log.info(`solved: ${formatProblem(problem)}`, { code: problem.code });
    }
    known = now;
  };
}

/** Where an object stands does not count: a line that moves is no news. Where a file is broken does. */
function keyOf({ severity, code, object, field, reason, stale = false }: Problem): string {
  const { kind, namespace, name, file = "", line = 0 } = object;
  const place = code === "UnreadableFile" ? line : 0;
  return JSON.stringify([severity, code, kind, namespace, name, file, place, field, reason, stale]);
}
