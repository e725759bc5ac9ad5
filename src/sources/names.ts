/** Keeps the addresses of ExternalName Services current in the background. */
import { lookup as dnsLookup } from "node:dns/promises";
import { isIP } from "node:net";

/** IPv4 and IPv6 addresses of a host name; rejects when it has none. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** The part of the runtime's timers that is needed. */
export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

export interface NameResolver {
  /** These names and no others from now on; new ones are looked up at once. */
  want(names: Iterable<string>): void;
  /** Sorted addresses by name; names that never resolved are missing. A new map after every change. */
  answers(): ReadonlyMap<string, readonly string[]>;
  /** Resolves when every wanted name was tried at least once. */
  settled(): Promise<void>;
  close(): void;
}

const REFRESH_MS = 30_000;
const FIRST_RETRY_MS = 1_000;

/** Names that people write in `hosts`, DNS or a search domain, as every other program on the machine sees them. */
export const systemLookup: Lookup = async (name) => {
  const found = await dnsLookup(name, { all: true });
  return found.map(({ address }) => address);
};

interface Followed {
  timer?: unknown;
  retryMs: number;
  stopped: boolean;
}

/**
 * Looks names up every 30 s, after a failure sooner (1 s, then twice as long each time). A name that fails keeps its
 * last answer. IP literals are their own answer. `onChange` is called when an answer changed, not from within `want`.
 */
export function createNameResolver({ lookup = systemLookup, timers = systemTimers, onChange }: {
  readonly lookup?: Lookup;
  readonly timers?: Timers;
  readonly onChange: () => void;
}): NameResolver {
  const followed = new Map<string, Followed>();
  const firstTries = new Set<Promise<void>>();
  let answers: ReadonlyMap<string, readonly string[]> = new Map();

  async function refresh(name: string, state: Followed): Promise<void> {
    const addresses = await addressesOf(name, lookup);
    if (state.stopped) return;
    let waitMs = REFRESH_MS;
    if (addresses === undefined) {
      waitMs = state.retryMs;
      state.retryMs = Math.min(2 * state.retryMs, REFRESH_MS);
    } else state.retryMs = FIRST_RETRY_MS;
    state.timer = timers.setTimeout(() => void refresh(name, state), waitMs);
    if (addresses !== undefined && addresses.join() !== answers.get(name)?.join()) {
      answers = new Map(answers).set(name, addresses);
      onChange();
    }
  }

  function follow(name: string): void {
    const state: Followed = { retryMs: FIRST_RETRY_MS, stopped: false };
    followed.set(name, state);
    const firstTry = refresh(name, state).finally(() => firstTries.delete(firstTry));
    firstTries.add(firstTry);
  }

  function want(names: Iterable<string>): void {
    const wanted = new Set(names);
    for (const [name, state] of followed) {
      if (wanted.has(name)) continue;
      state.stopped = true;
      timers.clearTimeout(state.timer);
      followed.delete(name);
    }
    const current = new Map<string, readonly string[]>();
    for (const name of wanted) {
      const known = isIP(name) ? [name] : answers.get(name);
      if (known !== undefined) current.set(name, known);
    }
    answers = current;
    for (const name of wanted) if (!isIP(name) && !followed.has(name)) follow(name);
  }

  return {
    want,
    answers: () => answers,
    settled: async () => void await Promise.all(firstTries),
    close: () => want([]),
  };
}

/** Undefined when the name cannot be resolved now. */
async function addressesOf(name: string, lookup: Lookup): Promise<readonly string[] | undefined> {
  try {
    const addresses = new Set(await lookup(name));
    return addresses.size === 0 ? undefined : [...addresses].sort();
  } catch {
    return undefined;
  }
}

const systemTimers: Timers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};
