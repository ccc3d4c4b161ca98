// What --help prints.

export const HELP = `Usage: bivy [COMMAND]

Alpine Linux, implemented in TypeScript. Without a command: a root shell in a fresh system.

Commands:
  apk         Manage packages of a folder of the host: bivy apk --root DIR ...
  attach      Another console of a machine that was booted with a name
  boot        Boot a whole machine, with services and logins, on this terminal
  build       Build images
  run         Run a command in a new system

Options:
      --help      Print this text
      --version   Print the version

'bivy COMMAND --help' tells more of a command.
`;

export const RUN_HELP = `Usage: bivy run [OPTIONS] IMAGE [COMMAND] [ARG...]
       bivy run [OPTIONS] -- [COMMAND] [ARG...]

Run a command in a new system. IMAGE is "alpine"; COMMAND is /bin/sh if none is given.

Options:
      --entrypoint string   Program to run, with COMMAND as its arguments
  -e, --env list            Set NAME=VALUE, or pass NAME on
      --env-file list       Read lines of NAME=VALUE from a file
      --help                Print this text
  -h, --hostname string     Name of the system
      --init                Have an init that reaps processes, instead of COMMAND, as process 1
  -i, --interactive         Connect standard input
  -m, --memory bytes        Limit of memory, with suffix b, k, m or g
      --name string         Name to call the run by
      --network string      Whom it may reach: "none", "host" (all that this host reaches), or
                            "allow=HOST[:PORT],..." with names, *.names and addresses;
                            default: the hosts of /etc/apk/repositories
      --pids-limit int      Limit of processes
  -p, --publish list        Lead a port of this host in: [ADDRESS:]HOSTPORT:PORT[/udp]
      --read-only           Make the root file system read-only
      --rm                  Remove the system at the end, which always happens
  -t, --tty                 Give the command a terminal
  -u, --user string         User, or user:group, by name or number
  -v, --volume list         Show a folder of the host: HOST:GUEST[:ro]
  -w, --workdir string      Directory to run in
`;

export const BOOT_HELP = `Usage: bivy boot [OPTIONS]

Boot a whole machine on this terminal. Log in as root; "poweroff" ends it.

Options:
      --append string    Words for the kernel's command line, as "quiet" or "single"
      --disk list        A disk in a file: FILE[,size=8G][,ro]; size makes it
      --help             Print this text
      --iso string       A boot medium: an ISO image
  -m, --memory bytes     Limit of memory, with suffix b, k, m or g
      --name string      "bivy attach NAME tty2" shows another console of it
      --net string       Whom it may reach: "none" (default), "host", or "allow=HOST[:PORT],..."
      --overlay string   A saved configuration to start with: FILE.apkovl.tar.gz
  -p, --publish list     Lead a port of this host in: [ADDRESS:]HOSTPORT:PORT[/udp]
      --save string      A folder that is the medium /media/usb: "lbu commit usb" saves there
`;

export const BUILD_HELP = `Usage: bivy build iso FILE

Write a boot medium: an ISO image with the packages of the system, for "bivy boot --iso FILE".
`;

export const ATTACH_HELP = `Usage: bivy attach NAME [tty1 to tty6]

Show a console of the machine that "bivy boot --name NAME" runs. Control-] leaves it.
`;
