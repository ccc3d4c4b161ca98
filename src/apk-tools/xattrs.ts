// The hash that the database keeps of a file's extended attributes.
import { bytesOf } from "../lib/bytes.ts";
import { Sha1 } from "../lib/sha1.ts";
import { identityOf } from "./extract_v2.ts";

/** "Q1…" of the attributes sorted by name, "" for none. */
export function xattrsHash(xattrs: ReadonlyMap<string, string>): string {
  if (xattrs.size === 0) return "";
  const hash = new Sha1();
  for (const name of [...xattrs.keys()].sort())
    hash.update(bytesOf(`${name}\0${xattrs.get(name) as string}`));
  return identityOf(hash.digest());
}
