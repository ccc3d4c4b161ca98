// setup-user: makes an account, with its groups, password and keys (setup-user(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { type Setup, setupProgram } from "./libalpine.ts";
import { fetchText, keysUrl, sshKeys } from "./ssh-keys.ts";

const USAGE = `usage: setup-user [-h] [-a] [-u] [-f FULLNAME] [-g GROUPS] [-k SSHKEY] [USERNAME]

Makes an account; asks for it without USERNAME

options:
 -a  Let it administer the machine: group wheel, and doas
 -h  Show this text
 -f  Its full name
 -g  Groups to be in, with commas or blanks between them
 -k  A key for ssh, or where to fetch keys, or 'none'
 -u  Unlock it (for one that logs in only by key)
`;

/** The name one might choose: first letter of the first name, and the last name. */
export function suggestion(fullName: string): string {
  const match = /^(.).*\s+(.*)/.exec(fullName);
  return (match === null ? fullName : `${match[1]}${match[2]}`).toLowerCase();
}

function* makeAccount(s: Setup, given: string, fullOption: string): Steps<string | undefined> {
  const interactive = given === "";
  let name = given;
  let failed = "";
  let lastFull = "";
  for (;;) {
    let full = fullOption;
    if (interactive && name === "") {
      let preset = full === "" ? "no" : suggestion(full);
      if (preset === failed) preset = "";
      name = yield* s.ask("Setup a user? (enter a lower-case loginname, or 'no')", preset);
      if (name === "no") return undefined;
    }
    if (interactive && fullOption === "") {
      full = yield* s.ask(`Full name for user ${name}`, lastFull || name);
      lastFull = full;
    }
    const gecos = full === "" ? [] : ["-g", full];
    if ((yield* s.run(["adduser", ...gecos, "-D", name])) === 0) return name;
    if (!interactive) throw new Exit(1);
    failed = name;
    name = "";
  }
}

function* askKeys(s: Setup, user: string): Steps<string> {
  let preset = "none";
  for (;;) {
    const answer = yield* s.ask(`Enter ssh key or URL for ${user} (or 'none')`, preset);
    const short = keysUrl(answer, user);
    if (short !== undefined) {
      preset = short;
      continue;
    }
    if (answer === "none") return "";
    const keys = /^https?:\/\//.test(answer)
      ? sshKeys((yield* fetchText(s, answer)) ?? "").join("\n")
      : answer;
    if (sshKeys(keys).length > 0) return keys;
    yield* s.echo(`Did not find any key in '${answer}'`);
  }
}

function* givenKeys(s: Setup, option: string): Steps<string> {
  if (option === "none") return "";
  const keys = /^https?:\/\//.test(option)
    ? sshKeys((yield* fetchText(s, option)) ?? "").join("\n")
    : option;
  if (keys !== "" && sshKeys(keys).length === 0) s.die(`Could not find any keys in '${option}'`);
  return keys;
}

function* writeKeys(s: Setup, user: string, keys: string): Steps<void> {
  const dir = `${s.root}/home/${user}/.ssh`;
  const mask = s.sys.umask(0o077);
  s.mkdirs(dir);
  yield* s.write(`${dir}/authorized_keys`, `${keys}\n`);
  s.sys.umask(mask);
  yield* s.mocked(["chown", "-R", `${user}:${user}`, dir]);
}

function* mustMocked(s: Setup, argv: readonly string[]): Steps<void> {
  const status = yield* s.mocked(argv);
  if (status !== 0) throw new Exit(status);
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("af:g:hk:u");
  const given = (letter: string): string => options.findLast(([l]) => l === letter)?.[1] ?? "";
  const has = (letter: string): boolean => options.some(([l]) => l === letter);
  if (options.length === 0 && operands[0] === "none") return 0;
  if (operands.length > 1) yield* s.showUsage(1);
  const interactive = operands.length === 0;
  const user = yield* makeAccount(s, operands[0] ?? "", given("f"));
  if (user === undefined) return 0;
  while (interactive && (yield* s.mocked(["passwd", user])) !== 0) {
    yield* s.echo("Please retry.");
    s.countRetry();
  }
  const asks = interactive && given("k") === "";
  const keys = asks ? yield* askKeys(s, user) : yield* givenKeys(s, given("k"));
  if (keys !== "" && keys !== "none") yield* writeKeys(s, user, keys);
  const groups = given("g");
  if (groups !== "none")
    for (const group of groups.split(/[\s,]+/).filter((name) => name !== ""))
      yield* mustMocked(s, ["addgroup", user, group]);
  if (has("a")) {
    yield* s.run(["apk", "add", "doas"]);
    s.mkdirs(`${s.root}/etc/doas.d`);
    yield* s.append(`${s.root}/etc/doas.d/20-wheel.conf`, "permit persist :wheel\n");
    yield* mustMocked(s, ["addgroup", user, "wheel"]);
  }
  if (has("u")) yield* mustMocked(s, ["passwd", "-u", user]);
  return 0;
}

/** The program. */
export const setupUser: Program = setupProgram(USAGE, main);
