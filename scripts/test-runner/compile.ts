/** The single binaries: that they can be made, and where not, why not. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgeAvailable } from "./available.ts";
import { runCommand } from "./command.ts";
import type { Outcome } from "./run-file.ts";

const LIMIT_MS = 120_000;

/** `scripts/compile PATH`: on Bun's runtime. */
export async function compileBinary(root: string, path: string): Promise<Outcome> {
  return judgeAvailable("compile", await runCommand(["scripts/compile", path], root, LIMIT_MS));
}

/** `scripts/compile --deno`, and whether what it makes starts. */
export async function compileWithDeno(root: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "albatross-deno-compile-"));
  try {
    const path = join(folder, "albatross");
    const compiled = await runCommand(["scripts/compile", "--deno", path], root, LIMIT_MS);
    if (compiled.code !== 0) return judgeAvailable("deno compile", compiled);
    const started = await runCommand([path, "version"], folder, LIMIT_MS);
    const speaks = started.code === 0 && / \(deno [\d.]+\)/.test(started.output);
    return judgeAvailable("deno compile", { ...started, code: speaks ? 0 : 1 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
