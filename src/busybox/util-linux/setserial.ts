// setserial: parameters of serial ports (setserial(8), linux/serial.h)
import { Errno } from "../../abi/errno.ts";
import { O_NONBLOCK, O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const TIOCGSERIAL = 0x541e;
const TIOCSSERIAL = 0x541f;
const TIOCSERCONFIG = 0x5453;

/** struct serial_struct, as far as it is used. */
type Port = Record<string, number>;

const UARTS: readonly string[] = (
  "unknown 8250 16450 16550 16550A Cirrus 16650 16650V2 16750 16950 16954 16654 16850 RSA NS16550A " +
  "XSCALE RM9000 OCTEON AR7 U6_16550A"
).split(" ");

/** Parameters with a number, and the field for each. */
const NUMBERS: Readonly<Record<string, string>> = {
  port: "port",
  irq: "irq",
  divisor: "custom_divisor",
  baud_base: "baud_base",
  close_delay: "close_delay",
  closing_wait: "closing_wait",
};
/** Those that are bits of the flags. */
const FLAGS: Readonly<Record<string, number>> = {
  hup_notify: 0x1,
  fourport: 0x2,
  sak: 0x4,
  split_termios: 0x8,
  skip_test: 0x40,
  auto_irq: 0x80,
  session_lockout: 0x100,
  pgrp_lockout: 0x200,
  callout_nohup: 0x400,
  low_latency: 0x2000,
};
const SPEED_MASK = 0x1030;
const SPEEDS: Readonly<Record<string, number>> = {
  spd_normal: 0,
  spd_hi: 0x10,
  spd_vhi: 0x20,
  spd_cust: 0x30,
  spd_shi: 0x1000,
  spd_warp: 0x1010,
};

function* openPort(p: Process, path: string): Steps<[fd: number, port: Port] | undefined> {
  let fd: number;
  try {
    fd = yield* settle(open(p.sys, path, O_RDWR | O_NONBLOCK));
  } catch (e) {
    yield* p.warn(path, e);
    return undefined;
  }
  try {
    return [fd, (yield* settle(p.sys.ioctl(fd, TIOCGSERIAL))) as Port];
  } catch (e) {
    p.sys.close(fd);
    yield* p.warn("can't get serial info", e);
    return undefined;
  }
}

function describe(path: string, port: Port, how: "a" | "b" | "G" | ""): string {
  const get = (key: string): number => port[key] ?? 0;
  const uart = UARTS[get("type")] ?? "undefined";
  const flags = Object.entries(FLAGS).flatMap(([name, bit]) =>
    (get("flags") & bit) !== 0 ? [name] : [],
  );
  const speed = Object.entries(SPEEDS).find(([, bits]) => bits === (get("flags") & SPEED_MASK));
  if (speed !== undefined && speed[1] !== 0) flags.unshift(speed[0]);
  const at = `0x${get("port").toString(16).padStart(4, "0")}`;
  if (how === "G")
    return `${path} uart ${uart} port ${at} irq ${get("irq")} baud_base ${get("baud_base")} ${flags.join(" ")}\n`;
  if (how === "b") return `${path} at ${at} (irq = ${get("irq")}) is a ${uart}\n`;
  let out = `${path}, UART: ${uart}, Port: ${at}, IRQ: ${get("irq")}`;
  if (how === "a")
    out +=
      `\n\tBaud_base: ${get("baud_base")}, close_delay: ${get("close_delay")}, divisor: ${get("custom_divisor")}` +
      `\n\tclosing_wait: ${get("closing_wait")}\n\tFlags: ${flags.join(" ") || "spd_normal"}\n`;
  else if (flags.length > 0) out += `, Flags: ${flags.join(" ")}`;
  return `${out}\n`;
}

function* change(p: Process, fd: number, known: Port, words: string[], zero: boolean): Steps<void> {
  const port = new Map(Object.entries(known));
  let flags = zero ? 0 : (port.get("flags") ?? 0);
  while (words.length > 0) {
    const word = words.shift() as string;
    const off = word.startsWith("^");
    const name = off ? word.slice(1) : word;
    const field = NUMBERS[name];
    if (FLAGS[name] !== undefined)
      flags = off ? flags & ~(FLAGS[name] as number) : flags | (FLAGS[name] as number);
    else if (off) die(`invalid argument '${word}'`);
    else if (SPEEDS[name] !== undefined) flags = (flags & ~SPEED_MASK) | (SPEEDS[name] as number);
    else if (name === "autoconfig") yield* settle(p.sys.ioctl(fd, TIOCSERCONFIG));
    else if (field !== undefined || name === "uart") {
      const value = words.shift() ?? die(`argument required for '${name}'`);
      if (field !== undefined) port.set(field, /^0[xX]/.test(value) ? Number(value) : xatou(value));
      else {
        const type = UARTS.findIndex((uart) => uart.toLowerCase() === value.toLowerCase());
        port.set("type", type < 0 ? die(`invalid argument '${value}'`) : type);
      }
    } else die(`invalid argument '${word}'`);
  }
  port.set("flags", flags);
  try {
    yield* settle(p.sys.ioctl(fd, TIOCSSERIAL, Object.fromEntries(port)));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    dieErrno("can't set serial info", e);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+bGavzg", { min: 1, exclusive: ["bGa"] });
  const words = [...opt.operands];
  const how = (opt.lastOf("bGa") ?? "") as "a" | "b" | "G" | "";
  if (opt.has("g") || words.length === 1) {
    for (const path of words) {
      const found = yield* openPort(p, path);
      if (found === undefined) continue;
      const w = p.stdout.puts(describe(path, found[1], how));
      if (w) yield* w;
      p.sys.close(found[0]);
    }
    return 0;
  }
  const path = words.shift() as string;
  const found = yield* openPort(p, path);
  if (found === undefined) return 1;
  yield* change(p, found[0], found[1], words, opt.has("z"));
  if (opt.has("v")) {
    const again = yield* openPort(p, path);
    const w = again === undefined ? undefined : p.stdout.puts(describe(path, again[1], how));
    if (w) yield* w;
  }
  return 0;
}

export const setserial: Applet = {
  name: "setserial",
  path: "/bin/setserial",
  usage: `[-abGvz] { DEVICE [PARAMETER]... | -g DEVICE... }

Show or set parameters of a serial port

	-a	Show all
	-b	Show little
	-G	Show them as PARAMETERs
	-v	Show what was set
	-z	Forget the flags first
	-g	All words are devices

A PARAMETER is a word with a value: port, irq, divisor, uart, baud_base, close_delay, closing_wait;
a flag, with ^ in front to take it away: fourport, auto_irq, skip_test, sak, session_lockout,
pgrp_lockout, callout_nohup, split_termios, hup_notify, low_latency; or a word:
autoconfig, spd_normal, spd_hi, spd_vhi, spd_shi, spd_warp, spd_cust
`,
  main,
};
