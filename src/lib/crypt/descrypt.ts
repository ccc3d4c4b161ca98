// Traditional crypt(3): DES (FIPS 46-3) of a zero block, 25 times, its expansion stirred by two characters of salt.
import { Des, unpermute } from "../des.ts";
import { ITOA64 } from "./alphabet.ts";

/** Thirteen characters, salt in front; undefined for a salt with other characters. */
export function desCrypt(key: Uint8Array, setting: string): string | undefined {
  const a = ITOA64.indexOf(setting.charAt(0));
  const b = ITOA64.indexOf(setting.charAt(1));
  if (setting.length < 2 || a < 0 || b < 0) return undefined;
  // The lowest bit stands for the first of 24.
  let salt = 0;
  for (let i = 0; i < 12; i++) if ((((a | (b << 6)) >> i) & 1) !== 0) salt |= 1 << (23 - i);
  // Seven bits of each of eight characters; the eighth is parity.
  const des = new Des(Uint8Array.from({ length: 8 }, (_, i) => (key[i] ?? 0) << 1));
  const block = new Int32Array(2);
  for (let n = 0; n < 25; n++) des.rounds(block, false, salt);
  unpermute(block);
  const [high, low] = block as unknown as [number, number];
  let out = setting.slice(0, 2);
  for (let i = 0; i < 11; i++) {
    let c = 0;
    for (let k = 6 * i; k < 6 * i + 6; k++)
      c = (c << 1) | (k > 63 ? 0 : ((k < 32 ? high : low) >>> (31 - (k & 31))) & 1);
    out += ITOA64.charAt(c);
  }
  return out;
}
