// AF_UNIX (unix(7)): addresses in the file system, abstract names, descriptor passing, peer credentials.
import {
  EACCES,
  EADDRINUSE,
  ECONNREFUSED,
  EEXIST,
  EINVAL,
  ENOTCONN,
  EPROTOTYPE,
} from "../../abi/errno.ts";
import { AT_FDCWD, W_OK } from "../../abi/fcntl.ts";
import {
  AF_UNIX,
  SO_PASSCRED,
  SO_PEERCRED,
  SOL_SOCKET,
  type SockAddr,
  type SockAddrUn,
  type UCred,
} from "../../abi/socket.ts";
import { S_IFMT, S_IFSOCK } from "../../abi/stat.ts";
import { permitted } from "../cred.ts";
import type { Inode } from "../fs/inode.ts";
import { resolve } from "../fs/namei.ts";
import type { Kernel } from "../kernel.ts";
import { makeNode } from "../syscalls/link.ts";
import type { Task } from "../task.ts";
import { DatagramSocket } from "./dgram.ts";
import type { Message, Socket } from "./sock.ts";
import { StreamSocket } from "./stream.ts";

/** Longest path (sun_path). */
const PATH_BYTES = 108;

type UnixSocket = UnixStream | UnixDatagram;

/** Abstract names of the machine. */
function abstractNames(kernel: Kernel): Map<string, UnixSocket> {
  return kernel.slot("unix-abstract", () => new Map<string, UnixSocket>());
}

/** Sockets of the machine, for /proc/net/unix. */
export function unixSockets(kernel: Kernel): Set<Socket> {
  return kernel.slot("unix-sockets", () => new Set<Socket>());
}

function credOf(task: Task): UCred {
  return { pid: task.pid, uid: task.cred.euid, gid: task.cred.egid };
}

/** Where a Unix socket is bound, and how it lets go again. */
class Binding {
  path = "";
  inode: Inode | undefined;

  bind(task: Task, socket: UnixSocket, addr: SockAddr): void {
    if (addr.family !== AF_UNIX) throw EINVAL;
    if (this.path !== "" || addr.path.length > PATH_BYTES) throw EINVAL;
    if (addr.path === "" || addr.path.startsWith("\0")) {
      const name = addr.path === "" ? this.#freeName(task.kernel) : addr.path;
      const names = abstractNames(task.kernel);
      if (names.has(name)) throw EADDRINUSE;
      names.set(name, socket);
      this.path = name;
      return;
    }
    try {
      this.inode = makeNode(task, AT_FDCWD, addr.path, S_IFSOCK | 0o777, 0);
    } catch (error) {
      throw error === EEXIST ? EADDRINUSE : error;
    }
    this.inode.attached ??= new Map();
    this.inode.attached.set("socket", socket);
    this.path = addr.path;
  }

  /** Autobind: five hexadecimal digits in the abstract name space. */
  #freeName(kernel: Kernel): string {
    const names = abstractNames(kernel);
    for (let i = 0; ; i++) {
      const name = `\0${i.toString(16).padStart(5, "0")}`;
      if (!names.has(name)) return name;
    }
  }

  release(kernel: Kernel, socket: UnixSocket): void {
    if (this.inode?.attached?.get("socket") === socket) this.inode.attached.delete("socket");
    if (this.path.startsWith("\0") && abstractNames(kernel).get(this.path) === socket) {
      abstractNames(kernel).delete(this.path);
    }
    unixSockets(kernel).delete(socket);
  }
}

/** The socket bound at an address. */
function lookup(task: Task, addr: SockAddr): UnixSocket {
  if (addr.family !== AF_UNIX) throw EINVAL;
  if (addr.path === "") throw ECONNREFUSED;
  if (addr.path.startsWith("\0")) {
    const socket = abstractNames(task.kernel).get(addr.path);
    if (socket === undefined) throw ECONNREFUSED;
    return socket;
  }
  const { inode } = resolve(task, AT_FDCWD, addr.path, 0).dentry;
  if (!permitted(task.cred, inode, W_OK)) throw EACCES;
  if ((inode.mode & S_IFMT) !== S_IFSOCK) throw ECONNREFUSED;
  const socket = inode.attached?.get("socket") as UnixSocket | undefined;
  if (socket === undefined) throw ECONNREFUSED;
  return socket;
}

/** Credentials go along when the receiver asked for them. */
function withCred(task: Task, message: Message, to: Socket | undefined): Message {
  if (to === undefined || to.getOption(SOL_SOCKET, SO_PASSCRED) !== 1) return message;
  return { ...message, cred: credOf(task) };
}

/** SOCK_STREAM and SOCK_SEQPACKET. */
export class UnixStream extends StreamSocket {
  readonly #kernel: Kernel;
  readonly #binding: Binding;
  #peerCred: UCred | undefined;
  #ownCred: UCred;

  constructor(task: Task, type: number, binding: Binding = new Binding()) {
    super(AF_UNIX, type, 0);
    this.#kernel = task.kernel;
    this.#binding = binding;
    this.#ownCred = credOf(task);
    unixSockets(task.kernel).add(this);
  }

  override localAddress(): SockAddrUn {
    return { family: AF_UNIX, path: this.#binding.path };
  }
  override peerAddress(): SockAddr {
    if (this.peer === undefined) throw ENOTCONN;
    return this.peer.localAddress();
  }
  override bind(task: Task, addr: SockAddr): void {
    this.#binding.bind(task, this, addr);
  }
  override listen(task: Task, backlog: number): void {
    if (this.#binding.path === "") throw EINVAL;
    this.#ownCred = credOf(task);
    super.listen(task, backlog);
  }
  protected override child(client: StreamSocket): StreamSocket {
    const made = new UnixStream(
      {
        kernel: this.#kernel,
        pid: this.#ownCred.pid,
        cred: { euid: this.#ownCred.uid, egid: this.#ownCred.gid },
      } as Task,
      this.type,
      this.#binding,
    );
    made.#peerCred = (client as UnixStream).#ownCred;
    (client as UnixStream).#peerCred = this.#ownCred;
    return made;
  }
  protected override find(task: Task, addr: SockAddr): StreamSocket | undefined {
    this.#ownCred = credOf(task);
    const found = lookup(task, addr);
    if (!(found instanceof UnixStream)) throw EPROTOTYPE;
    if (found.type !== this.type) throw EPROTOTYPE;
    return found;
  }
  override pair(other: StreamSocket): void {
    super.pair(other);
    this.#peerCred ??= (other as UnixStream).#ownCred;
    (other as UnixStream).#peerCred ??= this.#ownCred;
  }
  protected override autobind(): void {}
  protected override unbind(): void {
    // Accepted sockets share the listener's address but do not own it.
    this.#binding.release(this.#kernel, this);
  }
  protected override decorate(task: Task, message: Message): Message {
    return withCred(task, message, this.peer);
  }
  override getOption(level: number, name: number): unknown {
    if (level === SOL_SOCKET && name === SO_PEERCRED) {
      return this.#peerCred ?? { pid: 0, uid: 0xffffffff, gid: 0xffffffff };
    }
    return super.getOption(level, name);
  }
}

/** SOCK_DGRAM. */
export class UnixDatagram extends DatagramSocket {
  readonly #kernel: Kernel;
  readonly #binding = new Binding();
  protected override readonly reliable = true;
  protected override readonly maxBytes = 212960;

  constructor(task: Task, type: number) {
    super(AF_UNIX, type, 0);
    this.#kernel = task.kernel;
    unixSockets(task.kernel).add(this);
  }

  override localAddress(): SockAddrUn {
    return { family: AF_UNIX, path: this.#binding.path };
  }
  override bind(task: Task, addr: SockAddr): void {
    this.#binding.bind(task, this, addr);
  }
  protected override find(task: Task, addr: SockAddr): DatagramSocket | undefined {
    const found = lookup(task, addr);
    if (!(found instanceof UnixDatagram)) throw EPROTOTYPE;
    return found;
  }
  protected override autobind(): void {}
  protected override unbind(): void {
    this.#binding.release(this.#kernel, this);
  }
  protected override decorate(task: Task, message: Message): Message {
    return withCred(task, message, this.remote?.socket);
  }
}
