// rc_logger: what is shown while a runlevel changes also goes to a file.
import { EINTR, EIO, EROFS, Errno } from "../../abi/errno.ts";
import { F_DUPFD_CLOEXEC, O_APPEND, O_CLOEXEC, O_CREAT, O_WRONLY } from "../../abi/fcntl.ts";
import { POLLHUP, POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { isatty, Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readFile, unlink, writeAll } from "../../libc/unistd.ts";
import { exists, failure } from "../librc/dirs.ts";
import { SHUTDOWN, SVCDIR, SYSINIT } from "../librc/paths.ts";
import { openPty, type Pty } from "../librc/pty.ts";
import type { Rc } from "../librc/rc.ts";
import type { Abort } from "../librc/signals.ts";

const TEMPORARY = `${SVCDIR}/rc.log`;
const DEFAULT_LOG = "/var/log/rc.log";

/** Text as the log keeps it: without what moves the cursor or colours. */
function plain(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences
      .replace(/\x1b(?:\[[^a-zA-Z\n]*[a-zA-Z]?|[^[\n])?/g, "")
      .replace(/[^\n\x20-\x7e]/g, "")
  );
}

/** The logging process of an openrc. */
export class Logger {
  readonly #rc: Rc;
  readonly #stop: number;
  readonly #pid: number;
  readonly #saved: readonly [stdout: number, stderr: number];

  private constructor(rc: Rc, stop: number, pid: number, saved: readonly [number, number]) {
    this.#rc = rc;
    this.#stop = stop;
    this.#pid = pid;
    this.#saved = saved;
  }

  /** Starts logging, when rc.conf asks for it: from now on stdout and stderr are its terminal. */
  static *open(rc: Rc, level: string): Steps<Logger | undefined> {
    const { sys } = rc;
    const conf = yield* rc.conf();
    if (!conf.yes("rc_logger")) return undefined;
    const pty = yield* openPty(sys, isatty(sys, 1) ? 1 : undefined);
    if (pty === undefined) return undefined;
    const [from, to] = sys.pipe2(O_CLOEXEC);
    const path = conf.get("rc_log_path") ?? DEFAULT_LOG;
    yield* rc.flush();
    const pid = sys.fork(function* (child) {
      child.close(to);
      child.close(pty.slave);
      return yield* log(rc, child, level, pty, from, path);
    });
    // Out of the group that is waited for when services start at the same time.
    sys.setpgid(pid, pid);
    sys.close(from);
    sys.close(pty.master);
    const saved = [sys.fcntl(1, F_DUPFD_CLOEXEC, 3), sys.fcntl(2, F_DUPFD_CLOEXEC, 3)] as const;
    sys.dup2(pty.slave, 1);
    sys.dup2(pty.slave, 2);
    sys.close(pty.slave);
    return new Logger(rc, to, pid, saved);
  }

  /** Ends logging; the streams are what they were. */
  *close(abort: Abort): Steps<void> {
    const { sys } = this.#rc;
    yield* this.#rc.flush();
    sys.dup2(this.#saved[0], 1);
    sys.dup2(this.#saved[1], 2);
    for (const fd of [...this.#saved, this.#stop]) sys.close(fd);
    yield* abort.wait(this.#pid);
  }
}

function* append(sys: Sys, path: string, text: string): Steps<Errno | undefined> {
  try {
    let fd = open(sys, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666);
    if (isSteps(fd)) fd = yield* fd;
    try {
      yield* writeAll(sys, fd, bytesOf(text));
    } finally {
      sys.close(fd);
    }
    return undefined;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e;
  }
}

function* stamp(rc: Rc, sys: Sys, level: string, what: string): Steps<string> {
  const time = yield* rc.ctime(sys.clock_gettime(0).sec);
  return `\nrc ${level} logging ${what} at ${time}\n\n`;
}

/** The child: shows and keeps all that comes until it is told to stop. */
function* log(
  rc: Rc,
  sys: Sys,
  level: string,
  pty: Pty,
  stop: number,
  path: string,
): Steps<number> {
  const out = new Output(sys, 1, true);
  // Until /run is there, the text waits.
  let waiting = yield* stamp(rc, sys, level, "started");
  for (let stopped = false; ; ) {
    const rows = [
      { fd: pty.master, events: POLLIN, revents: 0 },
      { fd: stop, events: POLLIN, revents: 0 },
    ] as const;
    try {
      const call = sys.poll([...rows], stopped ? 0 : -1);
      if (isSteps(call)) yield* call;
      if ((rows[0].revents & (POLLIN | POLLHUP)) !== 0) {
        let chunk = sys.read(pty.master, 8192);
        if (isSteps(chunk)) chunk = yield* chunk;
        if (chunk.length > 0) {
          const w = out.write(chunk);
          if (w) yield* w;
          waiting += plain(strOf(chunk));
          if ((yield* append(sys, TEMPORARY, waiting)) === undefined) waiting = "";
          continue;
        }
      }
    } catch (e) {
      if (e === EINTR) continue;
      if (e !== EIO) throw e;
    }
    if (stopped || (rows[0].revents & POLLHUP) !== 0) break;
    stopped = (rows[1].revents & (POLLIN | POLLHUP)) !== 0;
  }
  yield* append(sys, TEMPORARY, waiting + (yield* stamp(rc, sys, level, "stopped")));
  return yield* keep(sys, level, path);
}

/** Moves the temporary log to its place. */
function* keep(sys: Sys, level: string, path: string): Steps<number> {
  const err = new Output(sys, 2, true);
  const complain = function* (text: string): Steps<void> {
    const w = err.puts(` * ${text}\n`);
    if (w) yield* w;
  };
  if (path === TEMPORARY) {
    yield* complain("Cowardly refusing to concatenate a logfile into itself.");
    yield* complain(
      `Please change rc_log_path to something other than ${TEMPORARY} to get rid of this message`,
    );
    return 1;
  }
  // In these two the place may not be writable yet, or any more.
  const early = level === SHUTDOWN || level === SYSINIT;
  let error: Errno | undefined;
  try {
    error = yield* append(sys, path, strOf(yield* readFile(sys, TEMPORARY)));
    if (error !== undefined && (early || error === EROFS)) return 0;
    if (error !== undefined) yield* complain(`Error: fopen(${path}) failed: ${strerror(error)}`);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    error = e;
    yield* complain(`Error: fopen(${TEMPORARY}) failed: ${strerror(e)}`);
  }
  if (error !== undefined) {
    if (exists(sys, TEMPORARY))
      yield* complain(`Warning: temporary logfile left behind: ${TEMPORARY}`);
    return 1;
  }
  if (early) return 0;
  const undone = failure(() => unlink(sys, TEMPORARY));
  if (undone !== undefined)
    yield* complain(`Error: unlink(${TEMPORARY}) failed: ${strerror(undone)}`);
  return 0;
}
