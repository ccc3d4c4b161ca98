// Deep recursion of shell functions without deep recursion of ours.
//
// A chain of calls is cut into segments. At a cut the call is handed up to the driver at the bottom,
// which runs it on a stack of generators of its own; so neither the host's stack nor the cost of a
// resumption grows with the depth.
import type { Blocking, Steps, Wait } from "../abi/program.ts";

/** Calls in a segment: a few host frames each, far within any host's stack. */
const SEGMENT = 40;

/** Does a call at this depth begin a segment? */
export function cutsHere(depth: number): boolean {
  return depth % SEGMENT === SEGMENT - 1;
}

/** A call on its way to the driver. */
class DeepCall {
  readonly start: () => Blocking<number>;
  result = 0;
  constructor(start: () => Blocking<number>) {
    this.start = start;
  }
}

/** Has the driver make the call. */
export function* callDeep(start: () => Blocking<number>): Steps<number> {
  const call = new DeepCall(start);
  // Only `drive` sees this; the scheduler does not.
  yield call as unknown as Wait;
  return call.result;
}

/** Runs the work of a task with the calls that come from {@link callDeep}. */
export function* drive(work: Steps<number>): Steps<number> {
  const stack: Steps<number>[] = [work];
  /** The call that each generator above the first one carries out. */
  const calls: DeepCall[] = [];
  let sent = 0;
  let fault: { error: unknown } | undefined;
  try {
    for (;;) {
      const top = stack[stack.length - 1] as Steps<number>;
      let step: IteratorResult<Wait, number>;
      try {
        if (fault === undefined) step = top.next(sent);
        else {
          const { error } = fault;
          fault = undefined;
          step = top.throw(error);
        }
        sent = 0;
      } catch (error) {
        stack.pop();
        if (stack.length === 0) throw error;
        calls.pop();
        fault = { error };
        continue;
      }
      if (step.done === true) {
        stack.pop();
        if (stack.length === 0) return step.value;
        (calls.pop() as DeepCall).result = step.value;
        continue;
      }
      const wait: unknown = step.value;
      if (!(wait instanceof DeepCall)) {
        try {
          sent = yield step.value;
        } catch (error) {
          fault = { error };
        }
        continue;
      }
      try {
        const result = wait.start();
        if (typeof result === "number") wait.result = result;
        else {
          stack.push(result);
          calls.push(wait);
        }
      } catch (error) {
        fault = { error };
      }
    }
  } finally {
    // The task is being killed: what is suspended is told so, innermost first.
    while (stack.length > 0) (stack.pop() as Steps<number>).return(0);
  }
}
