// Init scripts of packages, as they are: start, status, restart and stop of each, with daemons that only seem to work.
//
//     INIT_SCRIPTS=/folder npx vitest run test/openrc/init-scripts.test.ts
//
// The folder has init.d/, and may have conf.d/ and prepare/: shell scripts, named like the services, of what a package
// or its user would have made. Without the variable there is nothing to test.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isSteps, type Steps, type Sys } from "../../src/abi/program.ts";
import type { Machine } from "../../src/index.ts";
import { readlink, readText, writeFile } from "../../src/libc/unistd.ts";
import { bootOpenrc, outcome } from "./machine.ts";

const FOLDER = process.env["INIT_SCRIPTS"] ?? "";
const scripts = FOLDER === "" ? [] : readdirSync(`${FOLDER}/init.d`).sort();
/** Where a daemon that goes into the background by itself writes its pid. */
const PIDFILE_NOTE = "/tmp/pidfile-of-fake";

function* forever(sys: Sys): Steps<number> {
  for (;;) {
    const nap = sys.nanosleep(3_600_000);
    if (isSteps(nap)) yield* nap;
  }
}

/** A program that ends well when a script asks it something, and is a daemon when it is started as one. */
function* note(sys: Sys): Steps<void> {
  const pidfile = ((yield* readText(sys, PIDFILE_NOTE)) ?? "").trim();
  if (pidfile !== "") yield* writeFile(sys, pidfile, `${sys.getpid()}\n`);
}

function* fake(sys: Sys, _argv: readonly string[], envp: readonly string[]): Steps<number> {
  if (envp.some((entry) => entry.startsWith("RC_CMD="))) return 0;
  if (readlink(sys, "/proc/self/fd/0") === "/dev/null") {
    yield* note(sys);
    return yield* forever(sys);
  }
  sys.fork(function* (child) {
    child.setsid();
    yield* note(child);
    return yield* forever(child);
  });
  // It is a daemon when its first process is gone: by then the pid is written.
  const nap = sys.nanosleep(200);
  if (isSteps(nap)) yield* nap;
  return 0;
}

/** Users, files and programs that a script takes for granted. */
async function prepare(machine: Machine, name: string, text: string): Promise<void> {
  const kernel = machine.kernel;
  (kernel.programs as Map<string, typeof fake>).set("fake", fake);
  const conf = existsSync(`${FOLDER}/conf.d/${name}`)
    ? readFileSync(`${FOLDER}/conf.d/${name}`, "utf8")
    : "";
  machine.fs.mkdirSync("/etc/conf.d", { recursive: true });
  if (conf !== "") machine.fs.writeFileSync(`/etc/conf.d/${name}`, conf);
  const script = `
set -- $(sed -n 's/.*\\(--owner\\|-o\\|--user\\|chown\\)[ =]*"\\{0,1\\}\\([a-z_-][a-z0-9_-]*\\).*/\\2/p' /etc/init.d/${name}) \
  $(grep -Eo '[a-z_-]+:[a-z_-]+' /etc/init.d/${name} | tr : ' ')
RC_SVCNAME=${name} SVCNAME=${name} RC_SERVICE=/etc/init.d/${name}
yesno() { case "$1" in [yY]*) return 0 ;; esac; return 1; }
get_bootparam() { return 1; }
[ ! -e /etc/conf.d/${name} ] || . /etc/conf.d/${name}
. /etc/init.d/${name} >/dev/null
for u in "$@" $(echo "$command_user" | tr : ' ') $user $group $runas ldap gitlab git; do
  addgroup -S $u; adduser -S -D -H -G $u $u
done 2>/dev/null
for f in $required_files $cfgfile $config $conf; do mkdir -p \${f%/*}; [ -e $f ] || : >$f; done 2>/dev/null
for d in $(grep -Eho '/(var|run|etc|srv)/[a-zA-Z0-9._/-]+' /etc/init.d/${name} /etc/conf.d/${name}); do
  case \${d##*/} in *.*) d=\${d%/*} ;; esac
  mkdir -p $d
  case $d in /var/*/*) chmod 777 $d ;; esac
done 2>/dev/null
for s in $subservices; do
  printf '#!/sbin/openrc-run\\nstart() { :; }\\n' >/etc/init.d/$s; chmod +x /etc/init.d/$s
done
mkdir -p $required_dirs $directory /var/www /usr/share/webapps /var/lib/$RC_SVCNAME
for p in $command $(grep -Eho '(/usr)?(/local)?/s?bin/[a-zA-Z0-9._-]+' /etc/init.d/${name}) \
  $(grep -Eho '\\b(ssh-keygen|bundle|su-exec|doas)\\b' /etc/init.d/${name} | sed s,^,/usr/bin/,); do
  case $p in /*) ;; *) p=/usr/bin/$p ;; esac
  [ -e $p ] || { mkdir -p \${p%/*}; echo '#!bivy fake' >$p; chmod +x $p; }
done
[ -z "$pidfile" ] || { mkdir -p \${pidfile%/*}; [ -n "$command_background" ] || [ -n "$supervisor" ] || echo $pidfile >${PIDFILE_NOTE}; }
:`;
  const { stderr, status } = await machine.exec(script);
  if (status !== 0) throw new Error(`${name}: ${text.length} ${stderr}`);
  if (existsSync(`${FOLDER}/prepare/${name}`))
    await machine.exec(readFileSync(`${FOLDER}/prepare/${name}`, "utf8"));
  // What it needs is there.
  await machine.exec(`rc-update -u 2>&1 | sed -n "s/.*non existent service .\\(.*\\).$/\\1/p" | while read -r s; do
    printf '#!/sbin/openrc-run\\nstart() { :; }\\n' >/etc/init.d/$s; chmod +x /etc/init.d/$s; done; sleep 1; rc-update -u`);
}

test.skipIf(scripts.length > 0)("no folder of init scripts is given", () => {
  expect(scripts).toEqual([]);
});

test.each(scripts)("%s", async (name) => {
  const machine = bootOpenrc({ softlevel: "default" });
  const text = readFileSync(`${FOLDER}/init.d/${name}`, "latin1");
  machine.fs.writeFileSync(`/etc/init.d/${name}`, readFileSync(`${FOLDER}/init.d/${name}`));
  machine.fs.chmodSync(`/etc/init.d/${name}`, 0o755);
  await prepare(machine, name, text);
  const step = (command: string): Promise<string> =>
    outcome(
      machine,
      `rc-service ${name} ${command} </dev/zero >/tmp/said 2>&1; s=$?; sleep 1; rc-service ${name} status >>/tmp/said2 2>&1; echo "${command} $s $?"; [ $s = 0 ] || cat /tmp/said /tmp/said2`,
    );
  const table = [
    await step("start"),
    await step("start"),
    await step("restart"),
    await step("stop"),
    await step("stop"),
  ];
  machine.close();
  // Scripts with a status() of their own have a status of their own, too.
  const stopped = /^status\(\)/m.test(text) ? 1 : 3;
  const expected = [
    "start 0 0",
    "start 0 0",
    "restart 0 0",
    `stop 0 ${stopped}`,
    `stop 0 ${stopped}`,
  ];
  expect(table.join("")).toBe(expected.map((line) => `${line}\n`).join(""));
});
