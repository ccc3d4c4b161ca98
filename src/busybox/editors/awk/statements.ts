// Compiles statements to closures, and whole programs.
import type { Steps } from "../../../abi/program.ts";
import type { FunctionDef, Program, Stmt } from "./ast.ts";
import { formatArguments } from "./builtins.ts";
import { type Ex, evaluate, evaluateBool, lift, numEx } from "./closures.ts";
import { type Compiled, ExpressionCompiler } from "./expressions.ts";
import type { Names } from "./names.ts";
import { AwkExit, AwkNext, type Runtime } from "./runtime.ts";
import { toNumber, type Value } from "./value.ts";

/** How a statement ended. */
export const NORMAL = 0;
const BREAK = 1;
const CONTINUE = 2;
export const NEXT = 3;
export const NEXTFILE = 4;
export const EXIT = 5;
const RETURN = 6;

/** A statement: `run` where it can be done at once, else `steps`. */
export interface St {
  readonly run?: () => number;
  readonly steps: () => Steps<number>;
}

function now(run: () => number): St {
  return {
    run,
    *steps() {
      return run();
    },
  };
}

function later(steps: () => Steps<number>): St {
  return { steps };
}

const NOTHING: St = now(() => NORMAL);

export class StatementCompiler {
  readonly #rt: Runtime;
  readonly #program: Program;
  readonly #e: ExpressionCompiler;
  readonly #functions = new Map<string, Compiled>();
  readonly begin: St;
  readonly rules: St;
  readonly end: St;

  constructor(
    rt: Runtime,
    program: Program,
    names: Names,
    fail: (line: number, message: string) => never,
  ) {
    this.#rt = rt;
    this.#program = program;
    this.#e = new ExpressionCompiler(rt, names, this.#functions, fail);
    this.#compileFunctions();
    this.begin = this.#block(program.begin);
    this.rules = this.#rules();
    this.end = this.#block(program.end);
  }

  // ---- functions ---------------------------------------------------------------------------------

  #compileFunctions(): void {
    const simple = simpleFunctions(this.#program);
    for (const f of this.#program.functions.values()) {
      this.#functions.set(f.name, {
        params: f.params,
        simple: simple.has(f.name),
        run: () => undefined,
        *steps() {
          return undefined;
        },
      });
    }
    // Those that are called come first, so that it is known whether they are simple.
    const order = [...simple, ...this.#program.functions.keys()];
    for (const name of new Set(order)) {
      const f = this.#program.functions.get(name) as FunctionDef;
      this.#e.scope = f.name;
      const body = this.compile(f.body);
      const compiled = this.#functions.get(f.name) as Compiled;
      const { run, steps } = body;
      compiled.simple &&= run !== undefined;
      if (run !== undefined) compiled.run = () => this.#result(run());
      compiled.steps = () => this.#resultLater(steps());
    }
    this.#e.scope = "";
  }

  /** What a body gave; how it ended is told to whoever runs the program. */
  #result(how: number): Value {
    if (how === RETURN) {
      const v = this.#rt.returned;
      this.#rt.returned = undefined;
      return v;
    }
    if (how === EXIT) throw new AwkExit();
    if (how === NEXT || how === NEXTFILE) throw new AwkNext(how === NEXTFILE);
    return undefined;
  }

  *#resultLater(body: Steps<number>): Steps<Value> {
    return this.#result(yield* body);
  }

  // ---- rules -------------------------------------------------------------------------------------

  #rules(): St {
    const all = this.#program.rules.map(({ pattern, body }) => {
      const action =
        body ??
        ({ type: "print", format: false, args: [], mode: "", to: undefined, line: 0 } as const);
      const does = this.compile(action);
      if (pattern === undefined) return does;
      const [from, to] = pattern.map((e) => this.#e.compile(e));
      if (from === undefined) return does;
      if (to === undefined) return this.#if(from, does, undefined);
      return this.#range(from, to, does);
    });
    return this.#sequence(all);
  }

  #range(from: Ex, to: Ex, does: St): St {
    let active = false;
    if (from.gen === undefined && to.gen === undefined && does.run !== undefined) {
      const { run } = does;
      return now(() => {
        if (!active && !from.bool()) return NORMAL;
        active = !to.bool();
        return run();
      });
    }
    return later(function* () {
      if (!active && !(yield* evaluateBool(from))) return NORMAL;
      active = !(yield* evaluateBool(to));
      return does.run === undefined ? yield* does.steps() : does.run();
    });
  }

  // ---- statements --------------------------------------------------------------------------------

  #block(list: readonly Stmt[]): St {
    return this.#sequence(list.map((s) => this.compile(s)));
  }

  #sequence(all: readonly St[]): St {
    if (all.length === 0) return NOTHING;
    if (all.length === 1) return all[0] as St;
    const runs = all.map((s) => s.run).filter((run) => run !== undefined);
    if (runs.length === all.length) {
      if (runs.length === 2) {
        const [a, b] = runs as [() => number, () => number];
        return now(() => a() || b());
      }
      return now(() => {
        for (let i = 0; i < runs.length; i++) {
          const how = (runs[i] as () => number)();
          if (how !== NORMAL) return how;
        }
        return NORMAL;
      });
    }
    return later(function* () {
      for (const s of all) {
        const how = s.run === undefined ? yield* s.steps() : s.run();
        if (how !== NORMAL) return how;
      }
      return NORMAL;
    });
  }

  compile(s: Stmt): St {
    const rt = this.#rt;
    switch (s.type) {
      case "block":
        return this.#block(s.body);
      case "expr":
        return this.#expression(this.#e.compile(s.expr));
      case "print":
        return this.#print(s);
      case "if":
        return this.#if(
          this.#e.compile(s.test),
          this.compile(s.yes),
          s.no === undefined ? undefined : this.compile(s.no),
        );
      case "while":
        return this.#loop(this.#e.compile(s.test), undefined, this.compile(s.body), true);
      case "do":
        return this.#loop(this.#e.compile(s.test), undefined, this.compile(s.body), false);
      case "for": {
        const test = s.test === undefined ? undefined : this.#e.compile(s.test);
        const step = s.step === undefined ? undefined : this.compile(s.step);
        const loop = this.#loop(test, step, this.compile(s.body), true);
        return s.init === undefined ? loop : this.#sequence([this.compile(s.init), loop]);
      }
      case "forin":
        return this.#forIn(s);
      case "break":
        return now(() => BREAK);
      case "continue":
        return now(() => CONTINUE);
      case "next":
        return now(() => NEXT);
      case "nextfile":
        return now(() => NEXTFILE);
      case "exit":
        if (s.value === undefined) return now(() => EXIT);
        return this.#with(this.#e.compile(s.value), (v) => {
          rt.status = Math.trunc(toNumber(v)) & 255;
          return EXIT;
        });
      case "return":
        if (s.value === undefined) return now(() => RETURN);
        return this.#with(this.#e.compile(s.value), (v) => {
          rt.returned = v;
          return RETURN;
        });
      case "delete": {
        const array = this.#e.array(s.name);
        const { subscripts } = s;
        if (subscripts === undefined) {
          return now(() => {
            array().clear();
            return NORMAL;
          });
        }
        const key = this.#e.compile({ type: "group", items: subscripts });
        return this.#with(key, (v) => {
          array().delete(rt.toStr(v));
          return NORMAL;
        });
      }
    }
  }

  #expression(e: Ex): St {
    const { gen, val } = e;
    if (gen === undefined) {
      return now(() => {
        val();
        return NORMAL;
      });
    }
    return later(function* () {
      yield* gen();
      return NORMAL;
    });
  }

  /** Does something with a value. */
  #with(e: Ex, use: (v: Value) => number): St {
    const { gen, val } = e;
    if (gen === undefined) return now(() => use(val()));
    return later(function* () {
      return use(yield* gen());
    });
  }

  #if(test: Ex, yes: St, no: St | undefined): St {
    const { gen, bool } = test;
    const yesRun = yes.run;
    const noRun = no === undefined ? NOTHING.run : no.run;
    if (gen === undefined && yesRun !== undefined && noRun !== undefined) {
      return no === undefined
        ? now(() => (bool() ? yesRun() : NORMAL))
        : now(() => (bool() ? yesRun() : noRun()));
    }
    return later(function* () {
      const s = (gen === undefined ? bool() : yield* evaluateBool(test)) ? yes : no;
      if (s === undefined) return NORMAL;
      return s.run === undefined ? yield* s.steps() : s.run();
    });
  }

  /** while, do and for. */
  #loop(test: Ex | undefined, step: St | undefined, body: St, testFirst: boolean): St {
    const rt = this.#rt;
    return later(function* () {
      for (let tests = testFirst; ; tests = true) {
        if (tests && test !== undefined) {
          if (!(test.gen === undefined ? test.bool() : yield* evaluateBool(test))) return NORMAL;
        }
        const how = body.run === undefined ? yield* body.steps() : body.run();
        if (how !== NORMAL && how !== CONTINUE) return how === BREAK ? NORMAL : how;
        if (step !== undefined) {
          if (step.run === undefined) yield* step.steps();
          else step.run();
        }
        if (rt.busy()) yield* rt.pause();
      }
    });
  }

  #forIn(s: Extract<Stmt, { type: "forin" }>): St {
    const rt = this.#rt;
    const array = this.#e.array(s.name);
    const { parts, make } = this.#e.target(s.target);
    // A subscript of the loop variable is evaluated each time round.
    let key = "";
    const assign = this.#expression(
      lift(rt, parts, (ready) => {
        const target = make(ready);
        return numEx(rt, () => {
          if (target.cell === undefined) target.get();
          target.set(key);
          return 0;
        });
      }),
    );
    const body = this.compile(s.body);
    return later(function* () {
      for (const name of array().keys()) {
        key = name;
        if (assign.run === undefined) yield* assign.steps();
        else assign.run();
        const how = body.run === undefined ? yield* body.steps() : body.run();
        if (how !== NORMAL && how !== CONTINUE) return how === BREAK ? NORMAL : how;
        if (rt.busy()) yield* rt.pause();
      }
      return NORMAL;
    });
  }

  #print(s: Extract<Stmt, { type: "print" }>): St {
    const rt = this.#rt;
    const args = s.args.map((e) => this.#e.compile(e));
    const text = lift(rt, args, (parts) => {
      const make = s.format ? formatted(rt, parts) : printed(rt, parts);
      return { val: make, str: make, num: () => 0, bool: () => true };
    });
    const { to, mode } = s;
    if (to === undefined || mode === "") {
      const { gen, str } = text;
      if (gen === undefined) {
        return now(() => {
          // Functions that print may be called on the way: "rt.out += str()" would lose their text.
          const s = str();
          rt.out += s;
          return NORMAL;
        });
      }
      return later(function* () {
        const s = rt.toStr(yield* gen());
        rt.out += s;
        return NORMAL;
      });
    }
    const name = this.#e.compile(to);
    return later(function* () {
      const out = rt.toStr(yield* evaluate(text));
      const where = rt.toStr(yield* evaluate(name));
      if (mode === "|" || where === "/dev/stderr") yield* rt.flush();
      const output = yield* rt.streams.output(where, mode);
      if (output === rt.p.stdout) rt.out += out;
      else {
        const w = output.puts(out);
        if (w) yield* w;
      }
      return NORMAL;
    });
  }
}

function printed(rt: Runtime, parts: readonly Ex[]): () => string {
  const end = (): string => {
    const v = rt.ors.v;
    return typeof v === "string" ? v : rt.toStr(v);
  };
  if (parts.length === 0) return () => rt.record.text() + end();
  const values = parts.map((part) => part.val);
  const first = values[0] as () => Value;
  if (parts.length === 1) return () => rt.outStr(first()) + end();
  return () => {
    let s = rt.outStr(first());
    for (let i = 1; i < values.length; i++)
      s += rt.toStr(rt.ofs.v) + rt.outStr((values[i] as () => Value)());
    return s + end();
  };
}

function formatted(rt: Runtime, parts: readonly Ex[]): () => string {
  const first = parts[0];
  if (first === undefined)
    return () => rt.formats.format(rt.record.text(), formatArguments(rt, [], 0));
  return () => {
    const format = first.str();
    return rt.formats.format(format, formatArguments(rt, parts, 1));
  };
}

/** Functions that neither loop nor wait nor, by whatever way, call themselves. */
function simpleFunctions(program: Program): Set<string> {
  const calls = new Map<string, Set<string>>();
  const collect = (node: unknown, into: Set<string>): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, name } = node as { type?: string; name?: string };
    if (type === "call" && name !== undefined) into.add(name);
    for (const value of Object.values(node)) collect(value, into);
  };
  for (const f of program.functions.values()) {
    const into = new Set<string>();
    collect(f.body, into);
    calls.set(f.name, into);
  }
  // Functions are simple if all they call are known to be: recursion never gets there.
  const simple = new Set<string>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, called] of calls) {
      if (simple.has(name) || ![...called].every((other) => simple.has(other))) continue;
      simple.add(name);
      changed = true;
    }
  }
  return simple;
}
