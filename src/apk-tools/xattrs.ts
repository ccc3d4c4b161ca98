// The hash that the database keeps of a file's extended attributes.
import { bytesOf } from "../lib/bytes.ts";
import { Sha1 } from "../lib/sha1.ts";
import { identityOf } from "./extract_v2.ts";

/** "Q1…" over the attributes sorted by name, each name and value after its length; "" for none. */
export function xattrsHash(xattrs: ReadonlyMap<string, string>): string {
  if (xattrs.size === 0) return "";
  const hash = new Sha1();
  for (const name of [...xattrs.keys()].sort())
    for (const text of [name, xattrs.get(name) as string]) hash.update(measured(bytesOf(text)));
  return identityOf(hash.digest());
}

/** With its length in front, 32 bits, big-endian. */
function measured(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(4 + bytes.length);
  new DataView(all.buffer).setUint32(0, bytes.length);
  all.set(bytes, 4);
  return all;
}
