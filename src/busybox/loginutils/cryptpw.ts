// cryptpw, mkpasswd: prints the hash of a password (mkpasswd of the whois package)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { askPassword, hash, randomSetting, readLine } from "../libbb/password.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "sP:S:m:a:", {
    long: { stdin: "s", "password-fd": "P", salt: "S", method: "m" },
    max: 2,
  });
  const fd = opt.has("P") ? xatou(opt.get("P") as string) : 0;
  const method = opt.get("m") ?? opt.get("a") ?? "sha512";
  const salt = opt.operands[1] ?? opt.get("S");
  const random = randomSetting(p, method);
  const prefix = /^(\$[0-9]\$)?/.exec(random)?.[0] ?? "";
  const setting = salt === undefined ? random : prefix + salt;
  let password = opt.operands[0];
  if (password === undefined) {
    const ask = fd === 0 && isatty(p.sys, 0) && !opt.has("s");
    password = (ask ? yield* askPassword(p, "Password: ") : yield* readLine(p, fd)) ?? "";
  }
  const w = p.stdout.puts(`${yield* hash(p, password, setting)}\n`);
  if (w) yield* w;
  return 0;
}

const USAGE = `[-P FD] [-m TYPE] [-S SALT] [PASSWORD] [SALT]

Print the crypt(3) hash of PASSWORD

	-P N	Read the password from descriptor N
	-m TYPE	des, md5, sha256 or sha512 (the default)
	-S SALT	This salt, not a random one
`;

export const cryptpw: Applet = { name: "cryptpw", path: "/usr/bin/cryptpw", usage: USAGE, main };
export const mkpasswd: Applet = { name: "mkpasswd", path: "/usr/bin/mkpasswd", usage: USAGE, main };
