// Random sequences of file operations, the same for a seed everywhere: they run here and, recorded, on Linux.
import { Errno } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_PATH } from "../../src/abi/fcntl.ts";
import { S_IFDIR, S_IFIFO, S_IFMT } from "../../src/abi/stat.ts";
import { ROOT_CRED } from "../../src/kernel/cred.ts";
import { overlayFileSystem } from "../../src/kernel/fs/overlay/overlay.ts";
import { faccessat, fchmodat, fchownat, truncate } from "../../src/kernel/syscalls/attr.ts";
import { chdir, chroot, getcwd, umask } from "../../src/kernel/syscalls/dir.ts";
import {
  linkat,
  mkdirat,
  mknodat,
  renameat2,
  symlinkat,
  unlinkat,
} from "../../src/kernel/syscalls/link.ts";
import { mount } from "../../src/kernel/syscalls/mount.ts";
import { write } from "../../src/kernel/syscalls/rw.ts";
import { fstat, fstatat, readlinkat, tryStatat } from "../../src/kernel/syscalls/stat.ts";
import { bytesOf } from "../../src/lib/bytes.ts";
import { Files, now, user } from "../support/files.ts";
import { type TestKernel, testKernel } from "../support/kernel.ts";

/** Name of the call and its arguments; plain data, so that record.py can run it on Linux. */
export type Operation = [name: string, ...args: (string | number)[]];

/** Steps of a sequence that happen in the lower layer before an overlay is mounted over it. */
export const LOWER_STEPS = 25;

const NAMES = ["a", "b", "c", "d"];
const MODES = [
  0o777, 0o755, 0o700, 0o600, 0o644, 0o1777, 0o2775, 0o000, 0o555, 0o4755, 0o2755, 0o311,
];
const ODD_PATHS = ["", "/", ".", "..", "/..", "x".repeat(256), `/a/${"y".repeat(255)}`];

/** A linear congruential generator: nothing but to be the same everywhere. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff;
    return (this.#state >>> 8) % n;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

function path(random: Random): string {
  const parts: string[] = [];
  const length = random.below(10) < 7 ? 1 + random.below(2) : 1 + random.below(4);
  for (let i = 0; i < length; i++) {
    parts.push(random.pick(random.below(14) === 0 ? [".", ".."] : NAMES));
  }
  let text = parts.join(random.below(20) === 0 ? "//" : "/");
  if (random.below(2) === 0) text = `/${text}`;
  if (random.below(8) === 0) text += "/";
  return random.below(60) === 0 ? random.pick(ODD_PATHS) : text;
}

function openFlags(random: Random): number {
  let flags = random.pick([0, 1, 2]);
  if (random.below(3) > 0) flags |= 0o100;
  if (random.below(5) === 0) flags |= 0o200;
  if (random.below(3) === 0) flags |= 0o1000;
  if (random.below(5) === 0) flags |= 0o2000;
  if (random.below(8) === 0) flags |= 0o200000;
  if (random.below(8) === 0) flags |= 0o400000;
  if (random.below(15) === 0) flags |= O_PATH;
  return flags;
}

function operation(random: Random): Operation {
  const name = (): string => path(random);
  const pick = <T>(from: readonly T[]): T => random.pick(from);
  switch (random.below(24)) {
    case 0:
    case 1:
    case 2:
      return ["mkdir", name(), pick(MODES)];
    case 3:
      return ["rmdir", name()];
    case 4:
      return ["unlink", name()];
    case 5:
    case 6:
    case 7:
      return [
        "open",
        name(),
        openFlags(random),
        pick(MODES),
        pick(["", "x", "hello", "z".repeat(5000)]),
      ];
    case 8:
      return ["symlink", random.below(3) > 0 ? name() : pick(NAMES), name()];
    case 9:
      return ["link", name(), name(), pick([0, 0x400])];
    case 10:
    case 11:
    case 12:
      return ["rename", name(), name(), pick([0, 0, 0, 1, 2])];
    case 13:
      return ["chmod", name(), pick(MODES)];
    case 14:
      // -1, -1 is left out: overlay refuses that to strangers where the other file systems do not.
      return ["chown", name(), pick([0, 1000]), pick([-1, 0, 1000, 2000]), pick([0, 0x100])];
    case 15:
      return ["truncate", name(), pick([0, 3, 100, 70000])];
    case 16:
    case 17:
      return ["stat", name(), pick([0, 0x100])];
    case 18:
      return ["readlink", name()];
    case 19:
      return ["ls", name()];
    case 20:
      return ["access", name(), pick([0, 1, 2, 4, 6, 7]), pick([0, 0x200])];
    case 21:
      return ["chdir", name()];
    case 22:
      return ["user", pick([0, 0, 1000])];
    default:
      return pick<Operation>([
        ["mkfifo", name(), pick(MODES)],
        ["cat", name()],
        ["getcwd"],
        ["umask", pick([0, 0o22, 0o77])],
      ]);
  }
}

/** The sequence of a seed. */
export function sequence(seed: number): Operation[] {
  const random = new Random(seed);
  const all: Operation[] = [];
  if (seed % 3 > 0) {
    for (const name of NAMES) {
      all.push(["mkdir", name, random.pick([0o777, 0o755, 0o2775, 0o1777])]);
      all.push(["mkdir", `${name}/${random.pick(NAMES)}`, 0o755]);
      all.push(["open", `${name}/${random.pick(NAMES)}`, 0o101, 0o644, "x"]);
    }
  }
  for (let i = 0; i < 60; i++) all.push(operation(random));
  return all;
}

function* nothing(): Generator<never, number, number> {
  return 0;
}

/** A kernel on which sequences run. */
export class Runner {
  readonly kernel: TestKernel;
  readonly files: Files;
  /** Bytes charged before anything was made. */
  readonly #before: number;

  constructor() {
    this.kernel = testKernel();
    this.kernel.kernel.fileSystems.set("overlay", overlayFileSystem);
    this.files = new Files(this.kernel.start(nothing));
    // As on the machine where the recordings were made.
    const settings = this.kernel.kernel.slot("sysctl", () => new Map<string, string>());
    settings.set("fs/protected_symlinks", "0");
    this.#before = this.kernel.kernel.memory.used;
  }

  /** Runs a sequence on the root tmpfs. */
  run(all: readonly Operation[]): unknown[] {
    return all.map((each) => this.#outcome(each, false));
  }

  /** The same with an overlay mounted over what the first steps have made. */
  runOverlay(all: readonly Operation[]): unknown[] {
    const { task } = this.files;
    const { root } = task.fs;
    for (const dir of ["/lower", "/up", "/work", "/m"]) this.files.mkdir(dir, 0o755);
    chroot(task, "/lower");
    chdir(task, "/");
    const results = all.slice(0, LOWER_STEPS).map((each) => this.#outcome(each, true));
    task.cred = ROOT_CRED;
    task.fs.root = root;
    chdir(task, "/");
    umask(task, 0o022);
    mount(task, "overlay", "/m", "overlay", 0, "lowerdir=/lower,upperdir=/up,workdir=/work");
    chroot(task, "/m");
    chdir(task, "/");
    results.push(...all.slice(LOWER_STEPS).map((each) => this.#outcome(each, true)));
    return results;
  }

  /** Removes everything; the bytes that are still charged then. */
  leftOver(): number {
    const { task } = this.files;
    task.cred = ROOT_CRED;
    chdir(task, "/");
    for (const name of this.files.ls("/").split(" ")) if (name !== "") this.files.rm(`/${name}`);
    return this.kernel.kernel.memory.used - this.#before;
  }

  #isFifo(name: string): boolean {
    const stat = tryStatat(this.files.task, AT_FDCWD, name, 0);
    return !(stat instanceof Errno) && (stat.mode & S_IFMT) === S_IFIFO;
  }

  #outcome(each: Operation, overlaid: boolean): unknown {
    try {
      return this.#do(each, overlaid);
    } catch (error) {
      if (error instanceof Errno) return error.code;
      throw error;
    }
  }

  #do(each: Operation, overlaid: boolean): unknown {
    const { files } = this;
    const { task } = files;
    const at = each[1] as string;
    const text = each[2] as string;
    const [one, two, three] = each.slice(2) as [number, number, number];
    switch (each[0]) {
      case "mkdir":
        mkdirat(task, AT_FDCWD, at, one);
        return 0;
      case "rmdir":
        unlinkat(task, AT_FDCWD, at, 0x200);
        return 0;
      case "unlink":
        unlinkat(task, AT_FDCWD, at, 0);
        return 0;
      case "open": {
        if (this.#isFifo(at)) return "fifo";
        const data = each[4] as string;
        const fd = files.open(at, one, two);
        try {
          const writes = (one & O_PATH) === 0 && (one & 3) !== 0 && data !== "";
          return ["ok", writes ? now(write(task, fd, bytesOf(data))) : 0, fstat(task, fd).mode];
        } finally {
          files.close(fd);
        }
      }
      case "symlink":
        symlinkat(task, at, AT_FDCWD, text);
        return 0;
      case "link":
        linkat(task, AT_FDCWD, at, AT_FDCWD, text, two);
        return 0;
      case "rename":
        renameat2(task, AT_FDCWD, at, AT_FDCWD, text, two);
        return 0;
      case "chmod":
        fchmodat(task, AT_FDCWD, at, one, 0);
        return 0;
      case "chown":
        fchownat(task, AT_FDCWD, at, one, two, three);
        return 0;
      case "truncate":
        truncate(task, at, one);
        return 0;
      case "stat": {
        const { mode, nlink, uid, gid, size, blocks } = fstatat(task, AT_FDCWD, at, one);
        const directory = (mode & S_IFMT) === S_IFDIR;
        // Sizes and links of overlay's directories are whatever the layers below have.
        if (overlaid) return [mode, directory ? 0 : nlink, uid, gid, directory ? 0 : size, 0];
        return [mode, nlink, uid, gid, size, directory ? 0 : blocks];
      }
      case "readlink":
        return readlinkat(task, AT_FDCWD, at);
      case "ls":
        return this.#isFifo(at) ? "fifo" : files.ls(at);
      case "access":
        faccessat(task, AT_FDCWD, at, one, two);
        return 0;
      case "chdir":
        chdir(task, at);
        return 0;
      case "user":
        task.cred = each[1] === 0 ? ROOT_CRED : { ...user(1000), ruid: 0, suid: 0 };
        return 0;
      case "mkfifo":
        mknodat(task, AT_FDCWD, at, S_IFIFO | one, 0);
        return 0;
      case "cat": {
        if (this.#isFifo(at)) return "fifo";
        const data = files.cat(at);
        return [data.length, data.slice(0, 50)];
      }
      case "getcwd":
        return getcwd(task);
      case "umask":
        umask(task, each[1] as number);
        return 0;
      default:
        throw new Error(`bug: ${each[0]}`);
    }
  }
}
