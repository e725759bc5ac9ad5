/** What the kernel says about listening sockets. Linux only; elsewhere nothing is known. */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeFileSync,
} from "node:fs";

/** A listening socket of the kernel's table. */
interface Listening {
  readonly inode: string;
  /** Waiting to be accepted. */
  readonly queued: number;
}

/** Between the remote address of a listening socket, which is none, and its queues. */
const LISTEN_STATE = ":0000 0A ";
const MIGRATION = "/proc/sys/net/ipv4/tcp_migrate_req";
const decoder = new TextDecoder();
/** What is read at once; the kernel gives less, whole lines. */
const CHUNK = 64 * 1024;

/** Returns what tells how many connections wait for this process to accept them at `port`; always 0 where the system does not tell. */
export function acceptQueue(host: string, port: number): () => number {
  let own: ReadonlySet<string> | undefined;
  return () => {
    const listening = listeningOn(host, port);
    own ??= listening.length > 1 ? inodesOf("self", listening) : new Set(listening.map(({ inode }) => inode));
    return listening.reduce((sum, { inode, queued }) => sum + (own?.has(inode) ? queued : 0), 0);
  };
}

/** Whether anybody listens on `port`, at whatever address; true where the system does not tell. */
export function isListenedOn(port: number): boolean {
  return !existsSync("/proc/self/net/tcp") ||
    listeningOn("", port).length + listeningOn("::", port).length > 0;
}

/** Whether process `pid` listens on `port`; undefined where the system does not tell. */
export function listensOn(pid: number, host: string, port: number): boolean | undefined {
  const listening = listeningOn(host, port);
  return listening.length === 0 ? undefined : inodesOf(String(pid), listening).size > 0;
}

/** Whether connections that wait at a closing socket go over to another one of the same port, if there is one. */
export function queuesMigrate(): boolean {
  try {
    return readFileSync(MIGRATION, "utf8").trim() === "1";
  } catch {
    return false;
  }
}

/** Turns that on in this network namespace; false when we may not. */
export function migrateQueues(): boolean {
  try {
    writeFileSync(MIGRATION, "1");
    return true;
  } catch {
    return false;
  }
}

function listeningOn(host: string, port: number): Listening[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const found: Listening[] = [];
  for (const line of listeningLines(`/proc/self/net/${host.includes(":") ? "tcp6" : "tcp"}`)) {
    const [, local = "", , , queues = "", , , , , inode = ""] = line.trim().split(/ +/);
    if (!local.endsWith(suffix)) continue;
    found.push({ inode, queued: Number.parseInt(queues.split(":")[1] ?? "", 16) || 0 });
  }
  return found;
}

/** Listening sockets stand before the connections, of which there may be many: no more is read than is needed. */
function listeningLines(path: string): string[] {
  const lines: string[] = [];
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return lines; // not Linux
  }
  const bytes = new Uint8Array(CHUNK);
  try {
    for (;;) {
      const count = readSync(file, bytes, 0, CHUNK, null);
      const read = decoder.decode(bytes.subarray(0, count)).split("\n").filter((line) => line !== "");
      const open = read.filter((line) => line.includes(LISTEN_STATE));
      lines.push(...open);
      // The first line of all is the heading.
      if (count === 0 || open.length < read.length - 1) return lines;
    }
  } finally {
    closeSync(file);
  }
}

/** Those of `listening` that the process has open; none when we may not look. */
function inodesOf(pid: string, listening: readonly Listening[]): Set<string> {
  const wanted = new Set(listening.map(({ inode }) => `socket:[${inode}]`));
  const found = new Set<string>();
  try {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      const target = linkTarget(`/proc/${pid}/fd/${descriptor}`);
      if (wanted.has(target)) found.add(target.slice("socket:[".length, -1));
      if (found.size === wanted.size) break;
    }
  } catch {
    // gone, or somebody else's
  }
  return found;
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
