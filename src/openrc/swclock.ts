// swclock: the time by that of a file, for machines without a clock of their own.
import { ENOENT, Errno } from "../abi/errno.ts";
import { AT_EMPTY_PATH, O_CREAT, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { strerror } from "../libc/strerror.ts";
import { open, stat } from "../libc/unistd.ts";
import { failure } from "./librc/dirs.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "sw",
  extra: "file",
  options: [
    ["s", "save", "", "Give the file the present time"],
    ["w", "warn", "", "It is no error when the file is not there"],
  ],
};

function* save(rc: Rc, file: string): Steps<number> {
  const { sys, einfo } = rc;
  let call = "open";
  try {
    let fd = open(sys, file, O_WRONLY | O_CREAT, 0o644);
    if (isSteps(fd)) fd = yield* fd;
    const opened = fd;
    call = "futimens";
    const { sec, nsec } = sys.clock_gettime(0);
    sys.utimensat(opened, "", { sec, nsec }, { sec, nsec }, AT_EMPTY_PATH);
    sys.close(opened);
    return 0;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return yield* einfo.eerrorx(`swclock: ${call}: ${strerror(e)}`);
  }
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo } = rc;
  const flags = new Set<string>();
  const [file] = yield* rcOptions(rc, USAGE, function* (key) {
    flags.add(key);
  });
  if (file === undefined) return yield* einfo.eerrorx("swclock: Reference file was not specified");
  if (flags.has("s")) return yield* save(rc, file);
  let seconds = 0;
  const now = sys.clock_gettime(0).sec;
  const error = failure(() => {
    seconds = stat(sys, file).mtime.sec;
  });
  if (error !== undefined) {
    const why = `swclock: \`${file}': ${strerror(error)}`;
    if (!flags.has("w") || error !== ENOENT) yield* einfo.eerrorx(why);
    yield* einfo.ewarn(why);
    return 0;
  }
  // The host's clock goes on while the machine is off: time does not go back.
  if (seconds <= now) return 0;
  const refused = failure(() => sys.clock_settime(0, { sec: seconds, nsec: 0 }));
  if (refused !== undefined) yield* einfo.eerrorx(`swclock: settimeofday: ${strerror(refused)}`);
  return 0;
}

/** The program. */
export const swclock: Program = rcProgram(main);
