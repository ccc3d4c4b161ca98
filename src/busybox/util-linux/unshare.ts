// unshare: runs a program in namespaces of its own (unshare(1)); the kernel says which there are
import { Errno } from "../../abi/errno.ts";
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE } from "../../abi/mount.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie, exitStatus, waitpid } from "../../libc/spawn.ts";
import { strerror } from "../../libc/strerror.ts";
import { writeFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const FLAGS: Readonly<Record<string, number>> = {
  m: 0x00020000,
  u: 0x04000000,
  i: 0x08000000,
  U: 0x10000000,
  p: 0x20000000,
  n: 0x40000000,
};
const PROPAGATION: Readonly<Record<string, number>> = {
  unchanged: 0,
  private: MS_REC | MS_PRIVATE,
  shared: MS_REC | MS_SHARED,
  slave: MS_REC | MS_SLAVE,
};

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+muinpUfr", {
    long: {
      mount: "m",
      uts: "u",
      ipc: "i",
      net: "n",
      pid: "p",
      user: "U",
      fork: "f",
      "map-root-user": "r",
      "mount-proc": "mount-proc::",
      propagation: "propagation:",
      setgroups: "setgroups:",
    },
    implies: { r: "U", "mount-proc": "m" },
  });
  const { sys } = p;
  let flags = 0;
  for (const [letter, bit] of Object.entries(FLAGS)) if (opt.has(letter)) flags |= bit;
  const how = PROPAGATION[opt.get("propagation") ?? "private"] ?? p.usageError();
  const [uid, gid] = [sys.geteuid(), sys.getegid()];
  try {
    sys.unshare(flags);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    die(`unshare(0x${flags.toString(16)}): ${strerror(e)}`);
  }
  const put = function* (path: string, text: string): Steps<void> {
    try {
      yield* writeFile(sys, path, text);
    } catch (e) {
      dieErrno(`can't open '${path}'`, e);
    }
  };
  if (opt.has("r")) {
    yield* put("/proc/self/setgroups", "deny");
    yield* put("/proc/self/uid_map", `0 ${uid} 1`);
    yield* put("/proc/self/gid_map", `0 ${gid} 1`);
  } else if (opt.has("setgroups"))
    yield* put("/proc/self/setgroups", opt.get("setgroups") as string);
  if (opt.has("m") && how !== 0) {
    try {
      sys.mount("none", "/", "", how, "");
    } catch (e) {
      dieErrno(`mount none on / (flags:0x${how.toString(16)})`, e);
    }
  }
  const program = opt.operands.length > 0 ? opt.operands : [p.env.get("SHELL") || "/bin/sh"];
  const begin = function* (own: typeof sys): Steps<number> {
    if (opt.has("mount-proc")) {
      const at = opt.get("mount-proc") ?? "/proc";
      try {
        own.mount("proc", at, "proc", 14, "");
      } catch (e) {
        dieErrno(`mount proc on '${at}'`, e);
      }
    }
    return yield* execOrDie(p, program, own);
  };
  if (!opt.has("f")) return yield* begin(sys);
  return exitStatus(yield* waitpid(sys, sys.fork(begin)));
}

export const unshare: Applet = {
  name: "unshare",
  path: "/usr/bin/unshare",
  usage: `[OPTIONS] [PROG ARGS]

Run PROG ($SHELL, /bin/sh) in namespaces of its own

	-m, --mount	Mounts
	-u, --uts	Names of the machine
	-i, --ipc	System V IPC
	-n, --net	Network
	-p, --pid	Processes
	-U, --user	Users
	-f, --fork	As a child
	-r, --map-root-user	Be root there (with -U)
	--mount-proc[=DIR]	Mount proc first (with -m)
	--propagation private|slave|shared|unchanged	Of mounts (private)
	--setgroups allow|deny	May groups be set there?
`,
  main,
};
