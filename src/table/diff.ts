/** What is different between two tables, the later of which was made of parts of the earlier one (`share.ts`). */
import { eachOf, type Steps } from "../lib/steps.ts";
import type { Table } from "./table.ts";

/** Keys that came, went, or have another value. */
export interface KeyChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface TableDiff {
  readonly gatewayChanged: boolean;
  /** Anything of any listener or route. */
  readonly listenersChanged: boolean;
  /** Names of upstreams. */
  readonly upstreams: KeyChanges;
  /** Something changed, and it was only endpoints: nothing has to be compiled. */
  readonly endpointsOnly: boolean;
  /** Nothing changed. */
  readonly isEmpty: boolean;
}

/** Compares parts by identity: equal parts that are not shared count as changed. */
export function* diffTables(before: Table, after: Table): Steps<TableDiff> {
  const gatewayChanged = before.gateway !== after.gateway;
  const listenersChanged = before.listeners !== after.listeners;
  const upstreams = yield* diffKeys(before.upstreams, after.upstreams);
  const { added, removed, changed } = upstreams;
  const onlyUpstreams = !gatewayChanged && !listenersChanged;
  const isEmpty = onlyUpstreams && added.length + removed.length + changed.length === 0;
  const endpointsOnly = onlyUpstreams && !isEmpty && added.length + removed.length === 0 &&
    (yield* differInEndpoints(changed, before.upstreams, after.upstreams));
  return { gatewayChanged, listenersChanged, upstreams, endpointsOnly, isEmpty };
}

/** Keys of two records by whether they hold the same value. */
export function* diffKeys<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): Steps<KeyChanges> {
  const added: string[] = [];
  const removed: string[] = [];
  const changed: string[] = [];
  if (before === after) return { added, removed, changed };
  yield* eachOf(Object.keys(after), (key) => {
    if (!Object.hasOwn(before, key)) added.push(key);
    else if (before[key] !== after[key]) changed.push(key);
  });
  yield* eachOf(Object.keys(before), (key) => {
    if (!Object.hasOwn(after, key)) removed.push(key);
  });
  return { added, removed, changed };
}

/** Whether that is all in which these upstreams differ. */
function* differInEndpoints(
  names: readonly string[],
  before: Table["upstreams"],
  after: Table["upstreams"],
): Steps<boolean> {
  let others = 0;
  yield* eachOf(names, (name) => {
    const [was, is] = [before[name], after[name]];
    if (was === undefined || is === undefined || !isSameBut("endpoints", was, is)) others++;
  });
  return others === 0;
}

function isSameBut<T extends object>(field: keyof T, before: T, after: T): boolean {
  return (Object.keys(after) as (keyof T)[]).every((key) => key === field || before[key] === after[key]);
}
