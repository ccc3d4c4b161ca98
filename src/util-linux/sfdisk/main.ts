// sfdisk: partition tables from scripts (sfdisk(8) of util-linux)
import { EBUSY, Errno } from "../../abi/errno.ts";
import type { Program, Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import type { Partition, PartitionTable } from "../../lib/partition-table.ts";
import { dosTypes, gptTypes } from "../../lib/partition-types.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { die, dieErrno, Process, runMain } from "../../libc/process.ts";
import { readAll, readText } from "../../libc/unistd.ts";
import { Applier, ApplyError } from "./apply.ts";
import { attributesText, parseAttributes } from "./attributes.ts";
import { DiskFile } from "./disk.ts";
import { typeOf } from "./script.ts";
import {
  diskText,
  dumpText,
  freeText,
  jsonText,
  labelText,
  listText,
  partitionsText,
  verifyText,
} from "./show.ts";

const MAX_SCRIPT = 1 << 20;
const TRY = "Try 'sfdisk --help' for more information.\n";

const HELP = `
Usage:
 sfdisk [options] <dev> [[-N] <part>]
 sfdisk [options] <command>

Make or change a partition table from a script on standard input.

Commands:
 -A, --activate <dev> [<part> ...] list or set bootable MBR partitions
 -d, --dump <dev>                  print the table as a script
 -J, --json <dev>                  print the table as JSON
 -g, --show-geometry [<dev> ...]   print cylinders, heads and sectors
 -l, --list [<dev> ...]            list the partitions of disks
 -F, --list-free [<dev> ...]       list what is free on disks
 -r, --reorder <dev>               number partitions in the order of their places
 -s, --show-size [<dev> ...]       print sizes in blocks of 1024 bytes
 -T, --list-types                  list the types there are (see -X)
 -V, --verify [<dev> ...]          check whether tables are right
     --delete <dev> [<part> ...]   delete all partitions, or some

 --part-label <dev> <part> [<str>] print or change a partition's name
 --part-type <dev> <part> [<type>] print or change a partition's type
 --part-uuid <dev> <part> [<uuid>] print or change a partition's UUID
 --part-attrs <dev> <part> [<str>] print or change a partition's attributes
 --disk-id <dev> [<str>]           print or change the table's identifier

Options:
 -a, --append              add to the partitions that are there
 -f, --force               make no checks
 -N, --partno <num>        change this partition
 -n, --no-act              do everything but write
     --no-reread           do not look whether the disk is in use
     --no-tell-kernel      do not tell the kernel
 -q, --quiet               tell nothing but errors
 -w, --wipe <mode>         wipe what else is on the disk (auto, always, never)
 -W, --wipe-partitions <mode>  wipe what is in new partitions
 -X, --label <name>        kind of table (dos, gpt)
 -h, --help                this text
 -v, --version             the version
`;

const LONG: Readonly<Record<string, string>> = {
  activate: "A",
  append: "a",
  backup: "b",
  color: "color::",
  delete: "delete",
  "disk-id": "diskid",
  dump: "d",
  force: "f",
  help: "h",
  json: "J",
  label: "X",
  "label-nested": "Y",
  list: "l",
  "list-free": "F",
  "list-types": "T",
  lock: "lock::",
  "no-act": "n",
  "no-reread": "noreread",
  "no-tell-kernel": "notell",
  output: "o",
  partno: "N",
  "part-attrs": "partattrs",
  "part-label": "partlabel",
  "part-type": "parttype",
  "part-uuid": "partuuid",
  quiet: "q",
  reorder: "r",
  "show-geometry": "g",
  "show-size": "s",
  verify: "V",
  version: "v",
  wipe: "w",
  "wipe-partitions": "W",
};

class Sfdisk {
  readonly #p: Process;
  readonly #opt: Options;
  readonly #quiet: boolean;

  constructor(p: Process, opt: Options) {
    this.#p = p;
    this.#opt = opt;
    this.#quiet = opt.has("q");
  }

  *#say(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }
  *#tell(text: string): Steps<void> {
    if (!this.#quiet) yield* this.#say(text);
  }

  *#open(path: string | undefined, write: boolean): Steps<DiskFile> {
    if (path === undefined) die("no disk device specified");
    try {
      return yield* DiskFile.open(this.#p.sys, path, write && !this.#opt.has("n"));
    } catch (e) {
      return dieErrno(`cannot open ${path}`, e);
    }
  }

  /** The disks that are meant, all of the machine when none is named. */
  *#paths(): Steps<string[]> {
    const { operands } = this.#opt;
    if (operands.length > 0) return operands;
    const text = (yield* readText(this.#p.sys, "/proc/partitions", 1 << 20)) ?? "";
    const names = [...text.matchAll(/^\s*\d+\s+\d+\s+\d+\s+(\S+)$/gm)].map((m) => m[1] as string);
    return names.filter((name) => !isPartition(name, names)).map((name) => `/dev/${name}`);
  }

  /** For each disk; those that cannot be opened are told. */
  *#each(action: (disk: DiskFile, i: number) => Steps<void>): Steps<number> {
    let status = 0;
    let i = 0;
    const paths = yield* this.#paths();
    for (const path of paths) {
      let disk: DiskFile;
      try {
        disk = yield* DiskFile.open(this.#p.sys, path, false);
      } catch (e) {
        yield* this.#p.warn(`cannot open ${path}`, e);
        status = 1;
        continue;
      }
      yield* action(disk, i++);
      this.#p.sys.close(disk.fd);
    }
    return status;
  }

  #table(disk: DiskFile): PartitionTable {
    return disk.table ?? die(`${disk.path}: does not contain a recognized partition table`);
  }

  #partition(disk: DiskFile, text: string | undefined): Partition {
    if (text === undefined || !/^\d+$/.test(text)) die("failed to parse partition number");
    const found = this.#table(disk).partitions.find(({ number }) => number === Number(text));
    return found ?? die(`${disk.path}: partition ${text}: partition is unused`);
  }

  *run(): Steps<number> {
    const opt = this.#opt;
    const [path] = opt.operands;
    if (opt.has("l")) {
      const gap = (i: number): string => (i === 0 ? "" : "\n\n");
      return yield* this.#each((disk, i) => this.#say(gap(i) + listText(disk)));
    }
    if (opt.has("F")) {
      return yield* this.#each((disk, i) => this.#say((i === 0 ? "" : "\n") + freeText(disk)));
    }
    if (opt.has("s")) return yield* this.#sizes();
    if (opt.has("g")) {
      return yield* this.#each((disk) => {
        const cylinders = Math.floor(disk.total / 255 / 63);
        return this.#say(`${disk.path}: ${cylinders} cylinders, 255 heads, 63 sectors/track\n`);
      });
    }
    if (opt.has("V")) return yield* this.#verify();
    if (opt.has("T")) return yield* this.#types();
    if (opt.has("d") || opt.has("J")) {
      const disk = yield* this.#open(path, false);
      const table = this.#table(disk);
      yield* this.#say(opt.has("d") ? dumpText(disk, table) : jsonText(disk, table));
      return 0;
    }
    if (opt.has("A")) return yield* this.#activate();
    if (opt.has("delete")) return yield* this.#delete();
    if (opt.has("r")) return yield* this.#reorder();
    if (opt.has("diskid")) return yield* this.#diskId();
    for (const name of ["label", "type", "uuid", "attrs"] as const) {
      if (opt.has(`part${name}`)) return yield* this.#property(name);
    }
    return yield* this.#apply();
  }

  *#sizes(): Steps<number> {
    let total = 0;
    let count = 0;
    const status = yield* this.#each(
      function* (this: Sfdisk, disk: DiskFile): Steps<void> {
        const blocks = Math.floor(disk.bytes / 1024);
        total += blocks;
        count++;
        const name = this.#opt.operands.length === 1 ? "" : `${disk.path}: `;
        yield* this.#say(`${name}${name === "" ? blocks : String(blocks).padStart(9)}\n`);
      }.bind(this),
    );
    if (count > 1) yield* this.#say(`total: ${total} blocks\n`);
    return status;
  }

  *#verify(): Steps<number> {
    let failed = 0;
    const status = yield* this.#each(
      function* (this: Sfdisk, disk: DiskFile): Steps<void> {
        if (disk.table === undefined) return;
        const { text, errors } = verifyText(disk, disk.table);
        if (errors > 0) failed = 1;
        yield* this.#say(text);
      }.bind(this),
    );
    return status || failed;
  }

  *#types(): Steps<number> {
    const gpt = this.#opt.get("X") === "gpt";
    const types = gpt ? gptTypes() : dosTypes();
    let out = "Id  Name\n\n";
    for (const [code, name] of types) out += `${code.padStart(2)}  ${name}\n`;
    yield* this.#say(out);
    return 0;
  }

  /** Writes what was changed and tells. */
  *#commit(disk: DiskFile): Steps<number> {
    if (this.#opt.has("n")) {
      yield* this.#tell("The partition table is unchanged (--no-act).\n");
      return 0;
    }
    try {
      yield* disk.write();
    } catch (e) {
      dieErrno(`${disk.path}: failed to write disk label`, e);
    }
    yield* this.#tell("\nThe partition table has been altered.\n");
    if (disk.isBlock && !this.#opt.has("notell")) {
      yield* this.#tell("Calling ioctl() to re-read partition table.\n");
      const failure = yield* disk.reread();
      if (failure !== undefined) {
        yield* this.#p.warn("Re-reading the partition table failed.", failure);
      }
    }
    yield* this.#tell("Syncing disks.\n");
    return 0;
  }

  *#activate(): Steps<number> {
    const [path, ...parts] = this.#opt.operands;
    const disk = yield* this.#open(path, parts.length > 0);
    const { table } = disk;
    if (table?.label !== "dos") die("toggle boot flags is supported for MBR or PMBR only");
    if (parts.length === 0) {
      const active = table.partitions.filter(({ bootable }) => bootable === true);
      for (const { number } of active) yield* this.#say(`${disk.node(number)}\n`);
      return 0;
    }
    const wanted = parts.join() === "-" ? [] : parts.map((text) => this.#partition(disk, text));
    for (const partition of table.partitions) {
      const on = wanted.includes(partition);
      if (on === (partition.bootable === true)) continue;
      partition.bootable = on;
      const state = on ? "enabled" : "disabled";
      yield* this.#tell(`The bootable flag on partition ${partition.number} is ${state} now.\n`);
    }
    return yield* this.#commit(disk);
  }

  *#delete(): Steps<number> {
    const [path, ...parts] = this.#opt.operands;
    const disk = yield* this.#open(path, true);
    const { table } = disk;
    if (table === undefined) return 1;
    const gone = parts.map((text) => this.#partition(disk, text));
    table.partitions =
      parts.length === 0 ? [] : table.partitions.filter((each) => !gone.includes(each));
    return yield* this.#commit(disk);
  }

  *#reorder(): Steps<number> {
    const disk = yield* this.#open(this.#opt.operands[0], true);
    const table = this.#table(disk);
    const primary = table.partitions
      .filter(({ number }) => number <= 4 || table.label === "gpt")
      .sort((a, b) => a.start - b.start);
    primary.forEach((partition, i) => {
      partition.number = i + 1;
    });
    return yield* this.#commit(disk);
  }

  *#diskId(): Steps<number> {
    const [path, id] = this.#opt.operands;
    const disk = yield* this.#open(path, id !== undefined);
    const table = this.#table(disk);
    if (id === undefined) {
      yield* this.#say(`${table.id}\n`);
      return 0;
    }
    const right =
      table.label === "dos"
        ? /^(?:0x)?[0-9a-f]{1,8}$/i
        : /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
    if (!right.test(id)) die(`${disk.path}: failed to set disklabel ID`);
    const old = table.id;
    table.id =
      table.label === "dos"
        ? `0x${id.replace(/^0x/i, "").toLowerCase().padStart(8, "0")}`
        : id.toUpperCase();
    yield* this.#tell(`\nDisk identifier changed from ${old} to ${table.id}.\n`);
    return yield* this.#commit(disk);
  }

  *#property(name: "label" | "type" | "uuid" | "attrs"): Steps<number> {
    const [path, part, value] = this.#opt.operands;
    const disk = yield* this.#open(path, value !== undefined);
    const table = this.#table(disk);
    if (name !== "type" && table.label !== "gpt") die(`${disk.path}: not found disk label driver`);
    const partition = this.#partition(disk, part);
    if (value === undefined) {
      const { name: label = "", type, uuid = "", attrs = 0n } = partition;
      const text = { label, type, uuid, attrs: attributesText(attrs) }[name];
      if (text !== "") yield* this.#say(`${text}\n`);
      return 0;
    }
    if (name === "type") {
      partition.type =
        typeOf(table.label, value) ??
        die(`failed to parse ${table.label} partition type '${value}'`);
    } else if (name === "label") partition.name = value;
    else if (name === "uuid") partition.uuid = value.toUpperCase();
    else {
      partition.attrs =
        parseAttributes(value) ??
        die(`${disk.path}: partition ${partition.number}: failed to set partition attributes`);
    }
    return yield* this.#commit(disk);
  }

  /** Ends the program when a partition of the disk is in use. */
  *#checkUse(disk: DiskFile): Steps<void> {
    const p = this.#p;
    yield* this.#tell("Checking that no-one is using this disk right now ...");
    const asks = disk.isBlock && !this.#opt.has("noreread");
    if (!asks || (yield* disk.reread()) !== EBUSY) {
      yield* this.#tell(" OK\n");
      return;
    }
    yield* this.#tell(" FAILED\n\n");
    const f = p.stdout.flush();
    if (f) yield* f;
    const w = p.stderr.puts(
      "This disk is currently in use - repartitioning is probably a bad idea.\n" +
        "Umount all file systems, and swapoff all swap partitions on this disk.\n" +
        "Use the --no-reread flag to suppress this check.\n\n",
    );
    if (w) yield* w;
    if (!this.#opt.has("f")) die("Use the --force flag to overrule all checks.");
  }

  *#apply(): Steps<number> {
    const p = this.#p;
    const opt = this.#opt;
    const [path, part] = opt.operands;
    const label = opt.get("X");
    if (label !== undefined && label !== "dos" && label !== "gpt" && label !== "mbr")
      die(`unsupported label '${label}'`);
    const disk = yield* this.#open(path, true);
    const partText = opt.get("N") ?? part;
    if (partText !== undefined && !/^\d+$/.test(partText)) die("failed to parse partition number");
    const partno = partText === undefined ? undefined : Number(partText);
    if ((partno !== undefined || opt.has("a")) && disk.table === undefined && partno !== undefined)
      die(`${disk.path}: cannot modify partition ${partno}: no partition table was found`);
    const act = !opt.has("n");
    if (act) yield* this.#checkUse(disk);
    const had = disk.table !== undefined;
    yield* this.#tell(`${act ? "\n" : ""}${diskText(disk, true)}\n`);
    if (had) {
      const rows = partitionsText(disk);
      yield* this.#tell(`Old situation:\n\n${rows}${rows === "" ? "" : "\n"}`);
    }
    const applier = new Applier(p, disk, {
      quiet: this.#quiet,
      append: opt.has("a"),
      partno,
      label: label === undefined ? undefined : label === "gpt" ? "gpt" : "dos",
      wipePartitions: opt.get("W") === "always",
    });
    const script = strOf(yield* readAll(p.sys, 0, MAX_SCRIPT));
    try {
      yield* applier.run(script);
    } catch (e) {
      if (!(e instanceof ApplyError)) throw e;
      yield* this.#tell("\nNew situation:\nLeaving.\n\n");
      const f = p.stdout.flush();
      if (f) yield* f;
      if (e.message !== "") {
        const w = p.stderr.puts(`${e.message}\n`);
        if (w) yield* w;
        return 1;
      }
      return 0;
    }
    const { table } = disk;
    const rows = partitionsText(disk);
    if (table !== undefined) {
      yield* this.#tell(`\nNew situation:\n${labelText(table)}${rows === "" ? "" : `\n${rows}`}`);
    }
    if (act && opt.get("W") === "always") {
      for (const { start, size } of applier.added) yield* disk.wipe(start, size);
    }
    return yield* this.#commit(disk);
  }
}

/** "vda1" is one when there is a "vda". */
function isPartition(name: string, all: readonly string[]): boolean {
  const match = /^(.*?)p?\d+$/.exec(name);
  if (match === null) return false;
  const [, disk = ""] = match;
  return all.some((other) => other === disk && other !== name);
}

function* main(p: Process): Steps<number> {
  p.usage = TRY;
  const opt = getopt(p, "aAbcdfFgGhJlLo:O:nN:qrsTu:vVX:Y:w:W:", { long: LONG });
  if (opt.has("h")) {
    const w = p.stdout.puts(HELP);
    if (w) yield* w;
    return 0;
  }
  if (opt.has("v")) {
    const w = p.stdout.puts("sfdisk from util-linux 2.40.1\n");
    if (w) yield* w;
    return 0;
  }
  for (const key of ["w", "W"]) {
    const mode = opt.get(key);
    if (mode !== undefined && !["auto", "always", "never"].includes(mode))
      die("unsupported wipe mode");
  }
  try {
    return yield* new Sfdisk(p, opt).run();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return dieErrno(opt.operands[0] ?? "sfdisk", e);
  }
}

/** The program. */
export const sfdisk: Program = (sys, argv, envp) => {
  const p = new Process(sys, argv, envp);
  p.progname = "sfdisk";
  return runMain(p, main);
};
