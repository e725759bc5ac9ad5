/** `albatross validate`: every problem of the files, one a line. */
import { formatProblem } from "../errors.ts";
import { type Command, EXIT, settingsFrom, UsageError } from "./command.ts";
import { load, summarize } from "./load.ts";

export const validate: Command = {
  name: "validate",
  synopsis: "PATH… [--strict]",
  summary:
    "Checks files without serving them: one line per problem, `file:line object field: reason`, and exit code 1.",
  settings: ["alb", "labelDomain", "trustedProxies"],
  options: { strict: { type: "boolean", help: "warnings are errors" } },

  async run({ positionals, flags, options }, io) {
    if (positionals.length === 0) throw new UsageError("give at least one file or folder");
    const settings = settingsFrom({ flags: { ...flags, config: positionals }, env: io.env });
    const { problems, objectCount } = await load(settings, false);
    if (problems.length === 0) {
      await io.stdout(`${objectCount} ${objectCount === 1 ? "object" : "objects"}, no problems\n`);
      return EXIT.ok;
    }
    await io.stdout(problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
    await io.stderr(`${objectCount} objects, ${summarize(problems)}\n`);
    const isRefused = problems.some(({ severity }) => severity === "error" || options["strict"] === true);
    return isRefused ? EXIT.refused : EXIT.ok;
  },
};
