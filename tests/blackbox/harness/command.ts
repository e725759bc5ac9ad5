/** Command lines: which runtime runs what. */
import { fileURLToPath } from "node:url";

export type RuntimeName = "bun" | "deno";

/** The runtime that executes this test file. */
export const TEST_RUNTIME: RuntimeName = process.versions["bun"] === undefined ? "deno" : "bun";

/** The runtime of the gateway under test: `ALBATROSS_RUNTIME`, by default the one that executes the tests. */
export const GATEWAY_RUNTIME: RuntimeName = process.env["ALBATROSS_RUNTIME"] === "bun" ||
    process.env["ALBATROSS_RUNTIME"] === "deno"
  ? process.env["ALBATROSS_RUNTIME"]
  : TEST_RUNTIME;

export const PROJECT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** Runs a TypeScript file with a runtime. */
export function scriptCommand(runtime: RuntimeName, file: string, args: readonly string[]): string[] {
  const program = runtime === TEST_RUNTIME ? process.execPath : `${PROJECT}/node_modules/.bin/${runtime}`;
  return runtime === "bun" ? [program, file, ...args] : [program, "run", "-A", "--quiet", file, ...args];
}

/** `albatross ARGS…`: the binary named by `ALBATROSS_BIN`, else the program's source. */
export function albatrossCommand(args: readonly string[]): string[] {
  const binary = process.env["ALBATROSS_BIN"];
  return binary === undefined
    ? scriptCommand(GATEWAY_RUNTIME, `${PROJECT}/src/main.ts`, args)
    : [binary, ...args];
}
