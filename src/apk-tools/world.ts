// etc/apk/world: the constraints that the user has set (apk-world(5)).
import { type Dependency, formatDependency } from "./dependency.ts";

/** In the order of the file, by name in bytes; of two with one name the later counts. */
export function sortWorld(world: readonly Dependency[]): Dependency[] {
  const byName = new Map<string, Dependency>();
  for (const dep of world) byName.set(dep.name, dep);
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The world with constraints added or replaced. */
export function addToWorld(
  world: readonly Dependency[],
  more: readonly Dependency[],
): Dependency[] {
  return sortWorld([...world, ...more]);
}

/** The world without what concerns the name. */
export function removeFromWorld(world: readonly Dependency[], name: string): Dependency[] {
  return world.filter((dep) => dep.name !== name);
}

/** As messages name it: without version. */
export function formatWorldDependency(dep: Dependency): string {
  return formatDependency({ ...dep, conflict: false, op: 7, version: "" });
}
