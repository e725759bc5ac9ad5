/** What a command of the program is, and how its arguments are read. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { type SettingName, SETTINGS, type Settings } from "../config.ts";
import { readSettings, type SettingSources } from "./read-settings.ts";

/** Exit codes; a contract (design: command line). */
export const EXIT = { ok: 0, refused: 1, usage: 2, internal: 70 } as const;

/** What a command may touch. */
export interface Io {
  /** Resolves when the text is written; a reader that has gone is no error. */
  stdout(text: string): Promise<void>;
  stderr(text: string): Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Command {
  readonly name: string;
  /** Behind `albatross NAME`. */
  readonly synopsis: string;
  readonly summary: string;
  /** Flags that are settings. */
  readonly settings: readonly SettingName[];
  /** Further flags. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Returns the exit code; throws {@link UsageError}. */
  run(args: Arguments, io: Io): Promise<number>;
}

export interface OptionSpec {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: true;
  /** What stands for the value in the help text. */
  readonly value?: string;
  readonly help: string;
}

/** A command line that follows its {@link Command}. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** Settings given as flags. */
  readonly flags: SettingSources["flags"];
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
}

/** The command line is wrong; `message` says how. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads what follows `albatross NAME`. Throws {@link UsageError} for what the command does not know. */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const settings = SETTINGS.filter(({ key }) => command.settings.includes(key));
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const { flag } of settings) options[flag] = { type: "string", multiple: true };
  for (const [name, { type, short, multiple }] of Object.entries(command.options)) {
    options[name] = { type, ...(short === undefined ? {} : { short }), ...(multiple && { multiple }) };
  }
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.replace(/\. To specify a positional argument .*/s, "")); // nobody wants to
  }
  const { values, positionals } = parsed;
  const flags: Partial<Record<SettingName, readonly string[]>> = {};
  for (const { key, flag } of settings) {
    const given = values[flag];
    if (given !== undefined) flags[key] = given as string[]; // declared as a list of strings above
  }
  return { positionals, flags, options: values };
}

/** Throws {@link UsageError} for settings that cannot be used. */
export function settingsFrom(sources: SettingSources): Settings {
  const result = readSettings(sources);
  if (result.ok) return result.settings;
  throw new UsageError(result.errors.join("\n"));
}
