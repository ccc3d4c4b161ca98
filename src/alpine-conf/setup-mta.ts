// setup-mta: the server that mail is handed to (setup-mta(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram } from "./libalpine.ts";

const USAGE = `usage: setup-mta [-h] [SMTPSERVER]

Sets the server that takes outgoing mail; asks for it without SMTPSERVER

options:
 -h  Show this text
`;

function* setValue(s: Setup, conf: string, key: string, value: string): Steps<void> {
  const line = `${key}=${value}`;
  const lines = (yield* s.lines(conf)).map((old) =>
    new RegExp(`^#*${key}=`).test(old) ? line : old,
  );
  if (!lines.some((each) => each.startsWith(`${key}=`))) lines.push(line);
  s.mkdirs(conf.slice(0, conf.lastIndexOf("/")));
  yield* s.write(conf, lines.map((each) => `${each}\n`).join(""));
}

function* main(s: Setup): Steps<number> {
  const { operands } = yield* s.getopts("h");
  const conf = `${s.root}/etc/ssmtp/ssmtp.conf`;
  let server = operands[0] ?? "";
  if (s.isFile(conf)) {
    const line = (yield* s.lines(conf)).find((each) => each.startsWith("mailhub"));
    server = line?.split("=")[1] ?? "";
  }
  if (server === "") {
    const domain = yield* s.output(["hostname", "-d"], { stderr: "null" });
    server = domain === "" ? "smtp" : `smtp.${domain}`;
  }
  for (let ok = operands.length > 0; !ok; ) {
    server = yield* s.ask("Outgoing mail server? (e.g 'smtp.isp.com')", server);
    if (!(yield* s.askYesno("Test connection? (y/n)", "y"))) break;
    const said = yield* s.output(["nc", server, "25"], { input: "quit\r\n\n" });
    ok = /^221/m.test(said);
    if (ok) yield* s.echo(`Connection to ${server} is ok.`);
  }
  yield* s.run(["apk", "add", "ssmtp"]);
  yield* setValue(s, conf, "mailhub", server);
  yield* setValue(s, conf, "FromLineOverride", "YES");
  return 0;
}

/** The program. */
export const setupMta: Program = setupProgram(USAGE, main);
