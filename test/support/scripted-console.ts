// A terminal for tests: remembers what a machine says, waits for it to say something, types.
import type { ConsolePort, HostTty } from "../../src/kernel/tty/console.ts";

/** The far side of a machine's console. */
export class ScriptedConsole implements ConsolePort {
  #text = "";
  #seen = 0;
  #tty: HostTty | undefined;
  #waiting: (() => void) | undefined;

  connect(tty: HostTty): void {
    this.#tty = tty;
  }

  write(bytes: Uint8Array): boolean {
    this.#text += Buffer.from(bytes).toString("latin1");
    this.#waiting?.();
    return true;
  }

  /** All that was said, without colours and the like. */
  get text(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals speak in them
    return this.#text.replace(/\x1b(\[[0-9;?]*[A-Za-z]|[78])/g, "").replaceAll("\r", "");
  }

  /** Waits until something new is said that matches; answers what was said since the last time. */
  async expect(what: RegExp, timeoutMs = 15_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const fresh = this.text.slice(this.#seen);
      const match = what.exec(fresh);
      if (match !== null) {
        const end = match.index + match[0].length;
        this.#seen += end;
        return fresh.slice(0, end);
      }
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`${what} was not said in ${timeoutMs} ms:\n${fresh.slice(-2000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 500));
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Types. */
  type(text: string): void {
    this.#tty?.hostInput(new Uint8Array(Buffer.from(text, "latin1")));
  }

  /** Types a command at a root prompt; answers what it says. */
  async run(command: string): Promise<string> {
    this.type(`${command}\n`);
    const all = await this.expect(/\n[^\n]*# $/);
    return all.split("\n").slice(1, -1).join("\n");
  }
}
