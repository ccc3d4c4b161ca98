// mount: attach file systems (as in util-linux, with BusyBox's options; fstab(5), mount(2))
import { LO_FLAGS_AUTOCLEAR, LO_FLAGS_READ_ONLY } from "../../abi/block.ts";
import { EACCES, EINVAL, ENODEV, ENOENT, ENOTBLK, EROFS, Errno } from "../../abi/errno.ts";
import { X_OK } from "../../abi/fcntl.ts";
import {
  MS_BIND,
  MS_MOVE,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REMOUNT,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_UNBINDABLE,
} from "../../abi/mount.ts";
import type { Steps } from "../../abi/program.ts";
import { resolveDevice } from "../../libc/blkid.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { type MountEntry, mountEntries } from "../../libc/mntent.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import { S_ISBLK, S_ISDIR, S_ISREG } from "../../libc/stat.ts";
import { access, readFile, readText, tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { setLoop } from "../libbb/loop.ts";
import { hasOptions, isOfType, mountOptions, parseOptions } from "../libbb/mount-options.ts";
import { realpath } from "../libbb/realpath.ts";

const PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
/** Status of what mount(2) refused, as the original has it. */
const FAILED = 255;
const FSTAB = "/etc/fstab";
const MOUNTS = "/proc/mounts";

/** realpath(3), or the name itself where there is none. */
function resolved(p: Process, path: string): string {
  try {
    return realpath(p.sys, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return path;
  }
}

/** File systems that are kept on devices, as the kernel and /etc/filesystems list them. */
function* deviceTypes(p: Process): Steps<string[]> {
  const own = (yield* readText(p.sys, "/etc/filesystems", 1 << 20)) ?? "";
  const all = `${own}\n${(yield* readText(p.sys, "/proc/filesystems", 1 << 20)) ?? ""}`;
  const types = all
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(?:nodev\s|#|\*)/.test(line));
  return [...new Set(types)];
}

interface Request {
  source: string;
  dir: string;
  type: string;
  options: string;
}

class Mounter {
  readonly #p: Process;
  readonly #opt: Options;

  constructor(p: Process, opt: Options) {
    this.#p = p;
    this.#opt = opt;
  }

  /** The system call, for -vv. */
  #call(r: Request, type: string, flags: number, data: string): string {
    const [source, dir, fstype, rest] = [r.source, r.dir, type, data].map((s) =>
      s === "" ? "'(null)'" : `'${s}'`,
    );
    return `mount(${source},${dir},${fstype},0x${flags.toString(16).padStart(8, "0")},${rest})`;
  }

  /** mount(2), read-only where the medium is: undefined when it is done. */
  *#attempt(r: Request, type: string, flags: number, data: string): Steps<Errno | undefined> {
    for (let given = flags; ; given |= MS_RDONLY) {
      let failure: Errno | undefined;
      try {
        this.#p.sys.mount(r.source, r.dir, type, given, data);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        failure = e;
      }
      if (this.#opt.count("v") > 1) {
        const result = failure === undefined ? 0 : -1;
        yield* this.#p.warnx(`${this.#call(r, type, given, data)}:${result}`);
      }
      if ((failure !== EACCES && failure !== EROFS) || (given & (MS_RDONLY | MS_BIND)) !== 0)
        return failure;
      yield* this.#p.warnx(`${r.source} is write-protected, mounting read-only`);
    }
  }

  /** Mounts without a type: directories and files in another place, devices by trying. */
  *#guess(r: Request, flags: number, data: string): Steps<Errno | undefined> {
    const st = tryStat(this.#p.sys, r.source);
    if (tryStat(this.#p.sys, r.dir) === undefined) return ENOENT;
    if (st === undefined) return ENOENT;
    if (!S_ISBLK(st.mode)) return ENOTBLK;
    let failure: Errno | undefined = EINVAL;
    const types = yield* deviceTypes(this.#p);
    for (const type of types) {
      failure = yield* this.#attempt(r, type, flags, data);
      if (failure === undefined) break;
    }
    return failure;
  }

  /** A regular file becomes a loop device first; that ends with the mount. */
  *#mountFile(r: Request, flags: number): Steps<number> {
    const p = this.#p;
    const readonly = (flags & MS_RDONLY) !== 0 ? LO_FLAGS_READ_ONLY : 0;
    let loop: { device: string; fd: number };
    try {
      loop = yield* setLoop(p.sys, undefined, r.source, 0, readonly | LO_FLAGS_AUTOCLEAR);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn("can't setup loop device", e);
      return FAILED;
    }
    try {
      return yield* this.mount({ ...r, source: loop.device });
    } finally {
      p.sys.close(loop.fd);
    }
  }

  /** One file system: 0 or the status. */
  *mount(r: Request): Steps<number> {
    const p = this.#p;
    const parsed = parseOptions(r.options, MS_SILENT);
    let { flags } = parsed;
    const { data } = parsed;
    const typed = r.type !== "" && r.type !== "auto" && (flags & MS_BIND) === 0;
    const place = (flags & (MS_REMOUNT | MS_BIND | MS_MOVE)) !== 0;
    if (!place) {
      const device = yield* resolveDevice(p.sys, r.source);
      if (device === undefined) {
        if (parsed.nofail) return 0;
        yield* p.warn(`mounting ${r.source} on ${r.dir} failed`, ENOENT);
        return FAILED;
      }
      r.source = device;
    }
    const st = place ? undefined : tryStat(p.sys, r.source);
    if (!typed && st !== undefined && S_ISDIR(st.mode)) flags |= MS_BIND;
    if (st !== undefined && S_ISREG(st.mode) && !this.#opt.has("f")) {
      return yield* this.#mountFile(r, flags);
    }
    if (this.#opt.has("f")) {
      if (this.#opt.count("v") > 1)
        yield* p.warnx(`would do ${this.#call(r, r.type, flags, data)}`);
      return 0;
    }
    let failure: Errno | undefined;
    if (place || (flags & MS_BIND) !== 0)
      failure = yield* this.#attempt(r, place && !typed ? "" : r.type, flags, data);
    else if (!typed) failure = yield* this.#guess(r, flags, data);
    else {
      for (const type of r.type.split(",")) {
        failure = yield* this.#attempt(r, type, flags, data);
        if (failure === undefined) break;
      }
    }
    if (failure === undefined) return 0;
    let status = FAILED;
    const helper = `/sbin/mount.${r.type}`;
    if (typed && !this.#opt.has("i") && access(p.sys, helper, X_OK)) {
      status = yield* run(p, [helper, r.source, r.dir, ...(data === "" ? [] : ["-o", data])]);
      if (status === 0) return 0;
    }
    if (failure === ENOENT && parsed.nofail) return 0;
    yield* p.warn(`mounting ${r.source} on ${r.dir} failed`, failure);
    return status;
  }
}

/** The lines of fstab; that it cannot be read ends the program. */
function* fstab(p: Process): Steps<MountEntry[]> {
  try {
    yield* readFile(p.sys, FSTAB, 1 << 24);
  } catch (e) {
    dieErrno(`can't read '${FSTAB}'`, e);
  }
  return yield* mountEntries(p.sys, FSTAB);
}

function* list(p: Process, type: string | undefined): Steps<number> {
  const mounts = yield* mountEntries(p.sys, MOUNTS);
  for (const m of mounts) {
    if (m.type === "rootfs" || (type !== undefined && m.type !== type)) continue;
    const w = p.stdout.puts(`${m.source} on ${m.dir} type ${m.type} (${m.options})\n`);
    if (w) yield* w;
  }
  return 0;
}

/** -a: the number of failures. */
function* mountAll(p: Process, opt: Options, options: string, mounter: Mounter): Steps<number> {
  const entries = yield* fstab(p);
  const types = opt.get("t");
  let failures = 0;
  for (const entry of entries) {
    if (entry.type === "swap" || entry.options.split(",").includes("noauto")) continue;
    if (!isOfType(entry.type, types) || !hasOptions(entry.options, opt.get("O"))) continue;
    if (p.sys.geteuid() !== 0 && !allowed(entry)) continue;
    const mounts = yield* mountEntries(p.sys, MOUNTS);
    const dir = resolved(p, entry.dir);
    const there = mounts.findLast((m) => m.dir === dir);
    if (there !== undefined) {
      if (opt.has("v"))
        yield* p.warnx(`according to ${MOUNTS}, ${there.source} is already mounted on ${dir}`);
      continue;
    }
    const status = yield* mounter.mount({ ...entry, options: joined(entry.options, options) });
    if (status !== 0) failures++;
  }
  return Math.min(failures, 255);
}

/** May people other than root mount it? */
function allowed(entry: MountEntry): boolean {
  return entry.options.split(",").some((o) => o === "user" || o === "users");
}

function joined(...options: string[]): string {
  return options.filter((o) => o !== "").join(",");
}

/** What `mount NAME` means: the last entry for it of fstab, or of what is mounted for a remount. */
function* mountNamed(p: Process, name: string, options: string, mounter: Mounter): Steps<number> {
  const { flags } = parseOptions(options, 0);
  if ((flags & PROPAGATION) !== 0) {
    try {
      p.sys.mount("", name, "", flags, "");
      return 0;
    } catch (e) {
      dieErrno(name, e);
    }
  }
  const table = (flags & MS_REMOUNT) !== 0 ? MOUNTS : FSTAB;
  const entries = table === FSTAB ? yield* fstab(p) : yield* mountEntries(p.sys, MOUNTS);
  const path = resolved(p, name);
  const entry = entries.findLast(
    (m) => m.source === name || m.source === path || m.dir === name || m.dir === path,
  );
  if (entry === undefined) return die(`can't find ${name} in ${table}`);
  if (p.sys.geteuid() !== 0 && !allowed(entry)) die("permission denied (are you root?)");
  return yield* mounter.mount({ ...entry, options: joined(entry.options, options) });
}

function* main(p: Process): Steps<number> {
  const long = Object.fromEntries(mountOptions().long.map((name) => [name, name]));
  const opt = getopt(p, "o:t:rwanfvsiO:", { long, max: 2 });
  const options = joined(
    ...opt.given.flatMap(([key, value]) =>
      key === "o"
        ? [value ?? ""]
        : key === "r"
          ? ["ro"]
          : key === "w"
            ? ["rw"]
            : key in long
              ? [key]
              : [],
    ),
  );
  const mounter = new Mounter(p, opt);
  const [first, second] = opt.operands;
  if (second !== undefined) {
    if (p.sys.geteuid() !== 0) die("permission denied (are you root?)");
    const request = { source: first ?? "", dir: second, type: opt.get("t") ?? "", options };
    // A type that is given empty is none that the kernel knows.
    if (opt.has("t") && request.type === "") {
      yield* p.warn(`mounting ${request.source} on ${second} failed`, ENODEV);
      return FAILED;
    }
    return yield* mounter.mount(request);
  }
  if (first !== undefined) return yield* mountNamed(p, first, options, mounter);
  if (opt.has("a")) return yield* mountAll(p, opt, options, mounter);
  return yield* list(p, opt.get("t"));
}

export const mount: Applet = {
  name: "mount",
  path: "/bin/mount",
  usage: `[OPTIONS] [-o OPT] DEVICE NODE

Attach a file system to a directory; without arguments list those that are

	-a		All file systems of /etc/fstab
	-f		Do everything but mount
	-i		Without /sbin/mount.TYPE
	-v		Tell more
	-r		Read-only
	-w		For reading and writing (default)
	-t TYPE[,...]	Types of file systems
	-O OPT		With -a: only those that have OPT
-o OPT:
	[a]sync		Write at once, or not
	[no]atime	Times of access are kept, or not
	[no]diratime	Those of directories
	[no]relatime	Only if older than those of changes
	[no]dev		Devices work
	[no]exec	Programs can be run
	[no]suid	Set-user-id programs change the user
	[r]shared	Mounts below are shared with other places
	[r]slave	Mounts below come from another place
	[r]private	Mounts below stay here
	[un]bindable	Can be bound to other places
	[r]bind		A file or directory in another place, with all below
	move		Move a mount
	remount		Change the options of a mount
	ro		As -r
	nofail		What is not there is no error

Others are the file system's.
`,
  main,
};
