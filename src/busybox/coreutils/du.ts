// du: space that files take (POSIX du; -b -c -d -h -l -m as in GNU)
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { readDir } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { humanSize } from "../libbb/human.ts";
import { xatou } from "../libbb/numbers.ts";
import { joinPath } from "../libbb/path.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

const DEPTH_MAX = 1000;

class Usage {
  ok = true;
  readonly #p: Process;
  readonly #all: boolean;
  readonly #follow: "never" | "operands" | "always";
  readonly #oneFileSystem: boolean;
  readonly #countLinks: boolean;
  readonly #apparent: boolean;
  readonly #depth: number;
  readonly #show: (units: number) => string;
  /** Files with several names that were counted. */
  readonly #seen = new Set<string>();

  constructor(
    p: Process,
    opt: {
      has(key: string): boolean;
      get(key: string): string | undefined;
      lastOf(keys: string): string | undefined;
    },
  ) {
    this.#p = p;
    this.#all = opt.has("a");
    const follow = opt.lastOf("LH");
    this.#follow = follow === "L" ? "always" : follow === "H" ? "operands" : "never";
    this.#oneFileSystem = opt.has("x");
    this.#countLinks = opt.has("l");
    this.#apparent = opt.has("b");
    this.#depth = opt.has("d") ? xatou(opt.get("d") as string) : opt.has("s") ? 0 : Infinity;
    // Units are blocks of 512 bytes, or bytes with -b.
    const unit = opt.lastOf("hmkb");
    const size = this.#apparent ? 1 : 512;
    const block = unit === "m" ? 1048576 : 1024;
    this.#show = (units) =>
      unit === "h" || opt.has("h")
        ? humanSize(units, size)
        : unit === "b" || this.#apparent
          ? String(units)
          : String(Math.ceil((units * size) / block));
  }

  *print(units: number, name: string): Steps<void> {
    const w = this.#p.stdout.puts(`${this.#show(units)}\t${name}\n`);
    if (w) yield* w;
    dieIfStdoutFailed(this.#p);
  }

  /** What is at `path` and below. */
  *count(path: string, depth = 0, device = -1): Steps<number> {
    const { sys } = this.#p;
    if (--sys.budget < 0) yield* sys.sched_yield();
    const follows = this.#follow === "always" || (this.#follow === "operands" && depth === 0);
    const st = sys.tryStatat(AT_FDCWD, path, follows ? 0 : AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno) {
      yield* this.#p.warn(path, st);
      this.ok = false;
      return 0;
    }
    if (this.#oneFileSystem && depth > 0 && st.dev !== device) return 0;
    if (!this.#countLinks && st.nlink > 1) {
      const key = `${st.dev}:${st.ino}`;
      if (this.#seen.has(key)) return 0;
      this.#seen.add(key);
    }
    let sum = this.#apparent ? st.size : st.blocks;
    const directory = S_ISDIR(st.mode);
    if (directory && depth < DEPTH_MAX) {
      try {
        const inside = yield* readDir(sys, path);
        for (const d of inside) sum += yield* this.count(joinPath(path, d.name), depth + 1, st.dev);
      } catch (e) {
        yield* this.#p.warn(`can't open '${path}'`, e);
        this.ok = false;
      }
    }
    if (depth <= this.#depth && (directory || this.#all || depth === 0))
      yield* this.print(sum, path);
    return sum;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "aHkLsxd:lcbhm");
  const usage = new Usage(p, opt);
  let total = 0;
  for (const path of opt.operands.length > 0 ? opt.operands : ["."])
    total += yield* usage.count(path);
  if (opt.has("c")) yield* usage.print(total, "total");
  return usage.ok ? 0 : 1;
}

export const du: Applet = {
  name: "du",
  path: "/usr/bin/du",
  usage: `[-aHLdclsxhmk] [FILE]...

Print the disk space that FILEs and directories take

	-a	Also for each file
	-b	Sizes as ls shows them, in bytes
	-L	Follow all symbolic links
	-H	Follow those on the command line
	-d N	Only directories less than N deep
	-c	A total of all
	-l	Count a file as often as it has names
	-s	Only each FILE itself
	-x	Not into other file systems
	-h	For people (1K 243M 2G)
	-m	In megabytes
	-k	In kilobytes (default)
`,
  main,
};
