/** Why a request gets the route that it gets; as a query for people, as JSON for programs. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { answer, notYet, refuse, resource } from "./answer.ts";
import type { AdminPorts } from "./ports.ts";

const MAX_BODY_BYTES = 64 * 1024;

const header = z.tuple([z.string().min(1), z.string()], "expected a name, a colon and a value");

/** Body of a POST; the fields of a GET are the same, with `header=name: value` repeated. */
export const explainQuerySchema = z.strictObject({
  method: z.string().min(1).default("GET"),
  url: z.string().regex(/^https?:\/\/[^/?#]/i, "expected an absolute http or https URL"),
  headers: z.array(header).default([]),
  from: z.union([z.ipv4(), z.ipv6()], "expected an IP address").default("127.0.0.1"),
});

export function explain(ports: Pick<AdminPorts, "explain">): Hono {
  const app = new Hono();

  function explainQuery(c: Context, query: unknown): Response {
    const parsed = explainQuerySchema.safeParse(query);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refuse(c, 400, "InvalidQuery", `${issue?.path.join(".")}: ${issue?.message}`);
    }
    const explanation = ports.explain(parsed.data);
    return explanation === undefined ? notYet(c) : answer(c, explanation);
  }

  const limited = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => refuse(c, 413, "BodyTooLarge", `expected at most ${MAX_BODY_BYTES} bytes`),
  });
  app.on("POST", "/api/explain", limited);
  resource(app, "/api/explain", {
    GET(c) {
      const { header: _, ...given } = c.req.query();
      const headers = (c.req.queries("header") ?? []).map(splitHeader);
      return explainQuery(c, { ...given, headers });
    },
    async POST(c) {
      let query: unknown;
      try {
        query = await c.req.json();
      } catch {
        return refuse(c, 400, "InvalidQuery", "expected a JSON object");
      }
      return explainQuery(c, query);
    },
  });
  return app;
}

/** `name: value`, as curl takes it; without a colon the value is missing, which the schema refuses. */
export function splitHeader(text: string): string[] {
  const colon = text.indexOf(":");
  return colon <= 0 ? [text] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}
