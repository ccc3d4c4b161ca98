// Asking all init scripts what they depend on: one shell reads them all (lib/rc/sh/gendepends.sh).
import { O_CLOEXEC } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { execOrDie, waitpid } from "../../libc/spawn.ts";
import { readAll } from "../../libc/unistd.ts";
import { LIBEXECDIR } from "./paths.ts";
import type { Rc } from "./rc.ts";

/** More than any number of scripts can say. */
const LIMIT = 0x100_0000;

/** Lines "service type names…" of all scripts; undefined when they cannot be asked. */
export function* genDepends(rc: Rc): Steps<string | undefined> {
  const { p, sys } = rc;
  if (rc.env("RC_LIBEXECDIR") === undefined) rc.setenv("RC_LIBEXECDIR", LIBEXECDIR);
  rc.setenv("RC_UNAME", sys.uname().sysname);
  yield* rc.flush();
  return yield* readFrom(rc, [`${LIBEXECDIR}/sh/gendepends.sh`], p.environ());
}

/** What a program prints on its standard output. */
export function* readFrom(
  rc: Rc,
  argv: readonly string[],
  envp: readonly string[],
): Steps<string | undefined> {
  const { p, sys } = rc;
  const [from, to] = sys.pipe2(O_CLOEXEC);
  const pid = sys.fork(function* (child) {
    child.dup2(to, 1);
    return yield* execOrDie(p, argv, child, envp);
  });
  sys.close(to);
  try {
    const text = strOf(yield* readAll(sys, from, LIMIT));
    yield* waitpid(sys, pid);
    return text;
  } finally {
    sys.close(from);
  }
}
