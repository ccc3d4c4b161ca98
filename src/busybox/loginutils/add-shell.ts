// add-shell, remove-shell: lines of /etc/shells (as in Debian's debianutils)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { chmod, chown, readText, rename, tryStat, writeFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const SHELLS = "/etc/shells";

function* main(p: Process): Steps<number> {
  const { operands } = getopt(p, "");
  const lines = ((yield* readText(p.sys, SHELLS)) ?? "").split("\n");
  if (lines.at(-1) === "") lines.pop();
  const next =
    p.progname === "add-shell"
      ? [...lines, ...operands.filter((s, i) => !lines.includes(s) && operands.indexOf(s) === i)]
      : lines.filter((line) => !operands.includes(line));
  const st = tryStat(p.sys, SHELLS);
  try {
    yield* writeFile(p.sys, `${SHELLS}.tmp`, next.map((line) => `${line}\n`).join(""));
    chmod(p.sys, `${SHELLS}.tmp`, (st?.mode ?? 0o644) & 0o7777);
    if (st !== undefined) chown(p.sys, `${SHELLS}.tmp`, st.uid, st.gid);
    rename(p.sys, `${SHELLS}.tmp`, SHELLS);
  } catch (e) {
    dieErrno(`${SHELLS}.tmp`, e);
  }
  return 0;
}

export const add_shell: Applet = {
  name: "add-shell",
  path: "/usr/sbin/add-shell",
  usage: "SHELL...\n\nAdd SHELLs to /etc/shells\n",
  main,
};

export const remove_shell: Applet = {
  name: "remove-shell",
  path: "/usr/sbin/remove-shell",
  usage: "SHELL...\n\nRemove SHELLs from /etc/shells\n",
  main,
};
