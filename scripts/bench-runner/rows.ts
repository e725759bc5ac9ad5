/** The rows of the benchmark: what is started, what it is asked, and what is compared with what. */
import { type AlbatrossOptions, type RuntimeName, startAlbatross } from "./albatross.ts";
import { edit, idle, kill, reload } from "./changes.ts";
import { compare, type Pair, type Side, warmUp } from "./compare.ts";
import { type Load, measure } from "./load.ts";
import { probeMatcher } from "./matcher.ts";
import { type NginxProxyOptions, startNginxProxy } from "./nginx.ts";
import type { Options, RowName } from "./options.ts";
import { pause, residentMegabytes } from "./process.ts";
import { comparison, type Result } from "./result.ts";
import { routeNumber, type Target } from "./target.ts";

/** What every row works with. */
export interface Bench {
  readonly options: Options;
  /** The checkout that this script belongs to. */
  readonly checkout: string;
  /** For files; removed at the end. */
  readonly directory: string;
  readonly upstreamPort: number;
  /** Called with every result as soon as it is known. */
  readonly report: (result: Result) => void;
  /** Called after every pair; `kept` is false when it does not count. */
  readonly progress: (pair: Pair, kept: boolean) => void;
}

/** Rules beside the single one of the other rows. */
const RULE_COUNTS = [10, 100, 1_000, 10_000];

export const ROWS: Readonly<Record<RowName, (bench: Bench) => Promise<void> | void>> = {
  noise,
  small: (bench) => throughput(bench, "small", "small answers", "/small", {}),
  "100k": (bench) => throughput(bench, "100k", "100 kB answers", "/100k", { largeAnswers: true }),
  rules,
  acting: (bench) =>
    throughput(bench, "acting", "CORS, rewrite, headers, cookie affinity", "/small", { acting: true }),
  deno: (bench) => throughput(bench, "deno", "small answers, Deno", "/small", { runtime: "deno" }),
  memory,
  p99: tailLatency,
  accesslog: accessLog,
  matcher,
  reload,
  kill,
  edit,
  idle,
};

/** What a row changes; `largeAnswers` concerns nginx alone. */
type Variant =
  & Partial<Pick<AlbatrossOptions, "runtime" | "rules" | "acting" | "accessLog">>
  & Pick<NginxProxyOptions, "largeAnswers">;

/** Albatross of this checkout. */
function candidateOf(bench: Bench, variant: Variant): Promise<Target> {
  return startAlbatross({ ...fixed(bench), checkout: bench.checkout, ...variant });
}

/** nginx, or the same variant of Albatross from the baseline. */
function referenceOf(bench: Bench, variant: Variant): Promise<Target> {
  const { baseline } = bench.options;
  if (baseline !== null) {
    return startAlbatross({ ...fixed(bench), checkout: baseline, ...variant }).then(named("baseline"));
  }
  const { accessLog = false, largeAnswers = false } = variant;
  const { directory, upstreamPort } = bench;
  return startNginxProxy({ directory, upstreamPort, accessLog, largeAnswers });
}

function fixed(
  { directory, upstreamPort }: Bench,
): Pick<AlbatrossOptions, "directory" | "upstreamPort" | "runtime"> {
  return { directory, upstreamPort, runtime: "bun" };
}

function named(prefix: string): (target: Target) => Target {
  return (target) => ({ ...target, name: `${prefix} ${target.name}` });
}

/** Asks for the last of `rules` routes, flat out unless a rate is given. */
function loadOf({ options }: Bench, path: string, rules = 1): Load {
  const { host, prefix } = routeNumber(rules);
  return { host, path: prefix + path, seconds: options.seconds, connections: options.connections };
}

/** Starts both sides, hands them over, and stops them whatever happens. */
async function withTargets(
  starting: readonly Promise<Target>[],
  use: (reference: Target, candidate: Target) => Promise<void>,
): Promise<void> {
  const settled = await Promise.allSettled(starting);
  try {
    const [reference, candidate] = settled.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
    if (reference !== undefined && candidate !== undefined) await use(reference, candidate);
  } finally {
    await Promise.all(settled.map((one) => one.status === "fulfilled" ? one.value.stop() : undefined));
  }
}

async function throughput(
  bench: Bench,
  row: RowName,
  work: string,
  path: string,
  variant: Variant,
): Promise<void> {
  await withTargets(
    [referenceOf(bench, variant), candidateOf(bench, variant)],
    async (reference, candidate) => {
      const load = loadOf(bench, path);
      await inTurns(bench, row, work, { target: reference, load }, { target: candidate, load });
    },
  );
}

async function inTurns(
  bench: Bench,
  row: RowName,
  work: string,
  reference: Side,
  candidate: Side,
): Promise<void> {
  const pairs = await compare(reference, candidate, bench.options.pairs, bench.progress);
  const names = { reference: reference.target.name, candidate: candidate.target.name };
  bench.report(comparison({ row, work, ...names }, "requestsPerSecond", pairs));
}

/** nginx against itself: how far a ratio strays on this machine when there is nothing to find. */
async function noise(bench: Bench): Promise<void> {
  const { directory, upstreamPort } = bench;
  const twins = [startNginxProxy({ directory, upstreamPort }), startNginxProxy({ directory, upstreamPort })];
  await withTargets(twins, async (reference, candidate) => {
    const load = loadOf(bench, "/small");
    await inTurns(bench, "noise", "nginx twice", { target: reference, load }, { target: candidate, load });
  });
}

/** Many rules against one: what routing costs. With a baseline, many against as many. */
async function rules(bench: Bench): Promise<void> {
  for (const count of RULE_COUNTS) {
    const against = bench.options.baseline === null
      ? candidateOf(bench, {})
      : referenceOf(bench, { rules: count });
    await withTargets([against, candidateOf(bench, { rules: count })], async (reference, candidate) => {
      const few = bench.options.baseline === null ? 1 : count;
      await inTurns(
        bench,
        "rules",
        `${count} rules, the last one asked for`,
        { target: reference, load: loadOf(bench, "/small", few) },
        { target: candidate, load: loadOf(bench, "/small", count) },
      );
    });
  }
}

async function accessLog(bench: Bench): Promise<void> {
  const work = "small answers, access log on both";
  await throughput(bench, "accesslog", work, "/small", { accessLog: true });
  if (bench.options.baseline !== null) return;
  const sides = [candidateOf(bench, {}), candidateOf(bench, { accessLog: true })];
  await withTargets(sides, async (off, on) => {
    const load = loadOf(bench, "/small");
    const loud = { ...on, name: `${on.name}, log on` };
    await inTurns(bench, "accesslog", "small answers, log on", { target: off, load }, { target: loud, load });
  });
}

/** Both at the same constant rate: half of what the slower one can do. */
async function tailLatency(bench: Bench): Promise<void> {
  for (const runtime of ["bun", "deno"] as const) {
    await withTargets(
      [referenceOf(bench, { runtime }), candidateOf(bench, { runtime })],
      async (reference, candidate) => {
        const load = loadOf(bench, "/small");
        const fastest: number[] = [];
        for (const target of [reference, candidate]) {
          await warmUp({ target, load });
          fastest.push((await measure(target, load)).requestsPerSecond);
        }
        const rate = Math.round(Math.min(...fastest) / 2);
        const paced = { ...load, rate };
        const sides = [{ target: reference, load: paced }, { target: candidate, load: paced }] as const;
        const pairs = await compare(...sides, bench.options.pairs, bench.progress);
        const head = { row: "p99", work: `p99 of small answers at ${rate} requests/s` } as const;
        bench.report(
          comparison({ ...head, reference: reference.name, candidate: candidate.name }, "p99", pairs),
        );
      },
    );
  }
}

/** Resident memory: at rest, then the highest while small and large answers are asked for. */
async function memory(bench: Bench): Promise<void> {
  const starters: (() => Promise<Target>)[] = [() => referenceOf(bench, {})];
  for (const runtime of ["bun", "deno"] as const satisfies RuntimeName[]) {
    for (const count of [1, 10_000]) starters.push(() => candidateOf(bench, { runtime, rules: count }));
  }
  for (const starter of starters) {
    const target = await starter();
    try {
      const count = Number(/(\d+) rules/.exec(target.name)?.[1] ?? 1);
      await pause(3000);
      const idle = residentMegabytes(target.pids);
      let peak = idle;
      const watch = setInterval(() => void (peak = Math.max(peak, residentMegabytes(target.pids))), 100);
      for (const path of ["/small", "/100k"]) await measure(target, loadOf(bench, path, count));
      clearInterval(watch);
      const head = { kind: "figure", row: "memory", target: target.name, unit: "MB" } as const;
      bench.report({ ...head, work: "resident, idle", value: idle });
      bench.report({ ...head, work: "resident, highest under load", value: peak });
    } finally {
      await target.stop();
    }
  }
}

/** Without sockets: what a change of many rules costs, and what finding one of them costs a request. */
function matcher({ checkout, report }: Bench): void {
  for (const runtime of ["bun", "deno"] as const) {
    for (const count of [1, ...RULE_COUNTS]) {
      const { translate, compile, find, miss } = probeMatcher(checkout, runtime, count);
      const head = {
        kind: "figure",
        row: "matcher",
        target: `albatross (${runtime}, ${count === 1 ? "1 rule" : `${count} rules`})`,
      } as const;
      report({
        ...head,
        work: "translate and compile, objects in memory",
        value: translate + compile,
        unit: "ms",
      });
      report({ ...head, work: "find the last rule", value: find, unit: "ns" });
      report({ ...head, work: "find that no rule matches", value: miss, unit: "ns" });
    }
  }
}
