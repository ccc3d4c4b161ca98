// chpasswd: sets passwords from "user:password" lines (as in shadow-utils)
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { hash, randomSetting } from "../libbb/password.ts";
import { setPassword } from "./passwd.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "emc:R:", {
    long: { encrypted: "e", md5: "m", "crypt-method": "c", root: "R" },
    exclusive: ["em", "ec"],
  });
  if (p.sys.getuid() !== 0) die("must be run as root");
  const root = opt.get("R");
  if (root !== undefined) {
    try {
      p.sys.chroot(root);
      p.sys.chdir("/");
    } catch (e) {
      dieErrno(`can't change root directory to '${root}'`, e);
    }
  }
  const method = opt.has("m") ? "md5" : (opt.get("c") ?? "sha512");
  const lines = new LineReader(p.stdin);
  for (;;) {
    let line = lines.next();
    if (isSteps(line)) line = yield* line;
    if (line === undefined) return 0;
    const text = line.replace(/\n$/, "");
    const colon = text.indexOf(":");
    if (colon < 0) die("missing new password");
    const name = text.slice(0, colon);
    const given = text.slice(colon + 1);
    if ((yield* new UserDb(p.sys).getpwnam(name)) === undefined) die(`unknown user ${name}`);
    const value = opt.has("e") ? given : yield* hash(p, given, randomSetting(p, method));
    yield* setPassword(p, name, value);
    yield* p.warnx(`password for '${name}' changed`);
  }
}

export const chpasswd: Applet = {
  name: "chpasswd",
  path: "/usr/sbin/chpasswd",
  usage: `[-me] [-c ALG] [-R DIR]

Set passwords as lines "user:password" on stdin say

	-e	They are hashed already
	-m	Hash them with md5
	-c ALG	des, md5, sha256 or sha512 (the default)
	-R DIR	In the system whose root is DIR
`,
  main,
};
