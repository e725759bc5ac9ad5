/**
 * A tiny service to route to: answers with its name and what reached it.
 *
 *     bun examples/quickstart/demo-app.ts NAME PORT
 */
import { createServer } from "node:http";

const [name = "demo", port = "9101"] = process.argv.slice(2);

const server = createServer((request, response) => {
  const { method, url, headers } = request;
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end([
    `${name} got ${method} ${url}`,
    `  host: ${headers.host}`,
    `  x-real-ip: ${headers["x-real-ip"] ?? "-"}`,
    `  x-forwarded-proto: ${headers["x-forwarded-proto"] ?? "-"}`,
    "",
  ].join("\n"));
});
server.on("error", (error) => {
  console.error(`demo app "${name}": ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), "127.0.0.1");
