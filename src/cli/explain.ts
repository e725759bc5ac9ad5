/** `albatross explain`: which route a request gets, and why not another. */
import type { ExplainQuery } from "../../routes/ports.ts";
import { type Explanation, explanationShape } from "../../routes/shapes.ts";
import { explainQuerySchema, splitHeader } from "../../routes/explain.ts";
import { objectLabel } from "../errors.ts";
import { explain as explainRequest } from "../explain.ts";
import { ASK_OPTION, askGateway } from "./ask.ts";
import { type Arguments, type Command, EXIT, type Io, settingsFrom, UsageError } from "./command.ts";
import { load, summarize } from "./load.ts";

export const explain: Command = {
  name: "explain",
  synopsis: "--config PATH|--ask ADDR:PORT METHOD URL [-H 'name: value']… [--from IP] [--json]",
  summary:
    "Says which route a request gets, what is done with it, and for each better-placed route the first term that " +
    "failed. The URL's port chooses the listener. Nothing is sent.",
  settings: ["config", "alb", "labelDomain", "trustedProxies"],
  options: {
    header: {
      type: "string",
      short: "H",
      multiple: true,
      value: "'NAME: VALUE'",
      help: "a field of the request",
    },
    from: { type: "string", value: "IP", help: "the client's end of the connection (default 127.0.0.1)" },
    json: { type: "boolean", help: "as JSON, in a documented shape" },
    ask: ASK_OPTION,
  },

  async run({ positionals, flags, options }, io) {
    const [method, url, ...more] = positionals;
    if (method === undefined || url === undefined || more.length > 0) {
      throw new UsageError("expected METHOD URL");
    }
    const headers = ((options["header"] ?? []) as string[]).map(splitHeader);
    const query = explainQuerySchema.safeParse({ method, url, headers, from: options["from"] });
    if (!query.success) {
      const [issue] = query.error.issues;
      const field = String(issue?.path[0]);
      throw new UsageError(`${field === "headers" ? "-H" : field}: ${issue?.message}`);
    }
    const explanation = await explanationFrom(options["ask"], query.data, flags, io);
    await io.stdout(
      options["json"] === true ? `${JSON.stringify(explanation, null, 2)}\n` : print(explanation),
    );
    return EXIT.ok;
  },
};

/** From a gateway that runs, which knows of earlier versions of objects, or from the files as they are. */
async function explanationFrom(
  ask: unknown,
  query: ExplainQuery,
  flags: Arguments["flags"],
  io: Io,
): Promise<Explanation> {
  if (typeof ask === "string") {
    if (flags.config !== undefined) throw new UsageError("give --config or --ask, not both");
    return explanationShape.parse(await askGateway(ask, "/api/explain", query));
  }
  const { table, problems } = await load(settingsFrom({ flags, env: io.env }), true);
  if (problems.length > 0) await io.stderr(`${summarize(problems)}; see albatross validate\n`);
  return explainRequest(table, query);
}

function print({ request, listener, route, filters, action, errorPages, stale, steps }: Explanation): string {
  const losers = steps.filter(({ matched }) => !matched);
  const lines = [
    `${request.method} ${request.url} from ${request.from}`,
    ...(request.view === null ? [] : [
      `  seen as    host ${request.view.host}, path ${request.view.path}` +
      `${
        request.view.query === "" ? "" : `, query ${request.view.query}`
      }, client ${request.view.sourceAddress}`,
    ]),
    `  listener   ${
      listener === null ? "none" : `${listener.name} (${listener.protocol}, port ${listener.port})`
    }`,
    `  route      ${route === null ? "none" : `${route.index}. ${objectLabel(route.object)}`}`,
    ...filters.map((filter) => `  filter     ${filter}`),
    ...printAction(action),
    ...errorPages.map(({ statuses, contentType }) => `  error page ${statuses.join(", ")}: ${contentType}`),
    ...stale.map(({ object, field, reason }) =>
      `  stale      ${objectLabel(object)}${
        field === "" ? "" : ` ${field}`
      }: ${reason}; the last good version serves`
    ),
    ...(losers.length === 0 ? [] : ["", "tried before, without a match:"]),
    ...losers.map(({ index, object, failed }) =>
      `  ${index}. ${objectLabel(object)}: ${
        failed === null ? "it has no dslx, and matches nothing" : `${failed.term}, but it is "${failed.saw}"`
      }`
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function printAction(action: Explanation["action"]): string[] {
  switch (action.type) {
    case "none":
      return [`  action     none: ${action.reason}`];
    case "answer":
      return [`  action     answer ${action.status}: ${action.reason} (${action.error})`];
    case "forward": {
      const { connectMs, sendMs, readMs } = action.timeouts;
      return [
        `  action     forward to ${action.upstream} over ${action.backendProtocol}, ${action.policy}`,
        ...action.endpoints.map(({ endpoint, weight, service }) =>
          `               ${endpoint}, weight ${weight}, of Service ${service}`
        ),
        `  timeouts   connect ${connectMs} ms, send ${sendMs} ms, read ${readMs} ms`,
      ];
    }
  }
}
