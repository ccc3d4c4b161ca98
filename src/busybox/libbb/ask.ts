// Questions before something is overwritten or removed (cp -i, mv -i, rm -i).
import { isSteps, type Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";

/**
 * Asks on stderr and reads a line of stdin, byte by byte so that the rest stays for others: does it
 * begin with y or Y?
 */
export function* ask(p: Process, question: string): Steps<boolean> {
  const f = p.stdout.flush();
  if (f) yield* f;
  const w = p.stderr.puts(question);
  if (w) yield* w;
  let first: number | undefined;
  for (;;) {
    let chunk = p.sys.read(0, 1);
    if (isSteps(chunk)) chunk = yield* chunk;
    const c = chunk[0];
    if (c === undefined || c === 10) break;
    // Leading blanks do not count.
    if (first === undefined && c !== 32 && c !== 9) first = c;
  }
  return first === 0x79 || first === 0x59;
}
