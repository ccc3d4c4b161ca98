// Runlevels: what starts and stops, and in which order.
import { expect, test } from "vitest";
import { bootOpenrc, outcome, type Service, telling } from "./machine.ts";

const tell = (name: string, levels: string[], depend?: string): [string, Service] => [
  name,
  { script: telling(name, depend), levels },
];

/** A system with something in every runlevel. */
const SYSTEM = Object.fromEntries([
  tell("dev", ["sysinit"], "provide dev"),
  tell("root", ["boot"], "need dev"),
  tell("mounts", ["boot"], "need root\nbefore *"),
  tell("net", ["boot"], "need mounts\nprovide network"),
  tell("log", ["default"], "need mounts\nprovide logger"),
  tell("web", ["default"], "need network\nuse logger\nwant cache"),
  tell("cache", [], "after log"),
  tell("last", ["default"], "after *"),
  tell("sticky", ["default"], "keyword -stop"),
  tell("end", ["shutdown"]),
  tell("manual", [], "need web"),
]);

const BOOTED = "openrc boot >/dev/null; openrc default >/dev/null";

interface Row {
  name: string;
  run: string;
  out: string;
  services?: Record<string, Service>;
  files?: Record<string, string>;
}

/** Words of a runlevel change on one line. */
const brief = (run: string): string => `{ ${run}; } | tr '\\n' ' '; echo`;

const rows: Row[] = [
  {
    name: "boot pulls in sysinit, each service after what it needs",
    run: brief("openrc boot"),
    out: "+dev +root +mounts +net \n",
  },
  {
    name: "default: wanted services that are in no runlevel start, after * comes last",
    run: brief("openrc boot >/dev/null; openrc default"),
    out: "+log +sticky +cache +web +last \n",
  },
  {
    name: "a second call changes nothing",
    run: brief(`${BOOTED}; openrc default; openrc`),
    out: "\n",
  },
  {
    name: "shutdown stops all in the reverse order, but what has -stop",
    run: brief(`${BOOTED}; openrc shutdown`),
    out: "-last -web -net -cache -log -mounts -root -dev +end \n",
  },
  {
    name: "single keeps sysinit's; default comes back",
    run: brief(`${BOOTED}; openrc single; cat /run/openrc/softlevel; openrc default`),
    out: "-last -web -net -cache -log -mounts -root single+root +mounts +net +log +cache +web +last \n",
  },
  {
    name: "a runlevel of one's own has boot's services, too, and stops the others",
    run: brief(`${BOOTED}; mkdir /etc/runlevels/quiet; rc-update -q add log quiet; openrc quiet`),
    out: "-last -web -cache \n",
  },
  {
    name: "a stacked runlevel is started before the one on it",
    run: brief(
      "openrc boot >/dev/null; mkdir /etc/runlevels/lap; rc-update -q -s add default lap; rc-update -q add manual lap; openrc lap",
    ),
    out: "+log +sticky +cache +web +last +manual \n",
  },
  {
    name: "stopping by hand stops who needs it first, and restarting brings them back",
    run: `${BOOTED}; rc-service manual start; rc-service net restart`,
    out: "+manual\n * WARNING: you are stopping a boot service\n-manual\n-web\n-net\n+net\n+web\n+manual\n",
  },
  {
    name: "what is needed starts first when a service is started by hand",
    run: brief(
      "openrc sysinit >/dev/null; echo boot >/run/openrc/softlevel; rc-service manual start",
    ),
    out: "+root +mounts +net +cache +web +manual \n",
  },
  {
    name: "what a failing service is needed for does not start, the rest does",
    services: {
      bad: { script: "start() { return 1; }\n", levels: [] },
      needy: { script: telling("needy", "need bad"), levels: ["default"] },
      user: { script: telling("user", "use bad"), levels: ["default"] },
      other: { script: telling("other"), levels: ["default"] },
    },
    run: "openrc default",
    out: ` * ERROR: bad failed to start
 * ERROR: cannot start needy as bad would not start
+other
+user
`,
  },
  {
    name: "a need that nothing fulfils",
    services: { lonely: { script: telling("lonely", "need nothing"), levels: [] } },
    run: "rc-update -u; rc-service lonely start",
    out: ` * Caching service dependencies ...Service \`lonely' needs non existent service \`nothing'
 [ ok ]
 * ERROR: lonely needs service(s) nothing
=> 1
`,
  },
  {
    name: "services that go inactive: who needs them is started when they are up",
    services: {
      vpn: {
        script:
          'start() {\nif yesno "$IN_BACKGROUND"; then echo up; else mark_service_inactive; fi\n}\n',
        levels: ["default"],
      },
      remote: { script: telling("remote", "need vpn"), levels: ["default"] },
    },
    run: "openrc default; rc-service vpn status; echo $?; ls /run/openrc/scheduled/vpn; IN_BACKGROUND=yes rc-service vpn start; rc-service remote status",
    out: ` * WARNING: vpn has started, but is inactive
 * WARNING: remote will start when vpn has started
 * status: inactive
16
remote
up
+remote
 * status: started
`,
  },
  {
    name: "hotplugged services only where rc_hotplug lets them, and they stay",
    services: {
      plug: { script: telling("plug"), levels: [] },
      never: { script: telling("never"), levels: [] },
    },
    files: { "/etc/rc.conf": 'rc_hotplug="!never *"\n' },
    run: "openrc default; export IN_HOTPLUG=1; rc-service never start; rc-service plug start; unset IN_HOTPLUG; ls /run/openrc/hotplugged; openrc default; rc-service plug status",
    out: " * never: not allowed to be hotplugged\n+plug\nplug\n * status: started\n",
  },
  {
    name: "rc_nostop, and services that crashed are started again",
    services: {
      stay: { script: telling("stay"), levels: ["default"] },
      crash: {
        script: "command=/bin/sleep\ncommand_args=9999\ncommand_background=yes\npidfile=/run/c\n",
        levels: ["default"],
      },
    },
    files: { "/etc/rc.conf": "rc_nostop=stay\n" },
    run: "openrc default; kill $(cat /run/c); sleep 1; rc-status -c; openrc default; openrc shutdown",
    out: " * Starting crash ... [ ok ]\n+stay\ncrash\n * Starting crash ... [ ok ]\n * Stopping crash ... [ ok ]\n",
  },
  {
    name: "services that have no place in a container are not even known to the tree",
    services: {
      hw: { script: telling("hw", "keyword -docker\nprovide clock"), levels: ["default"] },
      timed: { script: telling("timed", "use clock"), levels: ["default"] },
    },
    files: { "/etc/rc.conf": "rc_sys=docker\n" },
    run: "openrc default; openrc -S; cat /run/openrc/deptree",
    out: "+timed\nDOCKER\ndepinfo_0_service='timed'\n",
  },
  {
    name: "at the same time: needs are still waited for",
    services: {
      slow: { script: "start() { sleep 2; echo slow; }\n", levels: ["default"] },
      quick: { script: "start() { echo quick; }\n", levels: ["default"] },
      after: { script: "depend() { need slow; }\nstart() { echo after; }\n", levels: ["default"] },
    },
    files: { "/etc/rc.conf": "rc_parallel=YES\n" },
    run: "openrc default; rc-status -f ini default",
    out: "quick\nslow\nafter\n[default]\nslow =  started \nquick =  started \nafter =  started \n",
  },
  {
    name: "rc-abort ends the whole change",
    services: {
      a: { script: "start() { rc-abort; sleep 1; }\n", levels: ["default"] },
      b: { script: telling("b", "after a"), levels: ["default"] },
    },
    run: "openrc default",
    out: " * rc: Aborting!\n=> 1\n",
  },
  {
    name: "noinit, override, and a runlevel that is not there",
    run: "openrc -o nonetwork; openrc default; cat /run/openrc/softlevel; echo; openrc nolevel; openrc -o nolevel",
    services: {},
    out: " * Overriding next runlevel to nonetwork\nnonetwork\n * nolevel: not a valid runlevel\n * runlevel `nolevel' does not exist\n=> 1\n",
  },
  {
    name: "runlevels stacked in a circle",
    services: {},
    run: "cd /etc/runlevels; mkdir a b; ln -s ../b a/b; ln -s ../a b/a; openrc a",
    out: "Loop detected in stacked runlevels attempting to enter runlevel a!\nAncestors:\n\ta\n\tb\n=> 1\n",
  },
  {
    name: "rc_logger keeps a log without colours",
    services: { s: { script: 'start() { ebegin "Starting s"; eend 0; }\n', levels: ["default"] } },
    files: { "/etc/rc.conf": "rc_logger=YES\nrc_log_path=/var/log/my.log\n" },
    run: "openrc default; sed 's/ at .*//' /var/log/my.log",
    out: " * Starting s ... [ ok ]\r\n\nrc default logging started\n\n * Starting s ... [ ok ]\n\nrc default logging stopped\n\n",
  },
];

test.each(rows)("$name", async ({ run, out, services = SYSTEM, files }) => {
  const machine = bootOpenrc({ services, softlevel: "sysinit", ...(files && { files }) });
  const quiet = "rc-update -u >/dev/null 2>&1\n";
  const text = await outcome(machine, run.startsWith("rc-update -u") ? run : quiet + run);
  machine.close();
  expect(text).toBe(out);
});
