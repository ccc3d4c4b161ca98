// setup-acf: the configuration framework's web server (setup-acf(8)).
import type { Program, Steps } from "../abi/program.ts";
import { rename, symlink } from "../libc/unistd.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = "usage: setup-acf [-ahn] [-e email] [-l address] [PACKAGE...]\n";
const SSL = "/etc/ssl/mini_httpd";
const PEM = `${SSL}/server.pem`;
const HTDOCS = "/var/www/localhost/htdocs";

function* passwords(s: Setup): Steps<void> {
  const path = "/etc/acf/passwd";
  s.mkdirs("/etc/acf");
  if (s.isFile(path)) rename(s.sys, path, `${path}.backup`);
  yield* s.write(path, "root:x:Admin account:ADMIN\n");
  yield* s.run(["chmod", "600", path]);
  yield* s.run(["acfpasswd", "-s", "root"]);
}

function* certificate(s: Setup, email: string): Steps<void> {
  if (s.isFile(PEM)) return yield* s.echo(`${PEM} already exist.`);
  s.mkdirs(SSL);
  const name = (yield* s.output(["hostname", "-f"], { stderr: "null" })) || (yield* s.hostname());
  yield* s.write(
    `${SSL}/mini_httpd.cnf`,
    `[ req ]
default_bits = 1024
encrypt_key = yes
distinguished_name = req_dn
x509_extensions = cert_type
prompt = no

[ req_dn ]
OU=HTTPS server
CN=${name}
emailAddress=${email || "postmaster@example.com"}

[ cert_type ]
nsCertType = server
`,
  );
  yield* s.echo("Generating certificates for HTTPS...");
  const key = yield* s.output(["openssl", "genrsa", "2048"]);
  yield* s.write(`${SSL}/server.key`, `${key}\n`);
  const request = ["openssl", "req", "-new", "-x509", "-nodes", "-sha1", "-days", "3650"];
  const files = ["-key", `${SSL}/server.key`, "-config", `${SSL}/mini_httpd.cnf`];
  const cert = yield* s.output([...request, ...files]);
  yield* s.write(PEM, `${cert}\n${key}\n`);
  s.remove(`${SSL}/server.key`);
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("ae:hl:n");
  const given = (letter: string): string => options.findLast(([l]) => l === letter)?.[1] ?? "";
  const has = (letter: string): boolean => options.some(([l]) => l === letter);
  const packages = has("a")
    ? words(yield* s.output(["apk", "search", "--quiet", "--exact", "acf-*"]))
    : ["acf-core", "acf-alpine-baselayout", "acf-apk-tools", "openssl"];
  packages.push(...operands.map((name) => `acf-${name}`));
  if ((yield* s.run(["apk", "add", "mini_httpd", ...packages])) !== 0) return 1;
  if (!has("n")) yield* passwords(s);
  if (s.isDir(HTDOCS)) rename(s.sys, HTDOCS, `${HTDOCS}.old`);
  s.mkdirs("/var/www/localhost");
  symlink(s.sys, "/usr/share/acf/www/", HTDOCS);
  yield* s.run(["lbu", "add", HTDOCS]);
  yield* certificate(s, given("e"));
  const address = given("l");
  yield* s.write(
    "/etc/mini_httpd/mini_httpd.conf",
    `nochroot\ndir=${HTDOCS}\nuser=nobody\ncgipat=cgi-bin**\ncertfile=${PEM}\nport=443\nssl\n` +
      (address === "" ? "" : `host=${address}\n`),
  );
  yield* s.run(["rc-update", "-q", "add", "mini_httpd", "default"]);
  yield* s.run(["rc-service", "mini_httpd", "restart"]);
  return yield* s.run(["rc-update", "-q", "--update"]);
}

/** The program. */
export const setupAcf: Program = setupProgram(USAGE, main);
