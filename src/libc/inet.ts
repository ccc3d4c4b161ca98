// arpa/inet.h: internet addresses as text and back (inet_aton(3), inet_pton(3), inet_ntop(3), RFC 5952).
import {
  AF_INET,
  AF_INET6,
  type SockAddr,
  type SockAddrIn,
  type SockAddrIn6,
} from "../abi/socket.ts";

export type InetAddr = SockAddrIn | SockAddrIn6;

/** inet_aton(3): also 127.1, 0x7f000001 and octal parts. */
export function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length > 4) return undefined;
  const values: number[] = [];
  for (const part of parts) {
    if (!/^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(part)) return undefined;
    values.push(part.length > 1 && /^0[0-7]/.test(part) ? Number.parseInt(part, 8) : Number(part));
  }
  const last = values.pop() as number;
  if (values.some((v) => v > 255) || last >= 2 ** (8 * (4 - values.length))) return undefined;
  const out = new Uint8Array(4);
  out.set(values);
  for (let i = 3, rest = last; i >= values.length; i--, rest = Math.floor(rest / 256))
    out[i] = rest % 256;
  return out;
}

/** inet_pton(3) of an IPv6 address. */
export function parseIPv6(text: string): Uint8Array | undefined {
  let s = text;
  const v4 = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(s);
  if (v4 !== null) {
    const b = parseIPv4(v4[2] as string);
    if (b === undefined) return undefined;
    const word = (i: number): string =>
      (((b[i] as number) << 8) | (b[i + 1] as number)).toString(16);
    s = `${v4[1]}${word(0)}:${word(2)}`;
  }
  const halves = s.split("::");
  if (halves.length > 2) return undefined;
  const words = (half: string): string[] => (half === "" ? [] : half.split(":"));
  const head = words(halves[0] as string);
  const tail = words(halves[1] ?? "");
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<string>(missing).fill("0"), ...tail];
  const out = new Uint8Array(16);
  for (const [i, w] of all.entries()) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(w)) return undefined;
    const n = Number.parseInt(w, 16);
    out[2 * i] = n >> 8;
    out[2 * i + 1] = n & 255;
  }
  return out;
}

/** inet_ntop(3). */
export function formatAddress(addr: Uint8Array): string {
  if (addr.length === 4) return addr.join(".");
  const words = Array.from({ length: 8 }, (_, i) =>
    (((addr[2 * i] as number) << 8) | (addr[2 * i + 1] as number)).toString(16),
  );
  if (words.slice(0, 5).every((w) => w === "0") && words[5] === "ffff")
    return `::ffff:${addr.subarray(12).join(".")}`;
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (words[i + n] === "0") n++;
    if (n > length) {
      start = i;
      length = n;
    }
  }
  if (start < 0) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

/** "1.2.3.4:80" or "[::1]:80". */
export function formatSockAddr(addr: SockAddr): string {
  if (addr.family !== AF_INET && addr.family !== AF_INET6) return "path" in addr ? addr.path : "";
  const text = formatAddress(addr.addr);
  return addr.family === AF_INET ? `${text}:${addr.port}` : `[${text}]:${addr.port}`;
}

/** An address and port in the form of its family. */
export function sockAddr(addr: Uint8Array, port: number): InetAddr {
  return addr.length === 4
    ? { family: AF_INET, addr, port }
    : { family: AF_INET6, addr, port, scopeId: 0 };
}
