/** `scripts/bench`: runs the rows, prints a table, keeps the JSON. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { foreignShare, MAX_FOREIGN, type Pair } from "./compare.ts";
import { environment } from "./environment.ts";
import { LOAD_CORE, PROXY_CORE } from "./load.ts";
import { startUpstream } from "./nginx.ts";
import { type Options, parseOptions } from "./options.ts";
import { table } from "./print.ts";
import { killAll } from "./process.ts";
import type { Result } from "./result.ts";
import { ROWS } from "./rows.ts";

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

async function main(options: Options): Promise<void> {
  const about = environment(checkout);
  const { versions } = about;
  console.error(
    `${about.processor}, ${about.cores} cores, Linux ${about.kernel}; bun ${versions.bun}, deno ${versions.deno}, ` +
      `nginx ${versions.nginx}, wrk ${versions.wrk}; proxy on core ${PROXY_CORE}, load and upstream on ${LOAD_CORE}; ` +
      `${options.connections} connections (ulimit -n ${about.openFiles}), ${options.pairs} pairs of ${options.seconds} s`,
  );
  const directory = mkdtempSync(join(tmpdir(), "albatross-bench-"));
  process.on("exit", () => {
    killAll();
    rmSync(directory, { recursive: true, force: true });
  });
  const results: Result[] = [];
  const upstream = await startUpstream(directory);
  for (const row of options.rows) {
    console.error(`\n${row}`);
    await ROWS[row]({
      options,
      checkout,
      directory,
      upstreamPort: upstream.port,
      report: (result) => {
        results.push(result);
        console.error(
          result.kind === "comparison" ? `  = ${result.ratio.median.toFixed(3)}` : `  ${line(result)}`,
        );
      },
      progress: (pair, kept) => console.error(`  ${pairLine(pair)}${kept ? "" : ": measured again"}`),
    });
  }
  await upstream.stop();
  const file = options.json ?? join(checkout, ".cache/bench", `${about.date.replace(/[:Z]/g, "")}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ about, options, results }, null, 2) + "\n");
  console.error("");
  console.log(table(results));
  console.error(`\n${file}`);
}

function line(result: Exclude<Result, { kind: "comparison" }>): string {
  return `${result.target}: ${result.work} ${result.value.toPrecision(3)} ${result.unit}`;
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
await main(options);
process.exit(0);
