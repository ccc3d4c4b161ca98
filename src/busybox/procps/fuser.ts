// fuser: which processes use files, file systems or ports (POSIX fuser; options as BusyBox has them)
import type { Steps } from "../../abi/program.ts";
import { SIGKILL } from "../../abi/signal.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { signalNumber } from "../../libc/strsignal.ts";
import { readText, stat, tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { readProcDir } from "../libbb/procps.ts";

/** What is looked for: a file, all of a device, or a socket by its inode's number. */
type Wanted = { dev: number; ino: number | undefined } | { socket: number };

/** Inodes of the sockets bound to a port, from /proc/net. */
function* socketsOf(p: Process, port: number, table: string): Steps<number[]> {
  const inodes: number[] = [];
  const entries = ((yield* readText(p.sys, `/proc/net/${table}`)) ?? "").split("\n");
  for (const line of entries) {
    const f = line.trim().split(/\s+/);
    const local = /:([0-9A-F]{4})$/i.exec(f[1] ?? "");
    if (local !== null && Number.parseInt(local[1] as string, 16) === port)
      inodes.push(Number(f[9]));
  }
  return inodes;
}

function* main(p: Process): Steps<number> {
  let signal = SIGKILL;
  const args = p.argv.slice(1).filter((arg) => {
    if (!/^-./.test(arg)) return true;
    const n = signalNumber(arg.slice(1));
    // -4 and -6 are options, not signals.
    if (n < 0 || arg === "-4" || arg === "-6") return true;
    signal = n;
    return false;
  });
  const opt = getopt(p, "mks64", { min: 1 }, args);
  const wanted: Wanted[] = [];
  for (const word of opt.operands) {
    const port = /^([0-9]+)\/(tcp|udp)$/.exec(word);
    if (port !== null) {
      const protocol = port[2] as string;
      const tables = [
        ...(opt.has("6") && !opt.has("4") ? [] : [protocol]),
        ...(opt.has("4") && !opt.has("6") ? [] : [`${protocol}6`]),
      ];
      for (const table of tables) {
        const found = yield* socketsOf(p, Number(port[1]), table);
        for (const socket of found) wanted.push({ socket });
      }
      continue;
    }
    try {
      const st = stat(p.sys, word);
      wanted.push({ dev: st.dev, ino: opt.has("m") ? undefined : st.ino });
    } catch (e) {
      dieErrno(`can't stat '${word}'`, e);
    }
  }

  const uses = (path: string): boolean => {
    const st = tryStat(p.sys, path);
    if (st === undefined) return false;
    return wanted.some((want) =>
      "socket" in want
        ? (st.mode & 0o170000) === 0o140000 && st.ino === want.socket
        : st.dev === want.dev && (want.ino === undefined || want.ino === st.ino),
    );
  };
  const self = p.sys.getpid();
  const pids: number[] = [];
  const listed = yield* readProcDir(p.sys, "/proc");
  for (const name of listed) {
    if (!/^[0-9]+$/.test(name) || Number(name) === self) continue;
    const dir = `/proc/${name}`;
    let is = uses(`${dir}/exe`) || uses(`${dir}/cwd`) || uses(`${dir}/root`);
    const inside = is ? [] : yield* readProcDir(p.sys, `${dir}/fd`);
    for (const fd of inside) if (!is) is = uses(`${dir}/fd/${fd}`);
    if (!is) {
      const maps = (yield* readText(p.sys, `${dir}/maps`, 1 << 24)) ?? "";
      is = [...maps.matchAll(/^\S+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) ([0-9]+) /gm)].some((m) => {
        const dev = Number.parseInt(m[1] as string, 16) * 256 + Number.parseInt(m[2] as string, 16);
        return wanted.some(
          (want) =>
            !("socket" in want) &&
            dev === want.dev &&
            Number(m[3]) !== 0 &&
            (want.ino === undefined || want.ino === Number(m[3])),
        );
      });
    }
    if (is) pids.push(Number(name));
  }
  let status = pids.length > 0 ? 0 : 1;
  for (const pid of pids) {
    if (opt.has("k")) {
      try {
        p.sys.kill(pid, signal);
      } catch (e) {
        yield* p.warn(`kill pid ${pid}`, e);
        status = 1;
      }
    }
    const w = opt.has("s") ? undefined : p.stdout.puts(`${pid} `);
    if (w) yield* w;
  }
  if (pids.length > 0 && !opt.has("s")) {
    const w = p.stdout.puts("\n");
    if (w) yield* w;
  }
  return status;
}

export const fuser: Applet = {
  name: "fuser",
  path: "/usr/bin/fuser",
  usage: `[-msk46] [-SIGNAL] FILE or PORT/PROTO

Find the processes that use FILEs or PORTs

	-m	Those that use anything on the file systems of FILEs
	-4,-6	Sockets of IPv4 or IPv6 only
	-s	Print nothing
	-k	Kill them
	-SIGNAL	With this signal, not KILL
`,
  main,
};
