/**
 * One JSON object a line. Put together by hand, because it is the most expensive thing that is done for every request;
 * values of strangers go through {@link jsonText}. Credentials cannot leak: the record has no such fields.
 */
import { jsonText } from "../escape.ts";
import type { Attempt, ExchangeRecord } from "../record.ts";
import { upstreamMs } from "../upstream-time.ts";
import { createIsoTime } from "./time.ts";

export function createJsonFormat(): (record: ExchangeRecord) => string {
  const isoTime = createIsoTime();
  return (record) => {
    const { route, attempts } = record;
    return `{"time":"${isoTime(record.startedWall)}","request_id":${jsonText(record.requestId)}` +
      `,"remote_addr":"${record.clientAddress}","peer_addr":"${record.peerAddress}"` +
      `,"listener":${jsonText(record.listenerName)},"server_port":${record.listenerPort}` +
      `,"scheme":"${record.protocol}","protocol":"${record.httpVersion}","host":${jsonText(record.host)}` +
      `,"method":${jsonText(record.method)},"target":${jsonText(record.target)},"status":${record.status}` +
      `,"namespace":${jsonText(route?.object.namespace ?? "")},"rule":${jsonText(route?.name ?? "")}` +
      `,"upstream":${jsonText(route?.upstream ?? "")}` +
      `,"attempts":[${attempts.length === 1 ? attempt(attempts[0]!) : attempts.map(attempt).join()}]` +
      `,"bytes_received":${record.requestBytes},"bytes_sent":${record.responseBytes}` +
      `,"upstream_bytes_received":${record.upstreamBytes}` +
      `,"request_time":${seconds(record.endedAt - record.startedAt)}` +
      `,"upstream_response_time":${seconds(upstreamMs(record))},"phases":${phases(record)}` +
      `,"user_agent":${jsonText(record.userAgent)},"x_forwarded_for":${jsonText(record.forwardedFor)}` +
      `,"error":"${record.errorCode}","reason":${jsonText(record.reason)}}`;
  };
}

function attempt({ endpoint, status, reused, error, headMs }: Attempt): string {
  return `{"endpoint":"${endpoint}","status":${status},"reused":${reused},"error":"${error}"` +
    `,"time":${seconds(headMs)}}`;
}

/** Seconds spent in each phase that was reached; `wait` is from the request sent to the response head. */
function phases({ startedAt, matchedAt, filteredAt, sentAt, headAt, endedAt }: ExchangeRecord): string {
  let text = "";
  let before = startedAt;
  const phase = (name: string, until: number) => {
    if (until === 0) return;
    // A response may come before its request is fully sent: no time is counted twice.
    const end = Math.max(before, until);
    text += `${text === "" ? "" : ","}"${name}":${seconds(end - before)}`;
    before = end;
  };
  phase("match", matchedAt);
  phase("filters", filteredAt);
  phase("send", sentAt);
  phase("wait", headAt);
  phase("respond", endedAt);
  return `{${text}}`;
}

/** Microseconds are kept: that is what the gateway itself takes. */
function seconds(ms: number): number {
  return Math.round(ms * 1000) / 1e6;
}
