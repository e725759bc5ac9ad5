/**
 * The control loop: what a source says becomes a table, the table is served, and whatever is wrong is told. The last
 * good table keeps serving whatever happens to the configuration.
 */
import type { Readiness } from "../routes/ports.ts";
import type { DataPlane } from "./data-plane.ts";
import type { Problem } from "./errors.ts";
import { inSlices } from "./lib/steps.ts";
import { createProblemLog } from "./problem-log.ts";
import { countObjects } from "./resources/list.ts";
import type { Snapshot } from "./resources/snapshot.ts";
import type { Source, SourceUpdate } from "./sources/source.ts";
import { checkChanges } from "./table/check-changes.ts";
import { diffTables } from "./table/diff.ts";
import type { Table } from "./table/table.ts";
import type { Logger } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics/mod.ts";
import { createTranslator } from "./translation.ts";
import { type TranslateOptions, type Translation, type Uses, usesKey } from "./translators/types.ts";

export interface GatewayOptions {
  readonly source: Source;
  readonly dataPlane: DataPlane;
  readonly translate: TranslateOptions;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "config" | "tableApplied">;
}

export interface DrainOptions {
  readonly delayMs: number;
  /** Undefined = the ALB2's `maxTermSeconds`, or 30 s. */
  readonly timeoutMs: number | undefined;
  /** Another instance has taken over. */
  readonly handover?: boolean;
}

export interface Gateway {
  /**
   * Resolves when the first table is served and every listener was tried. Throws {@link NothingReadable} when there is
   * nothing to make a table of.
   */
  start(): Promise<void>;
  /** Looks at the configuration again; resolves when what is found is served. */
  reload(): Promise<void>;
  /** Not ready from now on; resolves when traffic has ended or was cut. */
  drain(options: DrainOptions): Promise<void>;
  /** To be called when the data plane's problems or listeners have changed by themselves. */
  dataPlaneChanged(): void;
  readiness(): Readiness;
  /** Of sources, translation and data plane. */
  problems(): readonly Problem[];
  snapshot(): Snapshot | undefined;
  /** The Secrets and ConfigMaps that an object names. */
  uses(object: Uses[number]): Uses;
  /** The table that is served. */
  table(): Table | undefined;
  /** Tables taken into service. */
  revision(): number;
}

/** There is no configuration to start with; the log says why. */
export class NothingReadable extends Error {
  override readonly name = "NothingReadable";
}

const DEFAULT_DRAIN_MS = 30_000;

export function createGateway(options: GatewayOptions): Gateway {
  const { source, dataPlane, log, metrics } = options;
  const translate = createTranslator(options.translate);
  const logProblems = createProblemLog(log);
  let snapshot: Snapshot | undefined;
  let table: Table | undefined;
  let revision = 0;
  let isDraining = false;
  let sourceProblems: readonly Problem[] = [];
  let translation: Pick<Translation, "problems" | "uses"> = { problems: [], uses: new Map() };
  /** Why nothing is served; set at most before the first table. */
  let failure: unknown;
  let pending: SourceUpdate | undefined;
  /** Updates are taken one after the other; those that come meanwhile are represented by the last. */
  let working: Promise<void> | undefined;
  let isWorking = false;

  function receive(update: SourceUpdate): void {
    pending = update;
    if (!isWorking) working = work();
  }

  async function work(): Promise<void> {
    isWorking = true;
    try {
      while (pending !== undefined && !isDraining) {
        const update = pending;
        pending = undefined;
        try {
          await take(update);
        } catch (error) {
          metrics.config.reloaded(false, Date.now());
          if (table === undefined) failure = error;
          else log.error("configuration could not be applied; the one before keeps serving", { error });
        }
        reportProblems();
      }
    } finally {
      // In the same step as the last look at `pending`, or an update in between would wait for the one after it.
      isWorking = false;
    }
  }

  async function take(update: SourceUpdate): Promise<void> {
    sourceProblems = update.problems;
    if (isUnreadable(update)) {
      metrics.config.reloaded(false, Date.now());
      if (table !== undefined) log.error("nothing can be read; the configuration before keeps serving");
      return;
    }
    const startedAt = performance.now();
    const { table: next, problems: found, uses } = await inSlices(translate(update.snapshot));
    const translatedAt = performance.now();
    snapshot = update.snapshot;
    translation = { problems: found, uses };
    const diff = table === undefined ? undefined : await inSlices(diffTables(table, next));
    if (diff?.isEmpty !== true) {
      const findings = await inSlices(checkChanges(table, next));
      if (findings.length > 0) throw new Error(`translation made a wrong table: ${findings.join("; ")}`);
      metrics.tableApplied(next);
      await dataPlane.apply(next);
      table = next;
      revision++;
      log.info("configuration applied", {
        revision,
        ...countParts(table),
        endpoints_only: diff?.endpointsOnly ?? false,
        translate_ms: round(translatedAt - startedAt),
        apply_ms: round(performance.now() - translatedAt),
      });
    }
    metrics.config.reloaded(isFullyServed(problems()), Date.now());
  }

  function problems(): Problem[] {
    return [...sourceProblems, ...translation.problems, ...dataPlane.problems()];
  }

  function reportProblems(): void {
    const all = problems();
    logProblems(all);
    metrics.config.problems(all);
  }

  function drainTimeout(): number {
    const { namespace = "", name = "" } = table?.gateway ?? {};
    const seconds = snapshot?.get("ALB2", namespace, name)?.spec.config?.maxTermSeconds;
    return seconds === undefined ? DEFAULT_DRAIN_MS : seconds * 1000;
  }

  return {
    async start() {
      await source.start(receive);
      await working;
      if (table === undefined) throw failure ?? new NothingReadable("nothing can be read");
    },
    async reload() {
      log.info("reloading");
      await source.reload();
      await working;
    },
    async drain({ delayMs, timeoutMs = drainTimeout(), handover = false }) {
      isDraining = true;
      source.close();
      log.info("draining", { delay_ms: delayMs, timeout_ms: timeoutMs, handover });
      await dataPlane.drain({ delayMs, timeoutMs, handover });
      log.info("drained");
    },
    dataPlaneChanged: reportProblems,
    readiness: () => readinessOf({ isDraining, isServing: table !== undefined, dataPlane }),
    problems,
    snapshot: () => snapshot,
    uses: (object) => translation.uses.get(usesKey(object)) ?? [],
    table: () => table,
    revision: () => revision,
  };
}

/** Nothing was found, and not because there is nothing. */
function isUnreadable({ snapshot, problems }: SourceUpdate): boolean {
  return problems.some(({ code }) => code === "UnreadableFile") && countObjects(snapshot) === 0;
}

/** Whether nothing older is served than what was read. */
function isFullyServed(problems: readonly Problem[]): boolean {
  return !problems.some(({ code, stale }) => stale === true || code === "UnreadableFile");
}

function readinessOf(state: { isDraining: boolean; isServing: boolean; dataPlane: DataPlane }): Readiness {
  if (state.isDraining) return { ready: false, reasons: ["draining"] };
  if (!state.isServing) {
    const busy = state.dataPlane.applying?.() ?? [];
    return { ready: false, reasons: ["no configuration is served yet", ...busy] };
  }
  const absent = state.dataPlane.absent?.() ?? [];
  if (absent.length > 0) return { ready: false, reasons: absent };
  const wanted = state.dataPlane.listeners().filter(({ state }) => state !== "draining");
  const failed = wanted.filter(({ state }) => state === "failed");
  if (failed.length < wanted.length || wanted.length === 0) return { ready: true, reasons: [] };
  return {
    ready: false,
    reasons: failed.map(({ name, port, reason }) => `listener ${name} (port ${port}): ${reason}`),
  };
}

function countParts({ listeners, upstreams }: Table): Readonly<Record<string, number>> {
  return {
    listeners: listeners.length,
    routes: listeners.reduce((sum, { routes }) => sum + routes.length, 0),
    upstreams: Object.keys(upstreams).length,
  };
}

/** Milliseconds with one digit. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
