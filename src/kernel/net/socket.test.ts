import { expect, test } from "vitest";
import { testKernel } from "../../../test/support/kernel.ts";
import { Errno } from "../../abi/errno.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  MSG_DONTWAIT,
  SO_PEERCRED,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  type SockAddr,
  type UCred,
} from "../../abi/socket.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { encodeNl } from "../../lib/netlink.ts";

function run(main: (sys: Sys, out: string[]) => Steps<number>): string {
  const out: string[] = [];
  const k = testKernel();
  const status = k.run(function* (sys) {
    try {
      return yield* main(sys, out);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      out.push(error.code);
      return 1;
    }
  });
  expect(k.host.reports).toEqual([]);
  if (status === undefined) out.push("stuck");
  return out.join(" ");
}

const lo = (port: number): SockAddr => ({
  family: AF_INET,
  addr: Uint8Array.of(127, 0, 0, 1),
  port,
});

function* echoServer(sys: Sys, listener: number): Steps<number> {
  const [fd] = yield* settle(sys.accept4(listener, 0));
  for (;;) {
    const chunk = yield* settle(sys.read(fd, 4096));
    if (chunk.length === 0) return 0;
    yield* settle(sys.write(fd, bytesOf(strOf(chunk).toUpperCase())));
  }
}

test("TCP over the loopback: listen, connect, both directions, end of file", () => {
  const out = run(function* (sys, o) {
    const listener = sys.socket(AF_INET, SOCK_STREAM, 0);
    sys.bind(listener, lo(8080));
    sys.listen(listener, 5);
    sys.fork((child) => echoServer(child, listener));
    const fd = sys.socket(AF_INET, SOCK_STREAM, 0);
    yield* settle(sys.connect(fd, lo(8080)));
    yield* settle(sys.write(fd, bytesOf("hello")));
    o.push(strOf(yield* settle(sys.read(fd, 100))));
    o.push(String((sys.getpeername(fd) as { port: number }).port));
    sys.shutdown(fd, 1);
    o.push(String((yield* settle(sys.read(fd, 100))).length));
    return 0;
  });
  expect(out).toBe("HELLO 8080 0");
});

test("an IPv6 wildcard listener hears IPv4", () => {
  const out = run(function* (sys, o) {
    const listener = sys.socket(AF_INET6, SOCK_STREAM, 0);
    sys.bind(listener, { family: AF_INET6, addr: new Uint8Array(16), port: 9000, scopeId: 0 });
    sys.listen(listener, 5);
    const fd = sys.socket(AF_INET, SOCK_STREAM, 0);
    yield* settle(sys.connect(fd, lo(9000)));
    const [, from] = yield* settle(sys.accept4(listener, 0));
    o.push(String(from.family));
    return 0;
  });
  expect(out).toBe("10");
});

test("nobody listens, no route, port taken, not a socket", () => {
  const cases: [(sys: Sys, fd: number) => Steps<unknown>, string][] = [
    [(sys, fd) => settle(sys.connect(fd, lo(1)) as unknown), "ECONNREFUSED"],
    [
      (sys, fd) =>
        settle(
          sys.connect(fd, {
            family: AF_INET,
            addr: Uint8Array.of(10, 0, 0, 1),
            port: 80,
          }) as unknown,
        ),
      "ENETUNREACH",
    ],
    [
      function* (sys, fd) {
        sys.bind(fd, lo(70));
        sys.bind(sys.socket(AF_INET, SOCK_STREAM, 0), lo(70));
      },
      "EADDRINUSE",
    ],
    [
      function* (sys) {
        const [r] = sys.pipe2(0);
        sys.listen(r, 1);
      },
      "ENOTSOCK",
    ],
  ];
  for (const [act, expected] of cases) {
    const out = run(function* (sys) {
      yield* act(sys, sys.socket(AF_INET, SOCK_STREAM, 0));
      return 0;
    });
    expect(out).toBe(expected);
  }
});

test("UDP carries datagrams whole and cuts them at the reader's size", () => {
  const out = run(function* (sys, o) {
    const a = sys.socket(AF_INET, SOCK_DGRAM, 0);
    const b = sys.socket(AF_INET, SOCK_DGRAM, 0);
    sys.bind(a, lo(5353));
    yield* settle(sys.sendmsg(b, bytesOf("one"), { to: lo(5353) }));
    yield* settle(sys.sendmsg(b, bytesOf("second"), { to: lo(5353) }));
    o.push(strOf((yield* settle(sys.recvmsg(a, 100, 0))).bytes));
    const cut = yield* settle(sys.recvmsg(a, 3, 0));
    o.push(strOf(cut.bytes), String(cut.flags));
    yield* settle(sys.recvmsg(a, 3, MSG_DONTWAIT));
    return 0;
  });
  expect(out).toBe("one sec 32 EAGAIN");
});

test("a Unix socket passes descriptors and credentials", () => {
  const out = run(function* (sys, o) {
    const listener = sys.socket(AF_UNIX, SOCK_STREAM, 0);
    sys.bind(listener, { family: AF_UNIX, path: "/sock" });
    sys.listen(listener, 1);
    sys.fork(function* (child) {
      const fd = child.socket(AF_UNIX, SOCK_STREAM, 0);
      yield* settle(child.connect(fd, { family: AF_UNIX, path: "/sock" }));
      const [r, w] = child.pipe2(0);
      yield* settle(child.write(w, bytesOf("through")));
      yield* settle(child.sendmsg(fd, bytesOf("x"), { fds: [r] }));
      return 0;
    });
    const [fd] = yield* settle(sys.accept4(listener, 0));
    const got = yield* settle(sys.recvmsg(fd, 10, 0));
    o.push(strOf(yield* settle(sys.read(got.fds[0] as number, 100))));
    o.push(String((sys.getsockopt(fd, SOL_SOCKET, SO_PEERCRED) as UCred).pid));
    o.push((sys.fstatat(-100, "/sock", 0).mode >> 12).toString(8));
    return 0;
  });
  expect(out).toBe("through 2 14");
});

test("a full stream makes its writer wait, packets keep their bounds", () => {
  const out = run(function* (sys, o) {
    const [a, b] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
    sys.fork(function* (child) {
      child.close(b);
      yield* settle(child.write(a, new Uint8Array(1_000_000)));
      return 0;
    });
    sys.close(a);
    let total = 0;
    for (;;) {
      const chunk = yield* settle(sys.read(b, 65536));
      if (chunk.length === 0) break;
      total += chunk.length;
    }
    o.push(String(total));
    const [c, d] = sys.socketpair(AF_UNIX, SOCK_SEQPACKET, 0);
    yield* settle(sys.write(c, bytesOf("ab")));
    yield* settle(sys.write(c, bytesOf("cd")));
    o.push(strOf(yield* settle(sys.read(d, 100))));
    return 0;
  });
  expect(out).toBe("1000000 ab");
});

test("writing to a closed peer is EPIPE and SIGPIPE", () => {
  const out = run(function* (sys) {
    const [a, b] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
    sys.close(b);
    yield* settle(sys.sendmsg(a, bytesOf("x"), { flags: 0x4000 }));
    return 0;
  });
  expect(out).toBe("EPIPE");
});

test("hostile arguments for the network are refused, not passed on", () => {
  const cases: [(sys: Sys) => unknown, string][] = [
    [(sys) => sys.connect(sys.socket(AF_INET, SOCK_STREAM, 0), lo(1.5)), "EINVAL"],
    [(sys) => sys.connect(sys.socket(AF_INET, SOCK_STREAM, 0), lo(Number.NaN)), "EINVAL"],
    [
      (sys) => sys.sendmsg(sys.socket(AF_INET, SOCK_DGRAM, 0), bytesOf("x"), { to: lo(70000) }),
      "EINVAL",
    ],
    [(sys) => sys.setsockopt(sys.socket(AF_INET, SOCK_STREAM, 0), 6, 31, "tls"), "ENOTCONN"],
    [(sys) => sys.setsockopt(sys.socket(AF_INET, SOCK_STREAM, 0), 282, 100, {}), "ENOPROTOOPT"],
    [(sys) => sys.ioctl(sys.socket(AF_INET, SOCK_DGRAM, 0), 0x8913, { name: "x" }), "ENODEV"],
    [(sys) => sys.ioctl(sys.socket(AF_INET, SOCK_DGRAM, 0), 0x8913, undefined), "EINVAL"],
    [(sys) => sys.sendmsg(sys.socket(16, 3, 0), new Uint8Array(7)), "EINVAL"],
    [(sys) => sys.sendmsg(sys.socket(16, 3, 0), new Uint8Array(40).fill(255)), "EINVAL"],
  ];
  for (const [act, expected] of cases) {
    const out = run(function* (sys) {
      yield* settle(act(sys) as undefined);
      return 0;
    });
    expect(out).toBe(expected);
  }
});

test("rtnetlink takes any bytes", () => {
  const out = run(function* (sys, o) {
    const fd = sys.socket(16, 3, 0);
    let seed = 1;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % n;
    };
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const body = Uint8Array.from({ length: random(60) }, () =>
        random(4) === 0 ? random(256) : random(12),
      );
      // Small families, indices and attribute heads get past the first checks.
      if (body.length > 0) body[0] = [0, 2, 10, 255][random(4)] as number;
      const type = 16 + random(24);
      const message = encodeNl({
        type,
        flags: random(2) * 0x300 + random(8) * 0x100,
        seq: i,
        pid: 0,
        body,
      });
      try {
        yield* settle(sys.sendmsg(fd, message));
        for (;;) yield* settle(sys.recvmsg(fd, 65536, MSG_DONTWAIT));
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        refused++;
      }
    }
    o.push(String(refused));
    return 0;
  });
  expect(out).toBe("3000");
});
