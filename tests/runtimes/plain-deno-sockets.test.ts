/** The contract of the socket port, kept by Deno's own sockets too, which serve where the kernel's calls cannot be made. */
import { it } from "node:test";
import process from "node:process";

if ("Deno" in globalThis) {
  process.env.TESTED_SOCKETS = "plain";
  await import("./socket.test.ts");
} else {
  const skip = "this is Bun, whose sockets are of one kind";
  it(`sockets of Deno (not run: ${skip})`, { skip }, () => {});
}
