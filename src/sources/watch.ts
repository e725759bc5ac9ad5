/** Tells that something changed in one of some folders. */
import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";

export interface FolderWatch {
  /** These folders and no others from now on, each with what tells it from another one of the same path. */
  follow(folders: ReadonlyMap<string, string>): void;
  close(): void;
}

// Each takes one of the 128 inotify instances that a user has by default (on Deno). The rest is found by polling.
const MOST_FOLDERS = 64;

/**
 * A hint, no promise: a folder that cannot be watched is silent, and the caller has to look at it now and then anyway.
 * Calls come in bursts.
 *
 * Deno's watcher opens what is new in a folder. A named pipe without a writer halts it for ever, and whoever closes it
 * then. So a folder that holds one is not watched, and a watcher that may have met one is left alone, not closed.
 */
export function watchFolders(onHint: () => void): FolderWatch {
  const watched = new Map<string, { readonly watcher: FSWatcher; readonly identity: string }>();

  function start(folder: string, identity: string): void {
    if (holdsPipe(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, onHint);
      watched.set(folder, { watcher, identity });
      watcher.on("error", () => stop(folder));
    } catch {
      // Gone already, not permitted, or no watches left.
    }
  }

  function stop(folder: string): void {
    if (!holdsPipe(folder)) watched.get(folder)?.watcher.close();
    watched.delete(folder);
  }

  return {
    follow(folders) {
      const wanted = new Map([...folders].slice(0, MOST_FOLDERS));
      for (const [folder, { identity }] of watched) if (wanted.get(folder) !== identity) stop(folder);
      for (const [folder, identity] of wanted) if (!watched.has(folder)) start(folder, identity);
    },
    close() {
      for (const folder of watched.keys()) stop(folder);
    },
  };
}

/** Whether a named pipe, or a link to one, lies in the folder at this moment. */
function holdsPipe(folder: string): boolean {
  try {
    return readdirSync(folder, { withFileTypes: true }).some((entry) =>
      // Deno's entries do not know that they are pipes.
      !entry.isFile() && !entry.isDirectory() && isPipe(join(folder, entry.name))
    );
  } catch {
    return false; // it is gone, or will be found unreadable
  }
}

function isPipe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}
