// kbd_mode, loadkmap, dumpkmap, setkeycodes: the keyboard of a virtual console (ioctl_console(2))
import { O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { bytesOf, concat, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { readAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { consoleOrDie, openDevice, xioctl } from "../libbb/device.ts";
import { xatouRange } from "../libbb/numbers.ts";

const KDGKBMODE = 0x4b44;
const KDSKBMODE = 0x4b45;
const KDGKBENT = 0x4b46;
const KDSKBENT = 0x4b47;
const KDSETKEYCODE = 0x4b4d;

/** Modes in the order of their numbers: the option for each and what it is called. */
const MODES = "sakuf";
const MODE_NAMES: readonly string[] = [
  "raw (scancode)",
  "default (ASCII)",
  "mediumraw (keycode)",
  "Unicode (UTF-8)",
  "off",
];

/** A file of key maps: this, a byte for each of 256 maps that tells whether it is there, and those maps. */
const MAGIC = "bkeymap";
const MAPS = 256;
const KEYS = 128;
const FILE_MAX = MAGIC.length + MAPS + MAPS * KEYS * 2;

function* kbdModeMain(p: Process): Steps<number> {
  const opt = getopt(p, "sakuC:", { exclusive: ["saku"] });
  const tty = opt.get("C");
  const fd = tty === undefined ? yield* consoleOrDie(p) : yield* openDevice(p, tty, O_RDONLY);
  const wanted = opt.lastOf("saku");
  if (wanted !== undefined) yield* xioctl(p, fd, KDSKBMODE, MODES.indexOf(wanted));
  else {
    const mode = Number(yield* xioctl(p, fd, KDGKBMODE));
    const w = p.stdout.puts(`The keyboard is in ${MODE_NAMES[mode] ?? "unknown"} mode\n`);
    if (w) yield* w;
  }
  return 0;
}

export const kbd_mode: Applet = {
  name: "kbd_mode",
  path: "/bin/kbd_mode",
  usage: `[-a|k|s|u] [-C TTY]

Show or set what a console makes of its keyboard

	-a	Characters, eight bits (the default)
	-k	Key codes
	-s	Scan codes as they come
	-u	Characters, UTF-8
	-C TTY	The console
`,
  main: kbdModeMain,
};

function* loadkmapMain(p: Process): Steps<number> {
  getopt(p, "", { max: 0 });
  const fd = yield* consoleOrDie(p);
  const file = yield* readAll(p.sys, 0, FILE_MAX);
  if (strOf(file, 0, MAGIC.length) !== MAGIC) die("not a valid binary keymap");
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let at = MAGIC.length + MAPS;
  for (let table = 0; table < MAPS; table++) {
    if (file[MAGIC.length + table] !== 1) continue;
    if (at + KEYS * 2 > file.length) die("short read");
    for (let index = 0; index < KEYS; index++, at += 2)
      // A map that the console has no place for is left out, as in the original.
      yield* xioctl(p, fd, KDSKBENT, { table, index, value: view.getUint16(at, true) });
  }
  return 0;
}

export const loadkmap: Applet = {
  name: "loadkmap",
  path: "/sbin/loadkmap",
  usage: "< KEYMAP\n\nGive the console the key maps that stdin has (of dumpkmap's form)\n",
  main: loadkmapMain,
};

function* dumpkmapMain(p: Process): Steps<number> {
  getopt(p, "", { max: 0 });
  const fd = yield* consoleOrDie(p);
  const flags = new Uint8Array(MAPS);
  const maps: Uint8Array[] = [];
  for (let table = 0; table < 13; table++) {
    const map = new Uint8Array(KEYS * 2);
    const view = new DataView(map.buffer);
    for (let index = 0; index < KEYS; index++) {
      const entry = yield* settle(p.sys.ioctl(fd, KDGKBENT, { table, index, value: 0 }));
      view.setUint16(index * 2, (entry as { value: number }).value, true);
    }
    flags[table] = 1;
    maps.push(map);
  }
  const w = p.stdout.write(concat([bytesOf(MAGIC), flags, ...maps]));
  if (w) yield* w;
  return 0;
}

export const dumpkmap: Applet = {
  name: "dumpkmap",
  path: "/bin/dumpkmap",
  usage: "> KEYMAP\n\nPrint the key maps of the console in binary form\n",
  main: dumpkmapMain,
};

function* setkeycodesMain(p: Process): Steps<number> {
  const words = p.argv.slice(1);
  if (words.length === 0 || words.length % 2 !== 0) p.usageError();
  const fd = yield* consoleOrDie(p);
  for (let i = 0; i < words.length; i += 2) {
    const text = words[i] as string;
    const keycode = xatouRange(words[i + 1] as string, 0, 255);
    const code = /^[0-9a-fA-F]+$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
    // e0xx are the keys that came with later keyboards: 128 to 255.
    const scancode = code >= 0xe000 ? code - 0xe000 + 128 : code;
    if (!(scancode >= 0 && scancode <= 255)) die(`invalid number '${text}'`);
    yield* xioctl(p, fd, KDSETKEYCODE, { scancode, keycode });
  }
  return 0;
}

export const setkeycodes: Applet = {
  name: "setkeycodes",
  path: "/usr/bin/setkeycodes",
  usage: `{SCANCODE KEYCODE}...

Say which key code the kernel makes of a scan code

SCANCODE is xx or e0xx, hexadecimal; KEYCODE is decimal
`,
  main: setkeycodesMain,
};
