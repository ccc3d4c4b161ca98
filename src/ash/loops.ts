// while, until, for and case (POSIX XCU 2.9.4).
import type { Blocking, Steps } from "../abi/program.ts";
import { compileFields, expandWords } from "./expand.ts";
import type { Node } from "./nodes.ts";
import { type Pattern, patternMemo, shellPattern } from "./pattern.ts";
import {
  INTERRUPT,
  type Run,
  type Shell,
  SKIP_BREAK,
  SKIP_NOEXEC,
  SKIP_NONE,
  SKIP_RETURN,
} from "./shell.ts";
import {
  compilePattern,
  compileString,
  type StringWord,
  TILDE_START,
  type WordHost,
} from "./word.ts";

/** What the loop does about break and continue: true when it is to end. */
function loopEnds(sh: Shell): boolean {
  if (sh.skip === SKIP_RETURN || sh.skip === SKIP_NOEXEC) return true;
  const ends = sh.skip === SKIP_BREAK;
  if (--sh.skipCount <= 0) {
    sh.skip = SKIP_NONE;
    return ends;
  }
  return true;
}

/** while and until. */
export function compileWhile(cond: Run, body: Run, until: boolean): Run {
  return (sh) => {
    let status = 0;
    sh.loopNest++;
    try {
      for (;;) {
        if (--sh.sys.budget < 0) return whileRest(sh, cond, body, until, status, 0, undefined);
        sh.tested++;
        const c = cond(sh);
        if (typeof c !== "number") return whileRest(sh, cond, body, until, status, 1, c);
        sh.tested--;
        if (sh.skip !== SKIP_NONE) {
          if (sh.skip === SKIP_RETURN) status = c;
          if (loopEnds(sh)) break;
          continue;
        }
        if ((c === 0) === until) break;
        const b = body(sh);
        if (typeof b !== "number") return whileRest(sh, cond, body, until, status, 2, b);
        status = b;
        if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
      }
    } finally {
      sh.loopNest--;
    }
    if (sh.skip === SKIP_NONE) sh.status = status;
    return status;
  };
}

/** The loop once it has waited. `stage` 1: in the condition, 2: in the body. */
function* whileRest(
  sh: Shell,
  cond: Run,
  body: Run,
  until: boolean,
  before: number,
  first: number,
  pending: Steps<number> | undefined,
): Steps<number> {
  let status = before;
  let stage = first;
  let steps = pending;
  sh.loopNest++;
  try {
    for (;;) {
      if (stage < 2) {
        if (stage === 0) {
          if (--sh.sys.budget < 0) yield* sh.sys.sched_yield();
          if (sh.pending && sh.interrupted) throw INTERRUPT;
          sh.tested++;
        }
        const r: Blocking<number> = stage === 1 && steps !== undefined ? steps : cond(sh);
        const c = typeof r === "number" ? r : yield* r;
        sh.tested--;
        if (sh.skip !== SKIP_NONE) {
          if (sh.skip === SKIP_RETURN) status = c;
          if (loopEnds(sh)) break;
          stage = 0;
          continue;
        }
        if ((c === 0) === until) break;
      }
      const r: Blocking<number> = stage === 2 && steps !== undefined ? steps : body(sh);
      status = typeof r === "number" ? r : yield* r;
      if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
      stage = 0;
      steps = undefined;
    }
  } finally {
    sh.loopNest--;
  }
  if (sh.skip === SKIP_NONE) sh.status = status;
  return status;
}

/** for; `body` is compiled already. */
export function compileFor(node: Extract<Node, { type: "for" }>, body: Run, host: WordHost): Run {
  const words = node.words.map((word) => compileFields(word, host));
  const { name, line } = node;
  return (sh) => {
    sh.lineno = line;
    const list: string[] = [];
    const expanded = expandWords(sh, words, 0, list);
    if (expanded !== undefined) return forLater(sh, expanded, list, name, body);
    return forLoop(sh, list, name, body);
  };
}

function* forLater(
  sh: Shell,
  steps: Steps<void>,
  list: string[],
  name: string,
  body: Run,
): Steps<number> {
  yield* steps;
  const r = forLoop(sh, list, name, body);
  return typeof r === "number" ? r : yield* r;
}

function forLoop(sh: Shell, list: readonly string[], name: string, body: Run): Blocking<number> {
  let status = 0;
  sh.loopNest++;
  try {
    for (let i = 0; i < list.length; i++) {
      sh.set(name, list[i] as string);
      if (--sh.sys.budget < 0) return forRest(sh, list, i, name, body, undefined);
      const r = body(sh);
      if (typeof r !== "number") return forRest(sh, list, i, name, body, r);
      status = r;
      if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
    }
  } finally {
    sh.loopNest--;
  }
  if (sh.skip === SKIP_NONE) sh.status = status;
  return status;
}

function* forRest(
  sh: Shell,
  list: readonly string[],
  at: number,
  name: string,
  body: Run,
  first: Steps<number> | undefined,
): Steps<number> {
  let status = 0;
  let steps = first;
  sh.loopNest++;
  try {
    for (let i = at; i < list.length; i++) {
      if (i > at) sh.set(name, list[i] as string);
      if (--sh.sys.budget < 0) yield* sh.sys.sched_yield();
      const r: Blocking<number> = steps ?? body(sh);
      steps = undefined;
      status = typeof r === "number" ? r : yield* r;
      if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
    }
  } finally {
    sh.loopNest--;
  }
  if (sh.skip === SKIP_NONE) sh.status = status;
  return status;
}

interface CaseItem {
  /** Constant patterns, and the others as words. */
  patterns: (Pick<Pattern, "matches"> | { word: StringWord; memo: (s: string) => Pattern })[];
  body: Run | undefined;
}

// Most of a script's cases are never come to: their patterns and bodies are compiled when they are.
function whenNeeded(text: string): Pick<Pattern, "matches"> {
  let pattern: Pattern | undefined;
  return {
    matches: (value) => {
      pattern ??= shellPattern(text);
      return pattern.matches(value);
    },
  };
}

function bodyWhenNeeded(body: Node, compileBody: (body: Node) => Run): Run {
  let run: Run | undefined;
  return (sh) => {
    run ??= compileBody(body);
    return run(sh);
  };
}

/** case; `compileBody` compiles what follows a pattern. */
export function compileCase(
  node: Extract<Node, { type: "case" }>,
  compileBody: (body: Node) => Run,
  host: WordHost,
): Run {
  const word = compileString(node.word, TILDE_START, host);
  const items = node.items.map(
    (item): CaseItem => ({
      patterns: item.patterns.map((pattern) => {
        const compiled = compilePattern(pattern, host);
        if (compiled.constant !== undefined) return whenNeeded(compiled.constant);
        return { word: compiled, memo: patternMemo() };
      }),
      body: item.body === null ? undefined : bodyWhenNeeded(item.body, compileBody),
    }),
  );
  const { line } = node;
  const choose = (sh: Shell, value: string): Blocking<number> => {
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as CaseItem;
      for (let k = 0; k < item.patterns.length; k++) {
        const p = item.patterns[k] as CaseItem["patterns"][number];
        if ("word" in p) {
          const s = p.word.run(sh);
          if (typeof s !== "string") return caseRest(sh, items, i, k, value, s);
          if (p.memo(s).matches(value)) return runCase(sh, item);
        } else if (p.matches(value)) return runCase(sh, item);
      }
    }
    sh.status = 0;
    return 0;
  };
  return (sh) => {
    sh.lineno = line;
    const value = word.run(sh);
    return typeof value === "string" ? choose(sh, value) : chooseLater(sh, value, choose);
  };
}

function* chooseLater(
  sh: Shell,
  steps: Steps<string>,
  choose: (sh: Shell, value: string) => Blocking<number>,
): Steps<number> {
  const r = choose(sh, yield* steps);
  return typeof r === "number" ? r : yield* r;
}

function runCase(sh: Shell, item: CaseItem): Blocking<number> {
  if (item.body !== undefined) return item.body(sh);
  sh.status = 0;
  return 0;
}

function* caseRest(
  sh: Shell,
  items: readonly CaseItem[],
  at: number,
  atPattern: number,
  value: string,
  first: Steps<string>,
): Steps<number> {
  let steps: Steps<string> | undefined = first;
  let from = atPattern;
  for (let i = at; i < items.length; i++) {
    const item = items[i] as CaseItem;
    for (let k = from; k < item.patterns.length; k++) {
      const p = item.patterns[k] as CaseItem["patterns"][number];
      let hit: boolean;
      if ("word" in p) {
        const s: Blocking<string> = steps ?? p.word.run(sh);
        steps = undefined;
        hit = p.memo(typeof s === "string" ? s : yield* s).matches(value);
      } else hit = p.matches(value);
      if (hit) {
        const r = runCase(sh, item);
        return typeof r === "number" ? r : yield* r;
      }
    }
    from = 0;
  }
  sh.status = 0;
  return 0;
}
