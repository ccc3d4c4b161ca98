// setup-proxy: writes /etc/profile.d/proxy.sh (setup-proxy(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram } from "./libalpine.ts";

const USAGE = `usage: setup-proxy [-hq] [PROXYURL]

Sets the proxy of HTTP and FTP; asks for it without PROXYURL

options:
 -h  Show this text
 -q  Say less
`;

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hp:q");
  for (const [letter, value] of options) {
    if (letter === "q") s.quiet = true;
    else s.root = value;
  }
  const profile = `${s.root}/etc/profile.d/proxy.sh`;
  let url = operands[0] ?? "";
  const env = s.isFile(profile) ? yield* s.sourced(profile, ["http_proxy"]) : s.p.env;
  const preset = env.get("http_proxy") || "none";
  while (operands.length === 0 && url !== "none" && !/^https?:\/\//.test(url))
    url = yield* s.ask("HTTP/FTP proxy URL? (e.g. 'http://proxy:8080', or 'none')", preset);
  if (url === "none") {
    s.remove(profile);
    return 0;
  }
  s.mkdirs(`${s.root}/etc/profile.d`);
  yield* s.write(
    profile,
    `# this file was generated with and might get overwritten by setup-proxy

export http_proxy=${url}
export https_proxy=${url}
export ftp_proxy=${url}
export no_proxy=localhost
`,
  );
  yield* s.run(["apk", "add", "--quiet", "--no-progress", "wget"]);
  if (!s.quiet)
    yield* s.echo(
      `\nTo make changes active please do login again or source ${profile}\nwith ". ${profile}"`,
    );
  return 0;
}

/** The program. */
export const setupProxy: Program = setupProgram(USAGE, main);
