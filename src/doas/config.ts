// doas.conf(5): rules of who may run what as whom.

/** One rule. */
export interface Rule {
  permit: boolean;
  nopass: boolean;
  nolog: boolean;
  persist: boolean;
  keepenv: boolean;
  /** setenv: "NAME", "NAME=value", "-NAME". */
  setenv: string[];
  /** A user, or ":group". */
  identity: string;
  /** As whom; undefined: anybody. */
  target: string | undefined;
  command: string | undefined;
  /** Exactly these; undefined: any. */
  args: string[] | undefined;
}

/** What is wrong in a line. */
export class ConfigError {
  readonly line: number;
  constructor(line: number) {
    this.line = line;
  }
}

interface Token {
  text: string;
  line: number;
  quoted: boolean;
}

/** Words; newlines, "{" and "}" are words of their own. Quotes and backslashes as in the shell. */
function tokens(text: string): Token[] {
  const found: Token[] = [];
  let line = 1;
  for (let i = 0; i < text.length; ) {
    const c = text.charAt(i);
    if (c === "\n") {
      found.push({ text: "\n", line: line++, quoted: false });
      i++;
    } else if (c === "#") {
      while (i < text.length && text[i] !== "\n") i++;
    } else if (c === " " || c === "\t") i++;
    else if (c === "\\" && text[i + 1] === "\n") {
      line++;
      i += 2;
    } else if (c === "{" || c === "}") {
      found.push({ text: c, line, quoted: false });
      i++;
    } else {
      let word = "";
      let quote = false;
      let quoted = false;
      for (; i < text.length; i++) {
        const d = text.charAt(i);
        if (d === '"') {
          quote = !quote;
          quoted = true;
        } else if (d === "\\" && i + 1 < text.length) word += text.charAt(++i);
        else if (d === "\n" || (!quote && " \t{}#".includes(d))) break;
        else word += d;
      }
      if (quote) throw new ConfigError(line);
      found.push({ text: word, line, quoted });
    }
  }
  found.push({ text: "\n", line, quoted: false });
  return found;
}

/** Reads the rules of a file; throws ConfigError. */
export function parseRules(text: string): Rule[] {
  const rules: Rule[] = [];
  const all = tokens(text);
  let at = 0;
  const wrong = (): never => {
    throw new ConfigError(all[at]?.line ?? all.at(-1)?.line ?? 0);
  };
  const plain = (): string => {
    const token = all[at];
    return token === undefined || token.quoted ? "" : token.text;
  };
  /** A word that is a value. */
  const value = (): string => {
    const token = all[at] ?? wrong();
    if (!token.quoted && (token.text === "\n" || token.text === "{" || token.text === "}")) wrong();
    at++;
    return token.text;
  };
  while (at < all.length) {
    if (plain() === "\n") {
      at++;
      continue;
    }
    const action = value();
    if (action !== "permit" && action !== "deny") {
      at--;
      wrong();
    }
    const rule: Rule = {
      permit: action === "permit",
      nopass: false,
      nolog: false,
      persist: false,
      keepenv: false,
      setenv: [],
      identity: "",
      target: undefined,
      command: undefined,
      args: undefined,
    };
    for (;;) {
      const option = plain();
      if (option === "nopass" || option === "nolog" || option === "persist" || option === "keepenv")
        rule[option] = true;
      else if (option === "setenv") {
        if (all[++at]?.text !== "{") wrong();
        for (at++; plain() !== "}"; ) rule.setenv.push(value());
      } else break;
      if (!rule.permit) wrong();
      at++;
    }
    if (rule.nopass && rule.persist) wrong();
    rule.identity = value();
    if (plain() === "as") {
      at++;
      rule.target = value();
    }
    if (plain() === "cmd") {
      at++;
      rule.command = value();
      if (plain() === "args") {
        at++;
        rule.args = [];
        while (plain() !== "\n") rule.args.push(value());
      }
    }
    if (plain() !== "\n") wrong();
    at++;
    rules.push(rule);
  }
  return rules;
}

/** Who asks for what. */
export interface Request {
  user: string;
  uid: number;
  groups: readonly { name: string; gid: number }[];
  target: string;
  targetUid: number;
  /** Without one every rule's command fits. */
  command: string | undefined;
  args: readonly string[];
}

function isUser(word: string, name: string, uid: number): boolean {
  return word === name || word === String(uid);
}

function matches(rule: Rule, request: Request): boolean {
  const { identity } = rule;
  if (identity.startsWith(":")) {
    const group = identity.slice(1);
    if (!request.groups.some(({ name, gid }) => isUser(group, name, gid))) return false;
  } else if (!isUser(identity, request.user, request.uid)) return false;
  if (rule.target !== undefined && !isUser(rule.target, request.target, request.targetUid))
    return false;
  if (rule.command === undefined) return true;
  if (rule.command !== request.command) return false;
  const { args } = rule;
  return (
    args === undefined ||
    (args.length === request.args.length && args.every((arg, i) => arg === request.args[i]))
  );
}

/** The last rule that fits decides. */
export function decide(rules: readonly Rule[], request: Request): Rule | undefined {
  return rules.findLast((rule) => matches(rule, request));
}
