/** `albatross validate`: every problem of the files, one a line. */
import { objectsShape, problemsShape } from "../../routes/shapes.ts";
import type { Settings } from "../config.ts";
import { formatProblem, type Problem } from "../errors.ts";
import { middlewareProblems } from "../middlewares/asked-for.ts";
import { loadMiddlewares } from "../middlewares/user.ts";
import { ASK_OPTION, askGateway } from "./ask.ts";
import { type Command, EXIT, settingsFrom, UsageError } from "./command.ts";
import { byPlace, load, type Loaded, summarize } from "./load.ts";

/** `importModule` loads a file with a middleware. */
export function validateCommand(importModule: (path: string) => Promise<unknown>): Command {
  return {
    name: "validate",
    synopsis: "PATH…|--ask ADDR:PORT [--strict]",
    summary:
      "Checks files without serving them: one line per problem, `file:line object field: reason`, and exit code 1. " +
      "With --middleware, names and options of middlewares too. " +
      "A gateway that is asked also says which objects are stale: served in their last good version.",
    settings: ["alb", "labelDomain", "trustedProxies", "middleware"],
    options: { strict: { type: "boolean", help: "warnings are errors" }, ask: ASK_OPTION },

    async run({ positionals, flags, options }, io) {
      const { ask } = options;
      if (typeof ask === "string" && positionals.length > 0) {
        throw new UsageError("give files or --ask, not both");
      }
      if (ask === undefined && positionals.length === 0) {
        throw new UsageError("give at least one file or folder");
      }
      const found = typeof ask === "string" ? await askFor(ask) : await look(
        settingsFrom({ flags: { ...flags, config: positionals }, env: io.env }),
        importModule,
      );
      if (found instanceof Error) {
        await io.stderr(`${found.message}\n`);
        return EXIT.refused;
      }
      const { problems, objectCount } = found;
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
}

type Found = Pick<Loaded, "problems" | "objectCount">;

/** An Error when a middleware cannot be loaded. Without any, nobody can tell which names there will be. */
async function look(
  settings: Settings,
  importModule: (path: string) => Promise<unknown>,
): Promise<Found | Error> {
  const loaded = await load(settings, false);
  if (settings.middleware.length === 0) return loaded;
  const registry = await loadMiddlewares(settings.middleware, importModule).catch((error: Error) => error);
  if (registry instanceof Error) return registry;
  const found = middlewareProblems(loaded.table, registry).map(loaded.locate);
  return { ...loaded, problems: [...loaded.problems, ...found].sort(byPlace) };
}

async function askFor(address: string): Promise<Found> {
  const { problems } = problemsShape.parse(await askGateway(address, "/api/problems"));
  const { objects } = objectsShape.parse(await askGateway(address, "/api/objects"));
  return { problems: problems as readonly Problem[], objectCount: objects.length }; // the code is one of ours
}
