/** `albatross validate`: every problem of the files, one a line. */
import { objectsShape, problemsShape } from "../../routes/shapes.ts";
import { formatProblem, type Problem } from "../errors.ts";
import { ASK_OPTION, askGateway } from "./ask.ts";
import { type Command, EXIT, settingsFrom, UsageError } from "./command.ts";
import { load, summarize } from "./load.ts";

export const validate: Command = {
  name: "validate",
  synopsis: "PATH…|--ask ADDR:PORT [--strict]",
  summary:
    "Checks files without serving them: one line per problem, `file:line object field: reason`, and exit code 1. " +
    "A gateway that is asked also says which objects are stale: served in their last good version.",
  settings: ["alb", "labelDomain", "trustedProxies"],
  options: { strict: { type: "boolean", help: "warnings are errors" }, ask: ASK_OPTION },

  async run({ positionals, flags, options }, io) {
    const { ask } = options;
    if (typeof ask === "string" && positionals.length > 0) {
      throw new UsageError("give files or --ask, not both");
    }
    if (ask === undefined && positionals.length === 0) {
      throw new UsageError("give at least one file or folder");
    }
    const { problems, objectCount } = typeof ask === "string"
      ? await askFor(ask)
      : await load(settingsFrom({ flags: { ...flags, config: positionals }, env: io.env }), false);
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

async function askFor(address: string): Promise<{ problems: readonly Problem[]; objectCount: number }> {
  const { problems } = problemsShape.parse(await askGateway(address, "/api/problems"));
  const { objects } = objectsShape.parse(await askGateway(address, "/api/objects"));
  return { problems: problems as readonly Problem[], objectCount: objects.length }; // the code is one of ours
}
