/** A worker: the data plane in a process of its own, which is told everything and decides nothing. */
import type { DataPlane } from "../data-plane.ts";
import { createDataPlane, type DataPlaneOptions } from "../live-data-plane.ts";
import type { Settings } from "../config.ts";
import type { LimitName } from "../errors.ts";
import { inSlices } from "../lib/steps.ts";
import type { MiddlewareRegistry } from "../middlewares/registry.ts";
import type { Parent } from "../runtimes/child-process.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { applyPatch, type TablePatch } from "../table/patch.ts";
import type { Table } from "../table/table.ts";
import { withAccessLog } from "../telemetry/access-log/mod.ts";
import type { LineWriter } from "../telemetry/line-writer.ts";
import type { Logger } from "../telemetry/log.ts";
import { takeDelta } from "../telemetry/metrics/delta.ts";
import { watchProcess } from "../telemetry/metrics/process.ts";
import { Traffic } from "../telemetry/metrics/traffic.ts";
import { decode, encode, type Notice, type Order, type WorkerReport, type WorkerStatus } from "./ipc.ts";
import { type PortClaims, sharePorts } from "./ports.ts";

export interface WorkerOptions {
  readonly parent: Parent;
  readonly runtime: Runtime;
  /** Where access log lines go. */
  readonly accessLines: LineWriter;
  createLogger(settings: Settings): Logger;
  loadMiddlewares(settings: Settings): Promise<MiddlewareRegistry>;
  /** What the data plane calls out with. */
  readonly services: Pick<DataPlaneOptions, "call" | "codings" | "digests" | "interfaces">;
}

/** Serves until it is told to drain. Rejects when it cannot start; the supervisor was told why. */
export function runWorker(options: WorkerOptions): Promise<void> {
  const { parent } = options;
  const send = (notice: Notice) => parent.send(encode(notice));
  return new Promise((fulfil, reject) => {
    let worker: Worker | undefined;
    /** Orders are followed one after the other, except answers to what we have asked ourselves. */
    let last: Promise<unknown> = Promise.resolve();
    const claims = new RemoteClaims(send);
    parent.onMessage((text) => {
      const order = decode<Order>(text);
      if (order.type === "claimed") return claims.answered(order);
      // At once: who takes long to apply a table does not hang.
      if (order.type === "report") return worker?.tell(order);
      last = last.then(async () => {
        if (order.type === "start") {
          worker = await Worker.start(order, options, claims, send);
          send({ type: "ready", status: worker.status() });
        } else if (worker !== undefined && await worker.follow(order)) fulfil();
      }).catch((error: unknown) => {
        send({ type: "refused", reason: error instanceof Error ? error.message : String(error) });
        reject(error);
      });
    });
    send({ type: "hello" });
  });
}

class Worker {
  readonly #dataPlane: DataPlane;
  readonly #traffic: Traffic;
  readonly #limitHits: Map<LimitName, number>;
  readonly #accessLines: LineWriter;
  readonly #send: (notice: Notice) => void;
  readonly #figures = watchProcess();
  #table: Table | undefined;

  static async start(
    { worker, settings, patch }: Order & { type: "start" },
    options: WorkerOptions,
    claims: PortClaims,
    send: (notice: Notice) => void,
  ): Promise<Worker> {
    const { accessLines, runtime, services } = options;
    const log = options.createLogger(settings).with({ worker });
    const middlewares = await options.loadMiddlewares(settings);
    const traffic = new Traffic();
    const limitHits = new Map<LimitName, number>();
    const dataPlane = createDataPlane({
      ...services,
      runtime: sharePorts(runtime, claims),
      observer: withAccessLog(traffic, {
        rate: settings.accessLog,
        format: settings.accessLogFormat,
        writer: accessLines,
      }),
      bind: settings.bind,
      limits: {
        ...settings.limits,
        hit: (limit) => void limitHits.set(limit, (limitHits.get(limit) ?? 0) + 1),
      },
      middlewares,
      report: (error) => log.error("fault while serving", { error }),
      changed: () => send({ type: "changed", status: started.status() }),
    });
    const started = new Worker(dataPlane, { traffic, limitHits }, accessLines, send);
    if (patch !== null) await started.#apply(patch);
    return started;
  }

  constructor(
    dataPlane: DataPlane,
    counts: { readonly traffic: Traffic; readonly limitHits: Map<LimitName, number> },
    lines: LineWriter,
    send: (notice: Notice) => void,
  ) {
    this.#dataPlane = dataPlane;
    this.#traffic = counts.traffic;
    this.#limitHits = counts.limitHits;
    this.#accessLines = lines;
    this.#send = send;
  }

  /** Answers true when it has nothing more to do. */
  async follow(order: Exclude<Order, { type: "start" | "claimed" | "report" }>): Promise<boolean> {
    switch (order.type) {
      case "apply": {
        let error = "";
        await this.#apply(order.patch).catch((fault: unknown) => error = String(fault));
        this.#send({ type: "applied", id: order.id, error, status: this.status() });
        return false;
      }
      case "drain":
        // Reports are asked for meanwhile: the end is waited for elsewhere.
        void this.#dataPlane.drain(order.options).then(() =>
          this.#send({ type: "drained", report: this.#report() })
        );
        return false;
      case "end":
        return true;
    }
  }

  /** Answers a request for a report. */
  tell({ id }: Order & { type: "report" }): void {
    this.#send({ type: "report", id, report: this.#report() });
  }

  status(): WorkerStatus {
    return { listeners: this.#dataPlane.listeners(), problems: this.#dataPlane.problems() };
  }

  async #apply(patch: TablePatch): Promise<void> {
    // Whatever becomes of it, the next patch is made for this table.
    this.#table = await inSlices(applyPatch(this.#table, patch));
    this.#traffic.tableApplied(this.#table);
    await this.#dataPlane.apply(this.#table);
  }

  #report(): WorkerReport {
    const startedAt = performance.now();
    const report = {
      status: this.status(),
      upstreams: this.#dataPlane.upstreams(),
      traffic: takeDelta(this.#traffic),
      limitHits: [...this.#limitHits],
      figures: this.#figures(),
      droppedLines: this.#accessLines.dropped(),
    };
    this.#limitHits.clear();
    return { ...report, tookMs: performance.now() - startedAt };
  }
}

/** Ports are claimed from the supervisor. */
class RemoteClaims implements PortClaims {
  readonly #send: (notice: Notice) => void;
  readonly #waiting = new Map<number, (answer: Order & { type: "claimed" }) => void>();
  #last = 0;

  constructor(send: (notice: Notice) => void) {
    this.#send = send;
  }

  claim(host: string, port: number): Promise<void> {
    const id = ++this.#last;
    return new Promise((fulfil, reject) => {
      this.#waiting.set(id, ({ code, message }) => {
        if (code === "") fulfil();
        else reject(Object.assign(new Error(message), { code }));
      });
      this.#send({ type: "claim", id, host, port });
    });
  }

  answered(answer: Order & { type: "claimed" }): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }

  release(host: string, port: number): void {
    this.#send({ type: "release", host, port });
  }
}
