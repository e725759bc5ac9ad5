/** Tells that something changed in one of some folders. */
import { type FSWatcher, watch } from "node:fs";

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
 */
export function watchFolders(onHint: () => void): FolderWatch {
  const watched = new Map<string, { readonly watcher: FSWatcher; readonly identity: string }>();

  function start(folder: string, identity: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, onHint);
      watched.set(folder, { watcher, identity });
      watcher.on("error", () => stop(folder));
    } catch {
      // Gone already, not permitted, or no watches left.
    }
  }

  function stop(folder: string): void {
    watched.get(folder)?.watcher.close();
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
