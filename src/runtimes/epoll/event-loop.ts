/**
 * Who has something to read, and who has room to write: epoll(7), level-triggered.
 *
 * While there is something to do, the kernel is asked between the turns of Deno's own event loop. When there is not, a
 * thread waits for it, whose answer costs some ten microseconds more.
 */
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  type LibC,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from "./libc.ts";

/** Told of what its descriptor is ready for, as bits of `EPOLLIN`, `EPOLLOUT`, `EPOLLERR` and `EPOLLHUP`. */
export interface Watcher {
  onReady(events: number): void;
}

const MAX_EVENTS = 256;
/** Turns without an event before a thread waits for the next one. */
const IDLE_TURNS = 3;
/** `struct epoll_event` is packed on x86 alone. */
const [EVENT_BYTES, DATA_AT] = Deno.build.arch === "x86_64" ? [12, 4] : [16, 8];

export class EventLoop {
  readonly #libc: LibC;
  readonly #epoll: number;
  readonly #wakeup: number;
  readonly #event = new DataView(new ArrayBuffer(EVENT_BYTES));
  readonly #eventBytes = new Uint8Array(this.#event.buffer);
  readonly #events = new DataView(new ArrayBuffer(MAX_EVENTS * EVENT_BYTES));
  readonly #eventsBytes = new Uint8Array(this.#events.buffer);
  /** By descriptor. */
  readonly #watchers: (Watcher | undefined)[] = [];
  /** By descriptor, which is used again: tells the events of this watcher from those of the one before. */
  readonly #serials: number[] = [];
  #count = 0;
  #serial = 0;
  #isRunning = false;
  #isWaiting = false;
  #isWorking = false;
  #later: (() => void)[] = [];

  constructor(libc: LibC) {
    this.#libc = libc;
    this.#epoll = libc.epoll_create1(SOCK_CLOEXEC);
    this.#wakeup = libc.eventfd(0, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (this.#epoll < 0 || this.#wakeup < 0) throw new Error(`epoll: errno ${libc.errno()}`);
    this.#control(EPOLL_CTL_ADD, this.#wakeup, EPOLLIN, 0);
  }

  /** Returns false when the kernel refuses. `events`: what is to be told; errors always are. */
  watch(descriptor: number, events: number, watcher: Watcher): boolean {
    this.#serial = (this.#serial + 1) >>> 0;
    if (this.#control(EPOLL_CTL_ADD, descriptor, events, this.#serial) < 0) return false;
    if (this.#watchers[descriptor] === undefined) this.#count++;
    this.#watchers[descriptor] = watcher;
    this.#serials[descriptor] = this.#serial;
    if (!this.#isRunning) {
      this.#isRunning = true;
      // Never at once: whoever watches is not done yet.
      queueMicrotask(() => this.#run());
    }
    return true;
  }

  change(descriptor: number, events: number): void {
    if (this.#watchers[descriptor] === undefined) return;
    this.#control(EPOLL_CTL_MOD, descriptor, events, this.#serials[descriptor] as number);
  }

  /** Must be called before the descriptor is closed. */
  unwatch(descriptor: number): void {
    if (this.#watchers[descriptor] === undefined) return;
    this.#watchers[descriptor] = undefined;
    this.#control(EPOLL_CTL_DEL, descriptor, 0, 0);
    if (--this.#count === 0 && this.#isWaiting) this.#libc.eventfd_write(this.#wakeup, 1n);
  }

  /** Calls `run` when all that has arrived by now has been worked off. */
  afterTurn(run: () => void): void {
    if (!this.#isWorking) return queueMicrotask(run);
    this.#later.push(run);
  }

  #control(operation: number, descriptor: number, events: number, serial: number): number {
    this.#event.setUint32(0, events, true);
    this.#event.setInt32(DATA_AT, descriptor, true);
    this.#event.setUint32(DATA_AT + 4, serial, true);
    return this.#libc.epoll_ctl(this.#epoll, operation, descriptor, this.#eventBytes);
  }

  /** As long as something is watched, so that it holds up the process no longer. */
  async #run(): Promise<void> {
    let idle = 0;
    while (this.#count > 0) {
      let count = this.#libc.epoll_wait(this.#epoll, this.#eventsBytes, MAX_EVENTS, 0);
      if (count > 0) idle = 0;
      else if (++idle > IDLE_TURNS) {
        this.#isWaiting = true;
        count = await this.#libc.epoll_wait_elsewhere(this.#epoll, this.#eventsBytes, MAX_EVENTS, -1);
        this.#isWaiting = false;
        idle = 0;
      }
      if (count > 0) this.#work(count);
      await turn();
    }
    this.#isRunning = false;
  }

  #work(count: number): void {
    this.#isWorking = true;
    for (let at = 0; at < count * EVENT_BYTES; at += EVENT_BYTES) {
      const descriptor = this.#events.getInt32(at + DATA_AT, true);
      if (descriptor === this.#wakeup) this.#libc.eventfd_read(this.#wakeup, new Uint8Array(8));
      const watcher = this.#watchers[descriptor];
      if (this.#serials[descriptor] !== this.#events.getUint32(at + DATA_AT + 4, true)) continue;
      try {
        watcher?.onReady(this.#events.getUint32(at, true));
      } catch (error) {
        reportError(error); // it must not end the loop for all others
      }
    }
    this.#isWorking = false;
    const later = this.#later;
    this.#later = [];
    for (const run of later) {
      try {
        run();
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** Everybody else's timers, promises and operations. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
