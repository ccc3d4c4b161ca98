// crypt(3) methods $5$ and $6$: "Unix crypt using SHA-256 and SHA-512", Ulrich Drepper, 2007 (public domain).
import { bytesOf } from "../bytes.ts";
import type { Hash } from "../hash.ts";
import { Sha256 } from "../sha256.ts";
import { Sha512 } from "../sha512.ts";
import { encode, repeat, to64 } from "./alphabet.ts";

const ROUNDS = 5000;
const ROUNDS_MIN = 1000;
/** musl allows no more: a file must not make login compute for hours. */
const ROUNDS_MAX = 9999999;
const SALT_MAX = 16;
/** musl takes no longer keys. */
const KEY_MAX = 256;
/** Rounds between two pauses. */
const SLICE = 250;

function triples(
  count: number,
  step: (i: number) => [number, number, number],
): [number, number, number][] {
  return Array.from({ length: count }, (_, i) => step(i));
}

/** Order in which the bytes of the digest are written. */
function text(digest: Uint8Array): string {
  if (digest.length === 32) {
    const order = triples(10, (i) => {
      const t: [number, number, number] = [i, i + 10, i + 20];
      // Each triple begins one further.
      const k = i % 3;
      return k === 0 ? t : k === 1 ? [t[2], t[0], t[1]] : [t[1], t[2], t[0]];
    });
    return encode(digest, order) + to64(((digest[31] as number) << 8) | (digest[30] as number), 3);
  }
  const order = triples(21, (i) => {
    const t: [number, number, number] = [i, i + 21, i + 42];
    const k = i % 3;
    return k === 0 ? t : k === 1 ? [t[1], t[2], t[0]] : [t[2], t[0], t[1]];
  });
  return encode(digest, order) + to64(digest[63] as number, 2);
}

/**
 * "$5$…" or "$6$…" for a key; `setting` is the salt as far as it goes, with "rounds=N$" if wanted. Undefined
 * for a salt that will not do. Yields now and then, for it takes its time on purpose.
 */
export function* shaCrypt(
  key: Uint8Array,
  setting: string,
): Generator<undefined, string | undefined> {
  const make = (): Hash => (setting.startsWith("$5$") ? new Sha256() : new Sha512());
  let rest = setting.slice(3);
  let rounds = ROUNDS;
  let prefix = setting.slice(0, 3);
  if (key.length > KEY_MAX) return undefined;
  const given = /^rounds=([0-9]+)\$/.exec(rest);
  if (given !== null) {
    const n = Number(given[1]);
    if (n > ROUNDS_MAX) return undefined;
    rounds = Math.max(ROUNDS_MIN, n);
    prefix += `rounds=${rounds}$`;
    rest = rest.slice(given[0].length);
  } else if (rest.startsWith("rounds=")) return undefined;
  const salt = (rest.split("$")[0] as string).slice(0, SALT_MAX);
  if (/[\n:]/.test(salt)) return undefined;
  const saltBytes = bytesOf(salt);

  const b = make().update(key).update(saltBytes).update(key).digest();
  const start = make().update(key).update(saltBytes).update(repeat(b, key.length));
  for (let n = key.length; n > 0; n >>= 1) start.update((n & 1) !== 0 ? b : key);
  let digest = start.digest();
  const keyHash = make();
  for (let i = 0; i < key.length; i++) keyHash.update(key);
  const p = repeat(keyHash.digest(), key.length);
  const saltHash = make();
  for (let i = 0; i < 16 + (digest[0] as number); i++) saltHash.update(saltBytes);
  const s = repeat(saltHash.digest(), saltBytes.length);
  for (let i = 0; i < rounds; i++) {
    if (i % SLICE === SLICE - 1) yield undefined;
    const hash = make().update((i & 1) !== 0 ? p : digest);
    if (i % 3 !== 0) hash.update(s);
    if (i % 7 !== 0) hash.update(p);
    digest = hash.update((i & 1) !== 0 ? digest : p).digest();
  }
  return `${prefix}${salt}$${text(digest)}`;
}
