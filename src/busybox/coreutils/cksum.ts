// cksum: CRC and size of each file (POSIX cksum)
import { isSteps, type Steps } from "../../abi/program.ts";
import { crc32Big } from "../../lib/crc.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";

/** The length follows the data: its bytes, lowest first, as many as it needs. */
function lengthBytes(length: number): Uint8Array {
  const bytes: number[] = [];
  for (let n = length; n > 0; n = Math.floor(n / 256)) bytes.push(n % 256);
  return Uint8Array.from(bytes);
}

function* main(p: Process): Steps<number> {
  const { operands } = getopt(p, "");
  return yield* forEachInput(
    p,
    operands,
    function* (input, name) {
      let crc = 0;
      let size = 0;
      for (;;) {
        let chunk: Uint8Array;
        try {
          const call = input.read();
          chunk = isSteps(call) ? yield* call : call;
        } catch (e) {
          // What cannot be read ends it, unlike what cannot be opened.
          return dieErrno(input.name, e);
        }
        if (chunk.length === 0) break;
        crc = crc32Big(chunk, crc);
        size += chunk.length;
      }
      const sum = ~crc32Big(lengthBytes(size), crc) >>> 0;
      const w = p.stdout.puts(`${sum} ${size}${operands.length > 0 ? ` ${name}` : ""}\n`);
      if (w) yield* w;
    },
    true,
  );
}

export const cksum: Applet = {
  name: "cksum",
  path: "/usr/bin/cksum",
  usage: "[FILE]...\n\nPrint CRC and size of each FILE\n",
  main,
};
