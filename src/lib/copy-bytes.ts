/** Copies between byte arrays, without a view of the source where the runtime has such a method. */

/** `Buffer.prototype.copy`, which runs on any `Uint8Array`. */
type Copy = (
  this: Uint8Array,
  target: Uint8Array,
  at: number,
  start: number,
  end: number,
) => number;

const native = nativeCopy();

/** Only where it is native code, as on Bun; Deno's makes the view itself. */
function nativeCopy(): Copy | undefined {
  const { prototype } = (globalThis as { Buffer?: { prototype: { copy: Copy } } }).Buffer ?? {};
  return prototype?.copy.toString().includes("[native code]") === true ? prototype.copy : undefined;
}

/** Copies `source[start..end)` to `target[at..)`, where it must fit. On Bun it takes a third of the time of `set`. */
export const copyBytes: (
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
) => void = native === undefined
  ? (source, start, end, target, at) =>
    target.set(start === 0 && end === source.length ? source : source.subarray(start, end), at)
  : (source, start, end, target, at) => void native.call(source, target, at, start, end);
