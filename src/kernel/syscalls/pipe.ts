// pipe2(2).
import { EINVAL } from "../../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { createPipe } from "../fs/pipe.ts";
import type { Task } from "../task.ts";

/** pipe2(2): O_DIRECT is refused. */
export function pipe2(task: Task, flags: number): [readFd: number, writeFd: number] {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw EINVAL;
  const [reader, writer] = createPipe(task, flags);
  const cloexec = (flags & O_CLOEXEC) !== 0;
  const limit = task.rlimit(RLIMIT_NOFILE);
  let readFd = -1;
  try {
    readFd = task.fds.install(reader, cloexec, limit);
    return [readFd, task.fds.install(writer, cloexec, limit)];
  } catch (error) {
    if (readFd >= 0) task.fds.close(task, readFd);
    else writer.put();
    throw error;
  }
}
