// OpenRC's programs by themselves: what they print and answer. The texts were compared with those of OpenRC 0.54.
import { expect, test } from "vitest";
import { bootOpenrc, outcome, type Service, telling } from "./machine.ts";

const SERVICES: Record<string, Service> = {
  alpha: {
    script: telling("alpha", "need beta\nafter gamma\nprovide logger\nkeyword -docker"),
    levels: ["default"],
  },
  beta: { script: telling("beta"), levels: ["boot"] },
  gamma: { script: telling("gamma", "want delta\nuse nothere\nbefore alpha") },
  delta: { script: telling("delta") },
};

interface Row {
  name: string;
  run: string;
  out: string;
  files?: Record<string, string>;
}

const rows: Row[] = [
  {
    name: "the dependency tree, as it is kept",
    run: "cat /run/openrc/deptree",
    out: `depinfo_0_service='alpha'
depinfo_0_ineed_0='beta'
depinfo_0_iafter_0='gamma'
depinfo_0_iprovide_0='logger'
depinfo_0_keyword_0='-docker'
depinfo_1_service='beta'
depinfo_1_needsme_0='alpha'
depinfo_2_service='delta'
depinfo_2_wantsme_0='gamma'
depinfo_3_service='gamma'
depinfo_3_iwant_0='delta'
depinfo_3_iuse_0='nothere'
depinfo_3_ibefore_0='alpha'
depinfo_4_service='logger'
depinfo_4_providedby_0='alpha'
`,
  },
  {
    name: "the tree is made anew when a script, a setting or a file that scripts name is newer",
    files: { "/etc/conf.d/delta": 'rc_need="beta"\nrc_config="/etc/extra"\n', "/etc/extra": "" },
    run: "rc-depend delta; sleep 2; touch /etc/extra; rc-depend delta; rc-depend delta; cat /run/openrc/depconfig",
    out: "beta delta\n * Caching service dependencies ... [ ok ]\nbeta delta\nbeta delta\n/etc/extra\n",
  },
  {
    name: "rc-update: add, del, show and what is wrong",
    run: `rc-update add gamma; rc-update add gamma default; rc-update add none; rc-update del delta; rc-update del gamma default
rc-update add gamma nolevel; rc-update foo; rc-update add; rc-update -a add gamma; rc-update -a del alpha 2>/dev/null; rc-update; rc-update show -v boot default`,
    out: ` * service gamma added to runlevel default
 * rc-update: gamma already installed in runlevel \`default'; skipping
 * rc-update: service \`none' does not exist
 * rc-update: service \`delta' is not in the runlevel \`default'
 * service gamma deleted from runlevel default
 * rc-update: \`nolevel' is not a valid runlevel
 * rc-update: invalid command \`foo'
 * rc-update: no service specified
 * rc-update: the -a option is invalid with add
 * service alpha deleted from runlevel default
                 beta | boot${" ".repeat(35)}
                alpha |${" ".repeat(13)}
                 beta | boot${" ".repeat(8)}
                delta |${" ".repeat(13)}
                gamma |${" ".repeat(13)}
`,
  },
  {
    name: "rc-update: stacks",
    run: "mkdir /etc/runlevels/one; rc-update -s add default one; rc-update -s add boot one; rc-update -s add one one; rc-update -s add none one; rc-status one; rc-update -s del default one; rc-update -s del default one",
    out: ` * runlevel default added to runlevel one
 * rc-update: cannot stack the sysinit runlevel
 * rc-update: cannot stack \`one' onto itself
 * rc-update: runlevel \`none' does not exist
Runlevel: one
Stacked Runlevel: default
 alpha                                                             [  stopped  ]
 * runlevel default deleted from runlevel one
 * rc-update: runlevel \`default' is not in the runlevel \`one'
=> 1
`,
  },
  {
    name: "rc-status: runlevels, states, what was started by hand",
    run: "openrc default >/dev/null; rc-service gamma start >/dev/null; rc-status; rc-status -f ini -u; rc-status -m; rc-status -l | sort; rc-status -r; rc-status nolevel boot",
    out: `Runlevel: default
 alpha                                                             [  started  ]
Dynamic Runlevel: hotplugged
Dynamic Runlevel: needed/wanted
 delta                                                             [  started  ]
Dynamic Runlevel: manual
 gamma                                                             [  started  ]
gamma =  started${" "}
delta =  started${" "}
 gamma                                                             [  started  ]
 delta                                                             [  started  ]
boot
default
nonetwork
shutdown
sysinit
default
 * runlevel \`nolevel' does not exist
Runlevel: boot
 beta                                                              [  started  ]
`,
  },
  {
    name: "rc-service: finding services",
    run: "rc-service -l; rc-service -r alpha; rc-service -e none || echo none; rc-service none start; rc-service; service alpha status",
    out: `alpha
beta
delta
gamma
/etc/init.d/alpha
none
 * rc-service: service \`none' does not exist
 * rc-service: you need to specify a service
 * status: stopped
=> 3
`,
  },
  {
    name: "help and version",
    run: "rc-depend -h; rc-depend -V; rc-depend -x | wc -l",
    out: `Usage: rc-depend [options] 

Options: [ aot:suTF:ChqVv ]
  -a, --starting                    In the order of a runlevel that starts
  -o, --stopping                    In the order of a runlevel that stops
  -t, --type <arg>                  Types of dependency (ineed,iuse,...)
  -T, --notrace                     Only what they depend on themselves
  -s, --strict                      Only what the runlevels have
  -u, --update                      Make the dependency tree anew
  -F, --deptree-file <arg>          Take the tree from this file
  -h, --help                        Show this text
  -C, --nocolor                     Do without colours
  -V, --version                     Show the version
  -v, --verbose                     Tell more
  -q, --quiet                       Tell less (twice: no errors either)
rc-depend (OpenRC) 0.54
rc-depend: unrecognized option: x
15
`,
  },
  {
    name: "checkpath: directories, files, pipes; modes and owners",
    run: `checkpath -d relative; checkpath -d /tmp/no/sub; checkpath -d -m 700 -o nobody:users /tmp/d//; checkpath -f -m 0600 /tmp/f; echo x >/tmp/f; checkpath -f /tmp/f; cat /tmp/f
checkpath -F /tmp/f; cat /tmp/f; checkpath -p /tmp/p; checkpath -f /tmp/d; checkpath -d /tmp/f; ln /tmp/f /tmp/hard; checkpath -f -m 0640 /tmp/f
ln -s d /tmp/l; checkpath -d /tmp/l/in; ln -s /etc /tmp/evil; chown -h nobody /tmp/evil; checkpath -d /tmp/evil/x; checkpath -W /tmp; echo $?; checkpath -o none -d /tmp; checkpath -m 9 -d /tmp
stat -c '%n %a %U:%G %F' /tmp/d /tmp/d/in /tmp/f /tmp/p`,
    out: ` * checkpath: empty or relative path
 * checkpath: /tmp/no/sub: could not open no: No such file or directory
 * /tmp/d: creating directory
 * /tmp/d: correcting owner
 * /tmp/f: creating file
x
 * /tmp/f: creating file
 * /tmp/f: correcting mode
 * /tmp/p: creating fifo
 * /tmp/d: is a directory
 * /tmp/f: is a file
 * checkpath: chmod: Too many hard links to /tmp/f
 * /tmp/l/in: creating directory
 * checkpath: /tmp/evil/x: symbolic link evil not owned by root
0
 * checkpath: owner \`none' not found
 * checkpath: invalid mode \`9'
/tmp/d 700 nobody:users directory
/tmp/d/in 775 root:root directory
/tmp/f 664 root:root regular empty file
/tmp/p 600 root:root fifo
`,
  },
  {
    name: "fstabinfo and mountinfo",
    files: {
      "/etc/fstab":
        "/dev/sda1 / ext4 rw,relatime 0 1\n# no\n/dev/sda2 /home ext4 noatime 0 2\nproc /proc proc _netdev 0 0\n/dev/sda3 none swap sw 0 0\n",
    },
    run: `fstabinfo; fstabinfo -b /home; fstabinfo -m /; fstabinfo -p '>0'; fstabinfo -p '<2'; fstabinfo -t swap -o; fstabinfo -p /; fstabinfo /none || echo none
mountinfo -q /proc && mountinfo -s /proc && mountinfo -f '^proc$' -t; mountinfo -q /none || echo none; mountinfo x; mountinfo --netdev /proc; mountinfo --nonetdev /proc || echo net; mountinfo -p '^/dev/' -F devpts`,
    out: `/
/home
/proc
none
/dev/sda2
-o rw,relatime -t ext4 /dev/sda1 /
/
/home
/
sw
1
1
2
0
0
none
proc
proc
none
 * mountinfo: \`x' is not a mount point
/proc
net
/dev/shm
`,
  },
  {
    name: "the small ones",
    run: `shell_var a-b c.d; touch -d @1000 /tmp/old; touch /tmp/new; is_newer_than /tmp/new /tmp/old && echo newer; is_older_than /tmp/old /tmp/new && echo older; is_newer_than /tmp/old /tmp || echo not
on_ac_power; echo $?; swclock; swclock -w /none; echo $?; swclock -s /tmp/c && ls /tmp/c; rc-abort || echo no; openrc-run; openrc-init; echo $?; service_started; RC_SVCNAME=x service_get_value; kill_all -d 99 2>&1 | head -1; kill_all -o x 2>&1 | head -1; seedrng; ls /var/lib/seedrng; rc-sstat`,
    out: `a_b c_d
newer
older
not
255
 * swclock: Reference file was not specified
 * swclock: \`/none': No such file or directory
0
/tmp/c
no
openrc-run should not be run directly
1
 * service_started: no service specified
 * service_get_value: no option specified
 * Invalid signal 99
 * Invalid omit pid value x
 * Saving 256 bits of creditable seed for next boot
seed.credit
/run/openrc/s6-scan does not exist
=> 1
`,
  },
  {
    name: "messages without a terminal",
    run: `einfo a b; eerror a; echo $?; eend 0; eend 3; echo $?; eend 1 msg text; eend x y; veinfo no; EINFO_VERBOSE=yes veinfo yes; EINFO_INDENT=4 einfo in; EINFO_LASTCMD=ebegin einfo after; EINFO_QUIET=on einfo quiet; EERROR_QUIET=on eerror quiet; einfo '100%s'; ewaitfile 1 /tmp/none; echo $?; ewaitfile x /tmp; esyslog daemon.foo tag text; EINFO_VERBOSE=yes vewend 1 so`,
    out: ` * a b
 * a
1
 [ ok ]
 [ !! ]
3
 * msg text
${" ".repeat(61)} [ !! ]
 * x y
${" ".repeat(66)} [ !! ]
 * yes
 *     in

 * after
 * 100%s
1
 * ewaitfile: invalid timeout
 * esyslog: invalid log level \`daemon.foo'
 * so
${" ".repeat(67)} [ !! ]
=> 1
`,
  },
];

test.each(rows)("$name", async ({ run, out, files }) => {
  const machine = bootOpenrc({
    services: SERVICES,
    softlevel: "default",
    ...(files && { files }),
  });
  const path = "PATH=$PATH:/lib/rc/bin:/lib/rc/sbin\n";
  const text = await outcome(machine, `rc-update -u >/dev/null 2>&1\n${path}${run}`);
  machine.close();
  expect(text).toBe(out);
});

test("on a terminal: colours, and results at the right edge", async () => {
  const script =
    'start() { ebegin "Starting s"; einfo one; eindent; ewarn two; eoutdent; eend 1 "it failed"; ebegin again; eend 0; }\n';
  const machine = bootOpenrc({
    services: { s: { script, levels: ["default"] } },
    softlevel: "default",
  });
  let text = "";
  const port = {
    write(bytes: Uint8Array): boolean {
      text += String.fromCharCode(...bytes);
      return true;
    },
  };
  const size = { rows: 24, cols: 80, xpixel: 0, ypixel: 0 };
  const argv = ["/bin/sh", "-c", "rc-update -u; rc-service s start; rc-status default"];
  await machine.spawn(argv, { tty: { port, size } }).exited;
  machine.close();
  const plain = text
    .replaceAll("\x1b[1m\x1b[3", "<")
    .replaceAll("\x1b[K", "")
    .replaceAll("\x1b[m", ">")
    .replaceAll("\x1b", "^");
  expect(plain).toBe(
    [
      " <2m*> Caching service dependencies ...",
      "^[A^[73C <4m[<2m ok <4m]>",
      " <2m*> Starting s ...",
      " <2m*> one",
      " <3m*>   two",
      " <1m*> it failed",
      "^[A^[73C <4m[<1m !! <4m]>",
      " <2m*> again ...",
      "^[A^[73C <4m[<2m ok <4m]>",
      "Runlevel: <6mdefault>",
      " s",
      "^[A^[66C <4m[<2m  started  <4m]>",
      "",
    ].join("\r\n"),
  );
});

test("interactive boot: a question for each service, and a shell", async () => {
  const start = (name: string): Service => ({
    script: `start() { echo "+${name}"; }\n`,
    levels: ["default"],
  });
  const services = { a: start("a"), b: start("b"), c: start("c"), d: start("d") };
  const files = { "/etc/rc.conf": 'rc_interactive="YES"\nrc_shell="/bin/sh-of-test"\n' };
  const machine = bootOpenrc({ services, files, softlevel: "boot" });
  machine.fs.writeFileSync("/bin/sh-of-test", "#!/bin/sh\necho shell\n");
  machine.fs.chmodSync("/bin/sh-of-test", 0o755);
  const keys = ["1", "4", "2", "x3"];
  let text = "";
  const port = {
    write(bytes: Uint8Array): boolean {
      text += String.fromCharCode(...bytes);
      if (text.endsWith("Exit to shell\r\n")) setTimeout(press, 20);
      return true;
    },
  };
  const size = { rows: 24, cols: 80, xpixel: 0, ypixel: 0 };
  const script =
    "rc-update -u; touch /run/openrc/interactive; openrc default; ls /run/openrc/interactive";
  const shell = machine.spawn(["/bin/sh", "-c", script], {
    env: { TERM: "dumb" },
    tty: { port, size },
  });
  const press = (): void => {
    for (const key of keys.shift() ?? "") shell.tty?.hostInput(Uint8Array.of(key.charCodeAt(0)));
  };
  await shell.exited;
  machine.close();
  const question = (name: string): string[] => [
    "",
    ` * About to start the service ${name}`,
    " *   1) Start the service\t\t2) Skip the service",
    " *   3) Continue boot process\t\t4) Exit to shell",
  ];
  expect(text.split("\r\n")).toEqual([
    " * Caching service dependencies ... [ ok ]",
    ...question("a"),
    "+a",
    ...question("b"),
    "shell",
    ...question("b"),
    ...question("c"),
    "+c",
    "+d",
    "ls: /run/openrc/interactive: No such file or directory",
    "",
  ]);
});
