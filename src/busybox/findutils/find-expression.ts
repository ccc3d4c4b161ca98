// The expression of find: tests and actions in groups of -o and -a, and how they are tried.
import { isSteps, type Steps } from "../../abi/program.ts";
import type { FoundFile } from "./find-file.ts";

/** A test or an action. */
export type Test = (file: FoundFile) => boolean | Steps<boolean>;

/**
 * Groups between which -o stands, each with tests that must all hold. A group without tests ends the
 * expression there, as it does in the original.
 */
export type Expression = Test[][];

/** Does the expression hold? An empty one does. */
export function evaluate(groups: Expression, file: FoundFile): boolean | Steps<boolean> {
  return from(groups, file, 0, 0, true);
}

function from(
  groups: Expression,
  file: FoundFile,
  group: number,
  test: number,
  before: boolean,
): boolean | Steps<boolean> {
  let holds = before;
  let k = test;
  for (let g = group; g < groups.length; g++) {
    const tests = groups[g] as Test[];
    if (tests.length === 0) break;
    if (k === 0) holds = true;
    for (; holds && k < tests.length; k++) {
      const result = (tests[k] as Test)(file);
      if (typeof result !== "boolean") return after(groups, file, g, k + 1, result);
      holds = result;
    }
    if (holds) return true;
    k = 0;
  }
  return holds;
}

/** The rest of an expression one test of which has to wait. */
function* after(
  groups: Expression,
  file: FoundFile,
  group: number,
  test: number,
  result: Steps<boolean>,
): Steps<boolean> {
  const holds = yield* result;
  const rest = holds
    ? from(groups, file, group, test, true)
    : from(groups, file, group + 1, 0, false);
  return isSteps(rest) ? yield* rest : rest;
}

/** The test that holds where another does not. */
export function not(test: Test): Test {
  return (file) => {
    const result = test(file);
    return typeof result === "boolean" ? !result : opposite(result);
  };
}

function* opposite(steps: Steps<boolean>): Steps<boolean> {
  return !(yield* steps);
}
