// Which of two packages the solver rather takes for a name.
import { SOLVE_AVAILABLE, SOLVE_LATEST, SOLVE_UPGRADE } from "./solver-flags.ts";
import type { Candidate, Tags } from "./solver-state.ts";
import { compareVersions } from "./version.ts";

/** Compares two booleans: which has what the other lacks. */
function first(a: boolean, b: boolean): number {
  return (a ? 1 : 0) - (b ? 1 : 0);
}

function byVersion(a: Candidate, b: Candidate): number {
  return a.version === "" || b.version === "" ? 0 : compareVersions(a.version, b.version);
}

/**
 * May it be taken without being named? By its own name or a version it provides, by its priority, or because something
 * needs it under its own name. That it comes by its install_if does not do.
 */
export function selectable({ state, version }: Candidate): boolean {
  return (
    version !== "" ||
    state.pkg.info.providerPriority > 0 ||
    state.own.requirers > 0 ||
    state.required
  );
}

/** Positive when `a` is to be preferred to `b` for the name whose candidates they are. */
export function prefer(a: Candidate, b: Candidate, tags: Tags, inRepository: number): number {
  const sa = a.state;
  const sb = b.state;
  const flags = sa.flags | sb.flags;
  const latest = (flags & SOLVE_LATEST) !== 0;
  const order = latest
    ? 0
    : first(!a.barred && !sa.impossible, !b.barred && !sb.impossible) ||
      first(a.preferred, b.preferred) ||
      sb.conflicts + sb.unmet - sa.conflicts - sa.unmet;
  if (order !== 0) return order;
  const there = first(sa.selected, sb.selected);
  if (there !== 0) return there;
  const ta = tags.of(sa.pkg);
  const tb = tags.of(sb.pkg);
  const installed = first(sa.pkg.installed !== undefined, sb.pkg.installed !== undefined);
  const pinned = first((ta & sa.allowedTags) !== 0, (tb & sb.allowedTags) !== 0);
  if (pinned !== 0) return pinned;
  if (latest) {
    const newest = byVersion(a, b);
    if (newest !== 0) return newest;
  }
  if (flags & SOLVE_AVAILABLE) {
    const available = first(
      (sa.pkg.repositories & inRepository) !== 0,
      (sb.pkg.repositories & inRepository) !== 0,
    );
    if (available !== 0) return available;
  }
  const pin = first((ta & (sa.preferredTags || 1)) !== 0, (tb & (sb.preferredTags || 1)) !== 0);
  if (pin !== 0) return pin;
  if ((flags & (SOLVE_UPGRADE | SOLVE_AVAILABLE)) === 0 && installed !== 0) return installed;
  return (
    byVersion(a, b) ||
    (sa.own === sb.own ? compareVersions(sa.pkg.version, sb.pkg.version) : 0) ||
    sa.pkg.info.providerPriority - sb.pkg.info.providerPriority ||
    installed ||
    first(selectable(a), selectable(b)) ||
    byRepository(sa.pkg.repositories & inRepository, sb.pkg.repositories & inRepository)
  );
}

function byRepository(a: number, b: number): number {
  return lowest(b) - lowest(a);
}

function lowest(bits: number): number {
  return bits === 0 ? 32 : 31 - Math.clz32(bits & -bits);
}
