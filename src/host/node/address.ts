// Internet addresses as Node writes them, and as bytes.

/** 4 or 16 bytes as text. */
export function addressText(addr: Uint8Array): string {
  if (addr.length === 4) return addr.join(".");
  return Array.from({ length: 8 }, (_, i) =>
    (((addr[2 * i] as number) << 8) | (addr[2 * i + 1] as number)).toString(16),
  ).join(":");
}

/** Text of Node's as bytes; an IPv4 address in IPv6 is one of IPv4. */
export function addressBytes(text: string): Uint8Array {
  const bare = text.split("%", 1)[0] as string;
  const v4 = /^(?:::ffff:)?([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/i.exec(bare);
  if (v4 !== null) return Uint8Array.from(v4.slice(1).map(Number));
  const [head = [], tail = []] = bare
    .split("::")
    .map((half) => (half === "" ? [] : half.split(":")));
  const gap = new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  const out = new Uint8Array(16);
  for (const [i, word] of [...head, ...gap, ...tail].slice(0, 8).entries()) {
    const n = Number.parseInt(word, 16);
    out[2 * i] = n >> 8;
    out[2 * i + 1] = n & 255;
  }
  return out;
}
