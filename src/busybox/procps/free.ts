// free: memory and swap in use (as in procps)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { humanSize } from "../libbb/human.ts";

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1048576, g: 1073741824 };

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "bkmgh");
  const text = (yield* readText(p.sys, "/proc/meminfo")) ?? "";
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*([0-9]+)`, "m").exec(text)?.[1] ?? 0);
  const unit = UNITS[opt.lastOf("bkmg") ?? "k"] as number;
  const show = (kib: number): string => {
    const s = opt.has("h")
      ? humanSize(kib, 1024)
      : String(Math.floor((kib * 1024 + unit / 2) / unit));
    return s.padStart(12);
  };
  const cache = field("Buffers") + field("Cached") + field("SReclaimable");
  const total = field("MemTotal");
  const free = field("MemFree");
  const swap = field("SwapTotal");
  const swapFree = field("SwapFree");
  const mem = [total, total - free - cache, free, field("Shmem"), cache, field("MemAvailable")];
  const w = p.stdout.puts(
    `${"total".padStart(19)}${"used".padStart(12)}${"free".padStart(12)}${"shared".padStart(12)}` +
      `${"buff/cache".padStart(12)}${"available".padStart(12)}\n` +
      `Mem:   ${mem.map(show).join("")}\n` +
      `Swap:  ${[swap, swap - swapFree, swapFree].map(show).join("")}\n`,
  );
  if (w) yield* w;
  return 0;
}

export const free: Applet = {
  name: "free",
  path: "/usr/bin/free",
  usage: "[-bkmgh]\n\nShow how much memory is free and in use: bytes, K, M, G, or what fits\n",
  main,
};
