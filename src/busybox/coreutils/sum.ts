// sum: the old checksums of BSD and System V
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { forEachInput } from "../libbb/inputs.ts";

/** BSD: turned right by one bit before each byte is added. */
function bsd(sum: number, chunk: Uint8Array): number {
  let s = sum;
  for (let i = 0; i < chunk.length; i++)
    s = ((s >> 1) + ((s & 1) << 15) + (chunk[i] as number)) & 0xffff;
  return s;
}

function sysv(sum: number, chunk: Uint8Array): number {
  let s = sum;
  for (let i = 0; i < chunk.length; i++) s = (s + (chunk[i] as number)) | 0;
  return s;
}

/** The System V sum in its 16 bits. */
function foldSum(sum: number): number {
  const s = sum >>> 0;
  const r = (s & 0xffff) + (s >>> 16);
  return (r & 0xffff) + (r >>> 16);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "sr");
  const systemV = opt.has("s") && !opt.has("r");
  const add = systemV ? sysv : bsd;
  return yield* forEachInput(
    p,
    opt.operands,
    function* (input, name) {
      let sum = 0;
      let size = 0;
      for (;;) {
        let chunk = input.read(COPY_SIZE);
        if (isSteps(chunk)) chunk = yield* chunk;
        if (chunk.length === 0) break;
        size += chunk.length;
        sum = add(sum, chunk);
      }
      const blocks = Math.ceil(size / (systemV ? 512 : 1024));
      const text = systemV
        ? `${foldSum(sum)} ${blocks} ${name}\n`
        : `${String(sum).padStart(5, "0")} ${String(blocks).padStart(5)} ${opt.operands.length > 1 ? name : ""}\n`;
      const w = p.stdout.puts(text);
      if (w) yield* w;
    },
    true,
  );
}

export const sum: Applet = {
  name: "sum",
  path: "/usr/bin/sum",
  usage: `[-rs] [FILE]...

Print a checksum and the number of blocks of FILEs

	-r	As BSD has it, blocks of 1024 bytes (default)
	-s	As System V has it, blocks of 512 bytes
`,
  main,
};
