import { expect, test } from "vitest";
import { Files, outcome } from "../../../test/support/files.ts";
import { testKernel } from "../../../test/support/kernel.ts";
import type { Errno } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  type Flock,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { resolve } from "../fs/namei.ts";
import { dup } from "./fcntl.ts";
import { fcntl_lock, flock } from "./lock.ts";
import { close } from "./open.ts";

function* nothing(): Generator<never, number, number> {
  return 0;
}

function lock(type: number, start: number, len: number, whence: number = SEEK_SET): Flock {
  return { type, whence, start, len, pid: 0 };
}

const KINDS = ["read", "write", "none"];

/** F_GETLK's answer as "write 5+10 by 2"; `asked` is the type asked about. */
function held(answer: unknown): string {
  if (typeof answer === "string") return answer;
  const { type, start, len, pid } = answer as Flock;
  return type === F_UNLCK ? "free" : `${KINDS[type]} ${start}+${len} by ${pid}`;
}

test("record locks of processes: ranges split, join and conflict", () => {
  const t = testKernel();
  const [one, two] = [new Files(t.start(nothing)), new Files(t.start(nothing))];
  one.write("/f", "0123456789");
  const fd1 = one.open("/f", O_RDWR);
  const fd2 = two.open("/f", O_RDWR);
  const set = (f: Files, fd: number, wanted: Flock): unknown =>
    outcome(() => fcntl_lock(f.task, fd, F_SETLK, wanted)) === "EAGAIN" ? "EAGAIN" : "ok";
  const get = (f: Files, fd: number, wanted: Flock): string =>
    held(outcome(() => fcntl_lock(f.task, fd, F_GETLK, wanted)));
  const got = [
    set(one, fd1, lock(F_WRLCK, 0, 10)),
    set(two, fd2, lock(F_RDLCK, 9, 1)),
    get(two, fd2, lock(F_RDLCK, 0, 0)),
    set(one, fd1, lock(F_UNLCK, 4, 2)),
    get(two, fd2, lock(F_WRLCK, 0, 0)),
    get(two, fd2, lock(F_WRLCK, 4, 2)),
    get(two, fd2, lock(F_WRLCK, 4, 0)),
    set(two, fd2, lock(F_WRLCK, 4, 2)),
    set(one, fd1, lock(F_RDLCK, 2, 6)),
    set(one, fd1, lock(F_RDLCK, 2, 2)),
    get(two, fd2, lock(F_RDLCK, 0, 3)),
    get(two, fd2, lock(F_WRLCK, 2, 1)),
    set(two, fd2, lock(F_RDLCK, 2, 2)),
    set(one, fd1, lock(F_WRLCK, -4, 4, SEEK_END)),
    get(two, fd2, lock(F_WRLCK, 100, -96)),
    get(one, fd1, lock(F_WRLCK, 0, 0)),
  ];
  expect(got).toEqual([
    "ok",
    "EAGAIN",
    "write 0+10 by 1",
    "ok",
    "write 0+4 by 1",
    "free",
    "write 6+4 by 1",
    "ok",
    "EAGAIN",
    "ok",
    "write 0+2 by 1",
    "read 2+2 by 1",
    "ok",
    "ok",
    "write 6+4 by 1",
    "read 2+2 by 2",
  ]);
});

test("adjacent and overlapping locks of one type become one", () => {
  const t = testKernel();
  const [one, two] = [new Files(t.start(nothing)), new Files(t.start(nothing))];
  one.write("/f", "");
  const fd1 = one.open("/f", O_RDWR);
  const fd2 = two.open("/f", O_RDWR);
  for (const [start, len] of [
    [0, 5],
    [10, 5],
    [5, 5],
    [14, 0],
  ] as const) {
    fcntl_lock(one.task, fd1, F_SETLK, lock(F_WRLCK, start, len));
  }
  expect(held(fcntl_lock(two.task, fd2, F_GETLK, lock(F_RDLCK, 3, 1)))).toBe("write 0+0 by 1");
});

test("refuses what makes no sense", () => {
  const f = new Files(testKernel().start(nothing));
  f.write("/f", "");
  const fd = f.open("/f", O_RDONLY);
  const rows: [number, Flock, string][] = [
    [F_SETLK, lock(F_WRLCK, 0, 0), "EBADF"],
    [F_SETLK, lock(7, 0, 0), "EINVAL"],
    [F_SETLK, lock(F_RDLCK, -1, 1), "EINVAL"],
    [F_SETLK, lock(F_RDLCK, 5, -6), "EINVAL"],
    [F_SETLK, lock(F_RDLCK, 0, 0, 9), "EINVAL"],
    [F_SETLK, lock(F_RDLCK, 2 ** 53, 0, SEEK_CUR), "EOVERFLOW"],
    [F_GETLK, lock(F_UNLCK, 0, 0), "EINVAL"],
    [99, lock(F_RDLCK, 0, 0), "EINVAL"],
    [F_OFD_SETLK, { ...lock(F_RDLCK, 0, 0), pid: 3 }, "EINVAL"],
  ];
  expect(rows.map(([cmd, wanted]) => outcome(() => fcntl_lock(f.task, fd, cmd, wanted)))).toEqual(
    rows.map(([, , expected]) => expected),
  );
});

test("a process's locks go with the first descriptor it closes, a description's with its last", () => {
  const t = testKernel();
  const [one, two] = [new Files(t.start(nothing)), new Files(t.start(nothing))];
  one.write("/f", "");
  const probe = two.open("/f", O_RDWR);
  const state = (): string => held(fcntl_lock(two.task, probe, F_GETLK, lock(F_WRLCK, 0, 0)));
  const fd = one.open("/f", O_RDWR);
  const other = one.open("/f", O_RDONLY);
  fcntl_lock(one.task, fd, F_SETLK, lock(F_WRLCK, 0, 0));
  expect(state()).toBe("write 0+0 by 1");
  one.close(other);
  expect(state()).toBe("free");
  fcntl_lock(one.task, fd, F_OFD_SETLK, lock(F_WRLCK, 3, 0));
  expect(state()).toBe("write 3+0 by -1");
  expect(held(fcntl_lock(one.task, fd, F_OFD_GETLK, lock(F_WRLCK, 0, 0)))).toBe("free");
  const copy = dup(one.task, fd);
  close(one.task, fd);
  expect(state()).toBe("write 3+0 by -1");
  close(one.task, copy);
  expect(state()).toBe("free");
});

test("flock belongs to the description", () => {
  const f = new Files(testKernel().start(nothing));
  f.write("/f", "");
  const [a, b] = [f.open("/f"), f.open("/f")];
  const copy = dup(f.task, a);
  const on = (fd: number, operation: number): unknown =>
    outcome(() => flock(f.task, fd, operation | LOCK_NB)) ?? "ok";
  expect([
    on(a, LOCK_SH),
    on(b, LOCK_SH),
    on(a, LOCK_EX),
    on(b, LOCK_EX),
    on(copy, LOCK_SH),
    on(b, LOCK_UN),
    on(copy, LOCK_EX),
    on(b, LOCK_SH),
    on(b, 3),
  ]).toEqual(["ok", "ok", "EAGAIN", "ok", "EAGAIN", "ok", "ok", "EAGAIN", "EINVAL"]);
  f.close(a);
  expect(on(b, LOCK_SH)).toBe("EAGAIN");
  f.close(copy);
  expect(on(b, LOCK_SH)).toBe("ok");
});

test("waits for locks and sees deadlocks", () => {
  const t = testKernel();
  const log: string[] = [];
  const program = (name: string, first: number, second: number) =>
    function* (sys: Sys): Steps<number> {
      const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDWR | O_CREAT, 0o666));
      yield* settle(sys.fcntl_lock(fd, F_SETLKW, lock(F_WRLCK, first, 1)));
      log.push(`${name} has ${first}`);
      yield* sys.sched_yield();
      try {
        yield* settle(sys.fcntl_lock(fd, F_SETLKW, lock(F_WRLCK, second, 1)));
        log.push(`${name} has ${second}`);
      } catch (error) {
        log.push(`${name} ${(error as Errno).code}`);
      }
      return 0;
    };
  const one = t.start(program("one", 1, 2));
  const two = t.start(program("two", 2, 1));
  t.finish(one);
  t.finish(two);
  expect(log).toEqual(["one has 1", "two has 2", "two EDEADLK", "one has 2"]);
});

test("a killed waiter leaves nothing behind", () => {
  const t = testKernel();
  const holder = t.start(function* (sys: Sys): Steps<number> {
    const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDWR | O_CREAT, 0o666));
    yield* settle(sys.flock(fd, LOCK_EX));
    yield* sys.sched_yield();
    sys.kill(3, 9);
    yield* sys.sched_yield();
    return 0;
  });
  const waiter = new Files(
    t.start(function* (sys: Sys): Steps<number> {
      const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDWR, 0));
      yield* settle(sys.flock(fd, LOCK_EX));
      return 0;
    }),
  );
  const victim = t.start(function* (sys: Sys): Steps<number> {
    const fd = yield* settle(sys.openat(AT_FDCWD, "/f", O_RDWR, 0));
    yield* settle(sys.flock(fd, LOCK_EX));
    return 0;
  });
  t.finish(holder);
  t.finish(victim);
  t.finish(waiter.task);
  expect([holder, waiter.task, victim].map((task) => task.group.exitStatus)).toEqual([0, 0, 9]);
  expect(resolve(holder, AT_FDCWD, "/f", 0).dentry.inode.holds).toBe(0);
});
