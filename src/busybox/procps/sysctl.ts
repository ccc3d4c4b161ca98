// sysctl: parameters of the kernel in /proc/sys (as in procps)
import { EACCES, EISDIR, ENOENT, Errno } from "../../abi/errno.ts";
import { O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readAll, readDir, readFile, tryStat, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { openInput } from "../libbb/inputs.ts";

const ROOT = "/proc/sys/";

/** A key as path below /proc/sys: its first separator says which of "." and "/" separates. */
function toPath(key: string): string {
  const first = /[./]/.exec(key)?.[0];
  if (first !== ".") return key;
  return key.replace(/[./]/g, (c) => (c === "." ? "/" : "."));
}

function toKey(path: string): string {
  return path.replace(/[./]/g, (c) => (c === "/" ? "." : "/"));
}

class Sysctl {
  readonly #p: Process;
  /** -n */
  readonly #noName: boolean;
  /** -e */
  readonly #noUnknown: boolean;
  /** -q */
  readonly #quiet: boolean;
  failed = false;

  constructor(p: Process, noName: boolean, noUnknown: boolean, quiet: boolean) {
    this.#p = p;
    this.#noName = noName;
    this.#noUnknown = noUnknown;
    this.#quiet = quiet;
  }

  *#wrong(key: string, doing: string, e: unknown): Steps<void> {
    this.failed = true;
    if (!(e instanceof Errno)) throw e;
    if (e !== ENOENT) yield* this.#p.warnx(`error ${doing} key '${key}': ${strerror(e)}`);
    else if (!this.#noUnknown) yield* this.#p.warnx(`error: '${key}' is an unknown key`);
  }

  *#print(key: string, value: string): Steps<void> {
    const lines = value.endsWith("\n") ? value.slice(0, -1) : value;
    let text = "";
    for (const line of lines.split("\n")) text += this.#noName ? `${line}\n` : `${key} = ${line}\n`;
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  /** Shows a key, or all keys below it. */
  *show(path: string): Steps<void> {
    const { sys } = this.#p;
    const st = tryStat(sys, ROOT + path);
    if (st !== undefined && S_ISDIR(st.mode)) {
      const names = (yield* readDir(sys, ROOT + path)).map((e) => e.name).sort();
      for (const name of names)
        yield* this.show(path === "" ? name : `${path}/${name}`.replace("//", "/"));
      return;
    }
    const key = toKey(path);
    // What may not be read by anyone is passed over.
    if (st !== undefined && (st.mode & 0o444) === 0) return;
    let value: string;
    try {
      value = strOf(yield* readFile(sys, ROOT + path, 1 << 20));
    } catch (e) {
      yield* this.#wrong(key, "reading", e);
      return;
    }
    yield* this.#print(key, value);
  }

  *set(key: string, value: string): Steps<void> {
    const { sys } = this.#p;
    const path = toPath(key);
    const shown = toKey(path);
    try {
      const st = tryStat(sys, ROOT + path);
      if (st === undefined) throw ENOENT;
      if (S_ISDIR(st.mode)) throw EISDIR;
      if ((st.mode & 0o222) === 0) throw EACCES;
      let fd = open(sys, ROOT + path, O_WRONLY);
      if (isSteps(fd)) fd = yield* fd;
      try {
        yield* writeAll(sys, fd, bytesOf(`${value}\n`));
      } finally {
        sys.close(fd);
      }
    } catch (e) {
      yield* this.#wrong(shown, "setting", e);
      return;
    }
    if (!this.#quiet) yield* this.#print(shown, value);
  }

  /** Settings of a file: "key = value" lines, # and ; begin comments. */
  *load(file: string): Steps<void> {
    const p = this.#p;
    let text: string;
    try {
      const input = yield* openInput(p, file);
      try {
        text = strOf(yield* readAll(p.sys, input.fd, 1 << 24));
      } finally {
        if (input !== p.stdin) input.close();
      }
    } catch (e) {
      yield* p.warn(file, e);
      return;
    }
    for (const [i, raw] of text.split("\n").entries()) {
      const line = raw.trim();
      if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
      const m = /^=*([^=]+?)\s*=+\s*(.+)$/.exec(line);
      if (m === null) yield* p.warnx(`bad line ${i + 1}: 1 tokens found, 2 needed`);
      else yield* this.set(m[1] as string, m[2] as string);
    }
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "neAapwq");
  const sysctl = new Sysctl(p, opt.has("n"), opt.has("e"), opt.has("q"));
  if (opt.has("p")) {
    const files = opt.operands.length > 0 ? opt.operands : ["/etc/sysctl.conf"];
    for (const file of files) yield* sysctl.load(file);
    return 0;
  }
  if (opt.has("a") || opt.has("A")) {
    yield* sysctl.show("");
    return 0;
  }
  for (const word of opt.operands) {
    const eq = word.indexOf("=");
    if (eq === 0) yield* p.warnx(`error: malformed setting '${word}'`);
    else if (eq > 0) yield* sysctl.set(word.slice(0, eq), word.slice(eq + 1));
    else if (opt.has("w")) yield* p.warnx(`error: '${word}' must be of the form name=value`);
    else yield* sysctl.show(toPath(word).replace(/\/$/, ""));
    if (eq === 0 || (eq < 0 && opt.has("w"))) sysctl.failed = true;
  }
  return sysctl.failed ? 1 : 0;
}

export const sysctl: Applet = {
  name: "sysctl",
  path: "/sbin/sysctl",
  usage: `[-enq] { -a | -p [FILE]... | [-w] [KEY[=VALUE]]... }

Show or set parameters of the kernel

	-e	Unknown keys are no error
	-n	Values without keys
	-q	Do not show what is set
	-a	All keys
	-p	Set from FILEs (default /etc/sysctl.conf)
	-w	Set
`,
  main,
};
