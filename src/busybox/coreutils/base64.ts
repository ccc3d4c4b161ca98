// base64: encode or decode (RFC 4648; options as in GNU)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { Base64Decoder, Base64Encoder } from "../../lib/base64.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import type { Input } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

function* encode(p: Process, input: Input, wrap: number): Steps<void> {
  const encoder = new Base64Encoder(wrap);
  for (;;) {
    let chunk = input.read(COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    const w = p.stdout.write(chunk.length === 0 ? encoder.end() : encoder.encode(chunk));
    if (w) yield* w;
    dieIfStdoutFailed(p);
    if (chunk.length === 0) return;
  }
}

function* decode(p: Process, input: Input): Steps<void> {
  const decoder = new Base64Decoder();
  for (;;) {
    let chunk = input.read(COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    const w = p.stdout.write(decoder.decode(chunk));
    if (w) yield* w;
    dieIfStdoutFailed(p);
    if (decoder.broken) break;
  }
  if (!decoder.whole) die("truncated input");
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "diw:", { max: 1 });
  const wrap = xatouRange(opt.get("w") ?? "76", 0, 0x7fffffff);
  return yield* forEachInput(p, opt.operands, function* (input) {
    try {
      yield* opt.has("d") ? decode(p, input) : encode(p, input, wrap);
    } catch (e) {
      if (e instanceof Errno) dieErrno("read error", e);
      throw e;
    }
  });
}

export const base64: Applet = {
  name: "base64",
  path: "/bin/base64",
  usage: `[-d] [-w COL] [FILE]

Print FILE in base64, or decode it

	-d	Decode
	-w COL	Lines of COL characters (default 76; 0: a single one)
	-i	Ignored: what is no digit is always skipped
`,
  main,
};
