// Signals that this process gets, passed on to a process of the machine as docker run --sig-proxy does.

/** Those that ask something of the program; faults, job control of this process and SIGCHLD stay here. */
const PROXIED = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGPWR"] as const;

/** This many interrupts or terminations that did nothing end the wait. */
const PATIENCE = 3;

/** Passes signals on by name; `forced` is called when somebody has lost patience. Returns an undo function. */
export function proxySignals(send: (signal: string) => void, forced: () => void): () => void {
  let count = 0;
  const undo: (() => void)[] = [];
  for (const signal of PROXIED) {
    const listener = (): void => {
      send(signal);
      if ((signal === "SIGINT" || signal === "SIGTERM") && ++count >= PATIENCE) forced();
    };
    try {
      process.on(signal, listener);
      undo.push(() => process.off(signal, listener));
    } catch {
      // Not every system has every signal.
    }
  }
  return () => {
    for (const each of undo) each();
  };
}
