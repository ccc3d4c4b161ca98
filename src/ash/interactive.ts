// The interactive shell: prompts, lines from the editor, notices of jobs, mail.
import { EINTR, Errno } from "../abi/errno.ts";
import { AT_FDCWD } from "../abi/fcntl.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import { CLOCK_REALTIME } from "../abi/resource.ts";
import { strOf } from "../lib/bytes.ts";
import { isatty } from "../libc/stdio.ts";
import { tellError } from "./after.ts";
import { compile } from "./eval.ts";
import { nextCommand } from "./evalstring.ts";
import type { Input } from "./input.ts";
import { changedJobs, reap } from "./jobs.ts";
import { LineEditor } from "./lineedit/line-editor.ts";
import { expandPrompt, type PromptFacts } from "./lineedit/prompt.ts";
import type { Parsed } from "./parser.ts";
import { INTERRUPT, type Shell, ShellError, ShellExit, SKIP_NONE } from "./shell.ts";
import { KEYWORDS, type Source } from "./tokens.ts";

/** Bytes that are read of a standard input that is no terminal. */
const CHUNK = 1023;
/** Ends of input that ignoreeof takes for a mistake. */
const MAX_EOF = 50;

function facts(sh: Shell, userName: string): PromptFacts {
  return {
    hostname: () => sh.sys.uname().nodename,
    cwd: () => sh.cwd ?? "",
    home: () => sh.get("HOME"),
    user: () => userName,
    uid: () => sh.sys.geteuid(),
    time: () => {
      const t = sh.sys.clock_gettime(CLOCK_REALTIME).sec % 86400;
      return { hour: Math.floor(t / 3600), minute: Math.floor(t / 60) % 60 };
    },
  };
}

/** Commands typed at a terminal (or given where one is pretended: sh -i < file). */
export class TerminalInput implements Input {
  text = "";
  pos = 0;
  eof = false;
  line = 1;
  aliases: Source["aliases"] = [];
  readonly fd = 0;
  readonly #sh: Shell;
  readonly #editor: LineEditor | undefined;
  readonly #facts: PromptFacts;
  /** What was read of a standard input that is no terminal, beyond the line given. */
  #ahead = "";
  /** PS1 for the first line of a command, PS2 for the others. */
  first = true;
  interrupted = false;

  constructor(sh: Shell, userName: string) {
    this.#sh = sh;
    this.#facts = facts(sh, userName);
    const tty = isatty(sh.sys, 0) && isatty(sh.sys, 1);
    this.#editor = tty
      ? new LineEditor(sh.sys, {
          input: 0,
          output: 1,
          history: sh.history,
          facts: this.#facts,
          vi: () => sh.opts.vi,
          timeoutSeconds: () => Number(sh.get("TMOUT") ?? 0) || 0,
          interrupted: () => sh.interrupted,
          completion: {
            path: () => sh.get("PATH"),
            home: () => sh.get("HOME"),
            commands: () => [
              ...sh.builtins.keys(),
              ...sh.functions.keys(),
              ...sh.aliases.keys(),
              ...KEYWORDS,
            ],
            variables: () => sh.vars.all().map((v) => v.name),
          },
        })
      : undefined;
  }

  /** Is there a terminal, where an end of file is only ^D? */
  get edited(): boolean {
    return this.#editor !== undefined;
  }

  *fill(): Steps<void> {
    const sh = this.#sh;
    const prompt = yield* this.#prompt();
    if (this.#editor === undefined) {
      yield* this.#readPlain(prompt);
      // Only a newline leads to the other prompt.
      if (this.text.endsWith("\n")) this.first = false;
      return;
    }
    this.first = false;
    const line = yield* this.#editor.readLine(prompt);
    if (line === undefined) this.eof = true;
    else if (typeof line === "string") {
      this.#add(`${line}\n`);
    } else if (line.kind === "timeout") {
      const w = sh.print2("\x07timed out waiting for input: auto-logout\n", 0);
      if (isSteps(w)) yield* w;
      throw new ShellExit(sh.status);
    } else throw INTERRUPT;
  }

  *#prompt(): Steps<string> {
    const sh = this.#sh;
    const raw = sh.get(this.first ? "PS1" : "PS2") ?? "";
    // Escapes are the editor's; a backslash must get through the expansion of variables.
    const expanded = sh.hooks.expandText(sh, raw);
    return isSteps(expanded) ? yield* expanded : expanded;
  }

  /** A line at a time, so that an error drops no more than a line; what is read ahead is kept. */
  *#readPlain(prompt: string): Steps<void> {
    const sh = this.#sh;
    const p = sh.print(expandPrompt(prompt, this.#facts).text);
    if (isSteps(p)) yield* p;
    for (;;) {
      const end = this.#ahead.indexOf("\n") + 1;
      if (end > 0) {
        this.#add(this.#ahead.slice(0, end));
        this.#ahead = this.#ahead.slice(end);
        return;
      }
      try {
        let bytes = sh.sys.read(0, CHUNK);
        if (isSteps(bytes)) bytes = yield* bytes;
        if (bytes.length > 0) {
          this.#ahead += strOf(bytes);
          continue;
        }
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (e === EINTR) {
          if (sh.interrupted) throw INTERRUPT;
          continue;
        }
      }
      if (this.#ahead === "") this.eof = true;
      else this.#add(this.#ahead);
      this.#ahead = "";
      return;
    }
  }

  #add(text: string): void {
    this.text = this.text.slice(this.pos) + text.replaceAll("\0", "");
    this.pos = 0;
  }
}

/** "you have mail": looked for when MAIL or MAILPATH name files, before prompts. */
function* checkMail(sh: Shell): Steps<void> {
  const paths = sh.get("MAILPATH") ?? sh.get("MAIL");
  if (paths === undefined || paths === "") return;
  let news = false;
  for (const entry of paths.split(":")) {
    const path = entry.replace(/%.*$/, "");
    if (path === "") continue;
    const st = sh.sys.tryStatat(AT_FDCWD, path, 0);
    const now = st instanceof Errno ? 0 : st.mtime.sec + st.mtime.nsec / 1e9;
    const before = sh.mailTimes.get(path);
    if (before !== undefined && now !== before && !(st instanceof Errno) && st.size > 0)
      news = true;
    sh.mailTimes.set(path, now);
  }
  if (!news) return;
  const w = sh.print2("you have mail\n", 0);
  if (isSteps(w)) yield* w;
}

/** Reads and runs commands until the end of input: the status. */
export function* interact(sh: Shell, input: TerminalInput): Steps<number> {
  let ends = 0;
  for (;;) {
    try {
      yield* reap(sh);
      const news = changedJobs(sh);
      if (news !== "") {
        const w = sh.print2(news, 0);
        if (isSteps(w)) yield* w;
      }
      yield* checkMail(sh);
      input.first = true;
      const parsed = yield* readOne(sh, input);
      if (parsed === "eof") {
        if (yield* staysAtEof(sh, ends)) {
          ends++;
          input.eof = false;
          continue;
        }
        return sh.status;
      }
      ends = 0;
      // The end is looked for once more, after a prompt.
      input.eof = false;
      if (parsed === "empty" || parsed === "more") continue;
      const warned = sh.warnedStopped;
      const r = compile(parsed)(sh);
      if (isSteps(r)) yield* r;
      if (warned) sh.warnedStopped = false;
      if (sh.skip !== SKIP_NONE) sh.skip = SKIP_NONE;
    } catch (e) {
      yield* recover(sh, input, e);
    }
  }
}

function* readOne(sh: Shell, input: TerminalInput): Steps<Parsed> {
  if (input.pos >= input.text.length && !input.eof) yield* input.fill();
  for (;;) {
    const parsed = nextCommand(sh, input);
    if (parsed !== "more") return parsed;
    yield* input.fill();
  }
}

/** set -o ignoreeof, and stopped jobs: an end of file is not yet the end. */
function* staysAtEof(sh: Shell, ends: number): Steps<boolean> {
  if (!sh.warnedStopped && sh.jobs.order.some((job) => job.state === "stopped")) {
    sh.warnedStopped = true;
    const w = sh.print2("You have stopped jobs.\n", 0);
    if (isSteps(w)) yield* w;
    return true;
  }
  if (!sh.opts.ignoreeof) {
    const w = sh.print2("\n", 0);
    if (isSteps(w)) yield* w;
    return false;
  }
  const w = sh.print2('\nUse "exit" to leave shell.\n', 0);
  if (isSteps(w)) yield* w;
  return ends < MAX_EOF;
}

/** After an error or ^C: what was half done is dropped, the shell goes on. */
function* recover(sh: Shell, input: TerminalInput, e: unknown): Steps<void> {
  if (e instanceof ShellError) {
    sh.status = e.status;
    yield* tellError(sh, e);
    if (!sh.opts.interactive) throw new ShellExit(e.status);
  } else if (e === INTERRUPT) {
    const w = sh.interrupted || input.first === false ? sh.print2("\n", 0) : 0;
    if (isSteps(w)) yield* w;
    sh.status = 130;
    sh.interrupted = false;
    sh.pending = sh.pendingSignals.length > 0;
  } else throw e;
  input.text = "";
  input.pos = 0;
  input.eof = false;
  input.aliases = [];
  sh.skip = SKIP_NONE;
  sh.tested = 0;
  sh.loopNest = 0;
  sh.funcNest = 0;
  sh.depth = 0;
  sh.commandName = undefined;
  sh.trapStatus = undefined;
}
