// fdisk: make and change partition tables by dialogue (as fdisk(8) had it, with BusyBox's options)
import { BLKRRPART } from "../../abi/block.ts";
import { Errno } from "../../abi/errno.ts";
import { O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, Exit, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou, xatouRange } from "../libbb/numbers.ts";
import { expertText, headText, listText, rawText, verifyText } from "./fdisk-show.ts";
import { type DosEntry, FdiskTable, type Geometry, isExtendedType } from "./fdisk-table.ts";
import { fdiskTypeName, fdiskTypesText } from "./fdisk-types.ts";

const LINUX = 0x83;
const EXTENDED = 5;
const MAX_LOGICAL = 56;

const MENU = `Command Action
a	toggle a bootable flag
b	edit bsd disklabel
c	toggle the dos compatibility flag
d	delete a partition
l	list known partition types
n	add a new partition
o	create a new empty DOS partition table
p	print the partition table
q	quit without saving changes
s	create a new empty Sun disklabel
t	change a partition's system id
u	change display/entry units
v	verify the partition table
w	write table to disk and exit
x	extra functionality (experts only)
`;

const GPT_MENU = `Command Action
o	create a new empty DOS partition table
p	print the partition table
q	quit without saving changes
s	create a new empty Sun disklabel
`;

const EXPERT_MENU = `Command Action
b	move beginning of data in a partition
c	change number of cylinders
d	print the raw data in the partition table
e	list extended partitions
f	fix partition order
g	create an IRIX (SGI) partition table
h	change number of heads
p	print the partition table
q	quit without saving changes
r	return to main menu
s	change number of sectors/track
v	verify the partition table
w	write table to disk and exit
`;

const UNITS: Readonly<Record<string, number>> = {
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** The dialogue about one disk. */
class Dialogue {
  readonly #p: Process;
  readonly #table: FdiskTable;
  readonly #lines: LineReader;

  constructor(p: Process, table: FdiskTable) {
    this.#p = p;
    this.#table = table;
    this.#lines = new LineReader(p.stdin);
  }

  *#say(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  /** A line; the end of the input ends the program. */
  *#line(prompt: string): Steps<string> {
    yield* this.#say(prompt);
    const f = this.#p.stdout.flush();
    if (f) yield* f;
    const line = yield* settle(this.#lines.next());
    if (line === undefined) throw new Exit(0);
    return line.trim();
  }

  /** The first letter of a line that is not empty. */
  *#letter(prompt: string): Steps<string> {
    for (;;) {
      const line = yield* this.#line(prompt);
      if (line !== "") return line.charAt(0).toLowerCase();
    }
  }

  /** A number from `low` to `high`; "+N" counts from `base`, with a suffix as a size. */
  *#number(
    low: number,
    preset: number | undefined,
    high: number,
    base: number,
    what: string,
  ): Steps<number> {
    const shown = preset === undefined ? "" : `, default ${preset}`;
    const prompt = `${what} (${low}-${high}${shown}): `;
    for (;;) {
      const line = yield* this.#line(prompt);
      if (line === "") {
        if (preset === undefined) continue;
        yield* this.#say(`Using default value ${preset}\n`);
        return preset;
      }
      const match = /^([+-]?)\s*(\d+)\s*([kmgt]?)/i.exec(line);
      if (match === null) continue;
      const value = this.#value(match, base);
      if (value >= low && value <= high) return value;
      yield* this.#say("Value is out of range\n");
    }
  }

  #value([, sign = "", digits = "", suffix = ""]: RegExpExecArray, base: number): number {
    const n = Number(digits);
    if (sign === "") return n;
    const factor = UNITS[suffix.toLowerCase()];
    if (factor === undefined) return sign === "+" ? base + n : base - n;
    const units = Math.floor((n * factor) / (this.#table.sectorSize * this.#table.unit) + 0.5);
    return sign === "+" ? base + units - 1 : base - units;
  }

  /** The number of a partition that is there; undefined (told) when there is none. */
  *#existing(): Steps<number | undefined> {
    const all = [...this.#table.all()];
    if (all.length === 0) {
      yield* this.#say("No partition is defined yet!\n");
      return undefined;
    }
    const [only] = all;
    if (all.length === 1 && only !== undefined) {
      yield* this.#say(`Selected partition ${only[0]}\n`);
      return only[0];
    }
    return yield* this.#number(1, undefined, this.#table.count, 0, "Partition number");
  }

  /** The number of a free slot. */
  *#free(): Steps<number | undefined> {
    const free = [1, 2, 3, 4].filter((number) => this.#table.get(number) === undefined);
    const [only] = free;
    if (only === undefined) return undefined;
    if (free.length === 1) {
      yield* this.#say(`Selected partition ${only}\n`);
      return only;
    }
    const number = yield* this.#number(1, undefined, 4, 0, "Partition number");
    if (this.#table.get(number) !== undefined) {
      yield* this.#say(`Partition ${number} is already defined, delete it before re-adding\n`);
      return undefined;
    }
    return number;
  }

  get #menu(): string {
    return this.#table.gpt === undefined ? MENU : GPT_MENU;
  }

  // ---- commands -----------------------------------------------------------------------------------

  *newLabel(): Steps<void> {
    yield* this.#say(
      "Building a new DOS disklabel. Changes will remain in memory only,\n" +
        "until you decide to write them. After that the previous content\n" +
        "won't be recoverable.\n\n",
    );
    this.#table.clear();
  }

  *#new(): Steps<void> {
    const table = this.#table;
    const free = table.primary.filter((entry) => entry === undefined).length;
    if (free === 0) {
      if (table.extended !== undefined) return yield* this.#addLogical();
      return yield* this.#say(
        "You must delete some partition and add an extended partition first\n",
      );
    }
    const other = table.extended === undefined ? "e   extended" : "l   logical (5 or over)";
    for (;;) {
      const prompt = `Partition type\n   p   primary partition (1-4)\n   ${other}\n`;
      const c = yield* this.#letter(prompt);
      if (c === "p" || (c === "e" && table.extended === undefined)) {
        const number = yield* this.#free();
        if (number !== undefined) yield* this.#add(number, c === "p" ? LINUX : EXTENDED);
        return;
      }
      if (c === "l" && table.extended !== undefined) return yield* this.#addLogical();
      yield* this.#say(`Invalid partition number for type '${c}'\n`);
    }
  }

  *#addLogical(): Steps<void> {
    if (this.#table.logical.length >= MAX_LOGICAL) {
      return yield* this.#say("The maximum number of partitions has been created\n");
    }
    yield* this.#add(5 + this.#table.logical.length, LINUX);
  }

  /** The ranges that are taken, as far as the new partition is concerned. */
  #taken(logical: boolean): { first: number; last: number }[] {
    const table = this.#table;
    const taken: { first: number; last: number }[] = [];
    for (const [number, { start, size }] of table.all()) {
      if (logical !== number > 4) continue;
      // Whole units are taken.
      const first = table.inCylinders ? (table.inUnits(start) - 1) * table.unit : start;
      taken.push({ first, last: start + size - 1 + (logical ? table.offset : 0) });
    }
    return taken;
  }

  *#add(number: number, type: number): Steps<void> {
    const table = this.#table;
    const logical = number > 4;
    const { extended } = table;
    const taken = this.#taken(logical);
    let limit = table.inCylinders ? table.cylinderSectors * table.cylinders - 1 : table.total - 1;
    let start = table.offset;
    if (logical && extended !== undefined) {
      limit = extended.start + extended.size - 1;
      start = extended.start + table.offset;
    }
    const skip = (from: number): number => {
      let at = from;
      for (let moved = true; moved; ) {
        moved = false;
        for (const { first, last } of taken) {
          if (at < first || at > last) continue;
          at = last + 1;
          moved = true;
        }
      }
      return at;
    };
    const first = `First ${table.unitName}`;
    for (;;) {
      start = skip(start);
      if (start > limit) return yield* this.#say("No free sectors available\n");
      const low = start;
      const shown = table.inUnits(low);
      const given = yield* this.#number(shown, shown, table.inUnits(limit), 0, first);
      start = table.inCylinders ? Math.max(low, (given - 1) * table.unit) : given;
      if (skip(start) === start) break;
      yield* this.#say(`Sector ${start} is already allocated\n`);
    }
    for (const each of taken) {
      if (start < each.first && limit >= each.first) {
        limit = each.first - 1 - (logical ? table.offset : 0);
      }
    }
    if (start > limit) return yield* this.#say("No free sectors available\n");
    let stop = limit;
    const [from, to] = [table.inUnits(start), table.inUnits(limit)];
    if (from !== to) {
      const last = `Last ${table.unitName} or +size{,K,M,G,T}`;
      const given = yield* this.#number(from, to, to, from, last);
      stop = table.inCylinders ? Math.min(limit, given * table.unit - 1) : given;
    }
    const entry = table.entry(start, stop, type, logical ? start - table.offset : 0);
    if (logical) table.logical.push(entry);
    else table.primary[number - 1] = entry;
  }

  *#type(): Steps<void> {
    const table = this.#table;
    const number = yield* this.#existing();
    if (number === undefined) return;
    const entry = table.get(number);
    if (entry === undefined) return yield* this.#say(`Partition ${number} does not exist yet!\n`);
    let type: number;
    for (;;) {
      const line = yield* this.#line("Hex code (type L to list codes): ");
      if (/^l/i.test(line)) {
        yield* this.#say(fdiskTypesText());
        continue;
      }
      if (!/^[0-9a-f]{1,2}$/i.test(line)) continue;
      type = Number.parseInt(line, 16);
      break;
    }
    if (isExtendedType(type) !== isExtendedType(entry.type)) {
      return yield* this.#say("You cannot change a partition into an extended one or vice versa\n");
    }
    if (type === entry.type) return;
    if (type === 0) {
      yield* this.#say(
        "Type 0 means free space to many systems\n(but not to Linux). Having partitions of\ntype 0 is probably unwise.\n",
      );
    }
    entry.type = type;
    yield* this.#say(
      `Changed system type of partition ${number} to ${type.toString(16)} (${fdiskTypeName(type)})\n`,
    );
  }

  *#toggle(): Steps<void> {
    const number = yield* this.#number(1, undefined, this.#table.count, 0, "Partition number");
    const entry = this.#table.get(number);
    if (entry === undefined) return;
    if (isExtendedType(entry.type) && entry.flag === 0) {
      yield* this.#say(`WARNING: Partition ${number} is an extended partition\n`);
    }
    entry.flag = entry.flag === 0 ? 0x80 : 0;
  }

  /** Writes and ends the program. */
  *#write(): Steps<never> {
    const table = this.#table;
    try {
      yield* table.write();
    } catch (e) {
      dieErrno("can't write", e);
    }
    yield* this.#say(
      "The partition table has been altered.\nCalling ioctl() to re-read partition table\n",
    );
    try {
      yield* settle(table.sys.ioctl(table.fd, BLKRRPART));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      die(`WARNING: rereading partition table failed, kernel still uses old table: ${strerror(e)}`);
    }
    throw new Exit(0);
  }

  *#delete(): Steps<void> {
    const number = yield* this.#existing();
    if (number !== undefined) this.#table.remove(number);
  }

  /** Cylinders beyond what old programs can count. */
  *warnGeometry(): Steps<void> {
    const { cylinders } = this.#table;
    if (cylinders <= 1024 || this.#table.gpt !== undefined) return;
    yield* this.#say(
      `\nThe number of cylinders for this disk is set to ${cylinders}.\n` +
        "There is nothing wrong with that, but this is larger than 1024,\n" +
        "and could in certain setups cause problems with:\n" +
        "1) software that runs at boot time (e.g., old versions of LILO)\n" +
        "2) booting and partitioning software from other OSs\n" +
        "   (e.g., DOS FDISK, OS/2 FDISK)\n",
    );
  }

  /** The main menu; it ends with the program. */
  *run(): Steps<number> {
    const table = this.#table;
    for (;;) {
      yield* this.#say("\n");
      const c = yield* this.#letter("Command (m for help): ");
      switch (c) {
        case "a":
          if (table.gpt !== undefined) yield* this.#say("a: unknown command\n");
          else yield* this.#toggle();
          break;
        case "c":
          table.dosCompatible = !table.dosCompatible;
          yield* this.#say(`DOS Compatibility flag is ${table.dosCompatible ? "" : "not "}set\n`);
          break;
        case "d":
          yield* this.#delete();
          break;
        case "l":
          yield* this.#say(fdiskTypesText());
          break;
        case "m":
          yield* this.#say(this.#menu);
          break;
        case "n":
          yield* this.#new();
          break;
        case "o":
          yield* this.newLabel();
          break;
        case "p":
          yield* this.#say(listText(table));
          break;
        case "q":
          yield* this.#say("\n");
          return 0;
        case "t":
          yield* this.#type();
          break;
        case "u":
          table.inCylinders = !table.inCylinders;
          yield* this.#say(`Changing display/entry units to ${table.unitName}s\n`);
          break;
        case "v":
          yield* this.#say(verifyText(table));
          break;
        case "w":
          yield* this.#write();
          break;
        case "x":
          if ((yield* this.#expert()) !== undefined) return 0;
          break;
        case "b":
          yield* this.#say(`There is no *BSD partition on ${table.device}\n`);
          break;
        // Labels of other systems are not made here.
        case "s":
          yield* this.#say("Sun disklabels cannot be made\n");
          break;
        default:
          yield* this.#say(`${c}: unknown command\n${this.#menu}`);
      }
    }
  }

  /** The expert menu; undefined: back to the main one. */
  *#expert(): Steps<number | undefined> {
    const table = this.#table;
    for (;;) {
      yield* this.#say("\n");
      const c = yield* this.#letter("Expert command (m for help): ");
      switch (c) {
        case "b":
          yield* this.#moveBegin();
          break;
        case "c":
          table.cylinders = yield* this.#number(
            1,
            table.cylinders,
            1048576,
            0,
            "Number of cylinders",
          );
          break;
        case "d":
          yield* this.#say(rawText(table));
          break;
        case "e":
          yield* this.#say(expertText(table, true));
          break;
        case "f":
          yield* this.#say(table.sort() ? "Done\n" : "Ordering is already correct\n\n");
          break;
        case "h":
          table.heads = yield* this.#number(1, table.heads, 256, 0, "Number of heads");
          break;
        case "m":
          yield* this.#say(EXPERT_MENU);
          break;
        case "p":
          yield* this.#say(expertText(table, false));
          break;
        case "q":
          yield* this.#say("\n");
          return 0;
        case "r":
          return undefined;
        case "s":
          table.sectors = yield* this.#number(1, table.sectors, 63, 0, "Number of sectors");
          if (table.dosCompatible)
            yield* this.#say("Warning: setting sector offset for DOS compatibility\n");
          break;
        case "v":
          yield* this.#say(verifyText(table));
          break;
        case "w":
          yield* this.#write();
          break;
        case "g":
          yield* this.#say("SGI disklabels cannot be made\n");
          break;
        default:
          yield* this.#say(`${c}: unknown command\n${EXPERT_MENU}`);
      }
    }
  }

  *#moveBegin(): Steps<void> {
    const table = this.#table;
    const number = yield* this.#number(1, undefined, table.count, 0, "Partition number");
    const entry: DosEntry | undefined = table.get(number);
    if (entry === undefined || isExtendedType(entry.type)) {
      return yield* this.#say(`Partition ${number} has no data area\n`);
    }
    const end = entry.start + entry.size - 1;
    const low = number > 4 ? entry.table : 0;
    const begin = yield* this.#number(low, entry.start, end, entry.start, "New beginning of data");
    if (begin === entry.start) return;
    entry.size = end - begin + 1;
    entry.start = begin;
    const answer = yield* this.#letter("Recalculate C/H/S values? (Y/N): ");
    if (answer === "y") entry.first = table.chs(begin);
  }
}

/** -l of one disk; a message when it cannot be opened. */
function* list(p: Process, device: string, given: Geometry, cylinders: boolean): Steps<void> {
  let fd: number;
  try {
    fd = yield* settle(open(p.sys, device, O_RDONLY));
  } catch (e) {
    yield* p.warn(`can't open '${device}'`, e);
    return;
  }
  const table = yield* FdiskTable.open(p.sys, device, fd, given);
  table.inCylinders = cylinders;
  let out = "";
  if (table.tooLarge) yield* tooLarge(p);
  if (table.gpt !== undefined)
    out = `Found valid GPT with protective MBR; using GPT\n\n${listText(table)}`;
  else if (table.found) out = listText(table);
  else out = `${headText(table)}Disk ${device} doesn't contain a valid partition table\n`;
  const w = p.stdout.puts(out);
  if (w) yield* w;
  p.sys.close(fd);
}

function* tooLarge(p: Process): Steps<void> {
  yield* p.warnx("device has more than 2^32 sectors, can't use all of them");
}

/** Whole disks of /proc/partitions. */
function* allDisks(p: Process): Steps<string[]> {
  const text = (yield* readText(p.sys, "/proc/partitions", 1 << 20)) ?? "";
  const names = [...text.matchAll(/^\s*\d+\s+\d+\s+\d+\s+(\S+)$/gm)].map((m) => m[1] as string);
  const whole = names.filter((name) => {
    const disk = /^(.*?[^\d])p?\d+$/.exec(name)?.[1];
    return (
      disk === undefined ||
      !names.some((other) => other === disk || other === disk.replace(/p$/, ""))
    );
  });
  return whole.map((name) => `/dev/${name}`);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "b:C:H:lS:u");
  const number = (key: string, low: number, high: number): number | undefined =>
    opt.has(key) ? xatouRange(opt.get(key) as string, low, high) : undefined;
  if (opt.has("C")) xatou(opt.get("C") as string);
  const given: Geometry = {
    heads: number("H", 1, 256),
    sectors: number("S", 1, 63),
    sectorSize: undefined,
  };
  if (opt.has("b")) {
    const size = xatou(opt.get("b") as string);
    if (![512, 1024, 2048, 4096].includes(size)) p.usageError();
    given.sectorSize = size;
  }
  // -u was the way to sectors when cylinders were the rule.
  if (opt.has("l")) {
    const devices = opt.operands.length > 0 ? opt.operands : yield* allDisks(p);
    for (const device of devices) yield* list(p, device, given, false);
    return 0;
  }
  const [device = ""] = opt.operands;
  if (opt.operands.length !== 1) p.usageError();
  let fd: number;
  try {
    fd = yield* settle(open(p.sys, device, O_RDWR));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    try {
      fd = yield* settle(open(p.sys, device, O_RDONLY));
    } catch (again) {
      if (!(again instanceof Errno)) throw again;
      return die(`can't open '${device}'`);
    }
    yield* p.warnx(`'${device}' is opened for read only`);
  }
  const table = yield* FdiskTable.open(p.sys, device, fd, given);
  const dialogue = new Dialogue(p, table);
  if (table.tooLarge) yield* tooLarge(p);
  if (table.gpt !== undefined) {
    const w = p.stdout.puts("Found valid GPT with protective MBR; using GPT\n\n");
    if (w) yield* w;
  } else if (!table.found) {
    const w = p.stdout.puts(
      "Device contains neither a valid DOS partition table, nor Sun, SGI, OSF or GPT disklabel\n",
    );
    if (w) yield* w;
    yield* dialogue.newLabel();
  }
  for (const warning of table.warnings) {
    const w = p.stdout.puts(`${warning}\n`);
    if (w) yield* w;
  }
  yield* dialogue.warnGeometry();
  return yield* dialogue.run();
}

export const fdisk: Applet = {
  name: "fdisk",
  path: "/sbin/fdisk",
  usage: `[-ul] [-C CYLINDERS] [-H HEADS] [-S SECTORS] [-b SSZ] DISK

Change the partitions of a disk

	-u		Count in sectors
	-l		List the partitions of each DISK and end
	-b SSZ		Sectors have SSZ bytes
	-C CYLINDERS	Number of cylinders, heads, sectors
	-H HEADS
	-S SECTORS
`,
  main,
};
