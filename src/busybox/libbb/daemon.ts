// How programs go to the background (daemon(3)).
import { O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { open } from "../../libc/unistd.ts";

/** Leaves the terminal: a session of its own, nothing on the standard descriptors. */
export function* becomeDaemon(sys: Sys): Steps<void> {
  sys.setsid();
  const fd = yield* settle(open(sys, "/dev/null", O_RDWR));
  for (const std of [0, 1, 2]) sys.dup2(fd, std);
  if (fd > 2) sys.close(fd);
}
