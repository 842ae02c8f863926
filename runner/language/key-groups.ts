/** Keys of a map that are alternatives of each other. */
import type { JsonSchema } from './json-schema';
import type { Place, ReaderHost } from './reader';
import { listing, quote } from './suggest';
import type { MapTree } from './tree';

/** `x-exactly-one`, `x-at-most-one` and `x-with`. */
export function checkGroups(schema: JsonSchema, tree: MapTree, place: Place, host: Pick<ReaderHost, 'complain'>): void {
  for (const group of schema['x-exactly-one'] ?? []) {
    if (tree.damaged || tree.entries.some((entry) => group.includes(entry.key))) continue;
    host.complain(place.owner, {
      code: 'missing-key',
      message: `${place.name} takes one of ${listing(group, 'or')}, and none is there`,
    });
  }
  for (const group of [...(schema['x-exactly-one'] ?? []), ...(schema['x-at-most-one'] ?? [])]) {
    const [first, second] = tree.entries.filter((entry) => group.includes(entry.key));
    if (!first || !second) continue;
    host.complain(second.keyRange, {
      code: 'contradiction',
      message: `${quote(second.key)} cannot stand beside ${quote(first.key)}`,
      cause: `${place.name} takes one of ${listing(group, 'or')}`,
    });
  }
  for (const [key, needed] of Object.entries(schema['x-with'] ?? {})) {
    const entry = tree.entries.find((one) => one.key === key);
    if (!entry || tree.damaged || needed.every((other) => tree.entries.some((one) => one.key === other))) continue;
    host.complain(entry.keyRange, {
      code: 'missing-key',
      message: `${quote(key)} means nothing without ${listing(needed)}`,
      cause: `${place.name} takes both or neither`,
    });
  }
}
