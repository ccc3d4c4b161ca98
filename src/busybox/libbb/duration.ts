// Times in arguments, in seconds with fractions and a unit: sleep, timeout, tail -s, watch.
import { die } from "../../libc/process.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86400 };

/** Seconds of "1.5", "2m", "3h", "1d"; Infinity for what begins with "inf". Dies with "invalid number 'x'". */
export function xduration(text: string): number {
  if (/^inf/i.test(text)) return Infinity;
  const m = /^([0-9]+\.?[0-9]*|\.[0-9]+)([smhd]?)$/.exec(text);
  return m === null
    ? die(`invalid number '${text}'`)
    : Number(m[1]) * (UNITS[m[2] ?? ""] as number);
}
