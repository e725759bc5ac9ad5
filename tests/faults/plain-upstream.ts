/**
 * `plain-upstream.ts HOST PORT BYTES`: answers every GET with as many bytes, as fast as they are taken. Of anything else
 * it reads the body, and never has it whole.
 */
import { createServer } from "node:net";

const length = Number(process.argv[4]);
const answer = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`);

createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  socket.on("data", (piece) => {
    // A proxy writes a head at once.
    if (piece.toString("latin1", 0, 4) === "GET ") socket.write(answer);
  });
}).listen(Number(process.argv[3]), process.argv[2]);
process.on("SIGTERM", () => process.exit());
