// fsck: run the checkers of file systems, one after the other (fsck(8), fstab(5))
import { Errno } from "../../abi/errno.ts";
import { X_OK } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { resolveDevice } from "../../libc/blkid.ts";
import { type MountEntry, mountEntries } from "../../libc/mntent.ts";
import type { Process } from "../../libc/process.ts";
import { DEFAULT_PATH, exitStatus, pathCandidates, spawn, waitpid } from "../../libc/spawn.ts";
import { access } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const FSTAB = "/etc/fstab";

/** What is to be checked. */
interface Task {
  device: string;
  dir: string;
  type: string;
}

interface Request {
  all: boolean;
  dry: boolean;
  parallel: boolean;
  skipRoot: boolean;
  title: boolean;
  verbose: boolean;
  /** -t. */
  types: string | undefined;
  /** For the checkers. */
  args: string[];
  devices: string[];
}

function parse(p: Process): Request {
  const request: Request = {
    all: false,
    dry: false,
    parallel: false,
    skipRoot: false,
    title: true,
    verbose: false,
    types: undefined,
    args: [],
    devices: [],
  };
  const words = p.argv.slice(1);
  let rest = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    // Words with a slash or "=" are devices; other words belong to the option before them.
    if (!rest && (word.startsWith("/") || (word.includes("=") && !word.startsWith("-")))) {
      request.devices.push(word);
      continue;
    }
    if (word === "--" && !rest) {
      rest = true;
      continue;
    }
    if (rest || !word.startsWith("-") || word === "-") {
      request.args.push(word);
      continue;
    }
    i = parseWord(p, request, words, i);
  }
  return request;
}

/** One word of options; the index of the last word that was used. */
function parseWord(p: Process, request: Request, words: readonly string[], at: number): number {
  const word = words[at] as string;
  let kept = "-";
  for (let j = 1; j < word.length; j++) {
    const c = word[j] as string;
    if (c === "A") request.all = true;
    else if (c === "N") request.dry = true;
    else if (c === "P") request.parallel = true;
    else if (c === "R") request.skipRoot = true;
    else if (c === "T") request.title = false;
    else if (c === "V") request.verbose = true;
    // What is done is done one after the other anyway.
    else if (c === "s") continue;
    else if (c === "t") {
      const value = word.slice(j + 1) || words[at + 1];
      if (value === undefined || request.types !== undefined) p.usageError();
      request.types = value;
      if (kept !== "-") request.args.push(kept);
      return word.length > j + 1 ? at : at + 1;
    } else kept += c;
  }
  if (kept !== "-") request.args.push(kept);
  return at;
}

/** Is an entry of fstab meant by -t? Types, "no" before them, "opts=" for options. */
function isWanted(entry: MountEntry, list: string | undefined): boolean {
  if (list === undefined) return true;
  const options = entry.options.split(",");
  let anyPositive = false;
  let found = false;
  for (const part of list.split(",")) {
    const negative = part.startsWith("no") && part !== "no" ? part.slice(2) : undefined;
    const bare = (negative ?? part).replace(/^!/, "");
    const not = negative !== undefined || part.startsWith("!");
    const option = bare.startsWith("opts=") ? bare.slice(5) : undefined;
    const matches = option === undefined ? entry.type === bare : options.includes(option);
    if (not) {
      if (matches) return false;
    } else {
      anyPositive = true;
      found ||= matches;
    }
  }
  return found || !anyPositive;
}

class Checker {
  readonly #p: Process;
  readonly #request: Request;
  #count = 0;

  constructor(p: Process, request: Request) {
    this.#p = p;
    this.#request = request;
  }

  *check(task: Task): Steps<number> {
    const p = this.#p;
    const { args, dry, verbose } = this.#request;
    this.#count++;
    const program = `fsck.${task.type}`;
    const argv = [program, ...args, task.device];
    if (dry || verbose) {
      const where = task.dir === "" ? " " : ` ${task.dir}`;
      const w = p.stdout.puts(`[${program} (${this.#count}) --${where}] ${argv.join(" ")}\n`);
      if (w) yield* w;
      if (dry) return 0;
    }
    const f = p.stdout.flush();
    if (f) yield* f;
    const path = pathCandidates(program, p.env.get("PATH") ?? DEFAULT_PATH).find((each) =>
      access(p.sys, each, X_OK),
    );
    if (path === undefined) {
      yield* p.warnx(`${program}: No such file or directory`);
      return 0;
    }
    const pid = yield* spawn(p, argv);
    return exitStatus(yield* waitpid(p.sys, pid));
  }
}

/** The device of an entry where its name can be resolved, else the name. */
function* deviceOf(p: Process, source: string): Steps<string> {
  try {
    return (yield* resolveDevice(p.sys, source)) ?? source;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return source;
  }
}

function* main(p: Process): Steps<number> {
  p.errorStatus = 1;
  const request = parse(p);
  if (request.title) {
    const w = p.stdout.puts("fsck (busybox 1.36.1)\n");
    if (w) yield* w;
  }
  const entries = yield* mountEntries(p.sys, FSTAB);
  const checker = new Checker(p, request);
  const only = request.types === undefined || /[,=!]|^no/.test(request.types);
  // One device or none: all, as with -A.
  if (request.all || request.devices.length === 0) {
    if (request.verbose) {
      const w = p.stdout.puts("Checking all filesystems\n");
      if (w) yield* w;
    }
    return yield* checkAll(p, request, entries, checker);
  }
  let status = 0;
  for (const name of request.devices) {
    const device = yield* deviceOf(p, name);
    const entry = entries.find(
      (each) => each.source === name || each.source === device || each.dir === name,
    );
    const task = {
      device: entry === undefined ? device : yield* deviceOf(p, entry.source),
      dir: entry?.dir ?? "",
      type: only ? (entry?.type ?? "auto") : (request.types as string),
    };
    status |= yield* checker.check(task);
  }
  return status;
}

function* checkAll(
  p: Process,
  request: Request,
  entries: readonly MountEntry[],
  checker: Checker,
): Steps<number> {
  const wanted = entries.filter(
    (entry) => entry.passno > 0 && entry.type !== "swap" && isWanted(entry, request.types),
  );
  const isRoot = (entry: MountEntry): boolean => entry.dir === "/";
  const root = request.skipRoot ? [] : wanted.filter(isRoot).slice(0, 1);
  const others = wanted.filter((entry) => !isRoot(entry)).sort((a, b) => a.passno - b.passno);
  let status = 0;
  for (const { source, dir, type } of [...root, ...others]) {
    const device = yield* deviceOf(p, source);
    status |= yield* checker.check({ device, dir, type });
    // What may still be wrong with the root is not carried further.
    if (dir === "/" && status > 1) return status;
  }
  return status;
}

export const fsck: Applet = {
  name: "fsck",
  path: "/sbin/fsck",
  usage: `[-ANPRTV] [-t FSTYPE] [FS_OPTS] [BLOCKDEV]...

Check file systems, and repair them

	-A	All of /etc/fstab
	-N	Tell what would be done, do nothing
	-P	With -A: several at a time
	-R	With -A: not the root
	-T	No title
	-V	Tell more
	-t TYPE	Only these types
`,
  main,
};
