// How the solver is to prefer: bits for all names or for single ones.

export const SOLVE_UPGRADE = 1;
/** Rather what repositories have (-a). */
export const SOLVE_AVAILABLE = 2;
export const SOLVE_REINSTALL = 4;
/** Only the latest version of what the pinning allows (-l). */
export const SOLVE_LATEST = 8;
/** What is installed stays as it is. */
export const SOLVE_INSTALLED = 16;
/** With a name's flags: what it depends on gets them, too. */
export const SOLVE_INHERIT = 32;
