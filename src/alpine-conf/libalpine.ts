// What the setup programs have in common: a root that may be another one, questions and their answers, files that are
// changed line by line (libalpine.sh of alpine-conf, whose questions stem from OpenBSD's installer).
import { EEXIST, Errno } from "../abi/errno.ts";
import { O_APPEND, O_CREAT, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { SIGHUP, SIGINT, SIGTERM } from "../abi/signal.ts";
import { bytesOf } from "../lib/bytes.ts";
import { glob } from "../libc/glob.ts";
import { Exit, Process, runMain } from "../libc/process.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../libc/stat.ts";
import {
  mkdir,
  open,
  readDir,
  readlink,
  readText,
  tryLstat,
  tryStat,
  unlink,
  writeAll,
  writeFile,
} from "../libc/unistd.ts";
import { installed, output, readLine, run, type Streams } from "./commands.ts";
import { type Given, parseOptions, showUsage } from "./options.ts";

/** Questions that get no answer any more: standard input has ended. */
const UNANSWERED_MAX = 50;

/** A setup program while it runs. */
export class Setup {
  readonly p: Process;
  /** The system it works on, with a slash at its end. */
  root: string;
  /** What runs instead of commands that change the machine: `echo` in tests. */
  readonly mock: readonly string[];
  usage = "";
  verbose = false;
  quiet = false;
  #unanswered = 0;
  /** A signal that asks to stop. */
  #stop = false;

  constructor(p: Process) {
    this.p = p;
    let root = this.env("ROOT") || "/";
    if (!root.endsWith("/")) root += "/";
    if (!root.startsWith("/")) root = `${p.sys.getcwd()}/${root}`;
    this.root = root;
    this.mock = words(this.env("MOCK"));
  }

  get sys(): Process["sys"] {
    return this.p.sys;
  }
  /** A variable of the environment; empty when it is not set. */
  env(name: string): string {
    return this.p.env.get(name) ?? "";
  }

  // ---- words to the user ---------------------------------------------------------------------------
  *print(text: string): Steps<void> {
    const w = this.p.stdout.puts(text);
    if (w) yield* w;
  }
  *echo(text = ""): Steps<void> {
    yield* this.print(`${text}\n`);
  }
  /** Only when asked to be verbose. */
  *vecho(text: string): Steps<void> {
    if (this.verbose) yield* this.echo(text);
  }
  *eecho(text: string): Steps<void> {
    yield* this.flush();
    const w = this.p.stderr.puts(`${text}\n`);
    if (w) yield* w;
  }
  *flush(): Steps<void> {
    const w = this.p.stdout.flush();
    if (w) yield* w;
  }
  die(text: string): never {
    throw new Exit(1, `${text}\n`, true);
  }
  *showUsage(status: number): Steps<never> {
    return yield* showUsage(this.p, this.usage, status);
  }

  /** Reads the options; -h and wrong ones show the usage text. */
  *getopts(spec: string, args: readonly string[] = this.p.argv.slice(1)): Steps<Given> {
    const { wrong, ...given } = parseOptions(args, spec);
    if (given.options.some(([letter]) => letter === "h")) yield* this.showUsage(0);
    if (wrong !== undefined) {
      yield* this.eecho(wrong);
      yield* this.showUsage(1);
    }
    return given;
  }

  /** As getopts, but a wrong one is the letter "?" after its message. */
  *getoptsRaw(spec: string, args: readonly string[]): Steps<Given> {
    const { wrong, ...given } = parseOptions(args, spec);
    if (wrong !== undefined) {
      yield* this.eecho(wrong);
      given.options.push(["?", ""]);
    }
    return given;
  }

  // ---- commands ------------------------------------------------------------------------------------
  *run(argv: readonly string[], streams: Streams = {}): Steps<number> {
    const status = yield* run(this.p, argv, streams);
    this.#checkStop();
    return status;
  }
  /** A command that `$MOCK` may replace. */
  *mocked(argv: readonly string[], streams: Streams = {}): Steps<number> {
    return yield* this.run([...this.mock, ...argv], streams);
  }
  /** Runs it; ends the program as it ends when it fails. */
  *must(argv: readonly string[], streams: Streams = {}): Steps<void> {
    const status = yield* this.run(argv, streams);
    if (status !== 0) throw new Exit(status);
  }
  *output(argv: readonly string[], streams: Streams = {}): Steps<string> {
    const { text } = yield* output(this.p, argv, streams);
    this.#checkStop();
    return text;
  }
  installed(name: string): boolean {
    return installed(this.p, name);
  }

  /** From here on SIGINT, SIGTERM and SIGHUP end the program with status 1, so that `finally` cleans up. */
  stopOnSignals(): void {
    const handler = (): void => {
      this.#stop = true;
    };
    for (const signo of [SIGHUP, SIGINT, SIGTERM])
      this.sys.rt_sigaction(signo, { handler, flags: 0, mask: { lo: 0, hi: 0 } });
  }
  /** Cleaning up is not interrupted. */
  forgetSignals(): void {
    this.#stop = false;
  }
  #checkStop(): void {
    if (this.#stop) throw new Exit(1);
  }

  /** Variables after a file of the shell has been read: the named ones, and those it exports. */
  *sourced(path: string, names: readonly string[]): Steps<Map<string, string>> {
    const script = '. "$0" >&2 || exit; [ $# -eq 0 ] || export "$@"; exec env -0';
    const { status, text } = yield* output(this.p, ["sh", "-c", script, path, ...names]);
    const found = new Map<string, string>();
    if (status !== 0) throw new Exit(status);
    for (const entry of text.split("\0")) {
      const eq = entry.indexOf("=");
      const name = entry.slice(0, eq);
      if (eq > 0 && !["_", "SHLVL", "PWD", "OLDPWD"].includes(name))
        found.set(name, entry.slice(eq + 1));
    }
    return found;
  }

  // ---- questions -----------------------------------------------------------------------------------
  /** A line of input without the blanks around it; undefined when the user ran something instead. */
  *#answer(): Steps<string | undefined> {
    yield* this.flush();
    let line: string | undefined;
    try {
      line = yield* readLine(this.sys);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    this.#checkStop();
    if (line === undefined && ++this.#unanswered > UNANSWERED_MAX) throw new Exit(1);
    const answer = (line ?? "").replace(/^[ \t]+|[ \t]+$/g, "");
    if (answer === "!") {
      yield* this.echo("Type 'exit' to return to setup.");
      yield* this.run(["sh"]);
      return undefined;
    }
    if (answer.startsWith("!")) {
      yield* this.run(["sh", "-c", answer.slice(1)]);
      return undefined;
    }
    return answer;
  }

  /** Something is asked again by another program: not for ever when nobody answers. */
  countRetry(): void {
    if (++this.#unanswered > UNANSWERED_MAX) throw new Exit(1);
  }

  /** Asks; an empty answer is the default. `!` runs a shell, `!command` a command. */
  *ask(question: string, preset = ""): Steps<string> {
    for (;;) {
      yield* this.print(preset === "" ? `${question} ` : `${question} [${preset}] `);
      const answer = yield* this.#answer();
      if (answer !== undefined) return answer === "" ? preset : answer;
    }
  }

  *askUntil(question: string, preset = ""): Steps<string> {
    for (;;) {
      const answer = yield* this.ask(question, preset);
      if (answer !== "") return answer;
    }
  }

  *askYesno(question: string, preset: string): Steps<boolean> {
    for (;;) {
      const answer = yield* this.ask(question, preset);
      if (["y", "yes", "n", "no"].includes(answer)) return answer.startsWith("y");
    }
  }

  /** Lets choose one of a list, made anew each time, or "done"; without choices it is "done" at once. */
  *askWhich(
    name: string,
    query: string,
    list: () => Steps<string[]>,
    preset?: () => Steps<string>,
  ): Steps<string> {
    for (;;) {
      const choices = yield* list();
      if (choices.length === 0) return "done";
      const first = words(preset === undefined ? "" : yield* preset())[0] ?? choices[0] ?? "";
      yield* this.echo(`Available ${name}s are: ${choices.join(" ")}.`);
      yield* this.print(`Which one ${query}? (or 'done') ${first === "" ? "" : `[${first}] `}`);
      const answer = yield* this.#answer();
      if (answer === undefined) continue;
      const choice = answer === "" ? first : answer;
      if (choice === "done" || choices.includes(choice)) return choice;
      yield* this.echo(`'${choice}' is not a valid choice.`);
    }
  }

  /** Asks for what must not be seen. */
  *askpass(question: string): Steps<string> {
    yield* this.print(`${question} `);
    yield* this.mocked(["stty", "-echo"]);
    yield* this.flush();
    const self = this;
    return yield* cleanly(
      function* () {
        return (yield* readLine(self.sys)) ?? "";
      },
      function* () {
        yield* self.mocked(["stty", "echo"]);
        yield* self.echo();
      },
    );
  }

  // ---- files ---------------------------------------------------------------------------------------
  exists(path: string): boolean {
    return tryStat(this.sys, path) !== undefined;
  }
  isDir(path: string): boolean {
    const st = tryStat(this.sys, path);
    return st !== undefined && S_ISDIR(st.mode);
  }
  isFile(path: string): boolean {
    const st = tryStat(this.sys, path);
    return st !== undefined && S_ISREG(st.mode);
  }
  isLink(path: string): boolean {
    const st = tryLstat(this.sys, path);
    return st !== undefined && S_ISLNK(st.mode);
  }
  readlink(path: string): string {
    return this.isLink(path) ? readlink(this.sys, path) : "";
  }
  *text(path: string): Steps<string | undefined> {
    return yield* readText(this.sys, path, 0x100_0000);
  }
  /** Lines of a file, without their ends; none when it cannot be read. */
  *lines(path: string): Steps<string[]> {
    return linesOf((yield* this.text(path)) ?? "");
  }
  /** Its rows, each cut at blanks. */
  *rows(path: string): Steps<string[][]> {
    return (yield* this.lines(path)).map(words);
  }
  *names(dir: string): Steps<string[]> {
    try {
      const entries = yield* readDir(this.sys, dir);
      return entries
        .map(({ name }) => name)
        .filter((name) => !name.startsWith("."))
        .sort();
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return [];
    }
  }
  *glob(pattern: string): Steps<string[]> {
    return yield* glob(this.sys, pattern);
  }
  *write(path: string, text: string): Steps<void> {
    yield* writeFile(this.sys, path, text);
  }
  *append(path: string, text: string): Steps<void> {
    const call = open(this.sys, path, O_WRONLY | O_CREAT | O_APPEND);
    const fd = isSteps(call) ? yield* call : call;
    try {
      yield* writeAll(this.sys, fd, bytesOf(text));
    } finally {
      this.sys.close(fd);
    }
  }
  /** A directory and those it is in. */
  mkdirs(path: string): void {
    for (let at = path.indexOf("/", 1); ; at = path.indexOf("/", at + 1)) {
      const dir = at < 0 ? path : path.slice(0, at);
      if (!this.isDir(dir)) {
        try {
          mkdir(this.sys, dir);
        } catch (e) {
          if (e !== EEXIST) throw e;
        }
      }
      if (at < 0) return;
    }
  }
  /** Removes a file if it is there. */
  remove(path: string): void {
    if (tryLstat(this.sys, path) !== undefined) unlink(this.sys, path);
  }

  // ---- the machine ---------------------------------------------------------------------------------
  *hostname(): Steps<string> {
    return yield* this.output(["hostname"], { stderr: "null" });
  }
  /** The domain of the host's whole name, else `fallback`. */
  *domain(fallback = ""): Steps<string> {
    const whole = yield* this.output(["hostname", "-f"], { stderr: "null" });
    const short = yield* this.output(["hostname", "-s"], { stderr: "null" });
    const rest = whole.startsWith(short) ? whole.slice(short.length) : whole;
    return rest.replace(/^\./, "") || fallback;
  }
  *isXen(): Steps<boolean> {
    return this.isDir("/proc/xen");
  }
  *isXenDom0(): Steps<boolean> {
    return ((yield* this.text("/proc/xen/capabilities")) ?? "").includes("control_d");
  }
  /** Network interfaces in the kernel's order, without those that are part of a bridge or bond. */
  *availableIfaces(): Steps<string[]> {
    const dir = `${this.root}sys/class/net`;
    if (!this.isDir(dir)) {
      const links = yield* this.output(["ip", "link"]);
      return linesOf(links).flatMap((line) => /^\d+: *([^:@]+)/.exec(line)?.[1] ?? []);
    }
    const found: [index: number, name: string][] = [];
    const entries = yield* this.names(dir);
    for (const name of entries) {
      const index = yield* this.text(`${dir}/${name}/ifindex`);
      const taken =
        this.isDir(`${dir}/${name}/master/bonding`) || this.isDir(`${dir}/${name}/brport`);
      if (index !== undefined && name !== "lo" && !taken) found.push([Number(index), name]);
    }
    return found.sort(([a], [b]) => a - b).map(([, name]) => name);
  }
}

/** Does a work and cleans up after it, whether it fails or not; not when the program is killed. */
export function* cleanly<T>(work: () => Steps<T>, cleanup: () => Steps<void>): Steps<T> {
  let result: T;
  try {
    result = yield* work();
  } catch (e) {
    yield* cleanup();
    throw e;
  }
  yield* cleanup();
  return result;
}

/** Words between blanks and line ends. */
export function words(text: string): string[] {
  return text.split(/[ \t\n]+/).filter((word) => word !== "");
}

/** Lines without their ends. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Is it a word for yes? */
export function yesno(text: string): boolean {
  return /^(y|yes)$/i.test(text);
}

/** A program of this room: its usage text and what it does. */
export function setupProgram(usage: string, main: (s: Setup) => Steps<number>): Program {
  return function* (sys, argv, envp) {
    const p = new Process(sys, argv, envp);
    const s = new Setup(p);
    s.usage = usage;
    return yield* runMain(p, () => main(s));
  };
}
