/** Objects from YAML and JSON files, as the command line names them: read once, or watched. */
import { createDebounce } from "../lib/debounce.ts";
import { atOnce, inSlices, type Steps } from "../lib/steps.ts";
import { snapshotSteps } from "../resources/snapshot.ts";
import { compose, composeSteps, type Composition } from "./compose.ts";
import { createFileSet } from "./file-set.ts";
import { createNameResolver, type Lookup } from "./names.ts";
import type { Source, SourceUpdate } from "./source.ts";
import { watchFolders } from "./watch.ts";

const DEBOUNCE_MS = 50;
/** Changes that never pause are read at least this often. */
const LONGEST_DEBOUNCE_MS = 300;
const POLL_MS = 500;
/** Looking at one file takes 30 to 70 µs of a processor: by this, polling never takes more than a few percent of one. */
const POLL_MS_PER_FILE = 1;
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
  const { files } = await createFileSet(paths, true).scan();
  const composition = compose(files);
  if (lookup === undefined) {
    return atOnce(toUpdate(composition, new Map([...externalNames(composition)].map((name) => [name, []]))));
  }
  const resolver = createNameResolver({ lookup, onChange: () => {} });
  resolver.want(externalNames(composition));
  await withinTime(resolver.settled());
  const update = atOnce(toUpdate(composition, resolver.answers()));
  resolver.close();
  return update;
}

/**
 * How long from one look at all files to the next, in milliseconds. By their number and not by the time that a look
 * took: where the processor is busy, that says more about others than about the files.
 */
export function pollInterval(fileCount: number): number {
  return Math.max(POLL_MS, fileCount * POLL_MS_PER_FILE);
}

/**
 * Watches `paths`. A change is noticed through the system's notifications or, where these fail (links on Deno, targets of
 * links, network file systems), by looking at the stamps of all files, twice a second up to 500 files: so it is live
 * within a second either way. What becomes bad keeps its last good version, as `compose` says.
 */
export function createFileSource({ paths, lookup }: FileSourceOptions): Source {
  const files = createFileSet(paths);
  const hints = createDebounce(() => void refresh(), DEBOUNCE_MS, LONGEST_DEBOUNCE_MS);
  const watch = watchFolders(hints.hint);
  const names = createNameResolver({ ...(lookup && { lookup }), onChange: hints.hint });
  let listener: (update: SourceUpdate) => void = () => {};
  let composition: Composition | undefined;
  let answers = names.answers();
  let fileCount = 0;
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
    fileCount = scan.files.length;
    watch.follow(scan.folders);
    if (composition === undefined || scan.changed) {
      const isFirst = composition === undefined;
      composition = await inSlices(composeSteps(scan.files, composition?.good));
      names.want(externalNames(composition));
      if (isFirst) await withinTime(names.settled());
      if (closed) return;
    } else if (names.answers() === answers) return;
    answers = names.answers();
    const found = await inSlices(toUpdate(composition, answers));
    if (!closed) listener(found);
  }

  function pollLater(): void {
    poll = setTimeout(async () => {
      if (await files.differs()) hints.hint();
      if (!closed) pollLater();
    }, pollInterval(fileCount));
  }

  return {
    async start(onUpdate) {
      listener = onUpdate;
      await refresh();
      if (!closed) pollLater();
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

function* toUpdate(
  { entries, problems }: Composition,
  answers?: ReadonlyMap<string, readonly string[]>,
): Steps<SourceUpdate> {
  return { snapshot: yield* snapshotSteps(entries, answers), problems };
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
