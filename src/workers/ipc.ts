/** What supervisor and workers say to each other: one JSON text a message. */
import type { DataPlaneDrain, ListenerStatus, UpstreamStatus } from "../data-plane.ts";
import type { Settings } from "../config.ts";
import type { LimitName, Problem } from "../errors.ts";
import { Secret } from "../lib/secret.ts";
import type { TablePatch } from "../table/patch.ts";
import type { TrafficDelta } from "../telemetry/metrics/delta.ts";
import type { ProcessFigures } from "../telemetry/metrics/process.ts";

/** From the supervisor. */
export type Order =
  /** Answers `hello`. `patch` is the whole table; null = there is none yet. */
  | {
    readonly type: "start";
    readonly worker: number;
    readonly settings: Settings;
    readonly patch: TablePatch | null;
  }
  | { readonly type: "apply"; readonly id: number; readonly patch: TablePatch }
  | { readonly type: "report"; readonly id: number }
  /** Answers `claim`; `code` is "" when the port may be bound. */
  | { readonly type: "claimed"; readonly id: number; readonly code: string; readonly message: string }
  | { readonly type: "drain"; readonly options: DataPlaneDrain }
  /** Answers `drained`. */
  | { readonly type: "end" };

/** From a worker. */
export type Notice =
  /** It hears now; messages that are sent before may be lost. */
  | { readonly type: "hello" }
  /** Everything is loaded, and the table that came with `start` is served. */
  | { readonly type: "ready"; readonly status: WorkerStatus }
  /** It cannot start, and nothing but other settings will change that. */
  | { readonly type: "refused"; readonly reason: string }
  /** `error` is "" when the table is served. */
  | { readonly type: "applied"; readonly id: number; readonly error: string; readonly status: WorkerStatus }
  | { readonly type: "report"; readonly id: number; readonly report: WorkerReport }
  /** May this port be bound? */
  | { readonly type: "claim"; readonly id: number; readonly host: string; readonly port: number }
  | { readonly type: "release"; readonly host: string; readonly port: number }
  | { readonly type: "changed"; readonly status: WorkerStatus }
  /** Traffic has ended; `report` is what was not told yet. */
  | { readonly type: "drained"; readonly report: WorkerReport };

export interface WorkerStatus {
  readonly listeners: readonly ListenerStatus[];
  readonly problems: readonly Problem[];
}

export interface WorkerReport {
  readonly status: WorkerStatus;
  readonly upstreams: readonly UpstreamStatus[];
  /** Since the report before. */
  readonly traffic: TrafficDelta;
  /** Since the report before. */
  readonly limitHits: readonly (readonly [limit: LimitName, count: number])[];
  readonly figures: ProcessFigures;
  /** Access log lines lost since the start. */
  readonly droppedLines: number;
  /** What it took to make the report. */
  readonly tookMs: number;
}

/** Key of what stands for a secret: the bytes, which are redacted wherever else they are printed. */
const SECRET_KEY = "\u0000secret";
const SECRET_MARK = JSON.stringify(SECRET_KEY).slice(1, -1);

/** Secrets cross whole. */
export function encode(message: Order | Notice): string {
  return JSON.stringify(message, function (this: Record<string, unknown>, key, value) {
    const given = this[key]; // `value` is what its toJSON says
    return given instanceof Secret ? { [SECRET_KEY]: bytesToText(given.bytes()) } : value;
  });
}

export function decode<T extends Order | Notice>(text: string): T {
  if (!text.includes(SECRET_MARK)) return JSON.parse(text); // a reviver costs more than all the rest
  return JSON.parse(text, (_, value) => {
    const secret: unknown = value?.[SECRET_KEY];
    return typeof secret === "string" ? new Secret(textToBytes(secret)) : value;
  });
}

/** One character a byte. */
function bytesToText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function textToBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
