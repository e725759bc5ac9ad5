/** Which exchanges are logged, how, and where to. */
import type { LineWriter } from "../line-writer.ts";
import type { ExchangeObserver, ExchangeRecord } from "../record.ts";
import { createAlbFormat } from "./alb-format.ts";
import { createJsonFormat } from "./json-format.ts";

const FORMATS = { json: createJsonFormat, alb: createAlbFormat } as const;

export const ACCESS_LOG_FORMATS = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
export type AccessLogFormat = keyof typeof FORMATS;

export interface AccessLogOptions {
  /** Share of the exchanges that are logged, 0 to 1. */
  readonly rate: number;
  readonly format: AccessLogFormat;
  readonly writer: Pick<LineWriter, "write">;
  /** Draws from [0, 1). */
  readonly random?: () => number;
}

/** `next` with an access log in front; `next` itself when nothing is to be logged. */
export function withAccessLog(next: ExchangeObserver, options: AccessLogOptions): ExchangeObserver {
  const { rate, format, writer, random = Math.random } = options;
  if (rate <= 0) return next;
  const line = FORMATS[format]();
  const wanted = rate >= 1 ? () => true : () => random() < rate;
  return {
    exchangeEnded(record: ExchangeRecord) {
      next.exchangeEnded(record);
      if (wanted()) writer.write(line(record));
    },
    requestRefused(record) {
      next.requestRefused?.(record);
      if (wanted()) writer.write(line(record));
    },
    connectionChanged: (port, delta) => next.connectionChanged(port, delta),
    activeChanged: (port, delta) => next.activeChanged(port, delta),
  };
}
