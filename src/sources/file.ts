/** Objects from YAML and JSON files, as the command line names them: read once, or watched. */
import { createDebounce } from "../lib/debounce.ts";
import { createSnapshot } from "../resources/snapshot.ts";
import { compose, type Composition } from "./compose.ts";
import { createFileSet } from "./file-set.ts";
import { createNameResolver, type Lookup } from "./names.ts";
import type { Source, SourceUpdate } from "./source.ts";
import { watchFolders } from "./watch.ts";

const DEBOUNCE_MS = 50;
/** Changes that never pause are read at least this often. */
const LONGEST_DEBOUNCE_MS = 300;
const POLL_MS = 500;
/** Polling may take this part of the time. */
const POLL_SHARE = 0.02;
/** How long the first update waits for the addresses of ExternalName Services. */
const NAMES_MS = 1000;

export interface FileSourceOptions {
  /** Files and folders; see `listFiles`. */
  readonly paths: readonly string[];
  readonly lookup?: Lookup;
}

/**
 * Objects and problems of `paths` at this moment. Host names are looked up only when `lookup` is given; otherwise they have
 * no addresses, and nobody can say that they do not resolve.
 */
export async function readOnce(paths: readonly string[], lookup?: Lookup): Promise<SourceUpdate> {
  const { files } = await createFileSet(paths).scan();
  const composition = compose(files);
  if (lookup === undefined) {
    return toUpdate(composition, new Map([...externalNames(composition)].map((name) => [name, []])));
  }
  const resolver = createNameResolver({ lookup, onChange: () => {} });
  resolver.want(externalNames(composition));
  await withinTime(resolver.settled());
  const update = toUpdate(composition, resolver.answers());
  resolver.close();
  return update;
}

/**
 * Watches `paths`. A change is noticed through the system's notifications or, where these fail, by looking at the
 * stamps of all files twice a second, so it is live within a second either way. What becomes bad keeps its last good
 * version, as `compose` says.
 */
export function createFileSource({ paths, lookup }: FileSourceOptions): Source {
  const files = createFileSet(paths);
  const hints = createDebounce(() => void refresh(), DEBOUNCE_MS, LONGEST_DEBOUNCE_MS);
  const watch = watchFolders(hints.hint);
  const names = createNameResolver({ ...(lookup && { lookup }), onChange: hints.hint });
  let listener: (update: SourceUpdate) => void = () => {};
  let composition: Composition | undefined;
  let answers = names.answers();
  let poll: ReturnType<typeof setTimeout> | undefined;
  let queue: Promise<void> = Promise.resolve();
  let closed = false;

  /** One after the other; resolves when this one is done. */
  function refresh(thorough = false): Promise<void> {
    const next = () => update(thorough);
    queue = queue.then(next, next);
    return queue;
  }

  async function update(thorough: boolean): Promise<void> {
    if (closed) return;
    const scan = await files.scan(thorough);
    if (closed) return;
    watch.follow(scan.folders);
    if (composition === undefined || scan.changed) {
      const isFirst = composition === undefined;
      composition = compose(scan.files, composition?.good);
      names.want(externalNames(composition));
      if (isFirst) await withinTime(names.settled());
      if (closed) return;
    } else if (names.answers() === answers) return;
    answers = names.answers();
    listener(toUpdate(composition, answers));
  }

  function pollIn(ms: number): void {
    poll = setTimeout(async () => {
      const start = performance.now();
      if (await files.differs()) hints.hint();
      if (!closed) pollIn(Math.max(POLL_MS, (performance.now() - start) / POLL_SHARE));
    }, ms);
  }

  return {
    async start(onUpdate) {
      listener = onUpdate;
      await refresh();
      if (!closed) pollIn(POLL_MS);
    },
    reload: () => refresh(true),
    close() {
      closed = true;
      clearTimeout(poll);
      hints.cancel();
      watch.close();
      names.close();
    },
  };
}

function toUpdate(
  { entries, problems }: Composition,
  answers?: ReadonlyMap<string, readonly string[]>,
): SourceUpdate {
  return { snapshot: createSnapshot(entries, answers), problems };
}

function* externalNames({ entries }: Composition): Iterable<string> {
  for (const { object } of entries) {
    if (object.kind !== "Service" || object.spec.type !== "ExternalName") continue;
    if (object.spec.externalName) yield object.spec.externalName;
  }
}

/** Resolves with `work` or when it takes too long, whichever is sooner. */
async function withinTime(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([work, new Promise<void>((resolve) => timer = setTimeout(resolve, NAMES_MS))]);
  clearTimeout(timer);
}
