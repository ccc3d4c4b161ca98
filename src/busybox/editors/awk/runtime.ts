// The state of a running awk program.

import { Errno } from "../../../abi/errno.ts";
import type { Steps, Sys } from "../../../abi/program.ts";
import { dieErrno, type Process } from "../../../libc/process.ts";
import { closeInput, openInput } from "../../libbb/inputs.ts";
import { AwkArray } from "./array.ts";
import { Formats } from "./format.ts";
import { unescapeString } from "./lex.ts";
import { Patterns } from "./patterns.ts";
import { Random } from "./random.ts";
import { AwkRecord, type Separator, separator } from "./record.ts";
import { type RecordEnd, RecordReader, Streams } from "./streams.ts";
import { Cell, fromOutside, toBoolean, toNumber, type Value } from "./value.ts";

/** Output gathered before it is written. */
const OUT_SIZE = 32768;

/** Thrown by `exit` within a function. */
export class AwkExit {}
/** Thrown by `next` and `nextfile` within a function. */
export class AwkNext {
  readonly file: boolean;
  constructor(file: boolean) {
    this.file = file;
  }
}

export class Runtime {
  readonly p: Process;
  readonly sys: Sys;
  readonly patterns: Patterns;
  readonly formats: Formats;
  readonly streams: Streams;
  readonly record: AwkRecord;
  readonly cells: Map<string, Cell> = new Map<string, Cell>();
  readonly arrays: Map<string, AwkArray> = new Map<string, AwkArray>();
  readonly convfmt: Cell;
  readonly ofmt: Cell;
  readonly ofs: Cell;
  readonly ors: Cell;
  readonly subsep: Cell;
  readonly rt: Cell;
  readonly #fs: Cell;
  readonly #rs: Cell;
  readonly #filename: Cell;
  readonly #icase: Cell;
  /** Text for standard output that is not handed on yet. */
  out = "";
  nr = 0;
  fnr = 0;
  /** Parameters and local variables of the function that runs. */
  frame: (Cell | AwkArray)[] = [];
  /** What `return` gave. */
  returned: Value;
  status = 0;
  random: Random = new Random(1);
  seed = 1;
  /** Function calls within one another. */
  depth = 0;
  #by: Separator = { type: "blanks" };
  #byFs: Value = " ";
  #byRs = "\n";
  #end: RecordEnd = { type: "char", char: "\n" };
  #endRs: Value = "\n";
  #byIcase = false;
  #reader: RecordReader | undefined;
  #argument = 1;
  #sawFile = false;
  #mainEnded = false;

  constructor(p: Process, utf8: boolean, fail: (message: string) => never) {
    this.p = p;
    this.sys = p.sys;
    this.patterns = new Patterns(utf8);
    this.formats = new Formats(fail);
    this.streams = new Streams(p);
    this.convfmt = this.cell("CONVFMT", "%.6g");
    this.ofmt = this.cell("OFMT", "%.6g");
    this.ofs = this.cell("OFS", " ");
    this.ors = this.cell("ORS", "\n");
    this.subsep = this.cell("SUBSEP", "\x1c");
    this.rt = this.cell("RT", "");
    this.#fs = this.cell("FS", " ");
    this.#rs = this.cell("RS", "\n");
    this.#filename = this.cell("FILENAME", undefined);
    this.#icase = this.cell("IGNORECASE", undefined);
    this.record = new AwkRecord(
      (v) => this.toStr(v),
      () => this.toStr(this.ofs.v),
    );
  }

  /** A global variable, made with this value if there is none. */
  cell(name: string, v?: Value): Cell {
    let cell = this.cells.get(name);
    if (cell === undefined) {
      cell = new Cell(v);
      this.cells.set(name, cell);
    }
    return cell;
  }

  array(name: string): AwkArray {
    let array = this.arrays.get(name);
    if (array === undefined) {
      array = new AwkArray();
      this.arrays.set(name, array);
    }
    return array;
  }

  // ---- values ------------------------------------------------------------------------------------

  numStr(n: number): string {
    // Small whole numbers are most numbers.
    if ((n | 0) === n) return String(n);
    return this.formats.number(n, this.#format(this.convfmt.v));
  }

  #format(v: Value): string {
    return typeof v === "string" ? v : typeof v === "number" ? String(v) : (v?.s ?? "");
  }

  toStr(v: Value): string {
    if (typeof v === "string") return v;
    if (typeof v === "number") return this.numStr(v);
    return v === undefined ? "" : v.s;
  }

  /** As print shows it. */
  outStr(v: Value): string {
    if (typeof v === "string") return v;
    if (typeof v === "number")
      return (v | 0) === v ? String(v) : this.formats.number(v, this.#format(this.ofmt.v));
    return v === undefined ? "" : v.s;
  }

  /** Case does not count now. */
  icase(): boolean {
    const v = this.#icase.v;
    if (v === undefined) return this.patterns.icase;
    this.patterns.icase = toBoolean(v);
    return this.patterns.icase;
  }

  // ---- records -----------------------------------------------------------------------------------

  #separator(): Separator {
    const rs = this.#rs.v;
    const paragraphs = rs === "" || (rs !== "\n" && this.toStr(rs) === "");
    if (
      this.#fs.v !== this.#byFs ||
      this.#byRs !== String(paragraphs) ||
      this.#byIcase !== this.patterns.icase
    ) {
      this.#byFs = this.#fs.v;
      this.#byRs = String(paragraphs);
      this.#byIcase = this.patterns.icase;
      this.#by = separator(this.toStr(this.#byFs), paragraphs, this.patterns);
    }
    return this.#by;
  }

  /** How split() splits without a separator of its own. */
  splitter(): Separator {
    return this.#separator();
  }

  setRecord(text: string): void {
    this.record.set(text, this.#separator());
  }

  assignField(i: number, v: Value): void {
    if (i === 0) this.record.set(this.toStr(v), this.#separator(), v ?? "");
    else this.record.assign(i, v);
  }

  recordEnd(): RecordEnd {
    const rs = this.#rs.v;
    if (rs === this.#endRs) return this.#end;
    this.#endRs = rs;
    const text = this.toStr(rs);
    if (text === "") this.#end = { type: "paragraph" };
    else if (text.length === 1) this.#end = { type: "char", char: text };
    else this.#end = { type: "regex", pattern: this.patterns.get(text) };
    return this.#end;
  }

  /** An operand "name=value" assigns. */
  assignment(operand: string): boolean {
    const m = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(operand);
    if (m === null) return false;
    this.assign(m[1] as string, fromOutside(unescapeString(m[2] as string)));
    return true;
  }

  assign(name: string, v: Value): void {
    if (name === "NR") this.nr = toNumber(v);
    else if (name === "FNR") this.fnr = toNumber(v);
    else if (name === "NF") this.record.setNf(toNumber(v));
    else this.cell(name).v = v;
  }

  /** Opens the next operand that is a file; false when there is none. */
  *#open(): Steps<boolean> {
    const argv = this.array("ARGV");
    for (;;) {
      const count = toNumber(this.cell("ARGC").v);
      if (this.#argument >= count) {
        if (this.#sawFile) return false;
        this.#sawFile = true;
        this.#reader = new RecordReader(this.p.stdin);
        return true;
      }
      const key = String(this.#argument++);
      const name = argv.has(key) ? this.toStr(argv.cell(key).v) : "";
      if (name === "" || this.assignment(name)) continue;
      this.#sawFile = true;
      try {
        this.#reader = new RecordReader(yield* openInput(this.p, name));
      } catch (e) {
        yield* this.flush();
        dieErrno(name, e);
      }
      this.#filename.v = name;
      this.fnr = 0;
      return true;
    }
  }

  /** The next record of the operands, if it is at hand. */
  tryMain(): string | undefined {
    const record = this.#reader?.next(this.recordEnd());
    return record === null ? undefined : record;
  }

  /** The next record of the operands, null at the end. */
  *main(): Steps<string | null> {
    while (!this.#mainEnded) {
      if (this.#reader === undefined && !(yield* this.#open())) break;
      const reader = this.#reader as RecordReader;
      const record = reader.next(this.recordEnd());
      if (record === undefined) {
        yield* this.flush();
        try {
          yield* reader.fill();
        } catch (e) {
          yield* this.p.warn(reader.input.name, e);
          this.skipFile();
        }
      } else if (record === null) this.skipFile();
      else {
        this.#separates(reader);
        return record;
      }
    }
    this.#mainEnded = true;
    return null;
  }

  #separates(reader: RecordReader): void {
    this.rt.v = reader.terminator;
  }

  /** Leaves the rest of the current file. */
  skipFile(): void {
    if (this.#reader !== undefined) closeInput(this.p, this.#reader.input);
    this.#reader = undefined;
  }

  /** A record of some other input: undefined on errors, null at the end. */
  *from(name: string, command: boolean): Steps<string | null | undefined> {
    const reader = yield* this.streams.input(name, command);
    if (reader === undefined) return undefined;
    try {
      return yield* reader.read(this.recordEnd());
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return undefined;
    }
  }

  // ---- output ------------------------------------------------------------------------------------

  /** Hands output on and, at the end of the time slice, the processor. */
  *pause(): Steps<void> {
    if (this.out.length > 0) {
      const w = this.p.stdout.puts(this.out);
      this.out = "";
      if (w) yield* w;
    }
    if (this.sys.budget < 0) yield* this.sys.sched_yield();
  }

  /** Is it time to pause? */
  busy(): boolean {
    return --this.sys.budget < 0 || this.out.length > OUT_SIZE;
  }

  /** Writes out what is buffered for standard output. */
  *flush(): Steps<void> {
    if (this.out.length > 0) {
      const w = this.p.stdout.puts(this.out);
      this.out = "";
      if (w) yield* w;
    }
    const f = this.p.stdout.flush();
    if (f) yield* f;
  }
}
