// nsenter: runs a program in the namespaces of another (nsenter(1)). A kernel without setns(2) refuses.
import { ENOSYS } from "../../abi/errno.ts";
import { O_RDONLY } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie, exitStatus, waitpid } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice } from "../libbb/device.ts";
import { xatouRange } from "../libbb/numbers.ts";

/** Letters with the names in /proc/PID/ns, in the order in which they are entered. */
const NAMESPACES: readonly (readonly [letter: string, name: string])[] = [
  ["U", "user"],
  ["i", "ipc"],
  ["u", "uts"],
  ["n", "net"],
  ["p", "pid"],
  ["m", "mnt"],
];

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+t:m::u::i::n::p::U::S:G:r::w::F", {
    long: {
      target: "t",
      mount: "m",
      uts: "u",
      ipc: "i",
      net: "n",
      pid: "p",
      user: "U",
      setuid: "S",
      setgid: "G",
      root: "r",
      wd: "w",
      "no-fork": "F",
      "preserve-credentials": "preserve-credentials",
    },
  });
  const { sys } = p;
  const number = (key: string): number | undefined =>
    opt.has(key) ? xatouRange(opt.get(key) as string, 0, 0x7fffffff) : undefined;
  const [target, uid, gid] = [number("t"), number("S"), number("G")];
  const descriptor = function* (key: string, inProc: string): Steps<number | undefined> {
    if (!opt.has(key)) return undefined;
    const file = opt.get(key);
    if (file === undefined && target === undefined) p.usageError();
    return yield* openDevice(p, file ?? `/proc/${target}/${inProc}`, O_RDONLY);
  };
  const entered: string[] = [];
  for (const [letter, name] of NAMESPACES)
    if ((yield* descriptor(letter, `ns/${name}`)) !== undefined) entered.push(name);
  const root = yield* descriptor("r", "root");
  const cwd = yield* descriptor("w", "cwd");
  if (entered.length > 0)
    dieErrno(`setns(): can't reassociate to namespace '${entered[0]}'`, ENOSYS);
  const change = function* (doing: string, call: () => void): Steps<void> {
    try {
      call();
    } catch (e) {
      dieErrno(doing, e);
    }
  };
  if (root !== undefined) {
    const back = cwd ?? (yield* openDevice(p, ".", O_RDONLY));
    yield* change("fchdir", () => sys.fchdir(root));
    yield* change("can't change root directory to '.'", () => sys.chroot("."));
    sys.close(root);
    if (cwd === undefined) {
      yield* change("fchdir", () => sys.fchdir(back));
      sys.close(back);
    }
  }
  if (cwd !== undefined) {
    yield* change("fchdir", () => sys.fchdir(cwd));
    sys.close(cwd);
  }
  const become = (own: typeof sys): void => {
    if (opt.has("preserve-credentials")) return;
    if (gid !== undefined) {
      own.setgroups([]);
      own.setgid(gid);
    }
    if (uid !== undefined) own.setuid(uid);
  };
  const program = opt.operands.length > 0 ? opt.operands : [p.env.get("SHELL") || "/bin/sh"];
  // Only who enters a pid namespace has to be somebody's child.
  if (opt.has("F") || !opt.has("p")) {
    become(sys);
    return yield* execOrDie(p, program);
  }
  const begin = function* (own: typeof sys): Steps<number> {
    become(own);
    return yield* execOrDie(p, program, own);
  };
  return exitStatus(yield* waitpid(sys, sys.fork(begin)));
}

export const nsenter: Applet = {
  name: "nsenter",
  path: "/usr/bin/nsenter",
  usage: `[OPTIONS] [PROG ARGS]

Run PROG ($SHELL, /bin/sh) in namespaces that are there already

	-t PID	Those of this process, unless FILE is given
	-m[FILE]	Mounts
	-u[FILE]	Names of the machine
	-i[FILE]	System V IPC
	-n[FILE]	Network
	-p[FILE]	Processes
	-U[FILE]	Users
	-S UID	Become this user
	-G GID	Become this group
	--preserve-credentials	Leave user and group alone
	-r[DIR]	With this root directory
	-w[DIR]	In this directory
	-F	Not as a child
`,
  main,
};
