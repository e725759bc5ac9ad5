/** `albatross run`: serves until it is told to stop. */
import { readFile } from "node:fs/promises";
import { load as parseYaml } from "js-yaml";
import { SETTINGS, type Settings } from "../config.ts";
import { type Command, settingsFrom, UsageError } from "./command.ts";
import type { SettingSources } from "./read-settings.ts";

/** What holds for this start alone, and therefore is no setting. */
export interface RunMode {
  /** Whether to take over from an instance that runs. */
  readonly takeover: boolean;
}

/** `serve` resolves with the exit code when the program has drained. */
export function runCommand(serve: (settings: Settings, mode: RunMode) => Promise<number>): Command {
  return {
    name: "run",
    synopsis: "--config PATH…",
    summary:
      "Serves what the files say and follows their changes. SIGHUP reads them again, SIGTERM drains and ends.",
    settings: SETTINGS.map(({ key }) => key),
    options: {
      settings: { type: "string", value: "PATH", help: "YAML file with settings; flags and environment win" },
      takeover: {
        type: "boolean",
        help: "take over the ports of the instance that has the admin address, which then drains",
      },
    },
    async run({ positionals, flags, options }, io) {
      if (positionals.length > 0) {
        throw new UsageError(`unexpected "${positionals[0]}"; files go behind --config`);
      }
      const path = options["settings"];
      const file = typeof path === "string" ? { file: await readSettingsFile(path) } : {};
      const settings = settingsFrom({ flags, env: io.env, ...file });
      return await serve(settings, { takeover: options["takeover"] === true });
    },
  };
}

async function readSettingsFile(path: string): Promise<NonNullable<SettingSources["file"]>> {
  try {
    return { path, content: parseYaml(await readFile(path, "utf8")) };
  } catch (error) {
    throw new UsageError(`--settings ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
