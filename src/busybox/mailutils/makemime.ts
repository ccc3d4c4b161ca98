// makemime: a message with files attached (RFC 2045, RFC 2046)
import { O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { isSteps } from "../../abi/program.ts";
import { Base64Encoder } from "../../lib/base64.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { Output } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice } from "../libbb/device.ts";
import { closeInput, openOrDie } from "../libbb/inputs.ts";

const WRAP = 76;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "c:e:o:C:N:a:");
  const type = opt.get("c") ?? "application/octet-stream";
  const charset = opt.get("C") ?? "us-ascii";
  const file = opt.get("o");
  const out =
    file === undefined
      ? p.stdout
      : new Output(p.sys, yield* openDevice(p, file, O_WRONLY | O_CREAT | O_TRUNC));
  const put = function* (text: string): Steps<void> {
    const w = out.puts(text);
    if (w) yield* w;
  };
  const random = new DataView(p.sys.getrandom(12).slice().buffer);
  const boundary = [0, 4, 8].map((at) => random.getUint32(at) >>> 1).join("-");
  for (const header of opt.all("a")) yield* put(`${header}\n`);
  yield* put(`Mime-Version: 1.0\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n`);
  for (const name of opt.operands.length === 0 ? ["-"] : opt.operands) {
    const input = yield* openOrDie(p, name);
    const shown = name.slice(name.lastIndexOf("/") + 1);
    yield* put(
      `--${boundary}\nContent-Type: ${type}; charset=${charset}\n` +
        `Content-Disposition: inline; filename="${shown}"\nContent-Transfer-Encoding: base64\n`,
    );
    const encoder = new Base64Encoder(WRAP);
    let first = true;
    for (;;) {
      let chunk = input.read();
      if (isSteps(chunk)) chunk = yield* chunk;
      const text = chunk.length === 0 ? encoder.end() : encoder.encode(chunk);
      if (first && text.length > 0) {
        yield* put("\n");
        first = false;
      }
      const w = out.write(text);
      if (w) yield* w;
      if (chunk.length === 0) break;
    }
    closeInput(p, input);
  }
  yield* put(`--${boundary}--\n\n`);
  const f = out.flush();
  if (f) yield* f;
  return 0;
}

export const makemime: Applet = {
  name: "makemime",
  path: "/bin/makemime",
  usage: `[OPTIONS] [FILE]...

Print a message that has FILEs as its parts

	-o FILE	Into FILE
	-a HDR	With this header
	-c CT	Type of the parts (application/octet-stream)
	-C CS	Their character set (us-ascii)

Other options are ignored
`,
  main,
};
