/** `good-upstream.ts HOST PORT`: answers every request. */
import { createServer } from "node:http";

createServer({ keepAlive: true }, (request, response) => {
  request.resume();
  response.end("good");
}).listen(Number(process.argv[3]), process.argv[2]);
process.on("SIGTERM", () => process.exit());
