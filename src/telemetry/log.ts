/** The program's own log: what happened to the gateway, not to requests (those are the access log's). */
import { escapeControls } from "./escape.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Facts beside the message. Errors become their message (and stack, in JSON). Secrets print themselves redacted. */
export type LogFields = Readonly<Record<string, unknown>>;

type Write = (message: string, fields?: LogFields) => void;

export interface Logger extends Readonly<Record<LogLevel, Write>> {
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Receives a line without its end. */
  readonly write: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export function createLogger(options: LoggerOptions): Logger {
  const { level, format, write, now = Date.now } = options;
  const lowest = LOG_LEVELS.indexOf(level);
  const print = PRINTERS[format];

  function logger(context: LogFields): Logger {
    function at(lineLevel: LogLevel): Write {
      if (LOG_LEVELS.indexOf(lineLevel) < lowest) return () => {};
      return (message, fields) =>
        write(print(new Date(now()).toISOString(), lineLevel, message, { ...context, ...fields }));
    }
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      with: (fields) => logger({ ...context, ...fields }),
    };
  }
  return logger({});
}

type Printer = (time: string, level: LogLevel, message: string, fields: LogFields) => string;

const PRINTERS: Readonly<Record<LogFormat, Printer>> = {
  json(time, level, message, fields) {
    const line: Record<string, unknown> = { time, level, message };
    for (const [name, value] of Object.entries(fields)) {
      line[name] = value instanceof Error ? describe(value) : value;
      if (value instanceof Error && value.stack !== undefined) line[`${name}_stack`] = value.stack;
    }
    return JSON.stringify(line);
  },
  text(time, level, message, fields) {
    const facts = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${textValue(value)}`);
    return `${time} ${level.toUpperCase().padEnd(5)} ${escapeControls(message)}${facts.join("")}`;
  },
};

function textValue(value: unknown): string {
  const text = value instanceof Error
    ? describe(value)
    : typeof value === "string"
    ? value
    : JSON.stringify(value) ?? "";
  return /^[^\s"=]+$/.test(text) ? escapeControls(text) : JSON.stringify(text);
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `: ${describe(error.cause)}` : "";
  return `${error.message}${cause}`;
}
