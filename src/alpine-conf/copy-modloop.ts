// copy-modloop: takes kernel modules out of the loop image, so that its medium can be used (copy-modloop(8)).
import type { Program, Steps } from "../abi/program.ts";
import { rename } from "../libc/unistd.ts";
import { linesOf, type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `usage: copy-modloop

Copies the kernel's modules out of the modloop and unmounts it

options:
 -h  Show this text
`;

/** Where the medium with the modloop is mounted; undefined when there is none. */
export function* modloopMedia(s: Setup): Steps<string | undefined> {
  const number = yield* s.output(["mountpoint", "-d", "/.modloop"], { stderr: "null" });
  if (!/^\d+:\d+$/.test(number)) return undefined;
  const file = yield* s.text(`${s.root}sys/dev/block/${number}/loop/backing_file`);
  if (file === undefined || file.trim() === "") return undefined;
  const table = linesOf(yield* s.output(["df", file.trim()]));
  return words(table[1] ?? "")[5];
}

function* main(s: Setup): Steps<number> {
  yield* s.getopts("h");
  if ((yield* s.run(["rc-service", "-q", "modloop", "status"])) !== 0) {
    yield* s.echo("modloop is not started");
    return 1;
  }
  const unmount = s.env("DO_UMOUNT") !== "";
  const media = s.env("modloop_media") || (unmount ? ((yield* modloopMedia(s)) ?? "") : "");
  const modules = s.readlink("/lib/modules") || "/lib/modules";
  yield* s.must(["cp", "-a", modules, "/lib/modules.tmp"]);
  yield* s.must(["rc-service", "modloop", "stop"]);
  yield* s.must(["rm", "-r", "/lib/modules"]);
  rename(s.sys, "/lib/modules.tmp", "/lib/modules");
  if (unmount) yield* s.must(["umount", media]);
  return 0;
}

/** The program. */
export const copyModloop: Program = setupProgram(USAGE, main);
