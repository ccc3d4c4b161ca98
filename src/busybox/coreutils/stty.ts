// stty: show and change the modes of a terminal (POSIX stty)
import { Errno } from "../../abi/errno.ts";
import { O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import {
  CBAUD,
  type Termios,
  TIOCGWINSZ,
  TIOCSWINSZ,
  VEOF,
  VMIN,
  VTIME,
  type WinSize,
} from "../../abi/termios.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { TCSADRAIN, tcgetattr, tcsetattr } from "../../libc/termios.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou, xatouRange } from "../libbb/numbers.ts";
import {
  allModes,
  CHARACTERS,
  COMBINATIONS,
  GROUPS,
  type Mode,
  speedBits,
  speedOf,
} from "./stty/modes.ts";

/** Control characters in the form of -g: what musl has room for. */
const SAVED_CHARACTERS = 32;
const COLUMNS = 80;

/** A control character as it is shown. */
function visible(c: number): string {
  if (c === 0) return "<undef>";
  if (c >= 128) return `M-${c === 128 ? "^@" : visible(c - 128)}`;
  return c < 32 ? `^${String.fromCharCode(c + 64)}` : c === 127 ? "^?" : String.fromCharCode(c);
}

/** A control character as it is given. */
function character(text: string): number {
  if (text.length === 1) return text.charCodeAt(0);
  if (text === "^-" || text === "undef") return 0;
  if (text[0] !== "^" || text.length < 2) return xatouRange(text, 0, 255);
  return text[1] === "?" ? 127 : text.charCodeAt(1) & 0x1f;
}

/** Lines of words, broken where the screen ends. */
class Words {
  text = "";
  #column = 0;

  add(word: string): void {
    if (this.#column > 0 && this.#column + 1 + word.length >= COLUMNS) this.end();
    if (this.#column > 0) word = ` ${word}`;
    this.text += word;
    this.#column += word.length;
  }
  end(): void {
    if (this.#column > 0) this.text += "\n";
    this.#column = 0;
  }
}

/** Changes that one or more arguments ask for, in order. */
type Change = (t: Termios) => void;

class Stty {
  readonly #p: Process;
  readonly #fd: number;
  readonly #device: string;
  readonly #modes: readonly Mode[];

  constructor(p: Process, fd: number, device: string, modes: readonly Mode[]) {
    this.#p = p;
    this.#fd = fd;
    this.#device = device;
    this.#modes = modes;
  }

  *print(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  #size(): WinSize {
    return this.#p.sys.ioctl(this.#fd, TIOCGWINSZ) as WinSize;
  }

  *size(): Steps<void> {
    const size = this.#size();
    if (size.rows === 0 && size.cols === 0) die(this.#device);
    yield* this.print(`${size.rows} ${size.cols}\n`);
  }

  resize(change: Partial<WinSize>): void {
    try {
      this.#p.sys.ioctl(this.#fd, TIOCSWINSZ, { ...this.#size(), ...change });
    } catch (e) {
      dieErrno(this.#device, e);
    }
  }

  get(): Termios {
    try {
      return tcgetattr(this.#p.sys, this.#fd);
    } catch (e) {
      return dieErrno(this.#device, e);
    }
  }

  *set(t: Termios): Steps<void> {
    try {
      yield* tcsetattr(this.#p.sys, this.#fd, TCSADRAIN, t);
    } catch (e) {
      dieErrno(this.#device, e);
    }
    if (saved(this.get()) !== saved(t))
      die(`${this.#device}: cannot perform all requested operations`);
  }

  *show(t: Termios, all: boolean): Steps<void> {
    const words = new Words();
    words.add(`speed ${speedOf(t.cflag)} baud;`);
    let known: WinSize | undefined;
    let complaint: Errno | undefined;
    if (all) {
      try {
        known = this.#size();
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        complaint = e;
      }
    }
    if (known !== undefined && (known.rows > 0 || known.cols > 0)) {
      words.add(`rows ${known.rows};`);
      words.add(`columns ${known.cols};`);
    }
    words.add(`line = ${t.line};`);
    words.end();
    for (const [name, [index]] of Object.entries(CHARACTERS)) {
      const c = t.cc[index] ?? 0;
      words.add(`${name} = ${name === "min" || name === "time" ? c : visible(c)};`);
    }
    words.end();
    for (const group of GROUPS) {
      for (const mode of this.#modes) {
        if (mode.group !== group || mode.hidden) continue;
        const on = (t[group] & mode.mask) >>> 0 === mode.bits;
        const several = !mode.reversible;
        if (
          all
            ? on
            : on && (mode.sane === false || (several && mode.sane !== true && group === "oflag"))
        )
          words.add(mode.name);
        else if (!on && mode.reversible && (all || mode.sane === true)) words.add(`-${mode.name}`);
      }
      words.end();
    }
    yield* this.print(words.text);
    if (complaint !== undefined) yield* this.#p.warn(this.#device, complaint);
  }
}

/** All of it in hexadecimal, as -g prints it and as it may be given back. */
function saved(t: Termios): string {
  const characters = Array.from({ length: SAVED_CHARACTERS }, (_, i) => t.cc[i] ?? 0);
  return [t.iflag, t.oflag, t.cflag, t.lflag, ...characters]
    .map((n) => (n >>> 0).toString(16))
    .join(":");
}

function restore(text: string): Change | undefined {
  const fields = text.split(":");
  if (fields.length !== 4 + SAVED_CHARACTERS || !fields.every((f) => /^[0-9a-fA-F]{1,8}$/.test(f)))
    return undefined;
  const [iflag = 0, oflag = 0, cflag = 0, lflag = 0, ...cc] = fields.map((f) =>
    Number.parseInt(f, 16),
  );
  return (t) => {
    Object.assign(t, { iflag, oflag, cflag, lflag });
    for (let i = 0; i < t.cc.length; i++) t.cc[i] = cc[i] ?? 0;
  };
}

function setMode(t: Termios, mode: Mode, on: boolean): void {
  t[mode.group] = ((t[mode.group] & ~mode.mask) | (on ? mode.bits : 0)) >>> 0;
}

function setCharacters(t: Termios, names: string): void {
  for (const name of names.split(" ")) {
    const [index, sane] = CHARACTERS[name] as readonly [number, number];
    t.cc[index] = sane;
  }
}

/** The change that one word asks for, if it is known. */
function wordChange(modes: readonly Mode[], word: string): Change | undefined {
  const off = word.startsWith("-");
  const mode = modes.find((m) => m.name === (off ? word.slice(1) : word));
  if (mode !== undefined)
    return off && !mode.reversible ? undefined : (t) => setMode(t, mode, !off);
  if (word === "sane") {
    return (t) => {
      for (const m of modes) {
        if (m.sane === true) setMode(t, m, true);
        else if (m.sane === false) setMode(t, m, false);
      }
      setCharacters(t, Object.keys(CHARACTERS).join(" "));
    };
  }
  if (word === "ek") return (t) => setCharacters(t, "erase kill");
  const plain = word === "-raw" ? "cooked" : word === "-cooked" ? "raw" : word;
  const parts = Object.hasOwn(COMBINATIONS, plain) ? COMBINATIONS[plain] : undefined;
  if (parts === undefined) return restore(word);
  const changes = parts.split(" ").map((part) => wordChange(modes, part) as Change);
  return (t) => {
    if (plain === "raw") {
      t.iflag = 0;
      t.cc[VMIN] = 1;
      t.cc[VTIME] = 0;
    } else if (plain === "cooked") {
      // Where these share their places with min and time they have to be set again.
      if (t.cc[VEOF] === 0) setCharacters(t, "eof eol");
    } else if (plain === "dec") setCharacters(t, "intr erase kill");
    for (const change of changes) change(t);
  };
}

function setSpeed(baud: number): Change | undefined {
  const bits = speedBits(baud);
  return bits === undefined
    ? undefined
    : (t) => {
        t.cflag = ((t.cflag & ~CBAUD) | bits) >>> 0;
      };
}

/** What is to be done, in order: changes of modes are gathered until the end, the rest happens at once. */
type Action = { change: Change } | { act(stty: Stty, t: Termios): Steps<void> };

function resizing(change: Partial<WinSize>): Action {
  return {
    *act(stty) {
      stty.resize(change);
    },
  };
}

/** One argument, with the next as its value where it takes one. */
function action(modes: readonly Mode[], word: string, next: () => string): Action {
  const most = 0x7fffffff;
  const character_ = CHARACTERS[word];
  if (word === "min" || word === "time") {
    const value = xatouRange(next(), 0, 255);
    return { change: (t) => (t.cc[character_?.[0] ?? 0] = value) };
  }
  if (character_ !== undefined && Object.hasOwn(CHARACTERS, word)) {
    const value = character(next());
    return { change: (t) => (t.cc[character_[0]] = value) };
  }
  switch (word) {
    case "rows":
      return resizing({ rows: xatouRange(next(), 1, most) & 0xffff });
    case "cols":
    case "columns":
      return resizing({ cols: xatouRange(next(), 1, most) & 0xffff });
    case "line": {
      const line = xatouRange(next(), 1, most) & 0xff;
      return { change: (t) => (t.line = line) };
    }
    case "ispeed":
    case "ospeed": {
      // A speed that there is none of changes nothing.
      const change = setSpeed(xatou(next()));
      return { change: change ?? (() => {}) };
    }
    case "size":
      return { act: (stty) => stty.size() };
    case "speed":
      return { act: (stty, t) => stty.print(`${speedOf(t.cflag)}\n`) };
    default: {
      const change = wordChange(modes, word);
      if (change !== undefined) return { change };
      if (word.startsWith("-")) return die(`invalid argument '${word}'`);
      return { change: setSpeed(xatou(word)) ?? die(`invalid argument '${word}'`) };
    }
  }
}

function* main(p: Process): Steps<number> {
  const modes = allModes();
  // What begins with "-" is mostly a mode: only these are options.
  let device = "standard input";
  let path: string | undefined;
  let [all, save] = [false, false];
  const actions: Action[] = [];
  const args = p.argv.slice(1);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const option = /^-([ag]*)(F?)(.*)$/.exec(arg);
    if (option !== null && arg !== "-" && (option[2] === "F" || option[3] === "")) {
      const [, letters = "", takesPath, attached] = option;
      all ||= letters.includes("a");
      save ||= letters.includes("g");
      if (takesPath === "") continue;
      path = attached || args[++i];
      if (path === undefined) die("-F requires an argument");
      device = path;
      continue;
    }
    const next = (): string => args[++i] ?? die(`${arg} requires an argument`);
    actions.push(action(modes, arg, next));
  }
  if (all && save) die("-a and -g are mutually exclusive");
  if ((all || save) && actions.length > 0) die("modes may not be set when -a or -g is used");
  let fd = 0;
  if (path !== undefined) {
    try {
      fd = yield* settle(open(p.sys, path, O_RDONLY | O_NONBLOCK));
    } catch (e) {
      dieErrno(`can't open '${path}'`, e);
    }
  }
  const stty = new Stty(p, fd, device, modes);
  const t = stty.get();
  if (save) yield* stty.print(`${saved(t)}\n`);
  else if (actions.length === 0) yield* stty.show(t, all);
  let changed = false;
  for (const todo of actions) {
    if ("act" in todo) yield* todo.act(stty, t);
    else {
      todo.change(t);
      changed = true;
    }
  }
  if (changed) yield* stty.set(t);
  return 0;
}

export const stty: Applet = {
  name: "stty",
  path: "/bin/stty",
  usage: `[-a|g] [-F DEVICE] [SETTING]...

Show or change the modes of a terminal

	-F DEVICE	That of DEVICE, not standard input
	-a		Show all modes; without it those that are not sane
	-g		Show them in a form that can be given as SETTING
	SETTING		A mode, with - in front to turn it off, or a combination: sane, raw, cooked, nl,
			evenp, oddp, pass8, litout, cbreak, crt, dec, tabs, lcase; a control character and
			its value; rows N, cols N, min N, time N, line N, ispeed N, ospeed N, N; size, speed
`,
  main,
};
