// dos2unix, unix2dos: line ends of text files, in place
import { AT_FDCWD, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { S_ISLNK } from "../../libc/stat.ts";
import { Input, Output } from "../../libc/stdio.ts";
import { open, readlink, rename, tryLstat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { dirPart, joinPath } from "../libbb/path.ts";

/** Every CR goes; unix2dos puts one before each LF. */
function* convert(input: Input, output: Output, toDos: boolean): Steps<void> {
  for (;;) {
    let chunk = input.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    const text = strOf(chunk).replaceAll("\r", "");
    const w = output.puts(toDos ? text.replaceAll("\n", "\r\n") : text);
    if (w) yield* w;
  }
  const f = output.flush();
  if (f) yield* f;
}

/** Where a chain of symbolic links ends. */
function resolve(p: Process, path: string): string {
  let at = path;
  for (let i = 0; i < 40; i++) {
    const st = tryLstat(p.sys, at);
    if (st === undefined || !S_ISLNK(st.mode)) break;
    const target = readlink(p.sys, at);
    at = target.startsWith("/") ? target : joinPath(dirPart(at), target);
  }
  return at;
}

function* convertFile(p: Process, name: string, toDos: boolean): Steps<void> {
  const { sys } = p;
  const path = resolve(p, name);
  let from: number;
  try {
    const call = open(sys, path, O_RDONLY);
    from = isSteps(call) ? yield* call : call;
  } catch (e) {
    return dieErrno(`can't open '${name}'`, e);
  }
  const st = sys.fstat(from);
  let suffix = "";
  for (const byte of sys.getrandom(6)) suffix += String.fromCharCode(97 + (byte % 26));
  const temporary = path + suffix;
  const call = open(sys, temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  const to = isSteps(call) ? yield* call : call;
  sys.fchmod(to, st.mode & 0o7777);
  sys.fchownat(AT_FDCWD, temporary, st.uid, st.gid, 0);
  const output = new Output(sys, to);
  yield* convert(new Input(sys, from, name), output, toDos);
  if (output.error !== undefined) {
    sys.unlinkat(AT_FDCWD, temporary, 0);
    dieErrno("write error", output.error);
  }
  sys.close(from);
  sys.close(to);
  rename(sys, temporary, path);
}

function* convertMain(p: Process, dosByName: boolean): Steps<number> {
  const opt = getopt(p, "du", { exclusive: ["du"] });
  const toDos = opt.has("d") || (dosByName && !opt.has("u"));
  for (const name of opt.operands) yield* convertFile(p, name, toDos);
  if (opt.operands.length === 0) yield* convert(p.stdin, p.stdout, toDos);
  return 0;
}

function usage(from: string, to: string): string {
  return `[-ud] [FILE]...

Convert FILEs in place, or standard input to output, from ${from} to ${to} line ends

	-u	To Unix
	-d	To DOS
`;
}

export const dos2unix: Applet = {
  name: "dos2unix",
  path: "/usr/bin/dos2unix",
  usage: usage("DOS", "Unix"),
  main: (p) => convertMain(p, false),
};

export const unix2dos: Applet = {
  name: "unix2dos",
  path: "/usr/bin/unix2dos",
  usage: usage("Unix", "DOS"),
  main: (p) => convertMain(p, true),
};
