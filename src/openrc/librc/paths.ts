// Where OpenRC keeps things (rc.h): the places of Alpine's package.

/** Shown by --version and in $RC_VERSION: the release whose behaviour this is. */
export const VERSION = "0.54";
export const LIBEXECDIR = "/lib/rc";
export const SVCDIR = "/run/openrc";
export const RUNLEVELDIR = "/etc/runlevels";
/** Where init scripts are looked for when one is named: the administrator's own come first. */
export const INIT_DIRS = ["/usr/local/etc/init.d", "/etc/init.d", "/usr/etc/init.d"] as const;
export const INITDIR = "/etc/init.d";
/** What the dependency tree is made of; a newer file in one of them makes it again. */
export const DEPEND_DIRS = [
  "/etc/init.d",
  "/etc/conf.d",
  "/usr/etc/init.d",
  "/usr/etc/conf.d",
  "/usr/local/etc/conf.d",
] as const;
export const RC_CONF = "/etc/rc.conf";
export const RC_CONF_D = "/etc/rc.conf.d";
/** The settings of very old systems. */
export const RC_CONF_OLD = "/etc/conf.d/rc";
export const PROFILE_ENV = "/etc/profile.env";
/** $PATH of all services begins so. */
export const PATH_PREFIX: string = `${LIBEXECDIR}/bin:/bin:/sbin:/usr/bin:/usr/sbin`;

export const SOFTLEVEL: string = `${SVCDIR}/softlevel`;
export const KRUNLEVEL: string = `${SVCDIR}/krunlevel`;
export const STARTING: string = `${SVCDIR}/rc.starting`;
export const STOPPING: string = `${SVCDIR}/rc.stopping`;
export const DEPTREE: string = `${SVCDIR}/deptree`;
export const DEPCONFIG: string = `${SVCDIR}/depconfig`;
/** Its presence tells that a file of the tree has a time in the future; the text names it. */
export const DEPTREE_SKEWED: string = `${SVCDIR}/clock-skewed`;
export const INTERACTIVE: string = `${SVCDIR}/interactive`;
export const INIT_FIFO: string = `${SVCDIR}/init.ctl`;

export const SYSINIT = "sysinit";
export const BOOT = "boot";
export const SINGLE = "single";
export const SHUTDOWN = "shutdown";
export const DEFAULT = "default";

/** The last part of a path. */
export function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A path without its last part: "." for a plain name. */
export function dirname(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}
