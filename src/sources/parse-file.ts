/** From the text of a file to the objects in it, each with what is wrong with it and where it stands. */
import { eachOf, inSlices, type Steps } from "../lib/steps.ts";
import { type FieldPath, parseFieldPath } from "../resources/field-path.ts";
import { readObject, type ReadResult } from "../resources/read.ts";
import type { Origin, Position } from "../resources/snapshot.ts";
import { placeOf, writtenScalar } from "./places.ts";
import { type Piece, splitDocuments } from "./split.ts";
import { CUT, cutList } from "./split-list.ts";
import { parseDocument, type Place } from "./syntax.ts";

/** One object as a file defines it, good or bad. */
export interface Definition {
  readonly result: ReadResult;
  readonly origin: Origin;
}

/** A file, or a document of it, that cannot be read. */
export interface FileError {
  readonly message: string;
  /** Undefined when it concerns the file as a whole. */
  readonly place?: Place;
  /** True of a folder below which files that were read earlier still count. */
  readonly stale?: boolean;
}

export interface ParsedFile {
  readonly path: string;
  readonly text: string;
  readonly definitions: readonly Definition[];
  /** When there are any, objects may be missing from `definitions`. */
  readonly errors: readonly FileError[];
  /** Documents by their text: those that did not change are not read again. */
  readonly documents: ReadonlyMap<string, ParsedDocument>;
}

/** What a document's text alone decides, wherever it stands. */
interface ParsedDocument {
  readonly objects: readonly { readonly result: ReadResult; readonly path: FieldPath }[];
  readonly error?: { readonly message: string; readonly place: Place };
}

/**
 * Never throws. Lets other work run in between, so that a big file does not hold up traffic. `previous` is the same
 * file before it changed.
 */
export function parseFile(path: string, text: string, previous?: ParsedFile): Promise<ParsedFile> {
  return inSlices(parseSteps(path, text, previous));
}

function* parseSteps(path: string, text: string, previous: ParsedFile | undefined): Steps<ParsedFile> {
  const definitions: Definition[] = [];
  const errors: FileError[] = [];
  const documents = new Map<string, ParsedDocument>();
  const known = previous?.documents ?? documents;
  for (const whole of splitDocuments(text)) {
    const parts = yield* partsOf(whole, known);
    yield* eachOf(parts, ({ piece, inherited }) => {
      const key = inherited === undefined ? piece.text : keyOfItem(piece.text, inherited);
      const document = known.get(key) ?? readDocument(piece.text, inherited);
      documents.set(key, document);
      for (const { result, path: within } of document.objects) {
        definitions.push({ result, origin: new FileOrigin(path, piece, within) });
      }
      if (document.error) errors.push(inFile(document.error, piece));
    });
    yield;
  }
  return { path, text, definitions, errors, documents };
}

/** A file or folder that could not be read at all. */
export function unreadableFile(path: string, error: FileError): ParsedFile {
  return { path, text: "", definitions: [], errors: [error], documents: new Map() };
}

const ROOT: FieldPath = [];

/** What items of a list need not repeat. */
type Inherited = Readonly<Record<string, unknown>>;

interface Part {
  readonly piece: Piece;
  /** Undefined for a document that is no item. */
  readonly inherited?: Inherited;
}

/** A document, or its items where it is a list of many. */
function* partsOf(piece: Piece, known: ReadonlyMap<string, ParsedDocument>): Steps<readonly Part[]> {
  const whole = [{ piece }];
  if (known.has(piece.text)) return whole;
  const cut = yield* cutList(piece.text, (item) => known.has(item));
  const frame = cut && parseDocument(cut.frame);
  const list = frame?.ok ? asList(frame.value) : undefined;
  if (cut === undefined || list?.items.length !== 1 || list.items[0] !== CUT) return whole;
  const { inherited } = list;
  const parts: Part[] = [];
  yield* eachOf(cut.items, ({ text, lines, columns }) =>
    void parts.push({
      piece: { text, linesBefore: piece.linesBefore + lines, columnsBefore: columns },
      inherited,
    }));
  return parts;
}

/** What an item is depends on its list, too. */
function keyOfItem(text: string, inherited: Inherited): string {
  return "kind" in inherited ? `${JSON.stringify(inherited)}\n${text}` : text;
}

function readDocument(text: string, inherited?: Inherited): ParsedDocument {
  const parsed = parseDocument(text);
  if (!parsed.ok) return { objects: [], error: parsed };
  if (parsed.value === null && inherited === undefined) return { objects: [] }; // an empty document
  const objects = [...findObjects(inherit(parsed.value, inherited), ROOT)].map(({ value, path }) => ({
    path,
    result: readObject(value, (field) => writtenScalar(text, [...path, ...field])),
  }));
  return { objects };
}

function inherit(item: unknown, inherited: Inherited | undefined): unknown {
  const isMapping = typeof item === "object" && item !== null && !Array.isArray(item);
  return isMapping ? { ...inherited, ...item } : item;
}

/** The object itself, or the items of a `List` or `RuleList`, which need not repeat what the list says. */
function* findObjects(value: unknown, path: FieldPath): Iterable<{ value: unknown; path: FieldPath }> {
  const list = asList(value);
  if (list === undefined) {
    yield { value, path };
    return;
  }
  for (const [index, item] of list.items.entries()) {
    yield* findObjects(inherit(item, list.inherited), [...path, "items", index]);
  }
}

function asList(
  value: unknown,
): { items: readonly unknown[]; inherited: Inherited } | undefined {
  if (typeof value !== "object" || value === null || !("items" in value)) return undefined;
  const { kind, apiVersion, items } = value as Readonly<Record<string, unknown>>;
  if (typeof kind !== "string" || !kind.endsWith("List") || !(items === null || Array.isArray(items))) {
    return undefined;
  }
  const inherited = kind === "List" ? {} : { kind: kind.slice(0, -"List".length), apiVersion };
  return { items: items ?? [], inherited };
}

/** Remembers places: problems that stay are asked for theirs at every change. */
class FileOrigin implements Origin {
  readonly #file: string;
  readonly #piece: Piece;
  readonly #within: FieldPath;
  #known: Map<string, Position> | undefined; // few are ever asked

  constructor(file: string, piece: Piece, within: FieldPath) {
    this.#file = file;
    this.#piece = piece;
    this.#within = within;
  }

  locate(field: string): Position {
    this.#known ??= new Map();
    let position = this.#known.get(field);
    if (position === undefined) {
      const place = placeOf(this.#piece.text, [...this.#within, ...parseFieldPath(field)]);
      position = { file: this.#file, ...placeInFile(place, this.#piece) };
      this.#known.set(field, position);
    }
    return position;
  }
}

function inFile(error: { readonly message: string; readonly place: Place }, piece: Piece): FileError {
  return { message: `not valid YAML or JSON: ${error.message}`, place: placeInFile(error.place, piece) };
}

function placeInFile({ line, column }: Place, { linesBefore, columnsBefore = 0 }: Piece): Place {
  return { line: linesBefore + line, column: line === 1 ? columnsBefore + column : column };
}
