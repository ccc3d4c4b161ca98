// uuencode: encode a file as text with its name and mode (POSIX uuencode)
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { Base64Encoder } from "../../lib/base64.ts";
import { concat } from "../../lib/bytes.ts";
import { UU_LINE, uuEncode } from "../../lib/uuencode.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { BUFSIZ, Input } from "../../libc/stdio.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** Encodes chunks of any size in whole lines, an empty chunk being the end. */
function encoder(base64: boolean): (chunk: Uint8Array) => Uint8Array {
  if (base64) {
    const e = new Base64Encoder(60);
    return (chunk) => (chunk.length > 0 ? e.encode(chunk) : e.end());
  }
  let rest: Uint8Array = new Uint8Array(0);
  return (chunk) => {
    const all = concat([rest, chunk]);
    const whole = chunk.length === 0 ? all.length : all.length - (all.length % UU_LINE);
    rest = all.slice(whole);
    return uuEncode(all.subarray(0, whole));
  };
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "m", { min: 1, max: 2 });
  const [name, stored] = opt.operands.length === 2 ? opt.operands : ["-", ...opt.operands];
  let input: Input;
  try {
    // "-" is a file like any other here.
    const fd = opt.operands.length === 2 ? yield* settle(open(p.sys, name as string)) : 0;
    input = new Input(p.sys, fd, name as string);
  } catch (e) {
    return dieErrno(`can't open '${name ?? ""}'`, e);
  }
  // Standard input has the mode a new file gets.
  const umask = p.sys.umask(0);
  p.sys.umask(umask);
  const mode = (input.fd === 0 ? 0o666 & ~umask : p.sys.fstat(input.fd).mode) & 0o777;
  const base64 = opt.has("m");
  const w = p.stdout.puts(
    `begin${base64 ? "-base64" : ""} ${mode.toString(8).padStart(3, "0")} ${stored}`,
  );
  if (w) yield* w;
  const encode = encoder(base64);
  let first = true;
  for (;;) {
    let chunk: Uint8Array;
    try {
      const call = input.read(BUFSIZ);
      chunk = isSteps(call) ? yield* call : call;
    } catch (e) {
      return dieErrno("read error", e);
    }
    if (first) {
      const w1 = p.stdout.puts("\n");
      if (w1) yield* w1;
      first = false;
    }
    const w2 = p.stdout.write(encode(chunk));
    if (w2) yield* w2;
    if (chunk.length === 0) break;
  }
  const w3 = p.stdout.puts(base64 ? "====\n" : "`\nend\n");
  if (w3) yield* w3;
  return 0;
}

export const uuencode: Applet = {
  name: "uuencode",
  path: "/usr/bin/uuencode",
  usage: `[-m] [FILE] STORED_FILENAME

Print FILE, or standard input, as text that uudecode makes STORED_FILENAME of

	-m	In base64
`,
  main,
};
