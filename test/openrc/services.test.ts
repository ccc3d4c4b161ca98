// Services: their states, commands and daemons, as scripts and their users see them.
import { expect, test } from "vitest";
import { bootOpenrc, outcome, type Service, telling } from "./machine.ts";

interface Row {
  name: string;
  /** The script of the service "s". */
  script: string;
  run: string;
  out: string;
  services?: Record<string, Service>;
  files?: Record<string, string>;
  softlevel?: undefined;
}

const DAEMON =
  "command=/bin/sleep\ncommand_args=4242\ncommand_background=yes\npidfile=/run/s.pid\n";
const SUPERVISED =
  "supervisor=supervise-daemon\ncommand=/bin/sleep\ncommand_args=4242\npidfile=/run/s.pid\n";
const child = "$(cat /run/openrc/options/s/child_pid)";

const rows: Row[] = [
  {
    name: "a daemon by command: start, status, stop",
    script: DAEMON,
    run: "rc-service s start; tr '\\0' ' ' </proc/$(cat /run/s.pid)/cmdline; echo; rc-service s start; rc-service s status; rc-service s stop; ls /run/s.pid; rc-service s stop; rc-service s status",
    out: ` * Starting s ... [ ok ]
/bin/sleep 4242${" "}
 * WARNING: s has already been started
 * status: started
 * Stopping s ... [ ok ]
ls: /run/s.pid: No such file or directory
 * WARNING: s is already stopped
 * status: stopped
=> 3
`,
  },
  {
    name: "the status of a crashed, a starting, a stopping and an inactive service",
    script: `${DAEMON}extra_commands=mark\nmark() { mark_service_$M; }\n`,
    run: "rc-service s start; kill $(cat /run/s.pid); sleep 1; rc-service s status; echo $?; rc-service -c s zap; for M in starting stopping inactive; do export M; rc_env_allow=M; /etc/init.d/s mark; rc-service s status; echo $?; done",
    files: { "/etc/rc.conf": 'rc_env_allow="M"\n' },
    out: ` * Starting s ... [ ok ]
 * status: crashed
32
 * Manually resetting s to stopped state
 * status: starting
8
 * status: stopping
4
 * status: inactive
16
`,
  },
  {
    name: "a daemon of another user with capabilities, without new privileges",
    script: `${DAEMON}command=/usr/local/bin/d\ncommand_args=
command_user=nobody
capabilities="^cap_net_bind_service,!cap_sys_boot"
no_new_privs=yes
`,
    files: {
      "/usr/local/bin/d": "#!/bin/sh\nnc -l -p 80 -e echo low port &\nexec sleep 4242\n",
      "/etc/conf.d/t": 'capabilities="^cap_nonsense"\n',
    },
    services: { t: { script: DAEMON } },
    run: "chmod 755 /usr/local/bin/d; rc-service s start; grep -E '^(Uid|Cap|NoNew)' /proc/$(cat /run/s.pid)/status; sleep 1; nc 127.0.0.1 80 </dev/null; rc-service s stop; rc-service t start",
    out: ` * Starting s ... [ ok ]
Uid:	65534	65534	65534	65534
CapInh:	0000000000000400
CapPrm:	0000000000000400
CapEff:	0000000000000400
CapBnd:	000001ffffbfffff
CapAmb:	0000000000000400
NoNewPrivs:	1
low port
 * Stopping s ... [ ok ]
 * Starting t ...
 * Could not parse iab: Invalid argument

 * Failed to start t
${" ".repeat(52)} [ !! ]
 * ERROR: t failed to start
=> 1
`,
  },
  {
    name: "without a daemon that can be started",
    script: "command=/bin/missing\n",
    run: "rc-service s start",
    out: ` * Starting s ...
 * start-stop-daemon: /bin/missing does not exist

 * Failed to start s
${" ".repeat(52)} [ !! ]
 * ERROR: s failed to start
=> 1
`,
  },
  {
    name: "commands of its own, before and after, and what they say",
    script: `description="A service"
extra_commands=always
extra_started_commands=reload
extra_stopped_commands=clean
description_reload="Reads anew"
always() { einfo always; }
reload() { einfo reload; }
clean() { einfo clean; }
start_pre() { einfo pre; }
start() { einfo start $RC_CMD; }
start_post() { einfo post; }
stop_pre() { return 1; }
`,
    run: "rc-service s describe; rc-service s always reload; rc-service s clean start always reload; rc-service s clean; rc-service s stop; rc-service s nope; rc-service s status",
    out: ` * A service
 * always: no description
 * reload: Reads anew
 * clean: no description
 * always
 * s: cannot \`reload' as it has not been started
 * clean
 * pre
 * start start
 * post
 * always
 * reload
 * s: cannot \`clean' as it has not been stopped
 * ERROR: s failed to stop
 * s: unknown function \`nope'
 * status: started
`,
  },
  {
    name: "required files and directories",
    script: 'required_files="/etc/passwd /etc/no"\nrequired_dirs=/etc\nstart() { :; }\n',
    run: "rc-service s start",
    out: " * s: `/etc/no' is not readable\n * ERROR: s failed to start\n=> 1\n",
  },
  {
    name: "configuration: rc.conf, rc.conf.d, conf.d of the service and of a runlevel",
    script: "start() { echo $A $B $C $D; }\nstop() { :; }\n",
    files: {
      "/etc/rc.conf": "A=rc\nB=rc\nC=rc\nD=rc\n",
      "/etc/rc.conf.d/x.conf": "B=rcd\nC=rcd\nD=rcd\n",
      "/etc/conf.d/s": "C=s\nD=s\n",
      "/etc/conf.d/s.special": "D=level\n",
    },
    run: "rc-service s restart; mkdir /etc/runlevels/special; echo special >/run/openrc/softlevel; rc-service s restart",
    out: "rc rcd s s\nrc rcd rcd level\n",
  },
  {
    name: "an instance: a link with a name after a dot",
    script: "start() { echo $RC_SVCNAME $X; }\n",
    files: { "/etc/conf.d/s": "X=all\n" },
    run: "ln -s s /etc/init.d/s.one; rc-service s.one start; rc-service s.one status",
    out: "s.one all\n * status: started\n",
  },
  {
    name: "only what is allowed of the environment gets in",
    script: "start() { env | grep -E '^(A|B|RC_|SVCNAME|PATH|HOME)' | grep -v PID | sort; }\n",
    files: { "/etc/rc.conf": 'rc_env_allow="A"\n' },
    run: "export A=1 B=2; rc-service s start",
    out: `A=1
PATH=/lib/rc/sbin:/lib/rc/bin:/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin
RC_BOOTLEVEL=boot
RC_CMD=start
RC_DEFAULTLEVEL=default
RC_LIBEXECDIR=/lib/rc
RC_RUNLEVEL=default
RC_SERVICE=/etc/init.d/s
RC_SVCDIR=/run/openrc
RC_SVCNAME=s
RC_TMPDIR=/run/openrc/tmp
RC_UNAME=Linux
RC_VERSION=0.54
SVCNAME=s
`,
  },
  {
    name: "on a system that OpenRC did not boot",
    script: telling("s"),
    softlevel: undefined,
    run: "rm -f /run/openrc/softlevel; rc-service s start",
    out: ` * This service can only be run on a system that OpenRC has booted.
 * You may be in a chroot, or another init may run here.
 * To go on anyhow, at your own risk:
 * touch /run/openrc/softlevel
 * ERROR: s failed to start
=> 1
`,
  },
  {
    name: "a stop that takes SIGKILL, by a schedule",
    script:
      'command=/tmp/stubborn\ncommand_background=yes\npidfile=/run/s.pid\nretry="TERM/2/KILL/1"\n',
    files: { "/tmp/stubborn": "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n" },
    run: "chmod +x /tmp/stubborn; rc-service s start; sleep 1; A=$(date +%s); rc-service s stop; echo $(( $(date +%s) - A ))",
    out: " * Starting s ... [ ok ]\n * Stopping s ... [ ok ]\n2\n",
  },
  {
    name: "who a daemon runs as, and where",
    script: `command=/bin/sleep
command_args=4242
command_background=yes
command_user=nobody:users
directory=/tmp
pidfile=/run/s.pid
start_stop_daemon_args="--env X=1 --nicelevel 5"
`,
    run: "rc-service s start; P=/proc/$(cat /run/s.pid); readlink $P/cwd; grep -E '^[UG]id' $P/status; tr '\\0' '\\n' <$P/environ | grep -E '^(X|HOME|USER|RC_SVC|RC_CMD)'; cut -d' ' -f19 $P/stat",
    out: ` * Starting s ... [ ok ]
/tmp
Uid:	65534	65534	65534	65534
Gid:	100	100	100	100
RC_SVCNAME=s
USER=nobody
HOME=/
X=1
5
`,
  },
  {
    name: "output of a daemon to a file and to a program",
    script: `command=/bin/sh
command_args="-c 'echo out; echo err >&2; sleep 4242'"
command_background=yes
pidfile=/run/s.pid
output_log=/tmp/log
error_logger="sed s/^/logged:/ >/tmp/elog"
`,
    run: "rc-service s start; sleep 1; cat /tmp/log; rc-service s stop; sleep 1; pkill sleep; sleep 1; cat /tmp/elog",
    out: " * Starting s ... [ ok ]\nout\n * Stopping s ... [ ok ]\nlogged:err\n",
  },
  {
    name: "supervised: started again after it was killed, with a count",
    script: `${SUPERVISED}respawn_delay=2\n`,
    run: `rc-service s start; sleep 1; A=${child}; kill $A; sleep 1; rc-service s status; sleep 3; B=${child}; [ $A != $B ] && cat /run/openrc/options/s/start_count; echo; rc-status -f ini -S; rc-service s stop; kill -0 $B; rc-service s status`,
    out: ` * Starting s ... [ ok ]
 * status: started
1
s =  started 00:00:02 (1)
 * Stopping s ... [ ok ]
sh: can't kill pid 31: No such process
 * status: stopped
=> 3
`,
  },
  {
    name: "supervised: given up after too many ends",
    script:
      "supervisor=supervise-daemon\ncommand=/bin/sh\ncommand_args=\"-c 'echo run >>/tmp/runs'\"\nrespawn_delay=1\nrespawn_max=2\nrespawn_period=60\n",
    run: "rc-service s start; sleep 10; wc -l </tmp/runs; ls /run/openrc/failed; rc-service s status",
    out: " * Starting s ... [ ok ]\n3\ns\n * status: stopped\n=> 3\n",
  },
  {
    name: "supervised: not healthy, so it is started anew",
    script: `${SUPERVISED}healthcheck_timer=5
healthcheck() { [ ! -e /tmp/ill ]; }
unhealthy() { echo unhealthy >>/tmp/said; rm /tmp/ill; }
`,
    run: `rc-service s start; sleep 1; A=${child}; sleep 11; [ $A = ${child} ] && echo same; touch /tmp/ill; sleep 11; [ $A != ${child} ] && cat /tmp/said; rc-service s status`,
    out: " * Starting s ... [ ok ]\nsame\nunhealthy\n * status: started\n",
  },
  {
    name: "supervised: a signal, a supervisor that is gone, and stopping all the same",
    script: SUPERVISED,
    run: `rc-service s start; sleep 1; A=${child}; RC_SVCNAME=s supervise-daemon s --signal USR1; sleep 1; [ $A != ${child} ] && echo again; kill -9 $(cat /run/s.pid); sleep 1; rc-service s status; echo $?; rc-service s stop; pkill sleep; rc-service s status`,
    out: ` * Starting s ... [ ok ]
again
 * status: unsupervised
64
 * Stopping s ...
 * Unable to shut down the supervisor
 [ ok ]
 * status: stopped
=> 3
`,
  },
  {
    name: "values that a service keeps until it stops",
    script:
      "start() { service_set_value key 'a b'; save_options opt x; }\nstop() { service_get_value key; echo; get_options opt; echo; }\n",
    run: "rc-service s start; ls /run/openrc/options/s; rc-service s stop; ls /run/openrc/options",
    out: "key\nopt\na b\nx\n",
  },
  {
    name: "dry runs and conditions",
    script: telling("s", "need other"),
    services: { other: { script: telling("other") } },
    run: "rc-service -Z s start; rc-service -s s start; rc-service -S s start; rc-service -N s start; rc-service -Z other stop; rc-service -i none start; rc-service s ineed; rc-service other needsme",
    out: " * start: other s\n+other\n+s\n * stop: s other\nother \ns \n",
  },
  {
    name: "the environment of scripts: functions",
    script: `start() {
	yesno YES && yesno on && ! yesno no && echo yes
	X=maybe; yesno X; echo $?
	is_net_fs /nothere || echo local
	get_bootparam_value root first; get_bootparam nothing || echo none
	eindent; einfo in; eoutdent; einfo out
	service_starting && echo starting
	checkpath -d -m 0750 -o nobody:users /tmp/made/; stat -c '%a %U %G' /tmp/made
	shell_var a-b.c
}
`,
    run: "rc-service s start",
    out: `yes
2
local

none

 *   in
 * out
starting
 * /tmp/made: creating directory
 * /tmp/made: correcting owner
750 nobody users
a_b_c
`,
  },
];

test.each(rows)("$name", async ({ script, run, out, services, files }) => {
  const machine = bootOpenrc({
    services: { s: { script }, ...services },
    softlevel: "default",
    ...(files && { files }),
  });
  const text = await outcome(machine, `rc-update -u >/dev/null 2>&1\n${run}`);
  machine.close();
  expect(text).toBe(out);
});
