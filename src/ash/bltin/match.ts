// What [[ matches with: shell patterns and extended regular expressions, over libc's.
import { fnmatch } from "../../libc/fnmatch.ts";
import { REG_EXTENDED, REG_NOSUB, RegexError, regcomp } from "../../libc/regex/regex.ts";

/** Does the pattern match the whole text? */
export function matchesPattern(pattern: string, text: string): boolean {
  return fnmatch(pattern, text, 0, true);
}

/** Does the extended regular expression match somewhere? undefined when it is malformed. */
export function matchesRegex(pattern: string, text: string): boolean | undefined {
  try {
    return regcomp(pattern, REG_EXTENDED | REG_NOSUB, { utf8: true }).test(text);
  } catch (e) {
    if (!(e instanceof RegexError)) throw e;
    return undefined;
  }
}
