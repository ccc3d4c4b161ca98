// Sockets (socket(2) family): no address family is there yet.
import { EAFNOSUPPORT, ENOTSOCK } from "../../abi/errno.ts";
import type { Blocking } from "../../abi/program.ts";
import type { Received, SendOptions, SockAddr } from "../../abi/socket.ts";
import type { Task } from "../task.ts";

function notSocket(task: Task, fd: number): never {
  task.fds.get(fd);
  throw ENOTSOCK;
}

export function socket(_task: Task, _domain: number, _type: number, _protocol: number): number {
  throw EAFNOSUPPORT;
}
export function socketpair(
  _task: Task,
  _domain: number,
  _type: number,
  _protocol: number,
): [number, number] {
  throw EAFNOSUPPORT;
}
export function bind(task: Task, fd: number, _addr: SockAddr): void {
  notSocket(task, fd);
}
export function listen(task: Task, fd: number, _backlog: number): void {
  notSocket(task, fd);
}
export function accept4(task: Task, fd: number, _flags: number): Blocking<[number, SockAddr]> {
  return notSocket(task, fd);
}
export function connect(task: Task, fd: number, _addr: SockAddr): Blocking<void> {
  return notSocket(task, fd);
}
export function sendmsg(
  task: Task,
  fd: number,
  _bytes: Uint8Array,
  _options?: SendOptions,
): Blocking<number> {
  return notSocket(task, fd);
}
export function recvmsg(
  task: Task,
  fd: number,
  _max: number,
  _flags: number,
): Blocking<Received> {
  return notSocket(task, fd);
}
export function shutdown(task: Task, fd: number, _how: number): void {
  notSocket(task, fd);
}
export function getsockname(task: Task, fd: number): SockAddr {
  return notSocket(task, fd);
}
export function getpeername(task: Task, fd: number): SockAddr {
  return notSocket(task, fd);
}
export function getsockopt(task: Task, fd: number, _level: number, _name: number): unknown {
  return notSocket(task, fd);
}
export function setsockopt(
  task: Task,
  fd: number,
  _level: number,
  _name: number,
  _value: unknown,
): void {
  notSocket(task, fd);
}
