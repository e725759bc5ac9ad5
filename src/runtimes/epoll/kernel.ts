/** The kernel's calls, and what the sockets of a process share in making them. */
import { TurnWrites } from "../turn-writes.ts";
import type { EventLoop } from "./event-loop.ts";
import { type LibC, SO_ERROR, SOL_SOCKET } from "./libc.ts";
import { decodeSocketAddress, MAX_SOCKET_ADDRESS } from "./socket-address.ts";

const READ_BYTES = 256 * 1024;

export class Kernel {
  readonly turnWrites: TurnWrites;
  /** Where every read goes; what it brings is used at once. */
  readonly memory = new Uint8Array(READ_BYTES);
  readonly #number = new Uint8Array(8);
  readonly #numberView = new DataView(this.#number.buffer);
  readonly #length = new Uint8Array(4);
  readonly #lengthView = new DataView(this.#length.buffer);

  constructor(readonly libc: LibC, readonly loop: EventLoop) {
    this.turnWrites = new TurnWrites((flush) => loop.afterTurn(flush));
  }

  /** Sets an option of one or two integers; false when the kernel refuses. */
  setOption(descriptor: number, level: number, option: number, value: number, second?: number): boolean {
    this.#numberView.setInt32(0, value, true);
    this.#numberView.setInt32(4, second ?? 0, true);
    return this.libc.setsockopt(descriptor, level, option, this.#number, second === undefined ? 4 : 8) === 0;
  }

  /** What has happened to a socket behind our back: an `errno`, 0 for nothing. */
  pendingError(descriptor: number): number {
    this.#lengthView.setUint32(0, 4, true);
    this.libc.getsockopt(descriptor, SOL_SOCKET, SO_ERROR, this.#number, this.#length);
    return this.#numberView.getInt32(0, true);
  }

  localPort(descriptor: number): number {
    const bytes = new Uint8Array(MAX_SOCKET_ADDRESS);
    this.#lengthView.setUint32(0, bytes.length, true);
    return this.libc.getsockname(descriptor, bytes, this.#length) === 0 ? decodeSocketAddress(bytes).port : 0;
  }
}
