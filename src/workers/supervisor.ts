/**
 * The data plane as several processes. The supervisor serves no traffic: it tells every worker the same, replaces those
 * that end, and adds up what they say.
 */
import type { Settings } from "../config.ts";
import type { DataPlane, DataPlaneDrain, ListenerStatus, UpstreamStatus } from "../data-plane.ts";
import type { Problem } from "../errors.ts";
import { makePatch } from "../table/patch.ts";
import type { Table } from "../table/table.ts";
import type { LineWriter } from "../telemetry/line-writer.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics, WorkerFigures } from "../telemetry/metrics/mod.ts";
import type { ProcessFigures } from "../telemetry/metrics/process.ts";
import type { Notice, WorkerReport } from "./ipc.ts";
import { mergeListeners, mergeProblems, mergeUpstreams } from "./merge.ts";
import type { PortGuard } from "./ports.ts";
import { Slot, type StartWorker } from "./slot.ts";
import { Watchdog } from "./watchdog.ts";
import { wholeLines } from "./whole-lines.ts";

export interface SupervisorOptions {
  readonly count: number;
  /** Handed to every worker. */
  readonly settings: Settings;
  readonly startWorker: StartWorker;
  readonly ports: PortGuard;
  readonly log: Logger;
  /** Where lines of workers go. */
  readonly lines: Readonly<Record<"stdout" | "stderr", LineWriter>>;
  /** `problems()`, `listeners()` or `absent()` have changed outside of `apply`. */
  changed(): void;
}

/** Where the counts of workers go. */
type Counts = Pick<Metrics, "sum" | "limitHit">;

/** How often workers tell what they have counted, at least; more of it makes it rarer. */
const REPORT_MS = 1000;
/** Share of the time that may be spent on reports. */
const REPORT_SHARE = 0.02;
/** Whoever wants to know waits so long for a worker that is busy, and else gets what it told last. */
const REPORT_WAIT_MS = 1000;
/** A worker that has lived so long did not end because of how it started. */
const STABLE_MS = 10_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;
/** Beyond the drain's own times: for what is not traffic. */
const DRAIN_SPARE_MS = 3000;

/** Workers cannot be started; another try would end likewise. */
export class WorkersRefused extends Error {
  override readonly name = "WorkersRefused";
}

export class Supervisor implements DataPlane, WorkerFigures {
  readonly #options: SupervisorOptions;
  readonly #slots: readonly Slot[];
  #counts: Counts | undefined;
  #table: Table | undefined;
  #isStarted = false;
  #isDraining = false;
  #restarts = 0;
  /** Of workers that have ended. */
  #past = { cpuSeconds: 0, droppedLines: 0 };
  /** Highest event loop delay since somebody asked. */
  #lag = 0;
  #refreshing: Promise<void> | undefined;
  readonly #watchdog = new Watchdog();
  #reports: ReturnType<typeof setTimeout> | undefined;
  #onStarted: (error?: Error) => void = () => {};
  #onDrained: () => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, (_, index) => new Slot(index + 1));
  }

  /** Resolves when every worker is there; rejects with {@link WorkersRefused} when they cannot start. */
  async start(counts: Counts): Promise<void> {
    this.#counts = counts;
    const started = new Promise<void>((fulfil, reject) => {
      this.#onStarted = (error) => error === undefined ? fulfil() : reject(error);
    });
    for (const slot of this.#slots) this.#fill(slot);
    await started.catch((error) => {
      this.#isDraining = true;
      for (const slot of this.#slots) slot.kill();
      throw error;
    });
    this.#isStarted = true;
    this.#scheduleReports(REPORT_MS);
  }

  async apply(table: Table): Promise<void> {
    const patch = makePatch(this.#table, table);
    this.#table = table;
    // Those that are starting follow when they have started; nobody waits for them, nor for those that hang.
    const answers = this.#slots.filter(({ listening }) => listening).map((slot) => {
      const answer = slot.ask({ type: "apply", patch });
      void this.#watchdog.expectApplied(slot, answer);
      return slot.state === "serving" ? this.#watchdog.answerOf(slot, answer) : undefined;
    });
    for (const answer of await Promise.all(answers)) {
      if (answer?.type === "applied" && answer.error !== "") throw new Error(answer.error);
    }
  }

  listeners(): readonly ListenerStatus[] {
    return mergeListeners(this.#slots.map(({ status }) => status.listeners));
  }

  upstreams(): readonly UpstreamStatus[] {
    return mergeUpstreams(
      this.#slots.flatMap(({ report }) => report === undefined ? [] : [report.upstreams]),
    );
  }

  problems(): readonly Problem[] {
    return mergeProblems(this.#slots.map(({ status }) => status.problems));
  }

  absent(): readonly string[] {
    return this.#slots.flatMap(({ absence }) => absence ?? []);
  }

  applying(): readonly string[] {
    return this.#slots.filter((slot) => this.#watchdog.isApplying(slot)).map(({ name }) =>
      `${name} compiles it`
    );
  }

  async drain(options: DataPlaneDrain): Promise<void> {
    this.#isDraining = true;
    clearTimeout(this.#reports);
    for (const slot of this.#slots) {
      if (slot.state === "serving") slot.send({ type: "drain", options });
      else slot.kill();
    }
    if (!this.#slots.some(({ alive }) => alive)) return;
    const drained = new Promise<void>((resolve) => this.#onDrained = resolve);
    const patience = setTimeout(() => {
      for (const slot of this.#slots) slot.kill();
      this.#onDrained();
    }, options.delayMs + options.timeoutMs + DRAIN_SPARE_MS);
    await drained;
    clearTimeout(patience);
  }

  serving(): number {
    return this.#slots.filter(({ state }) => state === "serving").length;
  }

  restarts(): number {
    return this.#restarts;
  }

  /** Lines of the access log that workers have lost. */
  droppedLines(): number {
    const { droppedLines } = this.#past;
    return this.#slots.reduce((sum, { report }) => sum + (report?.droppedLines ?? 0), droppedLines);
  }

  processes(): readonly ProcessFigures[] {
    const live = this.#slots.flatMap(({ report }) => report === undefined ? [] : [report.figures]);
    const { cpuSeconds } = this.#past;
    const past = { cpuSeconds, residentBytes: 0, heapBytes: 0, openDescriptors: 0, lagSeconds: this.#lag };
    this.#lag = 0;
    return [...live.map((figures) => ({ ...figures, lagSeconds: 0 })), past];
  }

  /** Those who ask meanwhile get the same answer. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#askAll().finally(() => this.#refreshing = undefined);
    return this.#refreshing;
  }

  async #askAll(): Promise<void> {
    const asked = this.#slots.filter(({ state }) => state === "serving");
    let late: ReturnType<typeof setTimeout> | undefined;
    const answers = asked.map((slot) => this.#askOne(slot));
    const deadline = new Promise<void>((resolve) => late = setTimeout(resolve, REPORT_WAIT_MS));
    await Promise.race([Promise.all(answers), deadline]);
    clearTimeout(late);
  }

  /** A worker that has not answered yet is not asked again. */
  async #askOne(slot: Slot): Promise<void> {
    if (this.#watchdog.expects(slot)) return;
    this.#watchdog.expect(slot);
    const answer = await slot.ask({ type: "report" });
    if (answer !== undefined) this.#watchdog.heard(slot);
    if (answer?.type !== "report") return;
    this.#count(slot, answer.report);
    this.#lag = Math.max(this.#lag, answer.report.figures.lagSeconds);
  }

  #count(slot: Slot, { traffic, limitHits }: WorkerReport): void {
    this.#counts?.sum.add(slot, traffic);
    for (const [limit, count] of limitHits) this.#counts?.limitHit(limit, count);
  }

  #scheduleReports(ms: number): void {
    this.#reports = setTimeout(async () => {
      await this.refresh();
      for (const slot of this.#watchdog.pass(ms)) {
        const { number: worker, pid } = slot;
        this.#options.log.error("worker does not answer; it is replaced", { worker, pid });
        slot.kill();
      }
      if (this.#isDraining) return;
      const cost = Math.max(0, ...this.#slots.map(({ report }) => report?.tookMs ?? 0));
      this.#scheduleReports(Math.max(REPORT_MS, cost / REPORT_SHARE));
    }, ms);
  }

  #fill(slot: Slot): void {
    const { startWorker, settings, lines, ports, log } = this.#options;
    const output = { stdout: wholeLines(lines.stdout), stderr: wholeLines(lines.stderr) };
    const life = { ended: false };
    const order = () => {
      const patch = this.#table === undefined ? null : makePatch(undefined, this.#table);
      return { type: "start", worker: slot.number, settings, patch } as const;
    };
    slot.start(startWorker, order, {
      onNotice: (notice) => this.#hear(slot, life, notice),
      onOutput: (stream, bytes) => output[stream].push(bytes),
      onExit: (code, signal) => {
        output.stdout.end();
        output.stderr.end();
        life.ended = true;
        ports.releaseAll(life);
        this.#counts?.sum.forget(slot);
        this.#watchdog.heard(slot);
        this.#past.cpuSeconds += slot.report?.figures.cpuSeconds ?? 0;
        this.#past.droppedLines += slot.report?.droppedLines ?? 0;
        this.#ended(slot, { code, signal });
      },
    });
    this.#watchdog.expect(slot, true);
    log.debug("worker started", { worker: slot.number, pid: slot.pid });
  }

  /** `life` stands for the process that fills the slot now. */
  #hear(
    slot: Slot,
    life: { readonly ended: boolean },
    notice: Exclude<Notice, { type: "hello" | "applied" | "report" }>,
  ): void {
    const { ports, log, changed } = this.#options;
    switch (notice.type) {
      case "ready":
        this.#watchdog.heard(slot);
        log.info("worker serves", { worker: slot.number, pid: slot.pid });
        if (this.#slots.every(({ state }) => state === "serving")) this.#onStarted();
        return changed();
      case "changed":
        return changed();
      case "refused":
        this.#onStarted(new WorkersRefused(notice.reason));
        log.error("worker cannot start", { worker: slot.number, reason: notice.reason });
        return;
      case "claim": {
        const { id, host, port } = notice;
        const answer = (code: string, message: string) => slot.send({ type: "claimed", id, code, message });
        ports.claimsOf(life).claim(host, port).then(
          () => life.ended ? ports.releaseAll(life) : answer("", ""),
          (error) => answer(error.code ?? "EIO", error.message ?? String(error)),
        );
        return;
      }
      case "release":
        return ports.claimsOf(life).release(notice.host, notice.port);
      case "drained":
        this.#count(slot, notice.report);
        return slot.send({ type: "end" });
    }
  }

  #ended(slot: Slot, how: { readonly code: number | null; readonly signal: string | null }): void {
    const { log, changed } = this.#options;
    if (this.#isDraining) {
      if (!this.#slots.some(({ alive }) => alive)) this.#onDrained();
      return;
    }
    if (!this.#isStarted) {
      const end = how.signal ?? `exit code ${how.code}`;
      return this.#onStarted(new Error(`worker ${slot.number} ended while it started: ${end}`));
    }
    const lived = performance.now() - slot.startedAt;
    slot.failures = lived > STABLE_MS ? 1 : slot.failures + 1;
    const delay = slot.failures === 1 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (slot.failures - 2));
    this.#restarts++;
    log.error("worker ended; it is replaced", {
      worker: slot.number,
      ...how,
      lived_ms: Math.round(lived),
      delay_ms: delay,
    });
    slot.restart = setTimeout(() => this.#fill(slot), delay);
    changed();
  }
}
