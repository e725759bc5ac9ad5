/** A nameserver for tests: `ADDRESS ANSWER` answers every question for an IPv4 address with ANSWER, on port 53. */
import { createSocket } from "node:dgram";

const [address = "", answer = ""] = process.argv.slice(2);
const TYPE_A = 1;
const HEADER_BYTES = 12;

/** The question as it came, behind a head that says how many answers follow (RFC 1035 4.1). */
function reply(query: Uint8Array): Uint8Array {
  let end = HEADER_BYTES;
  while (query[end] !== 0) end += (query[end] as number) + 1;
  const question = query.subarray(HEADER_BYTES, end + 5);
  const type = (query[end + 1] as number) << 8 | (query[end + 2] as number);
  const count = type === TYPE_A ? 1 : 0;
  const head = [query[0] as number, query[1] as number, 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0];
  const record = [0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...answer.split(".").map(Number)];
  return Uint8Array.from([...head, ...question, ...(count === 1 ? record : [])]);
}

const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
socket.on("message", (query, { port, address: from }) => socket.send(reply(query), port, from));
socket.bind(53, address, () => console.log("ready"));
