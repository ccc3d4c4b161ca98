// Reads a line from a terminal with editing: prompt, keys, completion, history, window size, time limit.
import { EINTR, Errno } from "../../abi/errno.ts";
import { POLLIN } from "../../abi/poll.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { SIGWINCH, type SigAction } from "../../abi/signal.ts";
import { ECHO, ECHONL, ICANON, type Termios, VINTR, VMIN, VTIME } from "../../abi/termios.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../../lib/utf8.ts";
import { decodeKey } from "../../libc/keys.ts";
import { TCSADRAIN, tcgetattr, tcsetattr, winsize } from "../../libc/termios.ts";
import { writeAll } from "../../libc/unistd.ts";
import { type CompletionSource, complete, listing } from "./complete.ts";
import { type Action, Editor } from "./editor.ts";
import type { History } from "./history.ts";
import { expandPrompt, type Prompt, type PromptFacts, textWidth } from "./prompt.ts";
import { Screen } from "./screen.ts";

/** The line was given up with ^C, or a signal came for which `interrupted` says so. */
export interface Interrupted {
  readonly kind: "interrupted";
}
/** Nothing was entered for `timeoutSeconds` (TMOUT). */
export interface TimedOut {
  readonly kind: "timeout";
}

export const INTERRUPTED: Interrupted = Object.freeze({ kind: "interrupted" });
export const TIMED_OUT: TimedOut = Object.freeze({ kind: "timeout" });

export interface LineEditorOptions {
  /** The terminal's descriptors. */
  input: number;
  output: number;
  history: History;
  facts: PromptFacts;
  completion?: CompletionSource;
  /** Asked for each line: `set -o vi`. */
  vi?(): boolean;
  /** Asked for each line: $TMOUT; 0 for no limit. */
  timeoutSeconds?(): number;
  /** Asked when a signal's handler has run: give the line up? (The shell has a SIGINT pending.) */
  interrupted?(): boolean;
}

/** How long the bytes of one key may be apart. */
const KEY_GAP_MS = 50;
/** Asks the terminal for the cursor's position. */
const ASK_CURSOR = "\x1b[6n";

/** Edits lines on a terminal. Lives as long as the shell; what was typed ahead stays in it. */
export class LineEditor {
  readonly #sys: Sys;
  readonly #o: LineEditorOptions;
  /** Bytes read and not yet taken as keys. */
  #typed = "";
  #winch = false;

  constructor(sys: Sys, options: LineEditorOptions) {
    this.#sys = sys;
    this.#o = options;
  }

  /** For a forked shell: what was typed ahead is the parent's. */
  clear(): void {
    this.#typed = "";
  }

  /**
   * Prints the prompt (escapes are expanded here) and reads a line: a byte string without newline;
   * undefined at the end of file (^D in an empty line), for which the shell prints a newline when it ends.
   * The line is added to the history. The terminal is in raw mode only meanwhile. After INTERRUPTED the
   * shell prints a newline, as on any SIGINT at the prompt, and sets $? to 130.
   */
  *readLine(ps: string): Steps<string | undefined | Interrupted | TimedOut> {
    const sys = this.#sys;
    const saved = tcgetattr(sys, this.#o.input);
    const oldWinch = this.#watchWindow();
    try {
      yield* tcsetattr(sys, this.#o.input, TCSADRAIN, rawMode(saved));
      const line = yield* new Reading(sys, this.#o, this).run(expandPrompt(ps, this.#o.facts));
      yield* tcsetattr(sys, this.#o.input, TCSADRAIN, saved);
      return line;
    } finally {
      // When the task is being killed nothing may wait: then the modes are set without yielding.
      restore(sys, this.#o.input, saved);
      if (oldWinch !== undefined) sys.rt_sigaction(SIGWINCH, oldWinch);
    }
  }

  #watchWindow(): SigAction | undefined {
    this.#winch = false;
    const handler = (): void => {
      this.#winch = true;
    };
    const old = this.#sys.rt_sigaction(SIGWINCH);
    this.#sys.rt_sigaction(SIGWINCH, { handler, flags: 0, mask: { lo: 0, hi: 0 } });
    return old;
  }

  /** Has the window changed since last asked? */
  takeWinch(): boolean {
    const changed = this.#winch;
    this.#winch = false;
    return changed;
  }

  get typed(): string {
    return this.#typed;
  }
  set typed(bytes: string) {
    this.#typed = bytes;
  }
}

function rawMode(saved: Termios): Termios {
  const raw = { ...saved, cc: saved.cc.slice() };
  raw.lflag &= ~(ICANON | ECHO | ECHONL);
  raw.cc[VMIN] = 1;
  raw.cc[VTIME] = 0;
  // ^C comes as a character; the other signals stay.
  raw.cc[VINTR] = 0;
  return raw;
}

function restore(sys: Sys, fd: number, saved: Termios): void {
  try {
    const now = tcgetattr(sys, fd);
    if (now.lflag === saved.lflag) return;
    tcsetattr(sys, fd, 0, saved).next();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** How the reading of a line ends. */
interface End {
  result: string | undefined | Interrupted | TimedOut;
}

/** The reading of one line. */
class Reading {
  readonly #sys: Sys;
  readonly #o: LineEditorOptions;
  readonly #owner: LineEditor;
  readonly #editor: Editor;
  readonly #screen: Screen;
  #columns: number;
  #prompt: Prompt = { text: "", last: "", width: 0 };
  /** What is being searched for where the prompt shows it. */
  #shownSearch: string | undefined;
  /** The last key was a Tab that found several: another one lists them. */
  #tabbed = false;

  constructor(sys: Sys, options: LineEditorOptions, owner: LineEditor) {
    this.#sys = sys;
    this.#o = options;
    this.#owner = owner;
    this.#editor = new Editor(options.history, options.vi?.() ?? false);
    this.#columns = winsize(sys, options.output)?.cols ?? 80;
    this.#screen = new Screen(this.#columns);
  }

  *run(prompt: Prompt): Steps<string | undefined | Interrupted | TimedOut> {
    this.#prompt = prompt;
    this.#screen.start(prompt.last, prompt.width);
    const ask = this.#owner.typed === "" && !(yield* this.#ready(0));
    yield* this.#put(prompt.text + (ask ? ASK_CURSOR : ""));
    for (;;) {
      const key = yield* this.#nextKey();
      if (typeof key !== "string") return key.result;
      const action = this.#editor.press(key);
      if (action !== "complete") this.#tabbed = false;
      const end = yield* this.#act(action);
      if (end !== undefined) return end.result;
      // Drawing can wait until all that was typed or pasted has been taken.
      if (this.#owner.typed === "") yield* this.#draw();
    }
  }

  *#act(action: Action): Steps<End | undefined> {
    switch (action) {
      case undefined:
        return undefined;
      case "enter": {
        yield* this.#draw();
        yield* this.#put(this.#screen.finish());
        const line = this.#editor.line;
        if (line.trim() !== "" && this.#o.history.add(line))
          yield* this.#o.history.append(this.#sys, line);
        return { result: line };
      }
      case "eof":
        return { result: undefined };
      case "interrupt":
        yield* this.#draw();
        yield* this.#put("^C\n");
        return { result: INTERRUPTED };
      case "clear":
        yield* this.#draw();
        yield* this.#put(
          this.#screen.clear(this.#editor.chars, this.#editor.cursor, this.#prompt.text),
        );
        return undefined;
      case "complete":
        yield* this.#complete();
        return undefined;
    }
  }

  /** Brings the terminal up to date. */
  *#draw(): Steps<void> {
    const e = this.#editor;
    let out = "";
    if (e.search !== this.#shownSearch) {
      this.#shownSearch = e.search;
      if (e.search === undefined) {
        out = this.#screen.redraw(e.chars, e.cursor, this.#prompt.last, this.#prompt.width);
      } else {
        const prompt = `(reverse-i-search)'${encodeUtf8(e.search)}': `;
        out = this.#screen.redraw(e.chars, e.cursor, prompt, textWidth(prompt));
      }
    } else out = this.#screen.update(e.chars, e.cursor);
    if (e.bell) {
      e.bell = false;
      out += "\x07";
    }
    if (out !== "") yield* this.#put(out);
  }

  *#complete(): Steps<void> {
    const e = this.#editor;
    const source = this.#o.completion;
    const before = encodeUtf8(e.chars.slice(0, e.cursor).join(""));
    const found = source === undefined ? undefined : yield* complete(this.#sys, source, before);
    if (found === undefined) {
      e.bell = true;
      return;
    }
    if (found.text !== before.slice(found.from)) {
      const from = Array.from(decodeUtf8(before.slice(0, found.from))).length;
      e.replace(from, e.cursor, decodeUtf8(found.text));
    } else if (this.#tabbed) {
      yield* this.#draw();
      const rows = listing(found.candidates, this.#columns);
      const prompt = this.#prompt;
      yield* this.#put(`${this.#screen.finish()}${rows}\r${prompt.last}`);
      this.#screen.start(prompt.last, prompt.width);
      return;
    }
    if (found.candidates.length > 1) {
      e.bell = true;
      this.#tabbed = true;
    }
  }

  /** The next key, or why there is none. */
  *#nextKey(): Steps<string | End> {
    const owner = this.#owner;
    let final = false;
    for (;;) {
      const key = decodeKey(owner.typed, 0, final);
      if (key !== undefined) {
        owner.typed = owner.typed.slice(key.length);
        if (key.key !== "<cursor>") return key.key;
        const column = (key.col ?? 1) - 1;
        if (this.#editor.chars.length === 0 && column !== this.#prompt.width % this.#columns) {
          this.#prompt.width = column;
          this.#screen.startsAt(column);
        }
        final = false;
        continue;
      }
      if (owner.typed === "") {
        const end = yield* this.#read();
        if (end !== undefined) return end;
        final = false;
      } else {
        final = !(yield* this.#ready(KEY_GAP_MS));
        if (!final) {
          const end = yield* this.#read();
          if (end !== undefined) return end;
        }
      }
    }
  }

  /** Is there something to read within the time? */
  *#ready(timeoutMs: number): Steps<boolean> {
    const fds = [{ fd: this.#o.input, events: POLLIN, revents: 0 }];
    try {
      let n = this.#sys.poll(fds, timeoutMs);
      if (isSteps(n)) n = yield* n;
      return n > 0;
    } catch (e) {
      if (e !== EINTR) throw e;
      return true;
    }
  }

  /** Reads what is typed; something only when the line ends here. */
  *#read(): Steps<End | undefined> {
    const seconds = this.#o.timeoutSeconds?.() ?? 0;
    const start = this.#nowMs();
    for (;;) {
      try {
        if (seconds > 0) {
          const fds = [{ fd: this.#o.input, events: POLLIN, revents: 0 }];
          // Signals do not prolong it.
          let n = this.#sys.poll(fds, Math.max(0, start + seconds * 1000 - this.#nowMs()));
          if (isSteps(n)) n = yield* n;
          if (n === 0) return { result: TIMED_OUT };
        }
        let chunk: Blocking<Uint8Array> = this.#sys.read(this.#o.input, 4096);
        if (isSteps(chunk)) chunk = yield* chunk;
        if (chunk.length === 0) return { result: undefined };
        this.#owner.typed += strOf(chunk);
        return undefined;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        // The terminal is gone.
        if (e !== EINTR) return { result: undefined };
      }
      if (this.#owner.takeWinch()) yield* this.#resize();
      if (this.#o.interrupted?.() === true) {
        yield* this.#put("^C\n");
        return { result: INTERRUPTED };
      }
    }
  }

  #nowMs(): number {
    const t = this.#sys.clock_gettime(CLOCK_MONOTONIC);
    return t.sec * 1000 + t.nsec / 1e6;
  }

  *#resize(): Steps<void> {
    const columns = winsize(this.#sys, this.#o.output)?.cols ?? 80;
    if (columns === this.#columns) return;
    this.#columns = columns;
    const e = this.#editor;
    yield* this.#put(this.#screen.resize(columns, e.chars, e.cursor));
  }

  *#put(text: string): Steps<void> {
    try {
      yield* writeAll(this.#sys, this.#o.output, bytesOf(text));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
}
