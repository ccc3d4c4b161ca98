// ssl_client: speaks TLS on a connected socket, plain text on stdin and stdout (the helper of BusyBox's programs)
import { EINTR, Errno } from "../abi/errno.ts";
import { POLLIN } from "../abi/poll.ts";
import { type Program, type Steps, settle } from "../abi/program.ts";
import { getopt } from "../libc/getopt.ts";
import { die, Process, runMain } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { TlsError, tlsConnect } from "../libc/tls.ts";
import { writeAll } from "../libc/unistd.ts";

const CHUNK = 65536;

/** Carries bytes both ways until the server ends. */
function* carry(p: Process, fd: number): Steps<number> {
  const { sys } = p;
  let input = true;
  for (;;) {
    const fds = [{ fd, events: POLLIN, revents: 0 }];
    if (input) fds.push({ fd: 0, events: POLLIN, revents: 0 });
    try {
      yield* settle(sys.poll(fds, -1));
    } catch (e) {
      if (e !== EINTR) throw e;
      continue;
    }
    if ((fds[1]?.revents ?? 0) !== 0) {
      const bytes = yield* settle(sys.read(0, CHUNK));
      if (bytes.length > 0) yield* writeAll(sys, fd, bytes);
      // TLS cannot end one direction alone: the server still has something to say.
      else input = false;
    }
    if ((fds[0]?.revents ?? 0) !== 0) {
      const bytes = yield* settle(sys.read(fd, CHUNK));
      if (bytes.length === 0) return 0;
      yield* writeAll(sys, 1, bytes);
    }
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "s:r:n:I");
  const descriptor = (text: string): number =>
    /^[0-9]{1,9}$/.test(text) ? Number(text) : die(`invalid number '${text}'`);
  const fd = descriptor(opt.get("s") ?? opt.get("r") ?? "0");
  const name = opt.get("n") ?? p.usageError();
  try {
    yield* tlsConnect(p.sys, fd, name, { verify: !opt.has("I") });
    return yield* carry(p, fd);
  } catch (e) {
    if (e instanceof TlsError) return die(`${name}: ${e.message}`);
    if (!(e instanceof Errno)) throw e;
    return die(strerror(e));
  }
}

/** The program. */
export const sslClient: Program = (sys, argv, envp) => {
  const p = new Process(sys, argv, envp);
  p.usage = "usage: ssl_client [-s FD] [-r FD] [-I] -n SNI\n";
  return runMain(p, main);
};
