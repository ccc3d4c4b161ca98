// chown, chgrp: change owner and group (POSIX chown, chgrp; -c -v -f as in GNU)
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import type { Stat } from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISLNK } from "../../libc/stat.ts";
import type { Applet } from "../libbb/applet.ts";
import { type Owner, parseOwner, xgroup } from "../libbb/owner.ts";
import { walkTree } from "../libbb/recursive.ts";

const LONG = {
  recursive: "R",
  dereference: "dereference",
  "no-dereference": "h",
  changes: "c",
  silent: "f",
  quiet: "f",
  verbose: "v",
};

function* changeOwner(p: Process, parse: (text: string) => Steps<Owner>): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "RhvcfLHP", { long: LONG, min: 2, last: ["LHP"] });
  const [text = "", ...paths] = opt.operands;
  const owner = yield* parse(text);
  const recursive = opt.has("R");

  const change = function* (path: string, st: Stat): Steps<boolean> {
    // -1 keeps an id; a link itself is changed with -h only.
    const uid = owner.uid ?? -1;
    const gid = owner.gid ?? -1;
    const flags = opt.has("h") || (recursive && S_ISLNK(st.mode)) ? AT_SYMLINK_NOFOLLOW : 0;
    try {
      sys.fchownat(AT_FDCWD, path, uid, gid, flags);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (!opt.has("f")) yield* p.warn(path, e);
      return false;
    }
    const changed = (uid >= 0 && uid !== st.uid) || (gid >= 0 && gid !== st.gid);
    if (opt.has("v") || (opt.has("c") && changed)) {
      const shown = `${uid < 0 ? st.uid : uid}:${gid < 0 ? st.gid : gid}`;
      const w = p.stdout.puts(`changed ownership of '${path}' to ${shown}\n`);
      if (w) yield* w;
    }
    return true;
  };

  let status = 0;
  for (const path of paths) {
    let ok: boolean;
    if (recursive) {
      ok = yield* walkTree(p, path, {
        follow: opt.has("L") ? "always" : opt.has("H") ? "operands" : "never",
        file: (name, st) => change(name, st),
        leave: (name, st) => change(name, st),
      });
    } else {
      const st = sys.tryStatat(AT_FDCWD, path, opt.has("h") ? AT_SYMLINK_NOFOLLOW : 0);
      if (st instanceof Errno) {
        yield* p.warn(path, st);
        ok = false;
      } else ok = yield* change(path, st);
    }
    if (!ok) status = 1;
  }
  return status;
}

const OPTIONS = `
	-h	Change symbolic links, not what they point to
	-R	Directories with all that is in them
	-L	With -R: follow all symbolic links
	-H	With -R: follow those on the command line
	-P	With -R: follow none (default)
	-c	Say what was changed
	-v	Say what was done to every file
	-f	Do not say what could not be changed
`;

export const chown: Applet = {
  name: "chown",
  path: "/bin/chown",
  usage: `[-RhLHPcvf]... USER[:[GRP]] FILE...\n\nChange owner, or owner and group, of FILEs\n${OPTIONS}`,
  main: (p) => changeOwner(p, (text) => parseOwner(p, text)),
};

export const chgrp: Applet = {
  name: "chgrp",
  path: "/bin/chgrp",
  usage: `[-RhLHPcvf]... GROUP FILE...\n\nChange the group of FILEs\n${OPTIONS}`,
  main: (p) =>
    changeOwner(p, function* (text) {
      return { uid: undefined, gid: yield* xgroup(p, text) };
    }),
};
