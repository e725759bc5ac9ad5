/** `scripts/bench`: runs the rows, prints a table, keeps the JSON. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { foreignShare, MAX_FOREIGN, type Pair } from "./compare.ts";
import { type Environment, environment } from "./environment.ts";
import { LOAD_CORE, PROXY_CORE } from "./load.ts";
import { startUpstream } from "./nginx.ts";
import { type Options, parseOptions } from "./options.ts";
import { table } from "./print.ts";
import { killAll } from "./process.ts";
import type { Result } from "./result.ts";
import { type Bench, ROWS } from "./rows.ts";

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Answers the exit code: 1 when a row could not be measured; the others are kept. */
async function main(options: Options): Promise<number> {
  const about = environment(checkout);
  console.error(heading(about, options));
  const directory = mkdtempSync(join(tmpdir(), "albatross-bench-"));
  process.on("exit", () => {
    killAll();
    rmSync(directory, { recursive: true, force: true });
  });
  const upstream = await startUpstream(directory);
  const results: Result[] = [];
  const bench: Bench = {
    options,
    checkout,
    directory,
    upstreamPort: upstream.port,
    report(result) {
      results.push(result);
      console.error(`  = ${resultLine(result)}`);
    },
    progress: (pair, kept) => console.error(`  ${pairLine(pair)}${kept ? "" : ": measured again"}`),
  };
  let failures = 0;
  for (const row of options.rows) {
    console.error(`\n${row}`);
    try {
      await ROWS[row](bench);
    } catch (error) {
      failures++;
      console.error(`  ${(error as Error).message}`);
    }
  }
  await upstream.stop();
  const file = options.json ?? join(checkout, ".cache/bench", `${about.date.replace(/[:Z]/g, "")}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ about, options, results }, null, 2) + "\n");
  console.error("");
  console.log(table(results));
  console.error(`\n${file}`);
  return failures === 0 ? 0 : 1;
}

function heading({ processor, cores, kernel, versions, openFiles }: Environment, options: Options): string {
  const { bun, deno, nginx, wrk } = versions;
  return `${processor}, ${cores} cores, Linux ${kernel}; bun ${bun}, deno ${deno}, nginx ${nginx}, wrk ${wrk}; ` +
    `proxy on core ${PROXY_CORE}, load and upstream on ${LOAD_CORE}; ` +
    `${options.connections} connections (ulimit -n ${openFiles}), ${options.pairs} pairs of ${options.seconds} s`;
}

function resultLine(result: Result): string {
  return result.kind === "comparison"
    ? `${result.ratio.median.toFixed(3)} (${result.work})`
    : `${result.target}: ${result.work} ${result.value.toPrecision(3)} ${result.unit}`;
}

function pairLine(pair: Pair): string {
  const { reference, candidate } = pair;
  const foreign = foreignShare(pair);
  return `${Math.round(reference.requestsPerSecond)} : ${
    Math.round(candidate.requestsPerSecond)
  } requests/s, ` +
    `p99 ${reference.p99} : ${candidate.p99} µs, busy ${percent(reference.busy)} : ${
      percent(candidate.busy)
    }` +
    (foreign <= MAX_FOREIGN ? "" : `, others took ${percent(foreign)} of a core`);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Usage errors and missing means are sentences, everything else is a bug. */
function refuse(message: string): never {
  console.error(`scripts/bench: ${message}`);
  process.exit(2);
}

function optionsOrRefusal(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (error instanceof TypeError) refuse(error.message);
    throw error;
  }
}

const options = optionsOrRefusal();
if (process.platform !== "linux" || cpus().length < 2) {
  refuse("needs Linux and two cores, one for the proxy alone");
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
process.exit(await main(options));
