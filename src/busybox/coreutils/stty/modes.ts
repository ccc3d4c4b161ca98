// The words of stty: modes, combinations of them, control characters and speeds (POSIX stty, termios.h).
import * as T from "../../../abi/termios.ts";

export type Group = "cflag" | "iflag" | "oflag" | "lflag";
/** In the order they are shown. */
export const GROUPS: readonly Group[] = ["cflag", "iflag", "oflag", "lflag"];

/** One mode: `bits` of the field `mask` (the bits themselves unless told). */
export interface Mode {
  readonly name: string;
  readonly group: Group;
  readonly bits: number;
  readonly mask: number;
  /** `-name` turns it off. Values of a field with several bits have no opposite. */
  readonly reversible: boolean;
  /** What "sane" makes of it, if anything. */
  readonly sane: boolean | undefined;
  /** Another name for a mode that is shown under its first one. */
  readonly hidden: boolean;
}

const CMSPAR = 0o10000000000;

// Names of each group in the order they are shown; "+" and "-" are what sane sets and clears, "=" goes
// before another name of the mode before it.
const FLAGS: Readonly<Record<Group, string>> = {
  cflag: "parenb parodd cmspar cs8 cs7 cs6 cs5 hupcl =hup cstopb +cread clocal crtscts",
  iflag:
    "-ignbrk +brkint ignpar parmrk inpck istrip -inlcr -igncr +icrnl ixon -ixoff =tandem -iuclc -ixany +imaxbel -iutf8",
  oflag:
    "+opost -olcuc -ocrnl +onlcr -onocr -onlret -ofill -ofdel nl1 +nl0 cr3 cr2 cr1 +cr0 tab3 tab2 tab1 +tab0 bs1 +bs0 " +
    "vt1 +vt0 ff1 +ff0",
  lflag:
    "+isig +icanon +iexten +echo +echoe =crterase +echok -echonl -noflsh -xcase -tostop -echoprt =prterase +echoctl " +
    "=ctlecho +echoke =crtkill -flusho -extproc",
};

/** Bits that go by other names, or that are values of a wider field. */
const FIELDS: Readonly<Record<string, readonly [bits: number, mask: number]>> = {
  cmspar: [CMSPAR, CMSPAR],
  cs5: [T.CS5, T.CSIZE],
  cs6: [T.CS6, T.CSIZE],
  cs7: [T.CS7, T.CSIZE],
  cs8: [T.CS8, T.CSIZE],
  nl0: [0, T.NLDLY],
  nl1: [0o400, T.NLDLY],
  cr0: [0, T.CRDLY],
  cr1: [0o1000, T.CRDLY],
  cr2: [0o2000, T.CRDLY],
  cr3: [0o3000, T.CRDLY],
  tab0: [0, T.TABDLY],
  tab1: [0o4000, T.TABDLY],
  tab2: [0o10000, T.TABDLY],
  tab3: [0o14000, T.TABDLY],
  bs0: [0, T.BSDLY],
  bs1: [0o20000, T.BSDLY],
  vt0: [0, T.VTDLY],
  vt1: [0o40000, T.VTDLY],
  ff0: [0, T.FFDLY],
  ff1: [0o100000, T.FFDLY],
  extproc: [0o200000, 0o200000],
};

/** All modes in the order they are shown. */
export function allModes(): Mode[] {
  const constants = T as unknown as Readonly<Record<string, number>>;
  const modes: Mode[] = [];
  for (const group of GROUPS) {
    for (const word of FLAGS[group].split(" ")) {
      const mark = /^[-+=]/.test(word) ? word.charAt(0) : "";
      const name = word.slice(mark.length);
      const before = modes.at(-1);
      const hidden = mark === "=";
      const bit = constants[name.toUpperCase()] ?? 0;
      const [bits, mask] =
        hidden && before !== undefined ? [before.bits, before.mask] : (FIELDS[name] ?? [bit, bit]);
      const sane = mark === "+" ? true : mark === "-" ? false : undefined;
      const reversible = !/^(?:cs|nl|cr|tab|bs|vt|ff)[0-9]$/.test(name);
      modes.push({ name, group, bits, mask, reversible, sane, hidden });
    }
  }
  return modes;
}

/** Words that stand for several; what "sane", "ek", "cooked" and "dec" do to characters is done elsewhere. */
export const COMBINATIONS: Readonly<Record<string, string>> = {
  evenp: "parenb -parodd cs7",
  "-evenp": "-parenb cs8",
  parity: "parenb -parodd cs7",
  "-parity": "-parenb cs8",
  oddp: "parenb parodd cs7",
  "-oddp": "-parenb cs8",
  nl: "-icrnl -onlcr",
  "-nl": "icrnl -inlcr -igncr onlcr -ocrnl -onlret",
  cooked: "brkint ignpar istrip icrnl ixon opost isig icanon",
  raw: "-opost -isig -icanon -xcase",
  pass8: "-parenb cs8 -istrip",
  "-pass8": "parenb cs7 istrip",
  litout: "-parenb cs8 -istrip -opost",
  "-litout": "parenb cs7 istrip opost",
  cbreak: "-icanon",
  "-cbreak": "icanon",
  crt: "echoe echoctl echoke",
  dec: "echoe echoctl echoke -ixany",
  decctlq: "-ixany",
  "-decctlq": "ixany",
  tabs: "tab0",
  "-tabs": "tab3",
  lcase: "xcase iuclc olcuc",
  "-lcase": "-xcase -iuclc -olcuc",
  LCASE: "xcase iuclc olcuc",
  "-LCASE": "-xcase -iuclc -olcuc",
};

/** Control characters in the order they are shown: index in c_cc and what sane makes of them. */
export const CHARACTERS: Readonly<Record<string, readonly [index: number, sane: number]>> = {
  intr: [T.VINTR, 3],
  quit: [T.VQUIT, 28],
  erase: [T.VERASE, 127],
  kill: [T.VKILL, 21],
  eof: [T.VEOF, 4],
  eol: [T.VEOL, 0],
  eol2: [T.VEOL2, 0],
  swtch: [T.VSWTC, 0],
  start: [T.VSTART, 17],
  stop: [T.VSTOP, 19],
  susp: [T.VSUSP, 26],
  rprnt: [T.VREPRINT, 18],
  werase: [T.VWERASE, 23],
  lnext: [T.VLNEXT, 22],
  flush: [T.VDISCARD, 15],
  min: [T.VMIN, 1],
  time: [T.VTIME, 0],
};

const SPEEDS =
  "0 50 75 110 134 150 200 300 600 1200 1800 2400 4800 9600 19200 38400 57600 115200 230400 460800 500000 576000 " +
  "921600 1000000 1152000 1500000 2000000 2500000 3000000 3500000 4000000";

/** Bits of c_cflag for a speed in baud; undefined when there are none. */
export function speedBits(baud: number): number | undefined {
  const i = SPEEDS.split(" ").indexOf(String(baud));
  return i < 0 ? undefined : i < 16 ? i : 0o10001 + i - 16;
}

/** The speed in baud that c_cflag tells. */
export function speedOf(cflag: number): number {
  const code = cflag & T.CBAUD;
  return Number(SPEEDS.split(" ")[code < 16 ? code : code - 0o10001 + 16] ?? 0);
}
