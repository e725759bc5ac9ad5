/** `albatross version`: what is running, for bug reports. */
import { type Command, EXIT } from "./command.ts";

/** What a build is called. */
export interface Build {
  readonly version: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
}

export function versionCommand({ version, runtime, runtimeVersion }: Build): Command {
  return {
    name: "version",
    synopsis: "",
    summary: "Prints name and version, and the runtime's.",
    settings: [],
    options: {},
    async run(_args, io) {
      await io.stdout(`albatross ${version} (${runtime} ${runtimeVersion})\n`);
      return EXIT.ok;
    },
  };
}
