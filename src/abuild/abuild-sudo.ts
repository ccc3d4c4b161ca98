// abuild-sudo: lets members of group abuild run apk, adduser and addgroup as root (abuild-sudo in Alpine's abuild).
// It is installed setuid, and as abuild-apk, abuild-adduser, abuild-addgroup: the name says which command it is.
import type { Program, Steps } from "../abi/program.ts";
import { UserDb } from "../libc/passwd.ts";
import { die, Process, runMain } from "../libc/process.ts";
import { execOrDie } from "../libc/spawn.ts";

/** The only commands, by the only paths. */
const COMMANDS: Readonly<Record<string, string>> = {
  "abuild-apk": "/sbin/apk",
  "abuild-adduser": "/usr/sbin/adduser",
  "abuild-addgroup": "/usr/sbin/addgroup",
};
const GROUP = "abuild";
const ENVIRONMENT = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"];

function* main(p: Process): Steps<number> {
  const command = COMMANDS[p.progname];
  if (command === undefined) die("not called as abuild-apk, abuild-adduser or abuild-addgroup");
  const args = p.argv.slice(1);
  // These would let a caller choose whom root trusts.
  const forbidden = args.find((arg) => /^--(allow-untrusted|keys-dir)/.test(arg));
  if (p.sys.getuid() !== 0) {
    if (forbidden !== undefined) die(`${forbidden}: not allowed option`);
    const group = yield* new UserDb(p.sys).getgrnam(GROUP);
    if (group === undefined || ![p.sys.getgid(), ...p.sys.getgroups()].includes(group.gid))
      die(
        `${(yield* new UserDb(p.sys).getpwuid(p.sys.getuid()))?.name ?? "You"} is not a member of group ${GROUP}`,
      );
    p.sys.setgid(0);
    p.sys.setuid(0);
  }
  return yield* execOrDie(p, [command, ...args], p.sys, ENVIRONMENT);
}

/** The program. */
export const abuildSudo: Program = (sys, argv, envp) => runMain(new Process(sys, argv, envp), main);
