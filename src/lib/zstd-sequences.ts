// The sequences of a Zstandard block (RFC 8878 section 3.1.1.3.2): so many literals, then a match so far back.
import {
  constantTable,
  corrupted,
  type Distribution,
  type FseTable,
  fseTable,
  highBit,
  readDistribution,
} from "./fse.ts";
import { type CodeKind, zstdCodes } from "./zstd-codes.ts";

/** What a frame carries from block to block for its sequences. */
export class SequenceState {
  /** The tables used last, for literals' lengths, offsets and matches' lengths. */
  readonly tables: (FseTable | undefined)[] = [undefined, undefined, undefined];
  /** The offsets used last. */
  readonly offsets: Int32Array = Int32Array.of(1, 4, 8);
}

/** Where text goes: `buf[from..at)` is there, and may be written up to `limit`. */
export interface Target {
  readonly buf: Uint8Array;
  readonly from: number;
  readonly at: number;
  readonly limit: number;
}

/** Memo of the predefined tables. */
let predefined: readonly FseTable[] | undefined;

function predefinedTables(): readonly FseTable[] {
  const { literals, offsets, matches } = zstdCodes();
  predefined ??= [literals, offsets, matches].map((kind) => fseTable(kind.predefined));
  return predefined;
}

/** Decodes the sequences in `b[pos..end)` with these literals; answers where the text ends. */
export function decodeSequences(
  state: SequenceState,
  b: Uint8Array,
  pos: number,
  end: number,
  literals: Uint8Array,
  target: Target,
): number {
  let p = pos;
  if (p >= end) throw corrupted();
  let count = b[p++] as number;
  if (count > 127) {
    const more = p + (count === 255 ? 2 : 1);
    if (more > end) throw corrupted();
    if (count < 255) count = ((count - 128) << 8) + (b[p] as number);
    else count = (b[p] as number) + ((b[p + 1] as number) << 8) + 0x7f00;
    p = more;
  }
  if (count === 0) {
    if (p !== end) throw corrupted();
    return finish(literals, 0, target.buf, target.at, target.limit);
  }
  if (p >= end) throw corrupted();
  const modes = b[p++] as number;
  if ((modes & 3) !== 0) throw corrupted();
  const kinds = zstdCodes();
  for (const [i, kind] of [kinds.literals, kinds.offsets, kinds.matches].entries())
    p = readTable(state, i, kind, (modes >> (6 - 2 * i)) & 3, b, p, end);
  return run(state, b, p, end, count, literals, target);
}

/** Brings the table of a kind up to date; answers where its description ends. */
function readTable(
  state: SequenceState,
  index: number,
  kind: CodeKind,
  mode: number,
  b: Uint8Array,
  from: number,
  end: number,
): number {
  const { tables } = state;
  switch (mode) {
    case 0:
      tables[index] = predefinedTables()[index];
      return from;
    case 1: {
      const symbol = b[from] as number;
      if (from >= end || symbol >= kind.extra.length) throw corrupted();
      tables[index] = constantTable(symbol);
      return from + 1;
    }
    case 2: {
      const symbols = kind.extra.length;
      const [distribution, after]: [Distribution, number] = readDistribution(
        b,
        from,
        end,
        kind.logMax,
        symbols,
      );
      tables[index] = fseTable(distribution);
      return after;
    }
    default:
      if (tables[index] === undefined) throw corrupted();
      return from;
  }
}

// Bits are read backwards. `bit` is how many are left, counted from the beginning of `b`; some bytes before
// the stream may be looked at.
function run(
  state: SequenceState,
  b: Uint8Array,
  from: number,
  end: number,
  count: number,
  literals: Uint8Array,
  { buf, from: floor, at: start, limit }: Target,
): number {
  const [literalTable, offsetTable, matchTable] = state.tables as [FseTable, FseTable, FseTable];
  const literalStates = literalTable.states;
  const offsetStates = offsetTable.states;
  const matchStates = matchTable.states;
  const codes = zstdCodes();
  const { base: literalBase, extra: literalExtra } = codes.literals;
  const { base: matchBase, extra: matchExtra } = codes.matches;
  const last = b[end - 1] as number;
  if (from >= end || last === 0) throw corrupted();
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const text = new DataView(buf.buffer);
  const literalText = new DataView(literals.buffer, literals.byteOffset);
  const stop = from * 8;
  let bit = (end - 1) * 8 + highBit(last);
  bit -= literalTable.log;
  let literalState = peek(view, bit, literalTable.log);
  bit -= offsetTable.log;
  let offsetState = peek(view, bit, offsetTable.log);
  bit -= matchTable.log;
  let matchState = peek(view, bit, matchTable.log);
  let [recent, second, third] = state.offsets as unknown as [number, number, number];
  let at = start;
  let used = 0;
  for (let left = count; ; ) {
    if (bit < stop) throw corrupted();
    const literalEntry = literalStates[literalState] as number;
    const offsetEntry = offsetStates[offsetState] as number;
    const matchEntry = matchStates[matchState] as number;

    let n = offsetEntry & 255;
    // Nobody looks back further than that.
    if (n > 30) throw corrupted();
    let offset = 1 << n;
    if (n > 24) {
      bit -= n - 16;
      offset += peek(view, bit, n - 16) << 16;
      n = 16;
    }
    bit -= n;
    offset += peek(view, bit, n);
    let code = matchEntry & 255;
    n = matchExtra[code] as number;
    let length = matchBase[code] as number;
    if (n > 0) {
      bit -= n;
      length += peek(view, bit, n);
    }
    code = literalEntry & 255;
    n = literalExtra[code] as number;
    let plain = literalBase[code] as number;
    if (n > 0) {
      bit -= n;
      plain += peek(view, bit, n);
    }

    if (offset > 3) {
      offset -= 3;
      third = second;
      second = recent;
      recent = offset;
    } else {
      // One of those used last; without literals it cannot be the very last, so they count from the next.
      if (plain === 0) offset++;
      if (offset === 1) offset = recent;
      else {
        const again = offset === 2 ? second : offset === 3 ? third : recent - 1;
        if (offset !== 2) third = second;
        second = recent;
        recent = offset = again;
      }
    }

    const copied = used + plain;
    if (copied > literals.length || at + plain + length > limit) throw corrupted();
    const placed = at + plain;
    if (plain > 64) buf.set(literals.subarray(used, copied), at);
    else {
      // Four bytes at a time, which may be too many: what comes next overwrites them.
      for (let i = used; i < copied; i += 4, at += 4)
        text.setInt32(at, literalText.getInt32(i, true), true);
    }
    at = placed;
    used = copied;
    let source = at - offset;
    if (source < floor || offset === 0) throw corrupted();
    const after = at + length;
    if (length > 64 && (offset >= length || offset === 1)) {
      // A call into the engine pays from about here.
      if (offset === 1) buf.fill(buf[source] as number, at, after);
      else buf.copyWithin(at, source, source + length);
    } else if (offset > 3) {
      for (; at < after; at += 4, source += 4) text.setInt32(at, text.getInt32(source, true), true);
    } else {
      do buf[at++] = buf[source++] as number;
      while (at < after);
    }
    at = after;

    if (--left === 0) break;
    // Both together take 18 bits at most.
    const matchBits = (matchEntry >> 8) & 255;
    n = (literalEntry >> 8) & 255;
    bit -= n + matchBits;
    const both = view.getUint32(bit >> 3, true) >>> (bit & 7);
    literalState = (literalEntry >> 16) + ((both >>> matchBits) & ((1 << n) - 1));
    matchState = (matchEntry >> 16) + (both & ((1 << matchBits) - 1));
    n = (offsetEntry >> 8) & 255;
    bit -= n;
    offsetState = (offsetEntry >> 16) + peek(view, bit, n);
  }
  if (bit !== stop) throw corrupted();
  state.offsets[0] = recent;
  state.offsets[1] = second;
  state.offsets[2] = third;
  return finish(literals, used, buf, at, limit);
}

/** The `n` <= 24 bits from `bit` on. */
function peek(view: DataView, bit: number, n: number): number {
  return (view.getUint32(bit >> 3, true) >>> (bit & 7)) & ((1 << n) - 1);
}

/** Literals after the last match. */
function finish(
  literals: Uint8Array,
  used: number,
  buf: Uint8Array,
  at: number,
  limit: number,
): number {
  const after = at + literals.length - used;
  if (after > limit) throw corrupted();
  buf.set(literals.subarray(used), at);
  return after;
}
