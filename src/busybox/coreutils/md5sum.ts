// md5sum, sha1sum, sha256sum, sha512sum, sha3sum: message digests of files, and checking them (as in GNU)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import type { Hash } from "../../lib/hash.ts";
import { Md5 } from "../../lib/md5.ts";
import { Sha1 } from "../../lib/sha1.ts";
import { Sha3 } from "../../lib/sha3.ts";
import { Sha256 } from "../../lib/sha256.ts";
import { Sha512 } from "../../lib/sha512.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { closeInput, openInput, openOrDie } from "../libbb/inputs.ts";
import { xatou } from "../libbb/numbers.ts";

function hex(bytes: Uint8Array): string {
  let s = "";
  for (const b of bytes) s += (b < 16 ? "0" : "") + b.toString(16);
  return s;
}

/** Digest of a file in hex; undefined after a complaint. */
function* digestOf(p: Process, name: string, hash: Hash): Steps<string | undefined> {
  let message = `can't open '${name}'`;
  try {
    const input = yield* openInput(p, name);
    message = `can't read '${name}'`;
    try {
      for (;;) {
        let chunk = input.read(COPY_SIZE);
        if (isSteps(chunk)) chunk = yield* chunk;
        if (chunk.length === 0) return hex(hash.digest());
        hash.update(chunk);
      }
    } finally {
      closeInput(p, input);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* p.warn(message, e);
    return undefined;
  }
}

/** Checks what one list says: false when anything does not hold. */
function* check(
  p: Process,
  list: string,
  make: () => Hash,
  quiet: boolean,
  warn: boolean,
): Steps<boolean> {
  const input = yield* openOrDie(p, list);
  const lines = new LineReader(input);
  let total = 0;
  let failed = 0;
  for (;;) {
    let text: string | undefined;
    try {
      const call = lines.next();
      text = isSteps(call) ? yield* call : call;
    } catch (e) {
      // An unreadable list counts as empty.
      if (!(e instanceof Errno)) throw e;
    }
    if (text === undefined) break;
    total++;
    const line = text.replace(/\n$/, "");
    // "DIGEST  NAME", or " *" between them for what was read as binary, or one space.
    const blank = line.indexOf(" ");
    if (blank < 0) {
      if (warn) yield* p.warnx("invalid format");
      failed++;
      continue;
    }
    const mark = line[blank + 1] === " " || line[blank + 1] === "*" ? 2 : 1;
    const name = line.slice(blank + mark);
    const digest = yield* digestOf(p, name, make());
    const ok = digest !== undefined && digest === line.slice(0, blank).toLowerCase();
    if (!ok) failed++;
    if (!quiet) {
      const w = p.stdout.puts(`${name}: ${ok ? "OK" : "FAILED"}\n`);
      if (w) yield* w;
    }
  }
  closeInput(p, input);
  if (failed > 0 && !quiet)
    yield* p.warnx(`WARNING: ${failed} of ${total} computed checksums did NOT match`);
  if (total === 0) yield* p.warnx(`${list}: no checksum lines found`);
  return failed === 0 && total > 0;
}

type Bits = 224 | 256 | 384 | 512;

function sha3Bits(text: string): Bits {
  const bits = xatou(text);
  if (bits !== 224 && bits !== 256 && bits !== 384 && bits !== 512) return die(`bad -a${text}`);
  return bits;
}

function* digestMain(p: Process, makeFor: (bits: Bits) => Hash, sha3: boolean): Steps<number> {
  const opt = getopt(p, sha3 ? "scwbta:" : "scwbt");
  const bits = sha3Bits(opt.get("a") ?? "224");
  const make = (): Hash => makeFor(bits);
  if (!opt.has("c") && (opt.has("s") || opt.has("w"))) p.usageError();
  let status = 0;
  for (const name of opt.operands.length > 0 ? opt.operands : ["-"]) {
    if (opt.has("c")) {
      if (!(yield* check(p, name, make, opt.has("s"), opt.has("w")))) status = 1;
      continue;
    }
    const digest = yield* digestOf(p, name, make());
    if (digest === undefined) status = 1;
    else {
      const w = p.stdout.puts(`${digest}  ${name}\n`);
      if (w) yield* w;
    }
  }
  return status;
}

function applet(name: string, title: string, makeFor: (bits: Bits) => Hash): Applet {
  const sha3 = name === "sha3sum";
  return {
    name,
    path: `/usr/bin/${name}`,
    usage: `[-c[sw]] ${sha3 ? "[-a BITS] " : ""}[FILE]...

Print ${title} digests of FILEs, or check them

	-c	FILEs hold digests and names: check them
	-s	Say nothing, the status tells
	-w	Complain about lines that hold neither
${sha3 ? "\t-a BITS	224 (default), 256, 384, 512\n" : ""}`,
    main: (p) => digestMain(p, makeFor, sha3),
  };
}

export const md5sum: Applet = applet("md5sum", "MD5", () => new Md5());
export const sha1sum: Applet = applet("sha1sum", "SHA-1", () => new Sha1());
export const sha256sum: Applet = applet("sha256sum", "SHA-256", () => new Sha256());
export const sha512sum: Applet = applet("sha512sum", "SHA-512", () => new Sha512());
export const sha3sum: Applet = applet("sha3sum", "SHA-3", (bits) => new Sha3(bits));
