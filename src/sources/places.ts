/** Where the fields of a document stand. Asked for problems only, so the text is parsed again when somebody asks. */
import { type Event, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE } from "js-yaml";
import type { FieldPath } from "../resources/field-path.ts";
import { type Place, placeAt } from "./syntax.ts";

/** Place of the field at `path`, or of its nearest parent that exists. `text` is a document that can be parsed. */
export function placeOf(text: string, path: FieldPath): Place {
  return placeAt(text, find(text, path).offset);
}

/** The unquoted scalar at `path` as it was written; undefined when there is none. */
export function writtenScalar(text: string, path: FieldPath): string | undefined {
  const { event } = find(text, path);
  if (event?.type !== EVENT_ID.SCALAR || event.style !== SCALAR_STYLE.PLAIN) return undefined;
  return text.slice(event.valueStart, event.valueEnd);
}

interface Found {
  /** Undefined when the path leads nowhere. */
  readonly event: Event | undefined;
  /** Of the node, or of its nearest parent that exists. */
  readonly offset: number;
}

function find(text: string, path: FieldPath): Found {
  const events = eventsOf(text);
  let at = 1; // behind the event that opens the document
  let offset = Math.max(0, startOf(events[at]));
  for (const key of path) {
    const child = childOf(text, events, at, key);
    if (child === undefined) return { event: undefined, offset };
    at = child.at;
    const start = startOf(events[at]);
    offset = start >= 0 ? start : child.keyOffset ?? offset; // an absent value stands where its key does
  }
  return { event: events[at], offset };
}

/** Index of the event that opens the child `key` of the node at `at`. */
function childOf(
  text: string,
  events: readonly Event[],
  at: number,
  key: string | number,
): { at: number; keyOffset?: number } | undefined {
  const isMapping = events[at]?.type === EVENT_ID.MAPPING;
  if (!isMapping && events[at]?.type !== EVENT_ID.SEQUENCE) return undefined;
  let index = 0;
  for (let child = at + 1; events[child]?.type !== EVENT_ID.POP; child = behind(events, child)) {
    if (!isMapping) {
      if (index++ === key) return { at: child };
      continue;
    }
    const event = events[child];
    const name = event?.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : undefined;
    child = behind(events, child); // from the key to its value
    if (name === key) return { at: child, keyOffset: startOf(event) };
  }
  return undefined;
}

/** Index of the event behind the node that opens at `at`. */
function behind(events: readonly Event[], at: number): number {
  let depth = 0;
  do {
    const type = events[at++]?.type;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth++;
    else if (type === EVENT_ID.POP) depth--;
  } while (depth > 0);
  return at;
}

function startOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.SCALAR:
      return event.valueStart;
    case EVENT_ID.ALIAS:
      return event.anchorStart;
    default:
      return -1;
  }
}

// Places are asked for in bursts, each about one document; the events of one are too many to keep for all.
let latest: WeakRef<{ readonly text: string; readonly events: readonly Event[] }> | undefined;

function eventsOf(text: string): readonly Event[] {
  const known = latest?.deref();
  if (known?.text === text) return known.events;
  const parsed = { text, events: tryEvents(text) };
  latest = new WeakRef(parsed);
  return parsed.events;
}

/** JSON may hold characters that YAML forbids: then everything stands at the beginning. */
function tryEvents(text: string): readonly Event[] {
  try {
    return parseEvents(text, {});
  } catch {
    return [];
  }
}
