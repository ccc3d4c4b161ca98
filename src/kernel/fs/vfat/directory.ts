// The entries of a FAT directory: long names put together from their slots, and the way back.
import {
  foldName,
  longNameSlots,
  shortNameFor,
  shortNameSum,
  shortNameText,
  slotUnits,
  unitsText,
} from "./name.ts";

const FREE = 0xe5;
const ATTR_LONG = 0x0f;
const ATTR_VOLUME = 8;
/** Slots that a long name can have. */
const MAX_SLOTS = 20;

/** One name in a directory. */
export interface Entry {
  /** UTF-8 in a byte string. */
  readonly name: string;
  /** What it is found by: its long and its short name. */
  readonly keys: readonly string[];
  /** First slot, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** Byte offset of the short entry. */
  readonly short: number;
}

/** Slots of a long name that have been seen, until the short entry comes. */
interface Pending {
  first: number;
  next: number;
  sum: number;
  units: number[][];
}

function shown(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

/** All names of a directory but "." and "..", by what they are found by; damaged ones are left out. */
export function parseDirectory(bytes: Uint8Array): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let pending: Pending | undefined;
  for (let at = 0; at + 32 <= bytes.length; at += 32) {
    const start = bytes[at] as number;
    if (start === 0) break;
    const attr = bytes[at + 11] as number;
    if (start === FREE) {
      pending = undefined;
      continue;
    }
    if ((attr & 0x3f) === ATTR_LONG) {
      pending = addSlot(pending, bytes, at);
      continue;
    }
    if ((attr & ATTR_VOLUME) === 0) enter(entries, bytes, at, pending);
    pending = undefined;
  }
  return entries;
}

function addSlot(pending: Pending | undefined, bytes: Uint8Array, at: number): Pending | undefined {
  const id = bytes[at] as number;
  const sum = bytes[at + 13] as number;
  const number = id & 0x1f;
  if (number === 0 || number > MAX_SLOTS) return undefined;
  const units = slotUnits(bytes.subarray(at, at + 32));
  if ((id & 0x40) !== 0) return { first: at / 32, next: number - 1, sum, units: [units] };
  if (pending === undefined || pending.next !== number || pending.sum !== sum) return undefined;
  pending.units.unshift(units);
  pending.next--;
  return pending;
}

function enter(
  entries: Map<string, Entry>,
  bytes: Uint8Array,
  at: number,
  pending: Pending | undefined,
): void {
  const raw = bytes.subarray(at, at + 11);
  const short = shortNameText(raw, bytes[at + 12] as number);
  const whole = pending?.next === 0 && pending.sum === shortNameSum(raw) ? pending : undefined;
  const long = whole === undefined ? "" : unitsText(whole.units.flat());
  const name = shown(long) ? long : short;
  if (!shown(name)) return;
  const slot = at / 32;
  const first = whole?.first ?? slot;
  const keys = [...new Set([foldName(name), foldName(short)])];
  const entry = { name, keys, first, count: slot - first + 1, short: at };
  for (const key of keys) if (!entries.has(key)) entries.set(key, entry);
}

/** The first of `count` free slots next to each other; undefined when the directory must grow. */
export function freeSlots(bytes: Uint8Array, count: number): number | undefined {
  let run = 0;
  for (let at = 0; at + 32 <= bytes.length; at += 32) {
    const start = bytes[at] as number;
    // Behind the end mark everything is free.
    if (start === 0) {
      const first = at / 32 - run;
      return first + count <= bytes.length / 32 ? first : undefined;
    }
    run = start === FREE ? run + 1 : 0;
    if (run === count) return at / 32 - count + 1;
  }
  return undefined;
}

/** The slots for a new name; `raw` is its short entry, whose name is filled in. */
export function makeSlots(
  text: string,
  raw: Uint8Array,
  entries: ReadonlyMap<string, Entry>,
  directory: Uint8Array,
): { bytes: Uint8Array; entry: Pick<Entry, "name" | "keys"> } {
  const taken = (short: Uint8Array): boolean => {
    const found = entries.get(foldName(shortNameText(short, 0)));
    return found !== undefined && directory.length > 0;
  };
  const { raw: short, long } = shortNameFor(text, taken);
  raw.set(short);
  raw[12] = 0;
  const slots = long ? longNameSlots(text, short) : new Uint8Array(0);
  const bytes = new Uint8Array(slots.length + 32);
  bytes.set(slots);
  bytes.set(raw, slots.length);
  const shortText = shortNameText(short, 0);
  const name = long ? unitsText([...text].flatMap(unitsOf)) : shortText;
  return { bytes, entry: { name, keys: [...new Set([foldName(name), foldName(shortText)])] } };
}

function unitsOf(c: string): number[] {
  return Array.from({ length: c.length }, (_, i) => c.charCodeAt(i));
}
