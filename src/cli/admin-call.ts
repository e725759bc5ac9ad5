/** One request to the admin plane of a gateway that runs. */
import { request } from "node:http";

export interface AdminAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * GET, or POST of `body` as JSON where there is one. Goes there directly: `fetch` would ask the proxy that the environment
 * names, and hand it what the admin plane says. Rejects with an Error whose message is for people.
 */
export function callAdmin(url: string, timeoutMs: number, body?: unknown): Promise<AdminAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const post = { method: "POST", headers: { "content-type": "application/json" } };
  return new Promise((resolve, reject) => {
    const fail = (error: Error & { code?: string }): void =>
      reject(new Error(signal.aborted ? `no answer within ${timeoutMs} ms` : error.code ?? error.message));
    const options = { agent: false, signal, ...(body === undefined ? {} : post) };
    const outgoing = request(url, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => text += piece);
      answer.on("error", fail);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.on("error", fail);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
