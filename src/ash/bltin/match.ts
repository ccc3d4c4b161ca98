// What [[ matches with: shell patterns and extended regular expressions, over libc's.

/** Does the pattern match the whole text? */
export function matchesPattern(pattern: string, text: string): boolean {
  let re = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern.charAt(i);
    if (c === "*") re += "[^]*";
    else if (c === "?") re += "[^]";
    else if (c === "\\" && i + 1 < pattern.length) re += `\\x${pattern.charCodeAt(++i).toString(16).padStart(2, "0")}`;
    else re += `\\x${pattern.charCodeAt(i).toString(16).padStart(2, "0")}`;
  }
  return new RegExp(`^${re}$`).test(text);
}

/** Does the extended regular expression match somewhere? undefined when it is malformed. */
export function matchesRegex(pattern: string, text: string): boolean | undefined {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return undefined;
  }
}
