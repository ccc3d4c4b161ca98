// The packager's key: PACKAGER_PRIVKEY of the environment or of abuild.conf.
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { parsePrivateKey } from "../lib/key.ts";
import type { PrivateKey } from "../lib/signature.ts";
import { die, dieErrno, type Process } from "../libc/process.ts";
import { readFile, readText } from "../libc/unistd.ts";

/** A key with its file's path and the name that signatures give it. */
export interface SigningKey {
  readonly key: PrivateKey;
  readonly path: string;
  readonly name: string;
}

/** What a settings file that is a shell script assigns to PACKAGER_PRIVKEY: a word, perhaps with variables in it. */
function assigned(text: string, env: ReadonlyMap<string, string>): string | undefined {
  const lines = [...text.matchAll(/^\s*(?:export\s+)?PACKAGER_PRIVKEY=(["']?)(.*?)\1\s*$/gm)];
  return lines
    .at(-1)?.[2]
    ?.replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (_, braced: string, plain: string) => env.get(braced ?? plain) ?? "",
    );
}

/** Where abuild and its companions keep what is the user's own. */
export function userDir(p: Process): string {
  return p.env.get("ABUILD_USERDIR") ?? `${p.env.get("HOME") ?? "/root"}/.abuild`;
}

/** The path of the private key; undefined when none is named. */
export function* privateKeyPath(p: Process): Steps<string | undefined> {
  const given = p.env.get("PACKAGER_PRIVKEY");
  if (given !== undefined && given !== "") return given;
  const user = p.env.get("ABUILD_USERCONF") ?? `${userDir(p)}/abuild.conf`;
  for (const path of [user, p.env.get("ABUILD_CONF") ?? "/etc/abuild.conf"]) {
    const found = assigned((yield* readText(p.sys, path, 1 << 16)) ?? "", p.env);
    if (found !== undefined && found !== "") return found;
  }
  return undefined;
}

/** Reads a key, or ends the program saying what is wrong with it. */
export function* readPrivateKey(p: Process, path?: string): Steps<SigningKey> {
  const file = path ?? (yield* privateKeyPath(p));
  if (file === undefined) die("No private key found. Use 'abuild-keygen' to generate the keys.");
  let bytes: Uint8Array;
  try {
    bytes = yield* readFile(p.sys, file, 1 << 16);
  } catch (e) {
    dieErrno(file, e);
  }
  try {
    const key = parsePrivateKey(bytes);
    return { key, path: file, name: file.slice(file.lastIndexOf("/") + 1) };
  } catch (e) {
    if (e instanceof Errno || !(e instanceof FormatError)) throw e;
    return die(`${file}: ${e.message}`);
  }
}
