import { expect, test } from "vitest";
import { testKernel } from "../../test/support/kernel.ts";
import { ECHILD, EINTR, Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_NONBLOCK, O_RDONLY } from "../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../abi/program.ts";
import {
  SA_RESTART,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGPIPE,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from "../abi/signal.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";

const NONE = { lo: 0, hi: 0 };

/** Runs a program that writes words to `out`; its status and what it wrote. */
function run(main: (sys: Sys, out: string[]) => Steps<number>): [number | undefined, string] {
  const out: string[] = [];
  const k = testKernel();
  // Not as pid 1, which has rules of its own.
  const status = k.run(function* parent(sys) {
    const pid = sys.fork((child) => main(child, out));
    const waited = yield* settle(sys.wait4(pid, 0));
    const s = waited?.status ?? 0;
    return (s & 0x7f) !== 0 ? 128 + (s & 0x7f) : s >> 8;
  });
  expect(k.host.reports).toEqual([]);
  expect([...k.kernel.tasks.keys()]).toEqual([]);
  return [status === undefined ? undefined : status >> 8, out.join(" ")];
}

test("returns main's status", () => {
  expect(
    run(function* (_sys) {
      return 3;
    }),
  ).toEqual([3, ""]);
});

test("exit unwinds through finally blocks", () => {
  expect(
    run(function* (sys, out) {
      try {
        sys.exit(5);
      } finally {
        out.push("finally");
      }
      return 1;
    }),
  ).toEqual([5, "finally"]);
});

test("a pipe streams, blocks and ends", () => {
  expect(
    run(function* (sys, out) {
      const [r, w] = sys.pipe2(0);
      sys.fork(function* (child) {
        child.close(r);
        for (let i = 0; i < 100; i++) yield* settle(child.write(w, new Uint8Array(5000)));
        return 0;
      });
      sys.close(w);
      let total = 0;
      for (;;) {
        const chunk = yield* settle(sys.read(r, 65536));
        if (chunk.length === 0) break;
        total += chunk.length;
      }
      out.push(String(total));
      return 0;
    }),
  ).toEqual([0, "500000"]);
});

test("small writes keep their order and bytes", () => {
  expect(
    run(function* (sys, out) {
      const [r, w] = sys.pipe2(0);
      let expected = "";
      let got = "";
      for (let i = 0; i < 3000; i++) {
        const text = `${i},`;
        expected += text;
        yield* settle(sys.write(w, bytesOf(text)));
        if (i % 7 === 0) got += strOf(yield* settle(sys.read(r, (i % 50) + 1)));
      }
      sys.close(w);
      for (;;) {
        const chunk = yield* settle(sys.read(r, 4096));
        if (chunk.length === 0) break;
        got += strOf(chunk);
      }
      out.push(String(got === expected));
      return 0;
    }),
  ).toEqual([0, "true"]);
});

test("writing to a pipe nobody reads is SIGPIPE", () => {
  expect(
    run(function* (sys) {
      const [r, w] = sys.pipe2(0);
      sys.close(r);
      yield* settle(sys.write(w, bytesOf("x")));
      return 0;
    }),
  ).toEqual([128 + SIGPIPE, ""]);
});

test("a non-blocking pipe says EAGAIN", () => {
  expect(
    run(function* (sys, out) {
      const [r, w] = sys.pipe2(O_NONBLOCK);
      try {
        yield* settle(sys.read(r, 10));
      } catch (error) {
        out.push((error as Errno).code);
      }
      yield* settle(sys.write(w, new Uint8Array(65000)));
      out.push(String(yield* settle(sys.write(w, new Uint8Array(5000)))));
      return 0;
    }),
  ).toEqual([0, "EAGAIN 536"]);
});

test("kill ends a loop that makes no system call", () => {
  expect(
    run(function* (sys, out) {
      const pid = sys.fork(function* (child) {
        for (;;) if (--child.budget < 0) yield* child.sched_yield();
      });
      yield* settle(sys.nanosleep(0));
      sys.kill(pid, SIGKILL);
      const waited = yield* settle(sys.wait4(pid, 0));
      out.push(String(waited?.status));
      return 0;
    }),
  ).toEqual([0, "9"]);
});

test("a handler runs and the call ends with EINTR, or restarts with SA_RESTART", () => {
  for (const [flags, expected] of [
    [0, "handler EINTR"],
    [SA_RESTART, "handler read x"],
  ] as const) {
    expect(
      run(function* (sys, out) {
        const [r, w] = sys.pipe2(0);
        sys.rt_sigaction(SIGUSR1, { handler: () => out.push("handler"), flags, mask: NONE });
        const me = sys.getpid();
        sys.fork(function* (child) {
          yield* settle(child.nanosleep(10));
          child.kill(me, SIGUSR1);
          yield* settle(child.nanosleep(10));
          yield* settle(child.write(w, bytesOf("x")));
          return 0;
        });
        try {
          out.push(`read ${strOf(yield* settle(sys.read(r, 10)))}`);
        } catch (error) {
          if (error !== EINTR) throw error;
          out.push("EINTR");
        }
        yield* settle(sys.wait4(-1, 0));
        return 0;
      }),
    ).toEqual([0, expected]);
  }
});

test("wait4 tells a child that ended although its SIGCHLD handler interrupts", () => {
  expect(
    run(function* (sys, out) {
      sys.rt_sigaction(SIGCHLD, { handler: () => out.push("chld"), flags: 0, mask: NONE });
      const pid = sys.fork(function* (child) {
        yield* settle(child.nanosleep(5));
        return 7;
      });
      const waited = yield* settle(sys.wait4(pid, 0));
      out.push(String((waited?.status ?? 0) >> 8));
      return 0;
    }),
  ).toEqual([0, "chld 7"]);
});

test("stops and continues are told once", () => {
  expect(
    run(function* (sys, out) {
      const pid = sys.fork(function* (child) {
        yield* settle(child.nanosleep(1000));
        return 4;
      });
      yield* settle(sys.nanosleep(1));
      sys.kill(pid, SIGSTOP);
      let waited = yield* settle(sys.wait4(pid, WUNTRACED));
      out.push(`stop ${(waited?.status ?? 0) >> 8}`);
      out.push(String(yield* settle(sys.wait4(pid, WUNTRACED | WNOHANG))));
      sys.kill(pid, SIGCONT);
      waited = yield* settle(sys.wait4(pid, WCONTINUED));
      out.push(`cont ${waited?.status === 0xffff}`);
      waited = yield* settle(sys.wait4(pid, 0));
      out.push(String((waited?.status ?? 0) >> 8));
      return 0;
    }),
  ).toEqual([0, "stop 19 undefined cont true 4"]);
});

test("no children is ECHILD", () => {
  expect(
    run(function* (sys, out) {
      try {
        yield* settle(sys.wait4(-1, 0));
      } catch (error) {
        out.push(String(error === ECHILD));
      }
      return 0;
    }),
  ).toEqual([0, "true"]);
});

test("two sleeps side by side take the time of one", () => {
  const k = testKernel();
  const before = k.host.time;
  k.run(function* (sys) {
    for (let i = 0; i < 2; i++) {
      sys.fork(function* (child) {
        yield* settle(child.nanosleep(1000));
        return 0;
      });
    }
    for (let i = 0; i < 2; i++) yield* settle(sys.wait4(-1, 0));
    return 0;
  });
  expect(k.host.time - before).toBe(1000);
});

test("a fork bomb ends with EAGAIN at the machine's limit", () => {
  const k = testKernel({ tasks: 50 });
  let failed = "";
  k.run(function* (sys) {
    try {
      for (;;) {
        sys.fork(function* (child) {
          yield* settle(child.nanosleep(1e9));
          return 0;
        });
      }
    } catch (error) {
      failed = (error as Errno).code;
    }
    return 0;
  });
  expect(failed).toBe("EAGAIN");
});

test("endless recursion is the guest's SIGSEGV", () => {
  expect(
    run(function* (_sys) {
      const f = (n: number): number => f(n + 1) + 1;
      return f(0);
    }),
  ).toEqual([128 + 11, ""]);
});

test("orphans go to pid 1, which reaps them", () => {
  const k = testKernel();
  let reaped = 0;
  k.run(function* (sys) {
    sys.fork(function* (child) {
      child.fork(function* (grandchild) {
        yield* settle(grandchild.nanosleep(50));
        return 9;
      });
      return 0;
    });
    for (;;) {
      try {
        yield* settle(sys.wait4(-1, 0));
        reaped++;
      } catch (error) {
        if (error instanceof Errno) return 0;
        throw error;
      }
    }
  });
  expect(reaped).toBe(2);
});

test("an itimer interrupts a sleep", () => {
  expect(
    run(function* (sys, out) {
      sys.rt_sigaction(14, { handler: () => out.push("alarm"), flags: 0, mask: NONE });
      sys.setitimer(0, { valueMs: 20, intervalMs: 0 });
      try {
        yield* settle(sys.nanosleep(1000));
      } catch (error) {
        out.push((error as Errno).code);
      }
      return 0;
    }),
  ).toEqual([0, "alarm EINTR"]);
});

test("a blocked signal waits until it is let in", () => {
  expect(
    run(function* (sys, out) {
      const set = { lo: 1 << (SIGTERM - 1), hi: 0 };
      sys.rt_sigprocmask(0, set);
      sys.kill(sys.getpid(), SIGTERM);
      out.push("alive");
      sys.rt_sigprocmask(1, set);
      out.push("not reached");
      return 0;
    }),
  ).toEqual([128 + SIGTERM, "alive"]);
});

test("slow calls use a slice up as many calls do", () => {
  const k = testKernel();
  const { host } = k;
  let turns = 0;
  const status = k.run(function* (sys) {
    const other = sys.fork(function* (child): Steps<number> {
      for (;;) {
        turns++;
        yield* child.sched_yield();
      }
    });
    for (let i = 0; i < 1000; i++) {
      // As if the host took that long.
      host.time += 2;
      sys.tryStatat(AT_FDCWD, "/", 0);
      if (--sys.budget < 0) yield* sys.sched_yield();
    }
    for (let i = 0; i < 1000; i++) {
      host.time += 2;
      const fd = yield* settle(sys.openat(AT_FDCWD, "/", O_RDONLY));
      sys.close(fd);
    }
    sys.kill(other, SIGKILL);
    return 0;
  });
  // Each slice is some sixteen calls: what was not looked at the clock for.
  expect([status, host.reports, turns > 40, turns < 600]).toEqual([0, [], true, true]);
});
