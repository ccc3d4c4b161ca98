// Names of FAT: 8.3 in code page 437, long names in slots of UCS-2, times (Microsoft FAT specification 1.03).
import { EINVAL, ENAMETOOLONG } from "../../../abi/errno.ts";
import type { Timespec } from "../../../abi/stat.ts";
import { decodeUtf8, encodeUtf8 } from "../../../lib/utf8.ts";

/** Longest name in UCS-2 units. */
const MAX_NAME = 255;
/** Units of one slot and where they stand in it. */
export const SLOT_UNITS = 13;
const UNIT_PLACES: readonly number[] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
/** Upper half of code page 437. */
const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
const LOWER_BASE = 8;
const LOWER_EXT = 16;
const MIN_SECONDS = 315532800; // 1980-01-01
const MAX_SECONDS = 4354819198; // 2107-12-31 23:59:58

/** The key that names are compared by: capital and small letters are the same. `name` is UTF-8 in a byte string. */
export function foldName(name: string): string {
  return decodeUtf8(name).toUpperCase();
}

function cp437Char(byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : (CP437[byte - 0x80] as string);
}

/** The 8.3 name of an entry as it is shown (UTF-8); `lower` is the entry's byte 12. */
export function shortNameText(raw: Uint8Array, lower: number): string {
  const part = (from: number, to: number, small: boolean): string => {
    let out = "";
    for (let i = from; i < to; i++) {
      // 0xE5 marks free entries, so 5 stands for it in front.
      const byte = i === 0 && raw[0] === 5 ? 0xe5 : (raw[i] as number);
      out += cp437Char(byte);
    }
    out = out.replace(/ +$/, "");
    return small ? out.toLowerCase() : out;
  };
  const base = part(0, 8, (lower & LOWER_BASE) !== 0);
  const ext = part(8, 11, (lower & LOWER_EXT) !== 0);
  return encodeUtf8(ext === "" ? base : `${base}.${ext}`);
}

/** The sum of an 8.3 name that its long name's slots carry. */
export function shortNameSum(raw: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < 11; i++) sum = ((sum << 7) + (sum >> 1) + (raw[i] as number)) & 0xff;
  return sum;
}

/** Units of one long-name slot, up to its end. */
export function slotUnits(slot: Uint8Array): number[] {
  const units: number[] = [];
  for (const at of UNIT_PLACES) {
    const unit = (slot[at] as number) | ((slot[at + 1] as number) << 8);
    if (unit === 0) break;
    units.push(unit);
  }
  return units;
}

/** UCS-2 as UTF-8 in a byte string; lone surrogates become replacement characters. */
export function unitsText(units: readonly number[]): string {
  let text = "";
  for (let i = 0; i < units.length; i += 64) text += String.fromCharCode(...units.slice(i, i + 64));
  return encodeUtf8(text);
}

/** Is a name allowed? Throws EINVAL, ENAMETOOLONG; else its UCS-2 text without dots at the end. */
export function checkedName(name: string): string {
  const text = decodeUtf8(name).replace(/\.+$/, "");
  if (text === "" || text.endsWith(" ")) throw EINVAL;
  if (text.length > MAX_NAME) throw ENAMETOOLONG;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are not allowed
  if (/[\x00-\x1f*?<>|":\\/]/.test(text)) throw EINVAL;
  return text;
}

const SHORT_CHARS = /^[A-Z0-9!#$%&'()\-@^_`{}~\x80-\uffff]*$/;

function cp437Bytes(text: string): number[] | undefined {
  const bytes: number[] = [];
  for (const c of text) {
    const code = c.codePointAt(0) as number;
    if (code < 0x80) bytes.push(code);
    else {
      const at = CP437.indexOf(c);
      if (at < 0) return undefined;
      bytes.push(0x80 + at);
    }
  }
  return bytes;
}

function raw11(base: readonly number[], ext: readonly number[]): Uint8Array {
  const raw = new Uint8Array(11).fill(0x20);
  raw.set(base.slice(0, 8));
  raw.set(ext.slice(0, 3), 8);
  if (raw[0] === 0xe5) raw[0] = 5;
  return raw;
}

/**
 * How a name is stored: its 8.3 form, and whether slots with the long name are needed. `taken` says
 * which 8.3 names the directory has. EINVAL when no form is free.
 */
export function shortNameFor(
  text: string,
  taken: (raw: Uint8Array) => boolean,
): { raw: Uint8Array; long: boolean } {
  const upper = text.toUpperCase();
  const dot = upper.lastIndexOf(".");
  const [base, ext] = dot > 0 ? [upper.slice(0, dot), upper.slice(dot + 1)] : [upper, ""];
  const fits = SHORT_CHARS.test(base) && SHORT_CHARS.test(ext);
  const [b, e] = [cp437Bytes(base), cp437Bytes(ext)];
  if (fits && b !== undefined && e !== undefined && b.length <= 8 && e.length <= 3) {
    const raw = raw11(b, e);
    if (!taken(raw)) return { raw, long: text !== upper };
  }
  const clean = (s: string): number[] => {
    const bytes: number[] = [];
    for (const c of s.replace(/[. ]/g, "")) {
      const byte = SHORT_CHARS.test(c) ? cp437Bytes(c)?.[0] : undefined;
      bytes.push(byte ?? 0x5f);
    }
    return bytes;
  };
  const [cleanBase, cleanExt] = [clean(base), clean(ext)];
  for (let n = 1; n < 1_000_000; n++) {
    const tail = `~${n}`;
    const stem = cleanBase.slice(0, 8 - tail.length);
    const raw = raw11([...stem, ...[...tail].map((c) => c.charCodeAt(0))], cleanExt);
    if (!taken(raw)) return { raw, long: true };
  }
  throw EINVAL;
}

/** The slots of a long name, in the order they are stored. */
export function longNameSlots(text: string, raw: Uint8Array): Uint8Array {
  const count = Math.ceil(text.length / SLOT_UNITS);
  const sum = shortNameSum(raw);
  const out = new Uint8Array(count * 32);
  for (let slot = 0; slot < count; slot++) {
    const number = count - slot;
    const at = slot * 32;
    out[at] = number | (slot === 0 ? 0x40 : 0);
    out[at + 11] = 0x0f;
    out[at + 13] = sum;
    UNIT_PLACES.forEach((place, i) => {
      const index = (number - 1) * SLOT_UNITS + i;
      const unit =
        index < text.length ? text.charCodeAt(index) : index === text.length ? 0 : 0xffff;
      out[at + place] = unit & 0xff;
      out[at + place + 1] = unit >> 8;
    });
  }
  return out;
}

/** Date and time as FAT stores them, and hundredths for what two seconds hide. */
export function fatTime(
  time: Timespec,
  offsetMinutes: number,
): { date: number; time: number; hundredths: number } {
  const seconds = Math.max(MIN_SECONDS, Math.min(MAX_SECONDS, time.sec - offsetMinutes * 60));
  const t = new Date(seconds * 1000);
  const date = ((t.getUTCFullYear() - 1980) << 9) | ((t.getUTCMonth() + 1) << 5) | t.getUTCDate();
  const clock = (t.getUTCHours() << 11) | (t.getUTCMinutes() << 5) | (t.getUTCSeconds() >> 1);
  const odd = (t.getUTCSeconds() & 1) * 100;
  return { date, time: clock, hundredths: odd + Math.floor(time.nsec / 1e7) };
}

/** The way back. */
export function unixTime(
  date: number,
  time: number,
  hundredths: number,
  offsetMinutes: number,
): Timespec {
  const month = Math.max(1, (date >> 5) & 15);
  const day = Math.max(1, date & 31);
  const ms = Date.UTC(
    1980 + (date >> 9),
    month - 1,
    day,
    time >> 11,
    (time >> 5) & 63,
    (time & 31) * 2,
  );
  const extra = Math.min(199, hundredths);
  return {
    sec: ms / 1000 + offsetMinutes * 60 + Math.floor(extra / 100),
    nsec: (extra % 100) * 1e7,
  };
}
