// uudecode: make the file that a uuencoded text holds (POSIX uudecode)
import { O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { Base64Decoder } from "../../lib/base64.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { uuDecodeLine } from "../../lib/uuencode.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { LineReader, Output } from "../../libc/stdio.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { openOrDie } from "../libbb/inputs.ts";

/** The next line without its newline. */
function* nextLine(lines: LineReader): Steps<string | undefined> {
  const call = lines.next();
  const line = isSteps(call) ? yield* call : call;
  return line?.replace(/\n$/, "");
}

function* decodeUu(lines: LineReader, out: Output): Steps<void> {
  for (;;) {
    const line = yield* nextLine(lines);
    if (line === undefined) die("short file");
    if (line === "end") return;
    // Characters that would only hold bits of nothing may be missing.
    const length = (line.charCodeAt(0) - 32) & 63;
    if (line === "" || line.length - 1 < Math.ceil((length * 4) / 3)) die("short file");
    const w = out.write(uuDecodeLine(line.padEnd(1 + 4 * Math.ceil(length / 3), "`")));
    if (w) yield* w;
  }
}

function* decodeBase64(lines: LineReader, out: Output): Steps<void> {
  const decoder = new Base64Decoder();
  for (;;) {
    const line = yield* nextLine(lines);
    if (line === undefined) return;
    const w = out.write(decoder.decode(bytesOf(`${line}\n`)));
    if (w) yield* w;
    // The last line's signs may complete a group.
    if (line === "====") return;
    if (decoder.broken || line.startsWith("====")) die("truncated input");
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "o:", { max: 1 });
  const lines = new LineReader(yield* openOrDie(p, opt.operands[0] ?? "-"));
  let header: RegExpExecArray | null = null;
  while (header === null) {
    const line = yield* nextLine(lines);
    if (line === undefined) return die("no 'begin' line");
    header = /^begin(-base64)? ([0-7]*)[^ ]* +(.*)$/.exec(line);
  }
  const [, base64, mode = "", stored = ""] = header;
  const name = opt.get("o") ?? stored.trimEnd();
  let fd = 1;
  if (name !== "-") {
    try {
      fd = yield* settle(open(p.sys, name, O_WRONLY | O_CREAT | O_TRUNC));
      if (name !== "/dev/stdout") p.sys.fchmod(fd, Number.parseInt(mode, 8) & 0o777);
    } catch (e) {
      dieErrno(`can't open '${name}'`, e);
    }
  }
  const out = fd === 1 ? p.stdout : new Output(p.sys, fd);
  try {
    yield* base64 === undefined ? decodeUu(lines, out) : decodeBase64(lines, out);
  } finally {
    const f = out.flush();
    if (f) yield* f;
  }
  return 0;
}

export const uudecode: Applet = {
  name: "uudecode",
  path: "/usr/bin/uudecode",
  usage: `[-o OUTFILE] [INFILE]

Make the file that INFILE, or standard input, holds as text

	-o FILE	Write to FILE, not to the name that the text gives
`,
  main,
};
