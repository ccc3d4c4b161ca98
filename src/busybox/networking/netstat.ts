// netstat: sockets and routes, from /proc/net (as in net-tools)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress } from "../../libc/inet.ts";
import type { Process } from "../../libc/process.ts";
import { hostNames, services } from "../../libc/resolv.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { linkOf, readProcDir } from "../libbb/procps.ts";
import { showRoutes } from "./route.ts";

const TCP_STATES = [
  "",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
];
const UNIX_TYPES: Readonly<Record<number, string>> = {
  1: "STREAM",
  2: "DGRAM",
  3: "RAW",
  4: "RDM",
  5: "SEQPACKET",
};
const UNIX_STATES = ["FREE", "", "CONNECTING", "CONNECTED", "DISCONNECTING"];
const LISTEN = 10;
const CLOSE = 7;
const ACCEPTS = 0x10000;

/** Address and port of a field "0100007F:0050". */
function parseAddress(field: string): { addr: Uint8Array; port: number } {
  const [hex = "", port = "0"] = field.split(":");
  const addr = new Uint8Array(hex.length / 2);
  for (let i = 0; i < addr.length; i += 4)
    for (let k = 0; k < 4; k++)
      addr[i + k] = Number.parseInt(hex.slice(2 * (i + 3 - k), 2 * (i + 3 - k) + 2), 16);
  return { addr, port: Number.parseInt(port, 16) };
}

class Netstat {
  readonly #p: Process;
  readonly #numeric: boolean;
  readonly #wide: boolean;
  readonly #programs: Map<string, string> | undefined;
  readonly #shows: (server: boolean, connected: boolean) => boolean;
  #names: Map<string, string> | undefined;

  constructor(
    p: Process,
    how: {
      numeric: boolean;
      wide: boolean;
      programs: Map<string, string> | undefined;
      shows(server: boolean, connected: boolean): boolean;
    },
  ) {
    this.#p = p;
    this.#numeric = how.numeric;
    this.#wide = how.wide;
    this.#programs = how.programs;
    this.#shows = how.shows;
  }

  *#put(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  *#endpoint(addr: Uint8Array, port: number, protocol: string): Steps<string> {
    let host = formatAddress(addr);
    if (!this.#numeric && addr.some((b) => b !== 0))
      host = (yield* hostNames(this.#p.sys, addr))[0] ?? host;
    if (port === 0) return `${host}:*`;
    if (this.#numeric) return `${host}:${port}`;
    this.#names ??= (yield* services(this.#p.sys)).names;
    return `${host}:${this.#names.get(`${port}/${protocol}`) ?? port}`;
  }

  #program(inode: string): string {
    if (this.#programs === undefined) return "";
    return this.#programs.get(inode) ?? "-";
  }

  heading(what: string): Steps<void> {
    const width = this.#wide ? 51 : 23;
    const program = this.#programs === undefined ? "" : "PID/Program name    ";
    return this.#put(
      `Active Internet connections ${what}\nProto Recv-Q Send-Q ${"Local Address".padEnd(width)} ${"Foreign Address".padEnd(width)} State       ${program}\n`,
    );
  }

  *inet(table: string, protocol: string): Steps<void> {
    const width = this.#wide ? 51 : 23;
    const text = (yield* readText(this.#p.sys, `/proc/net/${table}`, 1 << 26)) ?? "";
    for (const line of text.split("\n").slice(1)) {
      const f = line.trim().split(/\s+/);
      if (f.length < 10) continue;
      const local = parseAddress(f[1] as string);
      const remote = parseAddress(f[2] as string);
      const code = Number.parseInt(f[3] as string, 16);
      const connected = protocol === "tcp" ? code !== LISTEN : remote.addr.some((b) => b !== 0);
      if (!this.#shows(!connected, connected)) continue;
      let state = TCP_STATES[code] ?? "UNKNOWN";
      if (protocol === "udp") state = code === CLOSE ? "" : state;
      else if (protocol === "raw") state = String(code);
      const [tx = "0", rx = "0"] = (f[4] as string).split(":");
      const from = (yield* this.#endpoint(local.addr, local.port, protocol)).slice(
        0,
        this.#wide ? 51 : 23,
      );
      const to = (yield* this.#endpoint(remote.addr, remote.port, protocol)).slice(
        0,
        this.#wide ? 51 : 23,
      );
      yield* this.#put(
        `${protocol.padEnd(4)}  ${String(Number.parseInt(rx, 16)).padStart(6)} ${String(Number.parseInt(tx, 16)).padStart(6)} ` +
          `${from.padEnd(width)} ${to.padEnd(width)} ${state.padEnd(12)}${this.#program(f[9] as string)}\n`,
      );
    }
  }

  *unix(what: string): Steps<void> {
    const program = this.#programs === undefined ? "" : "PID/Program name    ";
    yield* this.#put(
      `Active UNIX domain sockets ${what}\nProto RefCnt Flags       Type       State         I-Node ${program}Path\n`,
    );
    const text = (yield* readText(this.#p.sys, "/proc/net/unix", 1 << 26)) ?? "";
    for (const line of text.split("\n").slice(1)) {
      const m = /^\S+: (\S+) \S+ (\S+) (\S+) (\S+) +([0-9]+) ?(.*)$/.exec(line);
      if (m === null) continue;
      const [, count = "", flagText = "", type = "", st = "", inode = "", path = ""] = m;
      const state = Number.parseInt(st, 16);
      const flags = Number.parseInt(flagText, 16);
      const accepts = (flags & ACCEPTS) !== 0;
      // Unconnected ones count as servers.
      if (!this.#shows(state === 1, state === 3)) continue;
      const name = state === 1 ? (accepts ? "LISTENING" : "") : (UNIX_STATES[state] ?? "UNKNOWN");
      yield* this.#put(
        `unix  ${String(Number.parseInt(count, 16)).padEnd(6)} ${`[ ${accepts ? "ACC " : ""}]`.padEnd(11)} ` +
          `${(UNIX_TYPES[Number.parseInt(type, 16)] ?? "UNKNOWN").padEnd(10)} ${name.padEnd(13)} ${inode.padStart(6)} ` +
          `${this.#programs === undefined ? "" : this.#program(inode).padEnd(20)}${path}\n`,
      );
    }
  }
}

/** "pid/program" by the inode of each socket. */
function* programs(p: Process): Steps<Map<string, string>> {
  const found = new Map<string, string>();
  const entries = yield* readProcDir(p.sys, "/proc");
  for (const pid of entries) {
    if (!/^[0-9]+$/.test(pid)) continue;
    const listed = yield* readProcDir(p.sys, `/proc/${pid}/fd`);
    for (const fd of listed) {
      const m = /^socket:\[([0-9]+)\]$/.exec(linkOf(p.sys, `/proc/${pid}/fd/${fd}`) ?? "");
      if (m === null || found.has(m[1] as string)) continue;
      const args = (yield* readText(p.sys, `/proc/${pid}/cmdline`, 4096)) ?? "";
      const first = args.split("\0")[0] as string;
      found.set(m[1] as string, `${pid}/${first.slice(first.lastIndexOf("/") + 1)}`.slice(0, 19));
    }
  }
  return found;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "laentuwxrWp");
  const all = opt.has("a");
  const listening = opt.has("l");
  const netstat = new Netstat(p, {
    numeric: opt.has("n"),
    wide: opt.has("W"),
    programs: opt.has("p") ? yield* programs(p) : undefined,
    shows: (server, connected) => all || (listening ? server : connected),
  });
  if (opt.has("r")) {
    yield* showRoutes(p, opt.has("n"), opt.has("e"));
    return 0;
  }
  const what = all ? "(servers and established)" : listening ? "(only servers)" : "(w/o servers)";
  const chosen = ["t", "u", "w", "x"].filter((c) => opt.has(c));
  const wants = (c: string): boolean => chosen.length === 0 || chosen.includes(c);
  if (wants("t") || wants("u") || wants("w")) {
    yield* netstat.heading(what);
    for (const [letter, protocol] of [
      ["t", "tcp"],
      ["u", "udp"],
      ["w", "raw"],
    ] as const) {
      if (!wants(letter)) continue;
      yield* netstat.inet(protocol, protocol);
      yield* netstat.inet(`${protocol}6`, protocol);
    }
  }
  if (wants("x")) yield* netstat.unix(what);
  return 0;
}

export const netstat: Applet = {
  name: "netstat",
  path: "/bin/netstat",
  usage: `[-ral] [-tuwx] [-enWp]

Show sockets and routes

	-r	Routes
	-a	All sockets
	-l	Those that wait for connections
		Neither: those that are connected
	-t	TCP
	-u	UDP
	-w	Raw
	-x	Unix
		None: all kinds
	-e	With -r: more columns
	-n	Numbers, not names
	-W	Do not cut addresses
	-p	Whose they are
`,
  main,
};
