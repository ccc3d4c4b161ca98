// fsck.fat: check and repair FAT file systems (fsck.fat(8) of dosfstools)
import { Errno } from "../abi/errno.ts";
import { O_EXCL, O_RDONLY, O_RDWR } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps, settle } from "../abi/program.ts";
import { deviceSize } from "../libc/blkid.ts";
import { getopt } from "../libc/getopt.ts";
import { die, Process, runMain } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { open } from "../libc/unistd.ts";
import { CheckError, FatCheck, type Medium } from "./check.ts";

const HELP = `Usage: fsck.fat [OPTIONS] DEVICE
Check FAT filesystem on DEVICE for errors.

Options:
  -a, -p      Repair what can be repaired
  -n          Change nothing
  -r          Repair and ask (asks nothing here: as -a)
  -v          Tell more
  -w          Write at once
  -y          As -a
  --help      This text
`;
/** Writes that are kept until the end. */
const MAX_WRITES = 1_000_000;

/** A device whose changes are kept apart until all is known. */
class Overlay implements Medium {
  readonly size: number;
  readonly #read: (offset: number, length: number) => Uint8Array;
  readonly writes: [offset: number, bytes: Uint8Array][] = [];

  constructor(size: number, read: (offset: number, length: number) => Uint8Array) {
    this.size = size;
    this.#read = read;
  }

  read(offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > this.size)
      throw new CheckError("Seek beyond the end of the device.");
    const out = this.#read(offset, length).slice();
    if (out.length < length)
      throw new CheckError(`Got ${out.length} bytes instead of ${length} at ${offset}`);
    for (const [at, bytes] of this.writes) {
      if (at >= offset + length || at + bytes.length <= offset) continue;
      const from = Math.max(0, offset - at);
      const part = bytes.subarray(from, Math.min(bytes.length, offset + length - at));
      out.set(part, at + from - offset);
    }
    return out;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.writes.length >= MAX_WRITES) throw new CheckError("Too many changes.");
    this.writes.push([offset, bytes.slice()]);
  }
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  p.usage = HELP;
  p.errorStatus = 2;
  const opt = getopt(p, "Aabc:d:fF:lnprStu:UvVwy", { long: { help: "help" } });
  const [device] = opt.operands;
  if (opt.has("help")) {
    const w = p.stdout.puts(HELP);
    if (w) yield* w;
    return 0;
  }
  if (device === undefined || opt.operands.length > 1) return p.usageError();
  const banner = p.stdout.puts("fsck.fat 4.2 (2021-01-31)\n");
  if (banner) yield* banner;
  const write = !opt.has("n");
  let fd: number;
  try {
    fd = yield* settle(open(sys, device, write ? O_RDWR | O_EXCL : O_RDONLY));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return die(`open: ${strerror(e)}`, 2);
  }
  const size = yield* deviceSize(sys, fd);
  const medium = new Overlay(size, (offset, length) => {
    const chunk = sys.pread(fd, length, offset);
    if (isSteps(chunk)) throw new CheckError("The device is slow.");
    return chunk;
  });
  let out = "";
  let check: FatCheck;
  try {
    check = new FatCheck(medium, write, (text) => {
      out += text;
    });
    check.run();
  } catch (e) {
    if (!(e instanceof CheckError)) throw e;
    const w = p.stdout.puts(out);
    if (w) yield* w;
    const f = p.stdout.flush();
    if (f) yield* f;
    const m = p.stderr.puts(`${e.message}\n`);
    if (m) yield* m;
    return 1;
  }
  if (check.changed) {
    out += write
      ? "\n*** Filesystem was changed ***\nWriting changes.\n"
      : "\nLeaving filesystem unchanged.\n";
  }
  if (write) {
    for (const [at, bytes] of medium.writes) {
      for (let done = 0; done < bytes.length; ) {
        done += yield* settle(sys.pwrite(fd, bytes.subarray(done), at + done));
      }
    }
    yield* settle(sys.fsync(fd));
  }
  out += `${device}: ${check.files} file${check.files === 1 ? "" : "s"}, ${check.used}/${check.clusters} clusters\n`;
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return check.changed ? 1 : 0;
}

/** The program. */
export const fsckFat: Program = (sys, argv, envp) => {
  const p = new Process(sys, argv, envp);
  p.progname = "fsck.fat";
  return runMain(p, main);
};
