// mktemp: make a temporary file or directory and print its name (as in GNU)
import { EEXIST, EINVAL, Errno } from "../../abi/errno.ts";
import { O_CREAT, O_EXCL, O_RDWR } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { Exit, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { mkdir, open, tryLstat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { joinPath } from "../libbb/path.ts";

const TRIES = 100;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "dqtp:u", {
    long: { directory: "d", quiet: "q", "dry-run": "u", tmpdir: "tmpdir::" },
    max: 1,
  });
  const given = opt.operands[0];
  const template = given ?? "tmp.XXXXXX";
  const directory = opt.get("tmpdir") ?? opt.get("p");
  const inDirectory = given === undefined || opt.has("t") || opt.has("p") || opt.has("tmpdir");
  const path = inDirectory
    ? joinPath(directory ?? (p.env.get("TMPDIR") || "/tmp"), template)
    : template;
  const fail = (e: Errno): never => {
    throw opt.has("q") ? new Exit(1) : new Exit(1, strerror(e));
  };
  const head = /^(.*)XXXXXX$/s.exec(path)?.[1] ?? fail(EINVAL);
  for (let i = 0; i < TRIES; i++) {
    let name = head;
    for (const byte of sys.getrandom(6)) name += LETTERS.charAt(byte % LETTERS.length);
    try {
      if (opt.has("u")) {
        if (tryLstat(sys, name) !== undefined) continue;
      } else if (opt.has("d")) mkdir(sys, name, 0o700);
      else {
        let fd = open(sys, name, O_RDWR | O_CREAT | O_EXCL, 0o600);
        if (isSteps(fd)) fd = yield* fd;
        sys.close(fd);
      }
    } catch (e) {
      if (e === EEXIST) continue;
      if (!(e instanceof Errno)) throw e;
      fail(e);
    }
    const w = p.stdout.puts(`${name}\n`);
    if (w) yield* w;
    return 0;
  }
  return fail(EEXIST);
}

export const mktemp: Applet = {
  name: "mktemp",
  path: "/bin/mktemp",
  usage: `[-dt] [-p DIR] [TEMPLATE]

Make a file of one's own and print its name. TEMPLATE ends in XXXXXX

	-d	Make a directory
	-q	Say nothing when it fails
	-t	In $TMPDIR or /tmp
	-p DIR	In DIR
	-u	Only print a name that is free
`,
  main,
};
