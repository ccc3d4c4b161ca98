// vi: the screen editor (POSIX vi, as far as BusyBox's goes)
import type { Steps } from "../../../abi/program.ts";
import { SIGWINCH } from "../../../abi/signal.ts";
import { decodeUtf8 } from "../../../lib/utf8.ts";
import { getopt } from "../../../libc/getopt.ts";
import type { Process } from "../../../libc/process.ts";
import { readText, tryStat } from "../../../libc/unistd.ts";
import type { Applet } from "../../libbb/applet.ts";
import { NoInput } from "../../libbb/key-input.ts";
import { colon, FEATURES, longMessage } from "./colon.ts";
import { command } from "./commands.ts";
import { loadFile } from "./files.ts";
import { Vi } from "./state.ts";
import { ENTER_SCREEN, LEAVE_SCREEN, lendScreen, rawOn } from "./terminal.ts";

/** Commands done before the first file is shown: $EXINIT, or else ~/.exrc if it is the user's own. */
function* startCommands(p: Process): Steps<string[]> {
  const exinit = p.env.get("EXINIT");
  if (exinit !== undefined) return decodeUtf8(exinit).split("\n");
  const home = p.env.get("HOME");
  if (home === undefined || home === "") return [];
  const path = `${home}/.exrc`;
  const st = tryStat(p.sys, path);
  // Others must not be able to write what we are going to do.
  if (st === undefined || st.uid !== p.sys.getuid() || (st.mode & 0o022) !== 0) return [];
  return decodeUtf8((yield* readText(p.sys, path, 1 << 16)) ?? "").split("\n");
}

/** Edits one file until it is left. */
function* editFile(vi: Vi): Steps<void> {
  vi.leave = undefined;
  while (vi.leave === undefined) {
    const { row } = vi.cursor;
    if (vi.lineBefore.row !== row) vi.lineBefore = { row, text: vi.line };
    vi.keys.recorded = [];
    vi.buf.beginCommand(vi.cursor);
    yield* command(vi);
    yield* longMessage(vi);
    const first = vi.keys.recorded.find((k) => !/^[0-9]$/.test(k));
    if (vi.buf.changed && first !== undefined && !"uU.:".includes(first)) {
      vi.dot = vi.keys.recorded;
    }
    if (--vi.p.sys.budget < 0) yield* vi.p.sys.sched_yield();
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "c:HhR");
  if (opt.has("H") || opt.has("h")) {
    const w = p.stdout.puts(FEATURES);
    if (w) yield* w;
    return opt.has("H") ? 0 : 1;
  }
  const vi = new Vi(p, false);
  vi.files = opt.operands;
  let resized = false;
  const old = p.sys.rt_sigaction(SIGWINCH, {
    handler: () => {
      resized = true;
    },
    flags: 0,
    mask: { lo: 0, hi: 0 },
  });
  const draw = (): Steps<void> => vi.screen.draw(vi);
  vi.keys.idle = draw;
  vi.keys.interrupted = function* () {
    if (!resized) return;
    resized = false;
    vi.screen.measure();
    yield* draw();
  };
  yield* rawOn(vi);
  yield* vi.screen.send(ENTER_SCREEN);
  try {
    const initial = [...(yield* startCommands(p)), ...opt.all("c").map(decodeUtf8)];
    do {
      yield* loadFile(vi, vi.files[vi.at] ?? "", opt.has("R"));
      vi.leave = undefined;
      for (const line of initial.splice(0)) {
        yield* colon(vi, line);
        yield* longMessage(vi);
        vi.clamp();
      }
      if (vi.leave === undefined) yield* editFile(vi);
      // `leave` was changed by the commands.
      if ((vi.leave as string | undefined) === "quit") break;
      vi.at++;
    } while (vi.at < vi.files.length);
  } catch (e) {
    if (!(e instanceof NoInput)) throw e;
    yield* leave(vi);
    yield* p.warnx("can't read user input");
    return 1;
  }
  yield* leave(vi);
  p.sys.rt_sigaction(SIGWINCH, old);
  return vi.status;
}

function* leave(vi: Vi): Steps<void> {
  yield* lendScreen(vi);
  yield* vi.screen.send(LEAVE_SCREEN);
}

export const vi: Applet = {
  name: "vi",
  path: "/usr/bin/vi",
  usage: `[-c CMD] [-R] [-H] [FILE]...

Edit FILEs on the screen

	-c CMD	Do the colon command CMD first
	-R	Do not write files unless told so with !
	-H	List what is implemented
`,
  main,
};
