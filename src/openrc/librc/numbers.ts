// Numbers in environment variables, pid files and arguments.

/** The whole number that a text begins with, as strtol(3) with base 0 reads it; 0 for none. */
export function intOf(text: string | undefined): number {
  const found = /^[ \t\n]*([-+]?)(0x[0-9a-f]+|[0-9]+)/i.exec(text ?? "");
  if (found === null) return 0;
  const digits = found[2] ?? "0";
  const base = /^0x/i.test(digits) ? 16 : digits.startsWith("0") ? 8 : 10;
  const value = Number.parseInt(digits, base);
  return Number.isNaN(value) ? 0 : found[1] === "-" ? -value : value;
}

/** The decimal number that a text begins with, as scanf's %d reads it; undefined for none. */
export function scanInt(text: string | undefined): number | undefined {
  const found = /^[ \t\n\v\f\r]*([-+]?[0-9]+)/.exec(text ?? "");
  return found === null ? undefined : Number.parseInt(found[1] as string, 10);
}

/** A whole text as a decimal number; undefined when it is none. */
export function wholeInt(text: string): number | undefined {
  return /^[-+]?[0-9]+$/.test(text) ? Number.parseInt(text, 10) : undefined;
}
