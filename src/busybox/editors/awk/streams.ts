// What an awk program reads from and writes to besides its standard streams: files and commands, by name.
import { Errno } from "../../../abi/errno.ts";
import { O_APPEND, O_CLOEXEC, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../../abi/program.ts";
import { WEXITSTATUS } from "../../../abi/signal.ts";
import { strOf } from "../../../lib/bytes.ts";
import { die, type Process } from "../../../libc/process.ts";
import { spawn, waitpid } from "../../../libc/spawn.ts";
import { Input, Output } from "../../../libc/stdio.ts";
import { strerror } from "../../../libc/strerror.ts";
import { open } from "../../../libc/unistd.ts";
import type { Pattern } from "./patterns.ts";

/** Longest record. */
const RECORD_MAX = 0x1000_0000;

/** Where a record ends. */
export type RecordEnd =
  | { readonly type: "char"; readonly char: string }
  | { readonly type: "paragraph" }
  | { readonly type: "regex"; readonly pattern: Pattern };

/** Cuts an input into records. */
export class RecordReader {
  readonly input: Input;
  #text = "";
  #at = 0;
  /** Up to here nothing has ended. */
  #seen = 0;
  #eof = false;
  /** What ended the record read last. */
  terminator = "";

  constructor(input: Input) {
    this.input = input;
  }

  /** The next record, null at the end; undefined when `fill` must be called first. */
  next(end: RecordEnd): string | null | undefined {
    if (end.type === "char") {
      const i = this.#text.indexOf(end.char, this.#seen);
      if (i >= 0) {
        const record = this.#text.slice(this.#at, i);
        this.#at = this.#seen = i + 1;
        this.terminator = end.char;
        return record;
      }
      return this.#rest("");
    }
    return end.type === "paragraph" ? this.#paragraph() : this.#byRegex(end.pattern);
  }

  /** What is left when the input has ended. */
  #rest(trim: string): string | null | undefined {
    this.#seen = this.#text.length;
    if (!this.#eof) return undefined;
    if (this.#at >= this.#text.length) return null;
    let record = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    this.terminator = "";
    if (trim !== "" && record.endsWith(trim)) record = record.slice(0, -1);
    return record;
  }

  #paragraph(): string | null | undefined {
    const s = this.#text;
    while (s[this.#at] === "\n") this.#at++;
    const i = s.indexOf("\n\n", Math.max(this.#at, this.#seen - 1));
    if (i < 0) return this.#rest("\n");
    const record = s.slice(this.#at, i);
    this.#at = this.#seen = i + 2;
    this.terminator = "\n\n";
    return record;
  }

  #byRegex(pattern: Pattern): string | null | undefined {
    const s = this.#text;
    const m = pattern.first(s, this.#at);
    // A match at the very end of what was read might go on.
    if (m === undefined || m[1] === m[0] || (m[1] === s.length && !this.#eof)) {
      return this.#rest("");
    }
    const record = s.slice(this.#at, m[0]);
    this.terminator = s.slice(m[0], m[1]);
    this.#at = this.#seen = m[1];
    return record;
  }

  *fill(): Steps<void> {
    let chunk = this.input.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) {
      this.#eof = true;
      return;
    }
    const rest = this.#text.slice(this.#at);
    this.#seen -= this.#at;
    this.#at = 0;
    this.#text = rest + strOf(chunk);
    if (this.#text.length > RECORD_MAX) die("out of memory");
  }

  *read(end: RecordEnd): Steps<string | null> {
    for (;;) {
      const record = this.next(end);
      if (record !== undefined) return record;
      yield* this.fill();
    }
  }
}

interface Stream {
  reader: RecordReader | undefined;
  output: Output | undefined;
  fd: number;
  /** The command at the other end, or -1. */
  pid: number;
}

/** Streams by name, and what was done last with each. */
export class Streams {
  readonly #p: Process;
  readonly #open = new Map<string, Stream>();

  constructor(p: Process) {
    this.#p = p;
  }

  /** Starts `sh -c command`; `end` is which of the pipe's ends (0 or 1) becomes the command's own. */
  *#command(command: string, end: 0 | 1): Steps<{ fd: number; pid: number }> {
    const { sys } = this.#p;
    yield* this.flush();
    const pipe = sys.pipe2(O_CLOEXEC);
    const pid = yield* spawn(this.#p, ["/bin/sh", "-c", command], (child) => {
      child.dup2(pipe[end], end);
    });
    sys.close(pipe[end]);
    return { fd: pipe[1 - end] as number, pid };
  }

  /** The stream to write to; dies when it cannot be opened. */
  *output(name: string, mode: ">" | ">>" | "|"): Steps<Output> {
    const known = this.#open.get(name);
    if (known?.output !== undefined) return known.output;
    const stream: Stream = { reader: undefined, output: undefined, fd: -1, pid: -1 };
    if (mode === "|") Object.assign(stream, yield* this.#command(name, 0));
    else if (name === "/dev/stdout" || name === "-") stream.output = this.#p.stdout;
    else if (name === "/dev/stderr") stream.output = this.#p.stderr;
    else {
      const flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode === ">" ? O_TRUNC : O_APPEND);
      try {
        let fd = open(this.#p.sys, name, flags);
        if (isSteps(fd)) fd = yield* fd;
        stream.fd = fd;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        die(`can't open '${name}': ${strerror(e)}`);
      }
    }
    stream.output ??= new Output(this.#p.sys, stream.fd);
    this.#open.set(name, stream);
    return stream.output;
  }

  /** The stream to read from; undefined when a file cannot be opened. */
  *input(name: string, command: boolean): Steps<RecordReader | undefined> {
    const known = this.#open.get(name);
    if (known?.reader !== undefined) return known.reader;
    const stream: Stream = { reader: undefined, output: undefined, fd: -1, pid: -1 };
    let input: Input;
    if (command) {
      Object.assign(stream, yield* this.#command(name, 1));
      input = new Input(this.#p.sys, stream.fd, name);
    } else if (name === "-" || name === "/dev/stdin") {
      yield* this.flush();
      input = this.#p.stdin;
    } else {
      try {
        let fd = open(this.#p.sys, name, O_RDONLY | O_CLOEXEC);
        if (isSteps(fd)) fd = yield* fd;
        stream.fd = fd;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        return undefined;
      }
      input = new Input(this.#p.sys, stream.fd, name);
    }
    stream.reader = new RecordReader(input);
    this.#open.set(name, stream);
    return stream.reader;
  }

  /** Closes a stream: the wait status of its command, 0 of a file or of no stream at all. */
  *close(name: string): Steps<number> {
    const stream = this.#open.get(name);
    if (stream === undefined) return 0;
    this.#open.delete(name);
    const f = stream.output?.flush();
    if (f) yield* f;
    if (stream.fd >= 0) this.#p.sys.close(stream.fd);
    return stream.pid < 0 ? 0 : yield* waitpid(this.#p.sys, stream.pid);
  }

  has(name: string): boolean {
    return this.#open.has(name);
  }

  *flush(): Steps<void> {
    for (const out of [this.#p.stdout, ...[...this.#open.values()].map((s) => s.output)]) {
      const f = out?.flush();
      if (f) yield* f;
    }
  }

  *closeAll(): Steps<void> {
    yield* this.flush();
    for (const name of [...this.#open.keys()]) yield* this.close(name);
  }

  /** system(): the command's exit status. */
  *system(command: string): Steps<number> {
    yield* this.flush();
    const pid = yield* spawn(this.#p, ["/bin/sh", "-c", command]);
    return WEXITSTATUS(yield* waitpid(this.#p.sys, pid));
  }
}
