// crypt(3): one-way hashes of passwords: traditional DES, $1$ MD5, $5$ SHA-256, $6$ SHA-512.
import { desCrypt } from "./descrypt.ts";
import { md5Crypt } from "./md5crypt.ts";
import { shaCrypt } from "./shacrypt.ts";

/**
 * The hash of a key by a setting (a salt, or a whole hash to compare with). "*", or "x" where the setting begins so,
 * when the setting will not do, as musl has it. Yields now and then.
 */
export function* crypt(key: Uint8Array, setting: string): Generator<undefined, string> {
  const failed = setting.startsWith("*") ? "x" : "*";
  const end = key.indexOf(0);
  const k = end < 0 ? key : key.subarray(0, end);
  if (setting.startsWith("$1$")) return md5Crypt(k, setting);
  if (setting.startsWith("$5$") || setting.startsWith("$6$"))
    return (yield* shaCrypt(k, setting)) ?? failed;
  return desCrypt(k, setting) ?? failed;
}
