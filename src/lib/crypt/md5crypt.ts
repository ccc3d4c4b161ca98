// crypt(3) method $1$: 1000 rounds of MD5, as in FreeBSD (Poul-Henning Kamp).
import { bytesOf } from "../bytes.ts";
import { Md5 } from "../md5.ts";
import { encode, to64 } from "./alphabet.ts";

const ROUNDS = 1000;

/** "$1$salt$…" for a key; `setting` begins with "$1$". */
export function md5Crypt(key: Uint8Array, setting: string): string {
  const salt = (setting.slice(3).split("$")[0] as string).slice(0, 8);
  const saltBytes = bytesOf(salt);
  let digest = new Md5().update(key).update(saltBytes).update(key).digest();
  const start = new Md5().update(key).update(bytesOf("$1$")).update(saltBytes);
  for (let left = key.length; left > 0; left -= 16)
    start.update(digest.subarray(0, Math.min(16, left)));
  const zero = new Uint8Array(1);
  for (let n = key.length; n > 0; n >>= 1) start.update((n & 1) !== 0 ? zero : key.subarray(0, 1));
  digest = start.digest();
  for (let i = 0; i < ROUNDS; i++) {
    const hash = new Md5().update((i & 1) !== 0 ? key : digest);
    if (i % 3 !== 0) hash.update(saltBytes);
    if (i % 7 !== 0) hash.update(key);
    digest = hash.update((i & 1) !== 0 ? digest : key).digest();
  }
  const text = encode(digest, [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ]);
  return `$1$${salt}$${text}${to64(digest[11] as number, 2)}`;
}
