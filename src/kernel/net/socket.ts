// The socket calls: socket(2), bind(2), listen(2), accept4(2), connect(2), sendmsg(2), recvmsg(2) and company.

import { CAP_NET_RAW } from "../../abi/capability.ts";
import {
  EAFNOSUPPORT,
  EAGAIN,
  EINVAL,
  ENOTSOCK,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  ETOOMANYREFS,
} from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { SOCKFS_MAGIC } from "../../abi/mount.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { isSteps } from "../../abi/program.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { NETLINK_ROUTE } from "../../abi/rtnetlink.ts";
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  MSG_CMSG_CLOEXEC,
  MSG_NOSIGNAL,
  type Received,
  type SendOptions,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type SockAddr,
} from "../../abi/socket.ts";
import { S_IFSOCK } from "../../abi/stat.ts";
import { capable } from "../cred.ts";
import { anonymousPath } from "../fs/anon.ts";
import type { File } from "../fs/file.ts";
import { pingGroups } from "../fs/proc/sysctl.ts";
import type { Task } from "../task.ts";
import { sleepOn } from "../wait.ts";
import { UnixDatagram, UnixStream } from "./af_unix.ts";
import { DatagramSocket } from "./dgram.ts";
import { IcmpSocket } from "./icmp.ts";
import { NetlinkSocket } from "./netlink.ts";
import {
  deadline,
  MAX_FDS,
  type Message,
  received,
  type Socket,
  SocketFile,
  waits,
} from "./sock.ts";
import { StreamSocket } from "./stream.ts";
import { fillNetTables } from "./tables.ts";
import { TcpSocket } from "./tcp.ts";
import { UdpSocket } from "./udp.ts";

const TYPE_MASK = 0xf;

function create(task: Task, domain: number, type: number, protocol: number): Socket {
  if (domain === AF_UNIX) {
    if (protocol !== 0 && protocol !== AF_UNIX) throw EPROTONOSUPPORT;
    if (type === SOCK_STREAM || type === SOCK_SEQPACKET) return new UnixStream(task, type);
    if (type === SOCK_DGRAM || type === SOCK_RAW) return new UnixDatagram(task, SOCK_DGRAM);
    throw ESOCKTNOSUPPORT;
  }
  if (domain === AF_INET || domain === AF_INET6) return createInet(task, domain, type, protocol);
  if (domain === AF_NETLINK) {
    if (type !== SOCK_RAW && type !== SOCK_DGRAM) throw ESOCKTNOSUPPORT;
    if (protocol !== NETLINK_ROUTE) throw EPROTONOSUPPORT;
    return new NetlinkSocket(task, type);
  }
  throw EAFNOSUPPORT;
}

function createInet(task: Task, domain: number, type: number, protocol: number): Socket {
  if (type === SOCK_STREAM) {
    if (protocol !== 0 && protocol !== IPPROTO_TCP) throw EPROTONOSUPPORT;
    return new TcpSocket(task.kernel, domain);
  }
  const echo = protocol === (domain === AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
  if (echo && (type === SOCK_DGRAM || type === SOCK_RAW)) {
    IcmpSocket.check(task, type === SOCK_RAW, pingGroups(task.kernel));
    return new IcmpSocket(task.kernel, domain, type === SOCK_RAW);
  }
  if (type === SOCK_DGRAM) {
    if (protocol !== 0 && protocol !== IPPROTO_UDP) throw EPROTONOSUPPORT;
    return new UdpSocket(task.kernel, domain);
  }
  if (type === SOCK_RAW) throw capable(task.cred, CAP_NET_RAW) ? EPROTONOSUPPORT : EPERM;
  throw ESOCKTNOSUPPORT;
}

function install(task: Task, socket: Socket, flags: number): number {
  const path = anonymousPath(
    task.kernel,
    "sockfs",
    SOCKFS_MAGIC,
    "socket",
    S_IFSOCK | 0o777,
    task.cred,
  );
  const file = new SocketFile(path, O_RDWR | (flags & SOCK_NONBLOCK), socket);
  fillNetTables(task.kernel);
  socket.ino = path.dentry.inode.ino;
  socket.uid = task.cred.euid;
  return task.fds.install(file, (flags & SOCK_CLOEXEC) !== 0, task.rlimit(RLIMIT_NOFILE));
}

function checkType(type: number): void {
  if ((type & ~(TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) throw EINVAL;
}

function socketFile(task: Task, fd: number): SocketFile {
  const file = task.fds.get(fd);
  if (!(file instanceof SocketFile)) throw ENOTSOCK;
  return file;
}

/** socket(2). */
export function socket(task: Task, domain: number, type: number, protocol: number): number {
  checkType(type);
  return install(task, create(task, domain, type & TYPE_MASK, protocol), type);
}

/** socketpair(2): AF_UNIX only. */
export function socketpair(
  task: Task,
  domain: number,
  type: number,
  protocol: number,
): [number, number] {
  checkType(type);
  const a = create(task, domain, type & TYPE_MASK, protocol);
  const b = create(task, domain, type & TYPE_MASK, protocol);
  if (domain !== AF_UNIX) throw EOPNOTSUPP;
  if (a instanceof StreamSocket && b instanceof StreamSocket) a.pair(b);
  else if (a instanceof DatagramSocket && b instanceof DatagramSocket) a.pair(b);
  const first = install(task, a, type);
  try {
    return [first, install(task, b, type)];
  } catch (error) {
    task.fds.close(task, first);
    throw error;
  }
}

/** bind(2). */
export function bind(task: Task, fd: number, addr: SockAddr): void {
  socketFile(task, fd).socket.bind(task, addr);
}

/** listen(2). */
export function listen(task: Task, fd: number, backlog: number): void {
  socketFile(task, fd).socket.listen(task, backlog);
}

/** accept4(2). */
export function accept4(task: Task, fd: number, flags: number): Blocking<[number, SockAddr]> {
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) throw EINVAL;
  const file = socketFile(task, fd);
  const accepted = file.socket.accept();
  if (accepted !== undefined) return [install(task, accepted, flags), accepted.peerAddress()];
  if (file.nonblock) throw EAGAIN;
  return acceptLater(task, file.socket, flags);
}

function* acceptLater(task: Task, listener: Socket, flags: number): Steps<[number, SockAddr]> {
  const until = deadline(task, listener.receiveTimeoutMs);
  for (;;) {
    if (yield* sleepOn(task, listener.pollQueues(), until)) throw EAGAIN;
    const accepted = listener.accept();
    if (accepted !== undefined) return [install(task, accepted, flags), accepted.peerAddress()];
  }
}

/** connect(2). */
export function connect(task: Task, fd: number, addr: SockAddr): Blocking<void> {
  const file = socketFile(task, fd);
  return file.socket.connect(task, addr, file.nonblock);
}

/** sendmsg(2), sendto(2), send(2). */
export function sendmsg(
  task: Task,
  fd: number,
  bytes: Uint8Array,
  options: SendOptions = {},
): Blocking<number> {
  const file = socketFile(task, fd);
  const { flags = 0, to, fds = [] } = options;
  if (fds.length > 0 && file.socket.family !== AF_UNIX) throw EINVAL;
  if (fds.length > MAX_FDS) throw ETOOMANYREFS;
  const files = fds.map((each) => task.fds.get(each)).map((each) => each.get());
  const message: Message = { bytes, from: undefined, files, cred: undefined };
  const wait = waits(file, flags);
  const noSignal = (flags & MSG_NOSIGNAL) !== 0;
  try {
    return file.socket.send(task, message, to, wait, noSignal);
  } catch (error) {
    for (const each of files) each.put();
    throw error;
  }
}

/** recvmsg(2), recvfrom(2), recv(2). */
export function recvmsg(task: Task, fd: number, max: number, flags: number): Blocking<Received> {
  const file = socketFile(task, fd);
  const give = (owner: Task, passed: File): number =>
    owner.fds.install(passed, (flags & MSG_CMSG_CLOEXEC) !== 0, owner.rlimit(RLIMIT_NOFILE));
  const message = file.socket.receive(task, max, flags, waits(file, flags));
  if (!isSteps(message)) return received(task, message, give);
  return (function* later(): Steps<Received> {
    return received(task, yield* message, give);
  })();
}

/** shutdown(2). */
export function shutdown(task: Task, fd: number, how: number): void {
  socketFile(task, fd).socket.shutdown(how);
}

/** getsockname(2). */
export function getsockname(task: Task, fd: number): SockAddr {
  return socketFile(task, fd).socket.localAddress();
}

/** getpeername(2). */
export function getpeername(task: Task, fd: number): SockAddr {
  return socketFile(task, fd).socket.peerAddress();
}

/** getsockopt(2). */
export function getsockopt(task: Task, fd: number, level: number, name: number): unknown {
  return socketFile(task, fd).socket.getOption(level, name);
}

/** setsockopt(2). */
export function setsockopt(
  task: Task,
  fd: number,
  level: number,
  name: number,
  value: unknown,
): Blocking<void> {
  return socketFile(task, fd).socket.setOption(task, level, name, value);
}
