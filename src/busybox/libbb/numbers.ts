// Numbers in arguments, with BusyBox's messages: xatou and its kin. What is wrong ends the program.
import { die } from "../../libc/process.ts";

/** Suffix letters and what they multiply by, longest first where one begins another. */
export type Suffixes = readonly (readonly [suffix: string, factor: number])[];

/** b, k, m and so on of head, tail, split, od. */
export const BKM: Suffixes = [
  ["b", 512],
  ["k", 1024],
  ["m", 1024 * 1024],
];

/** c, w, b and the units of two systems: dd, truncate, fallocate. */
export const CWBKMG: Suffixes = [
  ["c", 1],
  ["w", 2],
  ["b", 512],
  ["kB", 1000],
  ["kD", 1000],
  ["k", 1024],
  ["KB", 1000],
  ["KD", 1000],
  ["K", 1024],
  ["MB", 1000000],
  ["MD", 1000000],
  ["M", 1048576],
  ["GB", 1000000000],
  ["GD", 1000000000],
  ["G", 1073741824],
  ["TB", 1e12],
  ["TD", 1e12],
  ["T", 1099511627776],
];

function value(text: string, suffixes: Suffixes): number | undefined {
  const digits = /^\+?([0-9]+)(.*)$/s.exec(text);
  if (digits === null) return undefined;
  const [, number = "", suffix = ""] = digits;
  const factor = suffix === "" ? 1 : suffixes.find(([name]) => name === suffix)?.[1];
  return factor === undefined ? undefined : Number(number) * factor;
}

/** A whole number from 0, with a suffix if any are allowed; dies with "invalid number 'x'". */
export function xatou(text: string, suffixes: Suffixes = []): number {
  const n = text.startsWith("+") ? undefined : value(text, suffixes);
  if (n === undefined || n > Number.MAX_SAFE_INTEGER) return die(`invalid number '${text}'`);
  return n;
}

/** As {@link xatou}; what does not fit 32 bits is invalid too. */
export function xatou32(text: string, suffixes: Suffixes = []): number {
  const n = xatou(text, suffixes);
  return n <= 0xffffffff ? n : die(`invalid number '${text}'`);
}

/** As {@link xatou}, and dies with "number N is not in LOW..HIGH range". */
export function xatouRange(
  text: string,
  low: number,
  high: number,
  suffixes: Suffixes = [],
): number {
  const n = xatou(text, suffixes);
  if (high <= 0xffffffff && n > 0xffffffff) die(`invalid number '${text}'`);
  if (n < low || n > high) die(`number ${text} is not in ${low}..${high} range`);
  return n;
}

/** The message leaves out a minus sign, which is taken off before the rest is read. */
function invalid(text: string): never {
  return die(`invalid number '${text.replace("-", "")}'`);
}

/** A whole number of either sign. */
export function xatoi(text: string, suffixes: Suffixes = []): number {
  const n = text.startsWith("-") ? value(text.slice(1), suffixes) : value(text, suffixes);
  if (n === undefined || n > Number.MAX_SAFE_INTEGER || /^-\+/.test(text)) return invalid(text);
  return text.startsWith("-") ? -n : n;
}

/** As {@link xatoi}, and dies with "number N is not in LOW..HIGH range"; beyond 32 bits it is invalid. */
export function xatoiRange(
  text: string,
  low: number,
  high: number,
  suffixes: Suffixes = [],
): number {
  const n = xatoi(text, suffixes);
  if (Math.abs(n) > 0x7fffffff) invalid(text);
  if (n < low || n > high) die(`number ${text} is not in ${low}..${high} range`);
  return n;
}
