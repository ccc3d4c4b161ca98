// pipe_progress: copies stdin to stdout, with a dot on stderr for every second there is something to copy
import { isSteps, type Steps } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import type { Process } from "../../libc/process.ts";
import { writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  let second = sys.clock_gettime(CLOCK_REALTIME).sec;
  for (;;) {
    let chunk = p.stdin.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    const now = sys.clock_gettime(CLOCK_REALTIME).sec;
    if (now !== second) {
      second = now;
      const w = p.stderr.puts(".");
      if (w) yield* w;
    }
    yield* writeAll(sys, 1, chunk);
  }
  const w = p.stderr.puts("\n");
  if (w) yield* w;
  return 0;
}

export const pipe_progress: Applet = {
  name: "pipe_progress",
  path: "/bin/pipe_progress",
  usage: "",
  main,
};
