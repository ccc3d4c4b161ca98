// strverscmp(3): order of names with numbers in them ("v2" before "v10"), for ls -v and sort -V.

/** Digits compare as numbers, but as fractions when they begin with zeros. */
export function strverscmp(a: string, b: string): number {
  let i = 0;
  let digits = 0;
  let zeros = true;
  // Where they first differ, and the digits just before.
  for (; i < a.length && i < b.length && a[i] === b[i]; i++) {
    if (!isDigit(a, i)) {
      digits = i + 1;
      zeros = true;
    } else if (a[i] !== "0") zeros = false;
  }
  if (a === b) return 0;
  const inNumber = digits < i;
  if (inNumber || (isDigit(a, i) && isDigit(b, i))) {
    if (!zeros || (!inNumber && a[i] !== "0" && b[i] !== "0")) {
      // The longer number is the greater one.
      let j = i;
      for (; isDigit(a, j); j++) if (!isDigit(b, j)) return 1;
      if (isDigit(b, j)) return -1;
    } else if (inNumber && (isDigit(a, i) || isDigit(b, i))) {
      // Leading zeros: more of them comes first, and a fraction before its longer forms.
      const [x, y] = [a.charCodeAt(i) - 48, b.charCodeAt(i) - 48];
      const unsigned = (n: number): number => (Number.isNaN(n) ? -48 : n) & 0xff;
      return unsigned(x) - unsigned(y);
    }
  }
  const code = (s: string): number => (i < s.length ? s.charCodeAt(i) : 0);
  return code(a) - code(b);
}

function isDigit(s: string, i: number): boolean {
  const c = s.charCodeAt(i);
  return c >= 48 && c <= 57;
}
