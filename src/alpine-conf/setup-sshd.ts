// setup-sshd: a server for ssh, and how root may log in (setup-sshd(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram } from "./libalpine.ts";
import { fetchText, keysUrl } from "./ssh-keys.ts";

const USAGE = `usage: setup-sshd [-h] [-k authorized key] [openssh | dropbear | none]

Sets up a server for ssh; asks which one

options:
 -h  Show this text
 -k  Key that may log in as root: itself, where to fetch it, or 'none'
`;
const ROOT_LOGIN_HELP = `Valid options are:

  yes                root logs in with password or ssh key

  no                 root does not log in by ssh

  prohibit-password  root logs in with ssh key but not with password
`;

/** A setting of sshd_config: in place of the one that is there, commented out or not. */
function* setSshd(s: Setup, key: string, value: string): Steps<void> {
  const path = `${s.root}/etc/ssh/sshd_config`;
  const pattern = new RegExp(`^#?\\s*${key}[^\\n]*`);
  const lines = (yield* s.lines(path)).map((line) => line.replace(pattern, `${key} ${value}`));
  if (!lines.some((line) => new RegExp(`^${key}\\b`).test(line))) lines.push(`${key} ${value}`);
  s.mkdirs(`${s.root}/etc/ssh`);
  yield* s.write(path, lines.map((line) => `${line}\n`).join(""));
}

function* getSshd(s: Setup, key: string): Steps<string> {
  const rows = yield* s.rows(`${s.root}/etc/ssh/sshd_config`);
  return rows.find(([name]) => name === key)?.[1] ?? "";
}

/** "gh NAME" and the like: the address it stands for. */
function shortUrl(answer: string): string | undefined {
  const space = answer.indexOf(" ");
  return space < 0 ? undefined : keysUrl(answer.slice(0, space), answer.slice(space + 1));
}

function* fetched(s: Setup, url: string): Steps<string | undefined> {
  const text = yield* fetchText(s, url);
  if (text === undefined) yield* s.echo(`Failed to fetch key from '${url}'`);
  return text;
}

/** May root log in? A key as answer is one to log in with. */
function* askRootLogin(s: Setup): Steps<string> {
  let preset = "prohibit-password";
  for (;;) {
    const answer = yield* s.ask("Allow root ssh login? ('?' for help)", preset);
    if (answer === "?") yield* s.print(ROOT_LOGIN_HELP);
    else if (shortUrl(answer) !== undefined) preset = shortUrl(answer) as string;
    else if (["yes", "no", "prohibit-password"].includes(answer)) {
      yield* setSshd(s, "PermitRootLogin", answer);
      return "";
    } else if (/^https?:\/\//.test(answer)) {
      const key = yield* fetched(s, answer);
      if (key !== undefined) return key;
    }
  }
}

function* askRootKey(s: Setup): Steps<string> {
  let preset = "none";
  for (;;) {
    const answer = yield* s.ask("Enter ssh key or URL for root (or 'none')", preset);
    if (shortUrl(answer) !== undefined) preset = shortUrl(answer) as string;
    else if (/^https?:\/\//.test(answer)) {
      const key = yield* fetched(s, answer);
      if (key !== undefined) return key;
    } else if (answer === "none") return "";
    else {
      const check = ["ssh-keygen", "-l", "-f", "-"];
      if ((yield* s.run(check, { input: `${answer}\n`, stdout: "null" })) === 0) return answer;
    }
  }
}

/** Is there an account of a person? */
function* hasUsers(s: Setup): Steps<boolean> {
  const lines = yield* s.lines(`${s.root}/etc/passwd`);
  return lines.some((line) => {
    const uid = Number(line.split(":")[2]);
    return uid >= 1000 && uid < 65000;
  });
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hc:k:");
  let choice = "";
  let key = s.env("SSH_KEY");
  for (const [letter, value] of options) {
    if (letter === "c") choice = value;
    else key = value;
  }
  const known = (word: string): boolean => ["openssh", "dropbear", "none"].includes(word);
  const word = operands[0] ?? "";
  if (known(word)) choice = word;
  else if (word !== "") yield* s.showUsage(1);
  const interactive = choice === "";
  while (interactive && !known(choice))
    choice = yield* s.ask("Which ssh server? ('openssh', 'dropbear' or 'none')", "openssh");
  if (choice === "none") return 0;
  const packages = [choice];
  if (choice === "openssh") {
    const acf = yield* s.run(["apk", "info", "--quiet", "--installed", "acf-core"]);
    if (acf === 0) packages.push("acf-openssh");
  }
  yield* s.run(["apk", "add", "--quiet", ...packages]);
  if (interactive && choice === "openssh" && key === "" && !(yield* hasUsers(s))) {
    key = yield* askRootLogin(s);
    if ((yield* getSshd(s, "PermitRootLogin")) !== "no") key = (yield* askRootKey(s)) || key;
  }
  let status = 0;
  const service = choice === "openssh" ? "sshd" : choice;
  if (choice === "openssh" || choice === "dropbear") {
    yield* s.run(["rc-update", "add", service, "default"]);
    status = yield* s.run(["rc-service", service, "start"]);
  }
  if (key === "" || key === "none") return status;
  if (/^(http.*|ftp):\/\//.test(key)) {
    const text = yield* fetchText(s, key);
    if (text === undefined) s.die(`Failed to fetch key from '${key}'`);
    key = text;
  }
  s.sys.umask(0o077);
  s.mkdirs(`${s.root}/root/.ssh`);
  yield* s.append(`${s.root}/root/.ssh/authorized_keys`, `${key}\n`);
  return 0;
}

/** The program. */
export const setupSshd: Program = setupProgram(USAGE, main);
