/** On what the figures were made; without it they mean nothing. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpus, release } from "node:os";

export interface Environment {
  /** ISO 8601, to the minute. */
  readonly date: string;
  readonly commit: string;
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<"bun" | "deno" | "nginx" | "wrk", string>>;
  /** `ulimit -n`. */
  readonly openFiles: string;
}

export function environment(checkout: string): Environment {
  const output = (program: string, args: readonly string[]) => {
    const { stdout, stderr } = spawnSync(program, [...args], { encoding: "utf8", cwd: checkout });
    return `${stdout}${stderr}`.trim();
  };
  const version = (text: string) => /\d+(?:\.\d+)+/.exec(text)?.[0] ?? "unknown";
  return {
    date: new Date().toISOString().slice(0, 16) + "Z",
    commit: output("git", ["describe", "--always", "--dirty"]),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    kernel: release(),
    versions: {
      bun: version(output("node_modules/.bin/bun", ["--version"])),
      deno: version(output("node_modules/.bin/deno", ["--version"])),
      nginx: version(output("nginx", ["-v"])),
      wrk: version(output("wrk", ["-v"])),
    },
    openFiles: execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim(),
  };
}
