// eventfd2(2): a counter that is read and added to.
import { EAGAIN, EINVAL } from "../../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../../abi/fcntl.ts";
import { ANON_INODE_FS_MAGIC } from "../../abi/mount.ts";
import { EFD_SEMAPHORE, POLLIN, POLLOUT } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import type { Task } from "../task.ts";
import { sleepOn, WaitQueue } from "../wait.ts";
import { anonymousPath } from "./anon.ts";
import { File, type Path } from "./file.ts";

/** Largest count: 2^64 - 2. */
const MAX = 0xfffffffffffffffen;

class EventFd extends File {
  #count: bigint;
  readonly #semaphore: boolean;
  readonly #queue = new WaitQueue();

  constructor(path: Path, flags: number, initial: number, semaphore: boolean) {
    super(path, flags);
    this.#count = BigInt(initial);
    this.#semaphore = semaphore;
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    if (max < 8) throw EINVAL;
    if (this.#count > 0n) return this.#take();
    if (this.nonblock) throw EAGAIN;
    return this.#readLater(task);
  }

  *#readLater(task: Task): Steps<Uint8Array> {
    while (this.#count === 0n) yield* sleepOn(task, [this.#queue]);
    return this.#take();
  }

  #take(): Uint8Array {
    const value = this.#semaphore ? 1n : this.#count;
    this.#count -= value;
    this.#queue.wake();
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    return bytes;
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    if (bytes.length < 8) throw EINVAL;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const value = view.getBigUint64(0, true);
    if (value > MAX) throw EINVAL;
    if (value <= MAX - this.#count) return this.#add(value);
    if (this.nonblock) throw EAGAIN;
    return this.#writeLater(task, value);
  }

  *#writeLater(task: Task, value: bigint): Steps<number> {
    while (value > MAX - this.#count) yield* sleepOn(task, [this.#queue]);
    return this.#add(value);
  }

  #add(value: bigint): number {
    this.#count += value;
    this.#queue.wake();
    return 8;
  }

  override poll(): number {
    return (this.#count > 0n ? POLLIN : 0) | (this.#count < MAX ? POLLOUT : 0);
  }

  override pollQueues(): readonly WaitQueue[] {
    return [this.#queue];
  }
}

/** eventfd2(2). */
export function eventfd2(task: Task, initial: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE)) !== 0 || initial < 0) throw EINVAL;
  const path = anonymousPath(
    task.kernel,
    "anon_inodefs",
    ANON_INODE_FS_MAGIC,
    "[eventfd]",
    0o600,
    task.cred,
  );
  const semaphore = (flags & EFD_SEMAPHORE) !== 0;
  const file = new EventFd(path, O_RDWR | (flags & O_NONBLOCK), initial, semaphore);
  return task.fds.install(file, (flags & O_CLOEXEC) !== 0, task.rlimit(RLIMIT_NOFILE));
}
