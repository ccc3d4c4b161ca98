// Random sequences of mounts and of what mounts get in the way of.

import { Errno } from "../../src/abi/errno.ts";
import { AT_FDCWD } from "../../src/abi/fcntl.ts";
import { MS_BIND, MS_MOVE, MS_REMOUNT } from "../../src/abi/mount.ts";
import { ROOT_CRED } from "../../src/kernel/cred.ts";
import { tryResolve } from "../../src/kernel/fs/namei.ts";
import { chdir, getcwd } from "../../src/kernel/syscalls/dir.ts";
import { mkdirat, renameat2 } from "../../src/kernel/syscalls/link.ts";
import { mount, pivot_root, umount2, unshare } from "../../src/kernel/syscalls/mount.ts";
import { statfs } from "../../src/kernel/syscalls/statfs.ts";
import { Files, user } from "../support/files.ts";
import { testKernel } from "../support/kernel.ts";
import { type Operation, Random } from "./operations.ts";

const NAMES = ["a", "b", "c"];
const CLONE_NEWNS = 0x20000;

function path(random: Random): string {
  const parts: string[] = [];
  const length = 1 + random.below(3);
  for (let i = 0; i < length; i++) parts.push(random.below(10) === 0 ? ".." : random.pick(NAMES));
  return (random.below(4) > 0 ? "/" : "") + parts.join("/");
}

function operation(random: Random): Operation {
  const name = (): string => path(random);
  const pick = <T>(from: readonly T[]): T => random.pick(from);
  switch (random.below(18)) {
    case 0:
    case 1:
      return ["mkdir", name(), 0o755];
    case 2:
      return ["rmdir", name()];
    case 3:
      return ["create", name()];
    case 4:
    case 5:
      return ["ls", name()];
    case 6:
      return ["rename", name(), name(), 0];
    case 7:
    case 8:
      return ["mount", name(), pick([0, 0, 1, 2, 4, 8])];
    case 9:
    case 10:
      return ["bind", name(), name(), pick([0, 16384])];
    case 11:
      return ["move", name(), name()];
    case 12:
    case 13:
      // Never the root: with it gone there is nothing left to compare.
      return ["umount", name().replaceAll("..", "a"), pick([0, 0, 2, 8])];
    case 14:
      return ["remount", name(), pick([0, 1, 4096, 4097])];
    case 15:
      return ["chdir", name()];
    case 16:
      return pick<Operation>([
        ["propagate", name(), pick([1 << 18, 1 << 19, (1 << 18) | 16384, 3 << 18, (1 << 18) | 1])],
        ["user", pick([0, 0, 1000])],
        ["unlink", name()],
      ]);
    default:
      return pick<Operation>([
        ["getcwd"],
        ["statfs", name()],
        ["unshare"],
        ["pivot", name(), name()],
      ]);
  }
}

/** The sequence of a seed. */
export function mountSequence(seed: number): Operation[] {
  const random = new Random(seed);
  const all: Operation[] = [];
  for (const name of NAMES) {
    all.push(["mkdir", name, 0o755], ["mkdir", `${name}/${random.pick(NAMES)}`, 0o755]);
    all.push(["create", `${name}/${random.pick(NAMES)}`]);
  }
  for (let i = 0; i < 60; i++) all.push(operation(random));
  return all;
}

function* nothing(): Generator<never, number, number> {
  return 0;
}

/** Runs a sequence on a fresh kernel. */
export function runMounts(all: readonly Operation[]): unknown[] {
  const files = new Files(testKernel().start(nothing));
  const { task } = files;
  const act = (each: Operation): unknown => {
    const at = each[1] as string;
    const to = each[2] as string;
    const flags = each[2] as number;
    switch (each[0]) {
      case "mkdir":
        mkdirat(task, AT_FDCWD, at, flags);
        return 0;
      case "rmdir":
        files.rmdir(at);
        return 0;
      case "unlink":
        files.unlink(at);
        return 0;
      case "create":
        files.write(at, "x");
        return 0;
      case "ls": {
        const found = tryResolve(task, AT_FDCWD, at, 0);
        // The C library makes an end of directory of the ENOENT that a removed directory gives.
        return !(found instanceof Errno) && found.dentry.deleted ? "" : files.ls(at);
      }
      case "rename":
        renameat2(task, AT_FDCWD, at, AT_FDCWD, to, 0);
        return 0;
      case "mount":
        mount(task, "none", at, "tmpfs", flags, "mode=755");
        return 0;
      case "bind":
        mount(task, at, to, "", MS_BIND | (each[3] as number), "");
        return 0;
      case "move":
        mount(task, at, to, "", MS_MOVE, "");
        return 0;
      case "umount":
        umount2(task, at, flags);
        return 0;
      case "remount":
        mount(task, "none", at, "", MS_REMOUNT | flags, "");
        return 0;
      case "propagate":
        mount(task, "none", at, "", flags, "");
        return 0;
      case "chdir":
        chdir(task, at);
        return 0;
      case "user":
        task.cred = each[1] === 0 ? ROOT_CRED : { ...user(1000), ruid: 0, suid: 0 };
        return 0;
      case "getcwd": {
        const name = getcwd(task);
        // So does the C library of "(unreachable)".
        return name.startsWith("/") ? name : "ENOENT";
      }
      case "statfs":
        return statfs(task, at).flags & 0xf;
      case "unshare":
        unshare(task, CLONE_NEWNS);
        return 0;
      case "pivot":
        pivot_root(task, at, to);
        return 0;
      default:
        throw new Error(`bug: ${each[0]}`);
    }
  };
  return all.map((each) => {
    try {
      return act(each);
    } catch (error) {
      if (error instanceof Errno) return error.code;
      throw error;
    }
  });
}
