/** Asks a gateway that runs, over its admin plane: it remembers what files do not tell. */
import { callAdmin } from "./admin-call.ts";
import { type OptionSpec, UsageError } from "./command.ts";
import { formatEndpoint, parseEndpoint } from "../lib/endpoint.ts";

export const ASK_OPTION: OptionSpec = {
  type: "string",
  value: "ADDR:PORT",
  help: "ask the gateway whose admin plane is there, instead of reading files",
};

const TIMEOUT_MS = 10_000;

/** Parsed answer of `path`: of a POST of `body` where there is one. Throws {@link UsageError} when there is none. */
export async function askGateway(address: string, path: string, body?: unknown): Promise<unknown> {
  const endpoint = parseEndpoint(address);
  if (endpoint === undefined || endpoint.address === "") throw new UsageError("--ask: expected ADDRESS:PORT");
  const url = `http://${formatEndpoint(endpoint)}${path}`;
  const { status, text } = await callAdmin(url, TIMEOUT_MS, body).catch((error: Error) => {
    throw new UsageError(`--ask: nothing answers at ${address}: ${error.message}`);
  });
  if (status !== 200) throw new UsageError(`--ask: ${url} answered ${status}: ${text.trim()}`);
  return JSON.parse(text);
}
