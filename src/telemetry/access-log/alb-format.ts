/** ALB's access log line for HTTP, byte for byte as nginx would write it (data-plane spec 8.2). */
import { type ErrorCode, ERRORS } from "../../errors.ts";
import { nginxText } from "../escape.ts";
import type { Attempt, ExchangeRecord } from "../record.ts";
import { attemptMs } from "../upstream-time.ts";
import { createNginxTime } from "./time.ts";

export function createAlbFormat(): (record: ExchangeRecord) => string {
  const localTime = createNginxTime();
  return (record) => {
    const { attempts } = record;
    const time = localTime(record.startedWall + record.endedAt - record.startedAt);
    const request = record.method === "" ? "" : `${record.method} ${record.target} ${record.httpVersion}`;
    const upstream = attempts.length === 0
      ? "- -"
      : `${attempts.map(statusOf).join(", ")} ${attempts.map(({ endpoint }) => endpoint).join(", ")}`;
    const upstreamTime = attempts.length === 0 ? "-" : attemptMs(record).map(seconds).join(", ");
    return `[${time}] ${record.clientAddress} "${text(record.host)}" "${text(request)}" ${record.status} ` +
      `${upstream} "${text(record.userAgent)}" "${text(record.forwardedFor)}" ` +
      `${seconds(record.endedAt - record.startedAt)} ${upstreamTime} ` +
      `${attempts.length === 0 ? "-" : record.upstreamBytes} ${record.listenerPort}`;
  };
}

function text(value: string): string {
  return value === "" ? "-" : nginxText(value);
}

/** nginx names the answer that it makes up for a try without response. */
function statusOf({ status, error }: Attempt): string {
  if (status !== 0) return String(status);
  return Object.hasOwn(ERRORS, error) ? String(ERRORS[error as ErrorCode].status) : "-";
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
