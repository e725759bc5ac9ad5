/** The place of one worker: the process that fills it now, what it has said, and what is asked of it. */
import type { Child } from "../runtimes/child-process.ts";
import { decode, encode, type Notice, type Order, type WorkerReport, type WorkerStatus } from "./ipc.ts";

/** Starts a worker process; see `startSelf`. */
export type StartWorker = (handler: {
  onMessage(message: string): void;
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  onExit(code: number | null, signal: string | null): void;
}) => Child;

export interface SlotHandler {
  /** Notices that answer no order. */
  onNotice(notice: Exclude<Notice, { type: "hello" | "applied" | "report" }>): void;
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  onExit(code: number | null, signal: string | null): void;
}

/** Orders that are answered. */
type Question = { readonly type: "apply"; readonly patch: (Order & { type: "apply" })["patch"] } | {
  readonly type: "report";
};
type Answer = Notice & { type: "applied" | "report" };

const NOTHING: WorkerStatus = { listeners: [], problems: [] };

export class Slot {
  /** 1-based. */
  readonly number: number;
  state: "starting" | "serving" | "ended" = "ended";
  status: WorkerStatus = NOTHING;
  /** What it told last. */
  report: WorkerReport | undefined;
  startedAt = 0;
  /** Ends in a row that came soon after the start. */
  failures = 0;
  /** Set while a replacement is waited for. */
  restart: ReturnType<typeof setTimeout> | undefined;
  #child: Child | undefined;
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #lastId = 0;

  constructor(number: number) {
    this.number = number;
  }

  get name(): string {
    return `worker ${this.number}`;
  }

  /** Why it does not serve, as a sentence. */
  get absence(): string | undefined {
    if (this.state === "serving") return undefined;
    return `${this.name} ${this.state === "starting" ? "is starting" : "has ended and will be replaced"}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get alive(): boolean {
    return this.#child !== undefined;
  }

  /** Whether orders reach it. */
  listening = false;

  /** `order` is asked for when the process hears. */
  start(startWorker: StartWorker, order: () => Order & { type: "start" }, handler: SlotHandler): void {
    this.state = "starting";
    this.startedAt = performance.now();
    const child = startWorker({
      onMessage: (text) => {
        const notice = decode<Notice>(text);
        if (notice.type !== "hello") return this.#hear(notice, handler);
        this.listening = true;
        this.send(order());
      },
      onOutput: (stream, bytes) => handler.onOutput(stream, bytes),
      onExit: (code, signal) => {
        this.#child = undefined;
        this.state = "ended";
        this.listening = false;
        this.status = NOTHING;
        for (const settle of this.#waiting.values()) settle(undefined);
        this.#waiting.clear();
        handler.onExit(code, signal);
        this.report = undefined;
      },
    });
    this.#child = child;
  }

  send(order: Order): void {
    this.#child?.send(encode(order));
  }

  /** Undefined when the worker has ended before it answered. */
  ask(question: Question): Promise<Answer | undefined> {
    if (this.#child === undefined) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.send({ ...question, id });
    });
  }

  kill(): void {
    clearTimeout(this.restart);
    this.#child?.kill();
  }

  #hear(notice: Exclude<Notice, { type: "hello" }>, handler: SlotHandler): void {
    if (notice.type === "report" || notice.type === "drained") this.report = notice.report;
    if (notice.type === "ready") this.state = "serving";
    if ("status" in notice) this.status = notice.status;
    else if (this.report !== undefined && notice.type === "report") this.status = notice.report.status;
    if (notice.type === "applied" || notice.type === "report") {
      this.#waiting.get(notice.id)?.(notice);
      this.#waiting.delete(notice.id);
    } else handler.onNotice(notice);
  }
}
