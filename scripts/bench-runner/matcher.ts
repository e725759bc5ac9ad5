/** Runs the matcher probe on a runtime, on the core that proxies are measured on. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import type { RuntimeName } from "./albatross.ts";
import { PROXY_CORE } from "./load.ts";

/** What `matcher-probe.ts` prints. */
const Probe = z.object({
  /** Milliseconds, medians. */
  translate: z.number(),
  compile: z.number(),
  /** Nanoseconds per request. */
  find: z.number(),
  miss: z.number(),
});

export function probeMatcher(checkout: string, runtime: RuntimeName, rules: number): z.output<typeof Probe> {
  const bin = join(checkout, "node_modules/.bin", runtime);
  const probe = join(checkout, "scripts/bench-runner/matcher-probe.ts");
  const program = runtime === "bun" ? [bin, probe] : [bin, "run", "-A", "--quiet", probe];
  const output = execFileSync("taskset", ["-c", String(PROXY_CORE), ...program, String(rules)], {
    encoding: "utf8",
  });
  return Probe.parse(JSON.parse(output));
}
