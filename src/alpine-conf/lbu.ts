// lbu: saves what was changed on a system that lives in memory, as an overlay for the next boot (lbu(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit, Process, runMain } from "../libc/process.ts";
import { commit, listBackup, revert } from "./lbu-commit.ts";
import { diff, status } from "./lbu-compare.ts";
import { changeList } from "./lbu-list.ts";
import { fileList, makePackage } from "./lbu-package.ts";
import { Lbu, VERSION } from "./lbu-state.ts";
import { cleanly, Setup } from "./libalpine.ts";
import { parseOptions } from "./options.ts";

const USAGE = `lbu ${VERSION}
usage: lbu <subcommand> [options] [args]

Subcommands:
  commit (ci)
  diff
  exclude (ex, delete)
  include (inc, add)
  list (ls)
  list-backup (lb)
  package (pkg)
  revert
  status (stat, st)

Options that all have:
 -h	Tell about the subcommand
 -q	Say less
 -v	Say more
`;

interface Subcommand {
  names: readonly string[];
  /** After "usage: lbu ". */
  usage: string;
  text: string;
  main: (lbu: Lbu, args: readonly string[]) => Steps<number>;
}

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    names: ["include", "inc", "add"],
    usage: "include|inc|add [-rv] <file> ...\n       lbu include|inc|add [-v] -l",
    text: `Puts files on the list of what is saved

Options:
  -l	Show the list
  -r	Take the files off the list
  -v	Say more`,
    main: (lbu, args) => changeList(lbu, "+", args),
  },
  {
    names: ["commit", "ci"],
    usage: "commit|ci [-denv] [-p <password>] [<media>]",
    text: `Saves the overlay to a medium

Options:
  -d	Remove other overlays that are there
  -e	Encrypt it
  -n	Only show what would be saved
  -p <password>	Encrypt with this password
  -v	Say more

Without <media> it goes to LBU_BACKUPDIR, or to the medium that LBU_MEDIA names.
DEFAULT_CIPHER, ENCRYPTION and PASSWORD say how to encrypt. All of these stand in
/etc/lbu/lbu.conf or in the environment.`,
    main: commit,
  },
  {
    names: ["exclude", "ex", "delete"],
    usage: "exclude|ex|delete [-rv] <file> ...\n       lbu exclude|ex|delete [-v] -l",
    text: `Puts files on the list of what is not saved

Options:
  -l	Show the list
  -r	Take the files off the list
  -v	Say more`,
    main: (lbu, args) => changeList(lbu, "-", args),
  },
  {
    names: ["list", "ls"],
    usage: "list|ls",
    text: "Shows the names of the files that would be saved",
    *main(lbu) {
      const names = yield* fileList(lbu);
      for (const name of names ?? []) yield* lbu.s.echo(name);
      return names === undefined ? 1 : 0;
    },
  },
  {
    names: ["package", "pkg"],
    usage: "package|pkg [-v] [<dirname>|<filename>]",
    text: `Makes an overlay: <hostname>.apkovl.tar.gz in a folder (by default this one), or a
file of that name, or on standard output for "-"

Options:
  -v	Say more`,
    main: (lbu, args) => makePackage(lbu, args[0] ?? ""),
  },
  {
    names: ["status", "stat", "st"],
    usage: "status|st [-av]",
    text: `Shows which files were added (A), deleted (D) or updated (U) since the last commit

Options:
  -a	Compare with the packages instead
  -v	Say more`,
    main: status,
  },
  {
    names: ["list-backup", "lb"],
    usage: "list-backup [<media>]",
    text: "Shows the earlier overlays that are kept",
    main: listBackup,
  },
  {
    names: ["revert"],
    usage: "revert <REVISION> [<media>]",
    text: `Goes back to an earlier overlay, as "lbu list-backup" names it`,
    main: revert,
  },
  {
    names: ["diff"],
    usage: "diff [<media>]",
    text: "Shows what has changed in files since the last commit",
    main: diff,
  },
];

function applyOption(lbu: Lbu, letter: string, value: string): void {
  if (letter === "a") lbu.all = true;
  else if (letter === "d") lbu.deleteOld = true;
  else if (letter === "e") lbu.encryption ||= lbu.cipher;
  else if (letter === "l") lbu.list = true;
  else if (letter === "n") lbu.dryRun = true;
  else if (letter === "p") lbu.password = value;
  else if (letter === "q") lbu.s.quiet = true;
  else if (letter === "r") lbu.remove = true;
  else if (letter === "v") lbu.s.verbose = true;
}

function* main(s: Setup): Steps<number> {
  const args = s.p.argv.slice(1);
  // A link named lbu_commit is that subcommand.
  const linked = s.p.progname.split("_")[1];
  const word = linked ?? args.shift();
  s.usage = USAGE;
  if (word === "-h") yield* s.showUsage(0);
  const sub = SUBCOMMANDS.find(({ names }) => word !== undefined && names.includes(word));
  if (sub === undefined) return yield* s.showUsage(1);
  s.usage = `lbu ${VERSION}\nusage: lbu ${sub.usage}\n\n${sub.text}\n`;
  const lbu = new Lbu(s);
  yield* lbu.configure();
  const { options, operands, wrong } = parseOptions(args, "adehlM:np:qrv");
  for (const [letter, value] of options) {
    const misplaced =
      (letter === "a" && sub.main !== status) || (letter === "n" && sub.main !== commit);
    if (letter === "h" || misplaced) yield* s.showUsage(0);
    applyOption(lbu, letter, value);
  }
  if (wrong !== undefined) throw new Exit(1, `${wrong}\n${s.usage}`, true);
  s.stopOnSignals();
  return yield* cleanly(
    function* () {
      const result = yield* sub.main(lbu, operands);
      yield* s.flush();
      return result;
    },
    () => lbu.close(),
  );
}

/** The program. */
export const lbu: Program = function* (sys, argv, envp) {
  const p = new Process(sys, argv, envp);
  return yield* runMain(p, () => main(new Setup(p)));
};
