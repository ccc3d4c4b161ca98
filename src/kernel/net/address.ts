// Internet addresses as the kernel handles them: 4 or 16 bytes, prefixes, the classes that matter (RFC 4291, RFC 6890).

import { EAFNOSUPPORT, EINVAL } from "../../abi/errno.ts";
import {
  AF_INET,
  AF_INET6,
  type SockAddr,
  type SockAddrIn,
  type SockAddrIn6,
} from "../../abi/socket.ts";

export type InetAddr = SockAddrIn | SockAddrIn6;

export const isAny = (addr: Uint8Array): boolean => addr.every((byte) => byte === 0);

/** The IPv4 address in ::ffff:a.b.c.d. */
export function mapped(addr: Uint8Array): Uint8Array | undefined {
  if (addr.length !== 16) return undefined;
  for (let i = 0; i < 10; i++) if (addr[i] !== 0) return undefined;
  return addr[10] === 0xff && addr[11] === 0xff ? addr.subarray(12) : undefined;
}

/** An address without the clothes of IPv6. */
export function plain(addr: Uint8Array): Uint8Array {
  return mapped(addr) ?? addr;
}

/** Same host address, an IPv4 one in an IPv6 socket included. */
export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  const x = plain(a);
  const y = plain(b);
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

/** Orders addresses of one family. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/** Is an address in a network? */
export function inNetwork(addr: Uint8Array, network: Uint8Array, prefix: number): boolean {
  if (addr.length !== network.length) return false;
  for (let bit = 0; bit < prefix; bit += 8) {
    const mask = bit + 8 <= prefix ? 255 : (255 << (8 - (prefix - bit))) & 255;
    const i = bit >> 3;
    if (((addr[i] as number) & mask) !== ((network[i] as number) & mask)) return false;
  }
  return true;
}

/** The mask of a prefix length. */
export function prefixMask(prefix: number, length: 4 | 16): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => {
    const bits = Math.max(0, Math.min(8, prefix - i * 8));
    return (255 << (8 - bits)) & 255;
  });
}

/** The prefix length of a mask; undefined for one with holes. */
export function maskPrefix(mask: Uint8Array): number | undefined {
  let prefix = 0;
  while (prefix < mask.length * 8 && ((mask[prefix >> 3] as number) & (128 >> (prefix & 7))) !== 0)
    prefix++;
  const whole = prefixMask(prefix, mask.length as 4 | 16);
  return mask.every((byte, i) => byte === whole[i]) ? prefix : undefined;
}

/** Masks an address to its network. */
export function networkOf(addr: Uint8Array, prefix: number): Uint8Array {
  const mask = prefixMask(prefix, addr.length as 4 | 16);
  return addr.map((byte, i) => byte & (mask[i] as number));
}

/** The last address of an IPv4 network. */
export function broadcastOf(addr: Uint8Array, prefix: number): Uint8Array {
  const mask = prefixMask(prefix, 4);
  return addr.map((byte, i) => byte | (~(mask[i] as number) & 255));
}

export function isMulticast(addr: Uint8Array): boolean {
  return addr.length === 4 ? ((addr[0] as number) & 0xf0) === 0xe0 : addr[0] === 0xff;
}

export function isLoopback(addr: Uint8Array): boolean {
  const a = plain(addr);
  if (a.length === 4) return a[0] === 127;
  return a.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

export function isLinkLocal(addr: Uint8Array): boolean {
  if (addr.length === 4) return addr[0] === 169 && addr[1] === 254;
  return addr[0] === 0xfe && ((addr[1] as number) & 0xc0) === 0x80;
}

/** An address for messages and tables. */
export function addressText(addr: Uint8Array): string {
  if (addr.length === 4) return addr.join(".");
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2)
    words.push((((addr[i] as number) << 8) | (addr[i + 1] as number)).toString(16));
  return words.join(":");
}

/** Checks that an address fits a socket of a family. */
export function checkFamily(addr: SockAddr, family: number): InetAddr {
  if (addr.family !== AF_INET && addr.family !== AF_INET6) throw EAFNOSUPPORT;
  if (addr.family !== family) throw family === AF_INET ? EAFNOSUPPORT : EINVAL;
  if (addr.addr.length !== (family === AF_INET ? 4 : 16)) throw EINVAL;
  if (!Number.isInteger(addr.port) || addr.port < 0 || addr.port > 65535) throw EINVAL;
  return addr;
}

/** An address in the form of a family: IPv4 in an IPv6 socket is ::ffff:a.b.c.d. */
export function inFamily(addr: Uint8Array, port: number, family: number): InetAddr {
  if (family === AF_INET) return { family: AF_INET, addr: plain(addr), port };
  if (addr.length === 16) return { family: AF_INET6, addr, port, scopeId: 0 };
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff, ...addr], 10);
  return { family: AF_INET6, addr: bytes, port, scopeId: 0 };
}

/** The unspecified address. */
export function anyAddress(family: number, port: number): InetAddr {
  return family === AF_INET
    ? { family: AF_INET, addr: new Uint8Array(4), port }
    : { family: AF_INET6, addr: new Uint8Array(16), port, scopeId: 0 };
}
