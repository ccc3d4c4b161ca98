import { expect, test } from "vitest";
import { testKernel } from "../../../../test/support/kernel.ts";
import { Errno } from "../../../abi/errno.ts";
import { AT_FDCWD, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } from "../../../abi/fcntl.ts";
import { type Program, type Steps, type Sys, settle } from "../../../abi/program.ts";
import { SIG_IGN, SIGHUP, SIGSTOP, SIGUSR1 } from "../../../abi/signal.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { sysfs } from "../sysfs/sysfs.ts";
import { proc } from "./proc.ts";

/** Reads a whole file in small pieces. */
function* cat(sys: Sys, path: string): Steps<string> {
  const fd = yield* settle(sys.openat(AT_FDCWD, path, O_RDONLY));
  let out = "";
  for (;;) {
    const chunk = yield* settle(sys.read(fd, 97));
    if (chunk.length === 0) break;
    out += strOf(chunk);
  }
  sys.close(fd);
  return out;
}

function* write(sys: Sys, path: string, text: string): Steps<string> {
  try {
    const fd = yield* settle(sys.openat(AT_FDCWD, path, O_WRONLY));
    try {
      return String(yield* settle(sys.write(fd, bytesOf(text))));
    } finally {
      sys.close(fd);
    }
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
}

/** Runs `main` as a child of pid 1 with proc and sysfs mounted; what it returned. */
function inside<T>(main: (sys: Sys) => Steps<T>): T {
  const k = testKernel();
  k.kernel.fileSystems.set("proc", proc);
  k.kernel.fileSystems.set("sysfs", sysfs);
  let result: T | undefined;
  k.run(
    function* init(sys) {
      for (const [type, flags] of [
        ["proc", 14],
        ["sysfs", 0],
      ] as const) {
        const at = type === "proc" ? "/proc" : "/sys";
        sys.mkdirat(AT_FDCWD, at, 0o755);
        sys.mount(type, at, type, flags, "");
      }
      const pid = sys.fork(function* child(own) {
        result = yield* main(own);
        return 0;
      });
      yield* settle(sys.wait4(pid, 0));
      return 0;
    },
    ["init", "-x"],
  );
  expect(k.host.reports).toEqual([]);
  return result as T;
}

function names(sys: Sys, path: string): string[] {
  const opened = sys.openat(AT_FDCWD, path, O_RDONLY) as number;
  const out: string[] = [];
  for (;;) {
    const batch = sys.getdents(opened);
    if (batch.length === 0) break;
    out.push(...batch.map((entry) => entry.name));
  }
  sys.close(opened);
  return out;
}

test("stat has its 52 fields, the first of which are what ps reads", () => {
  const text = inside((sys) => cat(sys, "/proc/self/stat"));
  const [, comm, rest] = /^\d+ \((.*)\) (.*)\n$/.exec(text) as string[] as [string, string, string];
  const fields = rest.split(" ");
  expect([comm, fields.length, ...fields.slice(0, 6)]).toEqual([
    "test",
    50,
    "R",
    "1",
    "1",
    "1",
    "0",
    "-1",
  ]);
});

test("status tells ids, state and signals", () => {
  const text = inside(function* (sys) {
    sys.rt_sigaction(SIGHUP, { handler: SIG_IGN, flags: 0, mask: { lo: 0, hi: 0 } });
    sys.rt_sigprocmask(0, { lo: 1 << (SIGUSR1 - 1), hi: 0 });
    sys.setgroups([7, 5]);
    sys.setresuid(10, 20, 30);
    return yield* cat(sys, "/proc/self/status");
  });
  const rows = new Map(
    text
      .trim()
      .split("\n")
      .map((line) => line.split(/:\t/, 2) as [string, string]),
  );
  const pick = [
    "Name",
    "State",
    "Tgid",
    "PPid",
    "Uid",
    "Groups",
    "SigIgn",
    "SigBlk",
    "CapEff",
    "Threads",
  ];
  expect(pick.map((name) => rows.get(name))).toEqual([
    "test",
    "R (running)",
    "2",
    "1",
    "10\t20\t30\t20",
    "7 5 ",
    "0000000000000001",
    "0000000000000200",
    "0000000000000000",
    "1",
  ]);
});

test("a listing has the processes, and a zombie until it is reaped", () => {
  const seen = inside(function* (sys) {
    const pid = sys.fork(function* (): Steps<number> {
      return 3;
    });
    yield* sys.sched_yield();
    yield* sys.sched_yield();
    const before = names(sys, "/proc").filter((name) => /^\d/.test(name));
    const state = /\) (.)/.exec(yield* cat(sys, `/proc/${pid}/stat`))?.[1];
    const cmdline = yield* cat(sys, `/proc/${pid}/cmdline`);
    yield* settle(sys.wait4(pid, 0));
    const after = names(sys, "/proc").filter((name) => /^\d/.test(name));
    return [before, state, cmdline, after, sys.tryStatat(AT_FDCWD, `/proc/${pid}`, 0)];
  });
  expect(seen).toEqual([
    ["1", "2", "3"],
    "Z",
    "",
    ["1", "2"],
    expect.objectContaining({ code: "ENOENT" }),
  ]);
});

test("states of others: sleeping and stopped", () => {
  const seen = inside(function* (sys) {
    const pid = sys.fork(function* (own): Steps<number> {
      yield* settle(own.nanosleep(1e6));
      return 0;
    });
    yield* sys.sched_yield();
    const state = (text: string): string | undefined => /\) (.)/.exec(text)?.[1];
    const first = state(yield* cat(sys, `/proc/${pid}/stat`));
    sys.kill(pid, SIGSTOP);
    yield* sys.sched_yield();
    const second = state(yield* cat(sys, `/proc/${pid}/stat`));
    sys.kill(pid, 9);
    return [first, second];
  });
  expect(seen).toEqual(["S", "T"]);
});

test("links to places: cwd, root, fd; and opening through them", () => {
  const seen = inside(function* (sys) {
    sys.mkdirat(AT_FDCWD, "/tmp", 0o755);
    sys.chdir("/tmp");
    const fd = yield* settle(sys.openat(AT_FDCWD, "file", O_RDWR | O_CREAT, 0o600));
    yield* settle(sys.write(fd, bytesOf("hello")));
    const read = (path: string): string => sys.readlinkat(AT_FDCWD, path);
    const first = ["cwd", "root", `fd/${fd}`].map((name) => read(`/proc/self/${name}`));
    sys.unlinkat(AT_FDCWD, "file", 0);
    const again = yield* cat(sys, `/proc/self/fd/${fd}`);
    const [pipe] = sys.pipe2(0);
    const info = yield* cat(sys, `/proc/self/fdinfo/${fd}`);
    return [
      read("/proc/self"),
      read("/proc/thread-self"),
      read("/proc/mounts"),
      ...first,
      read(`/proc/self/fd/${fd}`),
      again,
      read(`/proc/self/fd/${pipe}`).replace(/\d+/, "N"),
      info.replace(/(mnt_id|ino):\t\d+/g, "$1"),
      names(sys, "/proc/self/fd").slice(2).join(),
    ];
  });
  expect(seen).toEqual([
    "2",
    "2/task/2",
    "self/mounts",
    "/tmp",
    "/",
    "/tmp/file",
    "/tmp/file (deleted)",
    "hello",
    "pipe:[N]",
    "pos:\t5\nflags:\t02\nmnt_id\nino\n",
    "0,1,2,3",
  ]);
});

test("what others may not see", () => {
  const seen = inside(function* (sys) {
    const pid = sys.fork(function* (own): Steps<number> {
      yield* settle(own.nanosleep(1000));
      return 0;
    });
    sys.setresuid(1000, 1000, 1000);
    const results: string[] = [];
    for (const name of ["environ", "maps", "fd/0", "cwd", "stat", "status", "cmdline"]) {
      try {
        yield* cat(sys, `/proc/${pid}/${name}`);
        results.push(`${name} ok`);
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        results.push(`${name} ${error.code}`);
      }
    }
    return results;
  });
  expect(seen).toEqual([
    "environ EACCES",
    "maps EACCES",
    "fd/0 EACCES",
    "cwd EACCES",
    "stat ok",
    "status ok",
    "cmdline ok",
  ]);
});

test("mounts and mountinfo", () => {
  const seen = inside(function* (sys) {
    sys.mkdirat(AT_FDCWD, "/a b", 0o755);
    sys.mount("none", "/a b", "tmpfs", 1, "size=4k");
    return [yield* cat(sys, "/proc/mounts"), yield* cat(sys, "/proc/self/mountinfo")];
  });
  expect(seen[0]?.split("\n").slice(1)).toEqual([
    "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
    "sysfs /sys sysfs rw,relatime 0 0",
    expect.stringMatching(/^none \/a\\040b tmpfs ro,relatime,size=4k/),
    "",
  ]);
  expect(seen[1]?.split("\n")[1]).toMatch(
    /^\d+ \d+ 0:\d+ \/ \/proc rw,nosuid,nodev,noexec,relatime - proc proc rw$/,
  );
});

test("settings: written, told, refused, and effective", () => {
  const seen = inside(function* (sys) {
    const set = (name: string, text: string): Steps<string> =>
      write(sys, `/proc/sys/${name}`, text);
    return [
      yield* set("kernel/hostname", "alp\n"),
      sys.uname().nodename,
      yield* set("vm/swappiness", "10\n"),
      yield* cat(sys, "/proc/sys/vm/swappiness"),
      yield* set("vm/swappiness", "999\n"),
      yield* set("kernel/ostype", "x"),
      yield* set("kernel/printk", "1"),
      yield* cat(sys, "/proc/sys/kernel/printk"),
      yield* set("net/ipv4/conf/all/rp_filter", "1"),
      yield* cat(sys, "/proc/sys/net/ipv4/conf/all/rp_filter"),
      yield* cat(sys, "/proc/sys/net/ipv4/conf/default/rp_filter"),
      yield* write(sys, "/proc/uptime", "1"),
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/.test(
        yield* cat(sys, "/proc/sys/kernel/random/uuid"),
      ),
    ];
  });
  expect(seen).toEqual([
    "4",
    "alp",
    "3",
    "10\n",
    "EINVAL",
    "EACCES",
    "1",
    "1\t4\t1\t7\n",
    "1",
    "1\n",
    "0\n",
    "EACCES",
    true,
  ]);
});

test("every file of proc and sysfs can be read, and every link leads somewhere", () => {
  const trouble: string[] = [];
  const count = inside(function* (sys): Steps<number> {
    let files = 0;
    const pending = ["/proc", "/sys"];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (const name of names(sys, at)) {
        if (name === "." || name === "..") continue;
        const path = `${at}/${name}`;
        // The descriptor of the listing itself is gone again.
        if (/\/fd(info)?$/.test(at)) continue;
        const stat = sys.fstatat(AT_FDCWD, path, 0x100);
        const type = stat.mode & 0o170000;
        if (type === 0o040000) pending.push(path);
        else if (type === 0o120000) {
          if (/\/ns\/|exe$/.test(path)) continue;
          if (sys.tryStatat(AT_FDCWD, path, 0) instanceof Errno) trouble.push(path);
        } else if ((stat.mode & 0o444) !== 0 && name !== "kmsg") {
          files++;
          const text = yield* cat(sys, path);
          if (text.includes("undefined") || text.includes("NaN")) trouble.push(`${path}: ${text}`);
        }
      }
    }
    return files;
  });
  expect(trouble).toEqual([]);
  expect(count).toBeGreaterThan(300);
});

test("texts of the machine parse as their readers expect", () => {
  const seen = inside(function* (sys) {
    return [
      /^MemTotal: {7} 1048576 kB\nMemFree: +\d+ kB\n/.test(yield* cat(sys, "/proc/meminfo")),
      /^\d+\.\d\d \d+\.\d\d\n$/.test(yield* cat(sys, "/proc/uptime")),
      /^(\d+\.\d\d ){3}\d+\/\d+ \d+\n$/.test(yield* cat(sys, "/proc/loadavg")),
      /^cpu {2}(\d+ ){9}\d+\ncpu0 /.test(yield* cat(sys, "/proc/stat")),
      (yield* cat(sys, "/proc/version")).startsWith("Linux version 6.6.0-bivy ("),
      yield* cat(sys, "/proc/filesystems"),
      yield* cat(sys, "/sys/class/mem/null/uevent"),
    ];
  });
  expect(seen).toEqual([
    true,
    true,
    true,
    true,
    true,
    "nodev\ttmpfs\nnodev\tproc\nnodev\tsysfs\n",
    "MAJOR=1\nMINOR=3\nDEVNAME=null\nDEVMODE=0666\n",
  ]);
});

test("a running program is there for /proc/PID/exe after its last name is gone", () => {
  const text = "#!bivy prog\nand more";
  const out: unknown[] = [];
  const programs = new Map<string, Program>([
    [
      "prog",
      function* (sys): Steps<number> {
        sys.unlinkat(AT_FDCWD, "/prog", 0);
        out.push(yield* cat(sys, "/proc/self/exe"));
        // A child runs it too, longer than the parent.
        sys.fork(function* (child): Steps<number> {
          while (child.getppid() !== 1) yield* child.sched_yield();
          out.push(yield* cat(child, "/proc/self/exe"));
          return 0;
        });
        return 0;
      },
    ],
  ]);
  const k = testKernel({}, programs);
  k.kernel.fileSystems.set("proc", proc);
  let before = 0;
  k.run(function* init(sys) {
    sys.mkdirat(AT_FDCWD, "/proc", 0o755);
    sys.mount("proc", "/proc", "proc", 0, "");
    before = k.kernel.memory.used;
    const fd = yield* settle(sys.openat(AT_FDCWD, "/prog", O_WRONLY | O_CREAT, 0o755));
    yield* settle(sys.write(fd, bytesOf(text)));
    sys.close(fd);
    sys.fork(function* (child): Steps<number> {
      return yield* settle(child.execve("/prog", ["prog"], []));
    });
    for (let i = 0; i < 2; i++) yield* settle(sys.wait4(-1, 0));
    out.push(k.kernel.memory.used - before);
    return 0;
  });
  expect([k.host.reports, out]).toEqual([[], [text, text, 0]]);
});
