// A script applied to a disk: labels made, partitions added or changed (sfdisk(8)).
import { EINVAL, ENOSPC, ERANGE, Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { GPT_ENTRIES, guidText, isExtended, type Partition } from "../../lib/partition-table.ts";
import type { Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import type { DiskFile, Gap } from "./disk.ts";
import { ScriptError, type ScriptLine, ScriptReader } from "./script.ts";
import { sizeText, typeName } from "./show.ts";

/** What the command line says. */
export interface ApplyOptions {
  quiet: boolean;
  append: boolean;
  /** -N. */
  partno: number | undefined;
  /** -X. */
  label: "dos" | "gpt" | undefined;
  /** -W always. */
  wipePartitions: boolean;
}

/** The script is not applied. */
export class ApplyError extends Error {}

const DEFAULT_TYPE = { dos: "83", gpt: "0FC63DAF-8483-4772-8E79-3D69D8477DE4" } as const;
/** The largest disk of an MBR: bytes. */
const DOS_LIMIT = 2 ** 32 * 512;

function reason(e: Errno): string {
  return e === ERANGE ? "Numerical result out of range" : strerror(e);
}

export class Applier {
  readonly #p: Process;
  readonly #disk: DiskFile;
  readonly #options: ApplyOptions;
  readonly #header: { label?: "dos" | "gpt"; id?: string } = {};
  /** A label stands in the script or was made: lines are partitions of it. */
  #labelled = false;
  #next = 0;
  readonly added: Partition[] = [];

  constructor(p: Process, disk: DiskFile, options: ApplyOptions) {
    this.#p = p;
    this.#disk = disk;
    this.#options = options;
    this.#labelled = (options.append || options.partno !== undefined) && disk.table !== undefined;
  }

  *#say(text: string): Steps<void> {
    if (this.#options.quiet) return;
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  /** A random GUID, or a random number for an MBR. */
  #randomId(label: "dos" | "gpt"): string {
    const bytes = this.#p.sys.getrandom(16).slice();
    if (label === "dos") {
      return `0x${[...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
    }
    bytes[7] = ((bytes[7] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    return guidText(bytes, 0);
  }

  #labelName(): "dos" | "gpt" {
    const { label } = this.#header;
    if (label !== undefined) return label;
    const { label: given } = this.#options;
    if (given !== undefined) return given;
    return this.#disk.table?.label ?? (this.#disk.bytes > DOS_LIMIT ? "gpt" : "dos");
  }

  *#makeLabel(): Steps<void> {
    const label = this.#labelName();
    const id = this.#header.id ?? this.#randomId(label);
    this.#disk.table = this.#disk.newTable(label, id);
    this.#labelled = true;
    yield* this.#say(
      label === "dos"
        ? `Created a new DOS (MBR) disklabel with disk identifier ${id}.\n`
        : `Created a new GPT disklabel (GUID: ${id}).\n`,
    );
  }

  /** Where the prompt says the next partition goes. */
  #prompt(): string {
    if (!this.#labelled) return ">>> ";
    const { partno, append } = this.#options;
    // The first prompt of --append is one too far in the original too.
    const ahead = append && this.added.length === 0 ? 1 : 0;
    return `${this.#disk.node(partno ?? this.#number() + ahead)}: `;
  }

  /** The whole script. Throws ApplyError with what is said about it. */
  *run(script: string): Steps<void> {
    let count = 0;
    const lines = script.split("\n");
    if (lines.at(-1) === "") lines.pop();
    for (const text of lines) {
      count++;
      const line = text.trim();
      if (line === "" || line.startsWith("#")) continue;
      yield* this.#say(this.#prompt());
      if (line === "quit" || line === "abort") throw new ApplyError("");
      if (line === "write") break;
      try {
        if (!(yield* this.#headerLine(line))) {
          yield* this.#partitionLine(line);
          if (this.#options.partno !== undefined) return;
        }
      } catch (e) {
        if (e instanceof ScriptError) throw new ApplyError(`line ${count}: ${e.message}`);
        throw e;
      }
    }
    yield* this.#say(`${this.#prompt()}Done.\n`);
    if (!this.#labelled) yield* this.#makeLabel();
  }

  *#headerLine(line: string): Steps<boolean> {
    const match = /^([a-z-]+):\s*(.*)$/.exec(line);
    if (match === null) return false;
    const [, name = "", value = ""] = match;
    switch (name) {
      case "label":
        if (value !== "dos" && value !== "gpt" && value !== "mbr")
          throw new ScriptError("unsupported label");
        this.#header.label = value === "mbr" ? "dos" : value;
        break;
      case "label-id":
        this.#header.id = /^0x/i.test(value) ? value.toLowerCase() : value.toUpperCase();
        break;
      case "unit":
        if (value !== "sectors") throw new ScriptError("unsupported unit");
        break;
      case "device":
      case "first-lba":
      case "last-lba":
      case "table-length":
      case "sector-size":
      case "grain":
        break;
      default:
        return false;
    }
    yield* this.#say("Script header accepted.\n");
    return true;
  }

  *#partitionLine(text: string): Steps<void> {
    const fresh = !this.#labelled;
    if (fresh) yield* this.#makeLabel();
    const { table } = this.#disk;
    if (table === undefined) throw new ApplyError("");
    const { partno } = this.#options;
    let line: ScriptLine;
    try {
      line = new ScriptReader(table.label, this.#disk.sectorSize).line(text);
    } catch (e) {
      if (!(e instanceof ScriptError) || e.message !== "unsupported partition type") throw e;
      throw new ApplyError(`Failed to add #${this.#number()} partition: ${reason(EINVAL)}`);
    }
    if (fresh) yield* this.#say(`${this.#disk.node(line.number ?? this.#number(line))}: `);
    const old =
      partno === undefined ? undefined : table.partitions.find((p) => p.number === partno);
    if (old !== undefined) {
      this.#change(old, line);
      return;
    }
    let made: Partition;
    const number = partno ?? line.number ?? this.#number(line);
    try {
      made = this.#place(number, line);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      throw new ApplyError(`${this.#why}Failed to add #${number} partition: ${reason(e)}`);
    }
    table.partitions.push(made);
    this.added.push(made);
    const size = sizeText(made.size * this.#disk.sectorSize, false);
    yield* this.#say(
      `Created a new partition ${made.number} of type '${typeName(table, made.type)}' and of size ${size}.\n`,
    );
  }
  #why = "";

  /** -N of a partition that is there: what the line says is changed. */
  #change(old: Partition, line: ScriptLine): void {
    if (line.start !== undefined) old.start = line.start;
    if (line.size !== undefined) old.size = line.size;
    if (line.type !== undefined) old.type = line.type;
    if (line.bootable !== undefined && this.#disk.table?.label === "dos") {
      old.bootable = line.bootable;
    }
    if (line.uuid !== undefined) old.uuid = line.uuid;
    if (line.name !== undefined) old.name = line.name;
    if (line.attrs !== undefined) old.attrs = line.attrs;
  }

  /** The number that the next partition gets. */
  #number(line?: ScriptLine): number {
    const { table } = this.#disk;
    const taken = new Set(table?.partitions.map(({ number }) => number));
    const most = table?.label === "gpt" ? GPT_ENTRIES : 4;
    let number = Math.max(1, this.#next);
    while (taken.has(number)) number++;
    if (table?.label !== "dos") return Math.min(number, most);
    const extended = this.#disk.extended;
    // Inside an extended partition, or when there is no entry left: a logical one.
    const start = line?.start;
    const inside =
      extended !== undefined &&
      start !== undefined &&
      line?.startRelative !== true &&
      start >= extended.start &&
      start < extended.start + extended.size;
    if (number > 4 || inside) {
      number = 5;
      while (taken.has(number)) number++;
    }
    return number;
  }

  /** Finds the room that a line asks for. */
  #place(number: number, line: ScriptLine): Partition {
    const disk = this.#disk;
    const { table } = disk;
    if (table === undefined) throw EINVAL;
    const dos = table.label === "dos";
    this.#why = "";
    const logical = dos && number > 4;
    if (logical && disk.extended === undefined) throw EINVAL;
    if (!dos && number > GPT_ENTRIES) throw EINVAL;
    const gap = this.#gap(line, logical);
    const end = gap.start + gap.size;
    let start = gap.start;
    if (line.start !== undefined) {
      start = line.startRelative === true ? gap.start + line.start : line.start;
    }
    if (start < gap.start || start >= end) {
      this.#why = `Start sector ${start} out of range.\n`;
      throw ERANGE;
    }
    let size = Math.min(line.size ?? end - start, end - start);
    if (!dos && line.size === undefined) {
      // The last one ends where another could begin.
      const aligned = Math.floor((start + size) / disk.grain) * disk.grain;
      if (aligned > start) size = aligned - start;
    }
    const type = line.type ?? DEFAULT_TYPE[table.label];
    if (dos && isExtended(type) && (logical || disk.extended !== undefined)) throw EINVAL;
    return {
      number,
      start,
      size,
      type,
      ...(dos && line.bootable === true ? { bootable: true } : {}),
      ...(dos ? {} : { uuid: line.uuid ?? this.#randomId("gpt"), attrs: line.attrs ?? 0n }),
      ...(dos || line.name === undefined || line.name === "" ? {} : { name: line.name }),
      ...(logical ? { table: start - disk.grain } : {}),
    };
  }

  /** The free space a line means: the one its start is in, else the first that is large enough. */
  #gap(line: ScriptLine, logical: boolean): Gap {
    const disk = this.#disk;
    const { table } = disk;
    if (line.start !== undefined && line.startRelative !== true && table !== undefined) {
      return this.#gapAt(line.start, logical);
    }
    const gaps = disk.gaps(logical);
    const wanted = line.size ?? 1;
    const found =
      gaps.find(({ size }) => size >= wanted) ?? gaps.sort((a, b) => b.size - a.size)[0];
    if (found === undefined) throw ENOSPC;
    return found;
  }

  /** Around an explicit start nothing is aligned: everything up to the next partition. */
  #gapAt(start: number, logical: boolean): Gap {
    const disk = this.#disk;
    const { table } = disk;
    const extended = disk.extended;
    let first = table?.label === "gpt" ? table.firstLba : 1;
    let end = Math.min(table?.lastLba ?? 0, disk.total - 1) + 1;
    let used = table?.partitions.filter(({ number }) => number <= 4 || table.label === "gpt") ?? [];
    if (logical && extended !== undefined) {
      first = extended.start + 1;
      end = extended.start + extended.size;
      used = table?.partitions.filter(({ number }) => number > 4) ?? [];
    }
    for (const each of used) {
      if (each.start + each.size <= start) first = Math.max(first, each.start + each.size);
      else if (each.start > start) end = Math.min(end, each.start);
      else return { start: start + 1, size: 0 };
    }
    return { start: first, size: Math.max(0, end - first) };
  }
}
