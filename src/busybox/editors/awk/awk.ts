// awk: pattern scanning and processing (POSIX awk, with BusyBox's extensions)
import type { Steps } from "../../../abi/program.ts";
import { strOf } from "../../../lib/bytes.ts";
import { getopt } from "../../../libc/getopt.ts";
import { isUtf8 } from "../../../libc/locale.ts";
import { dieErrno, Exit, type Process } from "../../../libc/process.ts";
import { readAll } from "../../../libc/unistd.ts";
import type { Applet } from "../../libbb/applet.ts";
import { closeInput, openInput } from "../../libbb/inputs.ts";
import { Call } from "./closures.ts";
import { at, unescapeString } from "./lex.ts";
import { Names } from "./names.ts";
import { Parser } from "./parse.ts";
import { AwkExit, AwkNext, Runtime } from "./runtime.ts";
import { EXIT, NEXT, NEXTFILE, NORMAL, type St, StatementCompiler } from "./statements.ts";
import { fromOutside, type Value } from "./value.ts";

/** Runs steps that may ask for calls of functions: these are stacked here. */
function* drive(first: Steps<number>): Steps<number> {
  const stack: Steps<unknown>[] = [first];
  let input: unknown;
  for (;;) {
    const top = stack.at(-1) as Steps<unknown>;
    const result = top.next(input as number);
    if (result.done === true) {
      stack.pop();
      if (stack.length === 0) return result.value as number;
      input = result.value as Value;
    } else if ((result.value as unknown) instanceof Call) {
      stack.push((result.value as unknown as Call).body);
      input = undefined;
    } else {
      try {
        input = yield result.value;
      } catch (e) {
        // An interrupted wait: whoever waited may want to know.
        input = rethrow(stack, e);
      }
    }
  }
}

/** Throws into the innermost function that runs. */
function rethrow(stack: Steps<unknown>[], e: unknown): never {
  stack.length = 0;
  throw e;
}

/** Runs a part of the program: how it ended, whether by itself or within a function. */
function* runPart(rt: Runtime, part: St): Steps<number> {
  try {
    return part.run === undefined ? yield* drive(part.steps()) : part.run();
  } catch (e) {
    if (!(e instanceof AwkExit || e instanceof AwkNext)) throw e;
    rt.frame = [];
    rt.depth = 0;
    if (e instanceof AwkNext) return e.file ? NEXTFILE : NEXT;
    return EXIT;
  }
}

/** Runs the rules over all records. */
function* records(rt: Runtime, rules: St): Steps<number> {
  const { run } = rules;
  for (;;) {
    const record = rt.tryMain() ?? (yield* rt.main());
    if (record === null) return NORMAL;
    rt.nr++;
    rt.fnr++;
    rt.setRecord(record);
    let how: number;
    if (run === undefined) how = yield* runPart(rt, rules);
    else {
      try {
        how = run();
      } catch (e) {
        if (!(e instanceof AwkExit || e instanceof AwkNext)) throw e;
        rt.frame = [];
        how = e instanceof AwkExit ? EXIT : e.file ? NEXTFILE : NEXT;
      }
    }
    if (how === EXIT) return EXIT;
    if (how === NEXTFILE) rt.skipFile();
    if (rt.busy()) yield* rt.pause();
  }
}

function* source(p: Process, name: string): Steps<string> {
  try {
    const input = yield* openInput(p, name);
    const text = strOf(yield* readAll(p.sys, input.fd));
    closeInput(p, input);
    return text;
  } catch (e) {
    return dieErrno(`can't open '${name}'`, e);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+F:v:f:e:W:");
  const pieces: { text: string; source: string }[] = [];
  for (const [key, value = ""] of opt.given) {
    if (key === "f") pieces.push({ text: yield* source(p, value), source: value });
    if (key === "e") pieces.push({ text: value, source: "cmd. line" });
  }
  if (pieces.length === 0)
    pieces.push({ text: opt.operands.shift() ?? p.usageError(), source: "cmd. line" });
  const program = Parser.parse(pieces);
  const fail = (line: number, message: string): never =>
    at(pieces[0]?.source ?? "cmd. line", line === 0 ? 1 : line, message);
  const rt = new Runtime(p, isUtf8(p.env), (message) => fail(0, message));
  const names = new Names(program);
  const compiled = new StatementCompiler(rt, program, names, fail);

  const argv = rt.array("ARGV");
  argv.cell("0").v = "awk";
  for (const [i, operand] of opt.operands.entries())
    argv.cell(String(i + 1)).v = fromOutside(operand);
  rt.cell("ARGC").v = opt.operands.length + 1;
  const environ = rt.array("ENVIRON");
  for (const entry of p.environ()) {
    const eq = entry.indexOf("=");
    if (eq > 0) environ.cell(entry.slice(0, eq)).v = fromOutside(entry.slice(eq + 1));
  }
  const fs = opt.get("F");
  if (fs !== undefined) rt.assign("FS", unescapeString(fs));
  for (const text of opt.all("v")) if (!rt.assignment(text)) p.usageError();

  try {
    let how = yield* runPart(rt, compiled.begin);
    if (how !== EXIT && (program.rules.length > 0 || program.end.length > 0)) {
      how = yield* records(rt, compiled.rules);
    }
    yield* runPart(rt, compiled.end);
  } catch (e) {
    if (!(e instanceof Exit)) throw e;
    // Errors come after what was printed before them.
    yield* rt.flush();
    throw e;
  }
  yield* rt.flush();
  yield* rt.streams.closeAll();
  return rt.status;
}

export const awk: Applet = {
  name: "awk",
  path: "/usr/bin/awk",
  usage: `[-F SEP] [-v VAR=VALUE]... { PROGRAM | -f FILE... | -e PROGRAM... } [FILE | VAR=VALUE]...

Run PROGRAM on the records of FILEs (or standard input)

	-v VAR=VALUE	Set a variable first
	-F SEP		What separates fields (FS)
	-f FILE		Take the program from FILE
	-e PROGRAM	The program, or a part of it
`,
  main,
};
