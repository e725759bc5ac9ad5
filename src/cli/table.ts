/** `albatross table`: what the gateway would serve, in the order in which it is tried. */
import { formatEndpoint } from "../lib/endpoint.ts";
import { printTerm } from "../matcher/explain.ts";
import { redactTable } from "../table/redact.ts";
import type { Listener, Route, Table } from "../table/table.ts";
import { type Command, EXIT, settingsFrom } from "./command.ts";
import { load, summarize } from "./load.ts";

export const table: Command = {
  name: "table",
  synopsis: "--config PATH [--json]",
  summary: "Prints listeners with their routes, in the order in which they are tried.",
  settings: ["config", "alb", "labelDomain", "trustedProxies"],
  options: { json: { type: "boolean", help: "as JSON, in a documented shape" } },

  async run({ flags, options }, io) {
    const { table, problems } = await load(settingsFrom({ flags, env: io.env }), true);
    if (problems.length > 0) await io.stderr(`${summarize(problems)}; see albatross validate\n`);
    await io.stdout(
      options["json"] === true ? `${JSON.stringify(redactTable(table), null, 2)}\n` : print(table),
    );
    return EXIT.ok;
  },
};

function print(table: Table): string {
  const { namespace, name, implicit } = table.gateway;
  const owner = implicit ? "no ALB2: an implicit one owns everything" : `ALB2 ${namespace}/${name}`;
  return [owner, ...table.listeners.map((listener) => printListener(listener, table))].join("\n\n") + "\n";
}

function printListener(listener: Listener, table: Table): string {
  const title = `${listener.name}: ${listener.protocol}, port ${listener.port}`;
  const header = ["", "PRIORITY", "ROUTE", "MATCH", "ACTION"];
  return [title, ...aligned([header, ...listener.routes.map((route) => row(route, table))])].join("\n");
}

function row(route: Route, table: Table): string[] {
  const { index, object, order, match } = route;
  const { namespace, name } = object;
  const terms = match === null
    ? "nothing"
    : match.length === 0
    ? "everything"
    : match.map(printTerm).join(" and ");
  return [
    `${index}.`,
    order.place === "normal" ? String(order.priority) : order.place,
    `${object.kind} ${namespace}/${name}`,
    terms,
    printAction(route, table),
  ];
}

function printAction({ refusal, upstream, filters }: Route, { upstreams }: Table): string {
  if (refusal !== null) return `answer ${refusal.status}: ${refusal.reason}`;
  const target = upstream === null ? undefined : upstreams[upstream];
  const endpoints = target?.endpoints.map((each) => `${formatEndpoint(each)} (${each.weight})`) ?? [];
  const end = target === undefined ? [] : [endpoints.length === 0 ? "no endpoints" : endpoints.join(", ")];
  return [...filters.map(({ type }) => type), ...end].join(", ");
}

function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()}`
  );
}
