// What expressions are compiled to, and the simple shapes of it.
import type { Steps } from "../../../abi/program.ts";
import type { Runtime } from "./runtime.ts";
import { toBoolean, toNumber, type Value } from "./value.ts";

/** An expression as functions, one for each use that is made of its value. */
export interface Ex {
  /** It may have to wait: only this may be called. */
  readonly gen?: () => Steps<Value>;
  readonly num: () => number;
  readonly str: () => string;
  readonly val: () => Value;
  readonly bool: () => boolean;
}

/** A call of a function that may wait: whoever drives the program runs it (so that recursion needs no stack). */
export class Call {
  readonly body: Steps<Value>;
  constructor(body: Steps<Value>) {
    this.body = body;
  }
}

export function numEx(rt: Runtime, num: () => number): Ex {
  return { num, val: num, str: () => rt.numStr(num()), bool: () => num() !== 0 };
}

export function boolEx(bool: () => boolean): Ex {
  const num = (): number => (bool() ? 1 : 0);
  return { bool, num, val: num, str: () => (bool() ? "1" : "0") };
}

export function strEx(str: () => string): Ex {
  return { str, val: str, num: () => toNumber(str()), bool: () => str() !== "" };
}

export function valEx(rt: Runtime, val: () => Value): Ex {
  return {
    val,
    num: () => {
      const v = val();
      return typeof v === "number" ? v : toNumber(v);
    },
    str: () => rt.toStr(val()),
    bool: () => toBoolean(val()),
  };
}

export function genEx(gen: () => Steps<Value>): Ex {
  const never = (): never => {
    throw new Error("awk: an expression that waits was asked at once");
  };
  return { gen, num: never, str: never, val: never, bool: never };
}

/** A place for a value that is known before the rest of an expression is looked at. */
class Slot {
  v: Value;
}

/**
 * An expression made of others by `build`. If some of those may wait, all are evaluated in order first, and
 * what is built looks at the results.
 */
export function lift(rt: Runtime, parts: readonly Ex[], build: (parts: readonly Ex[]) => Ex): Ex {
  if (!parts.some((part) => part.gen !== undefined)) return build(parts);
  const slots = parts.map(() => new Slot());
  const whole = build(slots.map((slot) => valEx(rt, () => slot.v)));
  return genEx(function* () {
    const values: Value[] = [];
    for (const part of parts) values.push(part.gen === undefined ? part.val() : yield* part.gen());
    // Between here and the evaluation nobody else can come: recursion keeps its values above.
    for (const [i, slot] of slots.entries()) slot.v = values[i];
    return whole.gen === undefined ? whole.val() : yield* whole.gen();
  });
}

/** The value of any expression. */
export function* evaluate(e: Ex): Steps<Value> {
  return e.gen === undefined ? e.val() : yield* e.gen();
}

export function* evaluateBool(e: Ex): Steps<boolean> {
  return e.gen === undefined ? e.bool() : toBoolean(yield* e.gen());
}
