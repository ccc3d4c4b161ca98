// strverscmp(3): order of names with numbers in them ("v2" before "v10"), for ls -v and sort -V.

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** Numbers compare by value, those that begin with zeros as fractions do. Negative, 0 or positive. */
export function strverscmp(a: string, b: string): number {
  if (a === b) return 0;
  // A char code, 0 beyond the end.
  const at = (s: string, i: number): number => (i < s.length ? s.charCodeAt(i) : 0);
  let i = 0;
  /** Where the digits before the difference begin, and whether they are all zeros. */
  let digits = 0;
  let zeros = true;
  for (; at(a, i) === at(b, i); i++) {
    const c = at(a, i);
    if (!isDigit(c)) {
      digits = i + 1;
      zeros = true;
    } else if (c !== 48) zeros = false;
  }
  const counts = (c: number): boolean => isDigit(c) && c !== 48;
  if (counts(at(a, digits)) && counts(at(b, digits))) {
    // The longer number is the greater.
    let j = i;
    for (; isDigit(at(a, j)); j++) if (!isDigit(at(b, j))) return 1;
    if (isDigit(at(b, j))) return -1;
  } else if (zeros && digits < i && (isDigit(at(a, i)) || isDigit(at(b, i)))) {
    // After zeros a digit comes before whatever is none.
    return ((at(a, i) - 48) & 255) - ((at(b, i) - 48) & 255);
  }
  return at(a, i) - at(b, i);
}
