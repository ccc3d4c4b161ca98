// Byte strings and byte arrays: the two shapes bytes take in this system, and the way from one to the other.
//
// A byte string is a JS string whose chars are all 0..255, one per byte. It is what paths, arguments
// and text are; Uint8Array is what descriptors carry.

/** The part of Node's Buffer that does these jobs in machine code; absent in browsers and QuickJS. */
export interface NativeBytes {
  slice(this: Uint8Array, start: number, end: number): string;
  write(this: Uint8Array, s: string, offset: number, length: number): number;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, s: string, offset: number, length: number): number;
  indexOf(this: Uint8Array, needle: Uint8Array, from: number): number;
  compare(a: Uint8Array, b: Uint8Array): number;
  /** Bytes of `s` in UTF-8. */
  byteLength(s: string): number;
}

/** What may or may not be found there. */
interface HostBuffer {
  readonly compare?: unknown;
  readonly byteLength?: unknown;
  readonly prototype?: {
    readonly latin1Slice?: unknown;
    readonly latin1Write?: unknown;
    readonly utf8Slice?: unknown;
    readonly utf8Write?: unknown;
    readonly indexOf?: unknown;
  };
}

// A memo of what the host offers, never changed once looked up.
let found: NativeBytes | null | undefined;

/** The host's own byte functions, or null where it has none. For this room's files. */
export function nativeBytes(): NativeBytes | null {
  if (found !== undefined) return found;
  const host = (globalThis as { Buffer?: HostBuffer }).Buffer;
  const proto = host?.prototype;
  const functions = {
    slice: proto?.latin1Slice,
    write: proto?.latin1Write,
    utf8Slice: proto?.utf8Slice,
    utf8Write: proto?.utf8Write,
    indexOf: proto?.indexOf,
    compare: host?.compare,
    byteLength: host?.byteLength,
  };
  const whole = Object.values(functions).every((f) => typeof f === "function");
  found = whole ? (functions as unknown as NativeBytes) : null;
  return found;
}

// Below these sizes a plain loop beats the call into the host (measured on Node 20).
const SMALL_OUT = 12;
const SMALL_IN = 40;
/** Arguments per String.fromCharCode.apply: well under every engine's stack. */
const APPLY = 8192;

/** The bytes of a byte string. Chars above 255 are cut to their low 8 bits. */
export function bytesOf(s: string): Uint8Array {
  const b = new Uint8Array(s.length);
  putBytes(b, s, 0);
  return b;
}

/** Writes a byte string into `out` at `at`; the caller has made room. Returns the offset after it. */
export function putBytes(out: Uint8Array, s: string, at: number): number {
  const n = s.length;
  if (n > SMALL_IN) {
    const host = nativeBytes();
    if (host !== null) {
      host.write.call(out, s, at, n);
      return at + n;
    }
  }
  for (let i = 0; i < n; i++) out[at + i] = s.charCodeAt(i);
  return at + n;
}

/** The byte string of `b[start..end)`. */
export function strOf(b: Uint8Array, start = 0, end: number = b.length): string {
  if (start < 0) start = 0;
  if (end > b.length) end = b.length;
  const n = end - start;
  if (n <= 0) return "";
  if (n <= SMALL_OUT) {
    let s = "";
    for (let i = start; i < end; i++) s += String.fromCharCode(b[i] as number);
    return s;
  }
  const host = nativeBytes();
  return host !== null ? host.slice.call(b, start, end) : strOfPure(b, start, end);
}

/** {@link strOf} without the host's help, for engines that have none. */
export function strOfPure(b: Uint8Array, start: number, end: number): string {
  let s = "";
  for (let i = start; i < end; i += APPLY) {
    const part = b.subarray(i, Math.min(i + APPLY, end));
    s += String.fromCharCode.apply(null, part as unknown as number[]);
  }
  return s;
}

/** All chunks in one array. A single chunk is returned as it is, not copied. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  let n = 0;
  for (const c of chunks) n += c.length;
  const out = new Uint8Array(n);
  let at = 0;
  for (const c of chunks) {
    out.set(c, at);
    at += c.length;
  }
  return out;
}

/** Offset of the first `byte` at or after `from`, or -1. */
export function indexOfByte(b: Uint8Array, byte: number, from = 0): number {
  return b.indexOf(byte, from);
}

/** Offset of the first `needle` in `hay` at or after `from`, or -1. An empty needle is found at `from`. */
export function indexOfBytes(hay: Uint8Array, needle: Uint8Array, from = 0): number {
  const n = needle.length;
  if (from < 0) from = 0;
  if (from + n > hay.length) return -1;
  if (n === 0) return from;
  const first = needle[0] as number;
  // Over long stretches even one byte is found ten times as fast by the host.
  if (n === 1 && hay.length - from < 256) return hay.indexOf(first, from);
  // The host's search does not go quadratic on repetitive text.
  const host = nativeBytes();
  if (host !== null) return host.indexOf.call(hay, needle, from);
  const last = hay.length - n;
  for (let i = hay.indexOf(first, from); i >= 0 && i <= last; i = hay.indexOf(first, i + 1)) {
    let k = 1;
    while (k < n && hay[i + k] === needle[k]) k++;
    if (k === n) return i;
  }
  return -1;
}

/** Do both hold the same bytes? */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compare(a, b) === 0;
}

/** Order of unsigned bytes, shorter first among equal prefixes: negative, 0 or positive (memcmp). */
export function compare(a: Uint8Array, b: Uint8Array): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  if (n > 64) {
    const host = nativeBytes();
    if (host !== null) return host.compare(a, b);
  }
  for (let i = 0; i < n; i++) {
    const d = (a[i] as number) - (b[i] as number);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}
