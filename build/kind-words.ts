/** What each kind of value is called, how it is written, and examples of it: for editors and for docs/language.md. */
import type { JsonSchema } from '../runner/language/json-schema';
import { HELP } from '../runner/language/kinds';
import { NUMBER_CAUSE } from '../runner/language/measures';
import { FIELD_NAMES, REGION_NAMES, STATE_NAMES } from '../runner/language/names';
import { listing } from '../runner/language/suggest';

interface KindWords {
  readonly title: string;
  readonly help: string;
  /** In YAML spelling. */
  readonly examples: readonly string[];
}

/** By `x-kind`, in the order of the documentation. */
export const KIND_WORDS: Readonly<Record<string, KindWords>> = {
  count: { title: 'A count or an index', help: NUMBER_CAUSE, examples: ['3', '0x10'] },
  number64: { title: 'A number of up to 64 bits', help: NUMBER_CAUSE, examples: ['42', '0xffffffffffffffff'] },
  size: { title: 'A size', help: HELP.size, examples: ['4KiB', '2MiB', '64'] },
  address: { title: 'An address or offset', help: HELP.address, examples: ['0x100000', '0x88', '4KiB'] },
  duration: { title: 'A duration', help: HELP.duration, examples: ['250ms', '1.5s', '20us'] },
  width: { title: 'A width of an access', help: 'a width is 1, 2, 4 or 8 bytes', examples: ['4'] },
  bytes: { title: 'A row of bytes', help: HELP.bytes, examples: ['"de ad be ef"'] },
  field: {
    title: 'A field of the migration region',
    help: `the names of struct vfio_device_migration_info: ${listing(FIELD_NAMES)}`,
    examples: ['device_state', 'pending_bytes'],
  },
  region: {
    title: 'A region',
    help: `${listing(REGION_NAMES, 'or')}, or the index of the region`,
    examples: ['bar0', 'migration', '9'],
  },
  state: {
    title: 'A device state',
    help: `${listing(STATE_NAMES, 'or')}, or the value of device_state`,
    examples: ['running', 'pre-copy', '0x6'],
  },
  errno: { title: 'An errno name', help: 'as in <errno.h>', examples: ['EINVAL', 'EIO'] },
  clause: { title: 'A clause', help: HELP.clause, examples: ['SAVE-ACK', 'STATE-RESET'] },
  selector: { title: 'A clause or a family', help: HELP.selector, examples: ['SAVE-ACK', 'SAVE-*'] },
  label: { title: 'A name of your own', help: HELP.label, examples: ['early', 'ram'] },
  date: { title: 'A day', help: HELP.date, examples: ['2027-01-31'] },
  text: { title: 'Text', help: 'text on one or more lines', examples: [] },
  argument: {
    title: 'An argument of a program',
    help: 'text, or a whole number, which is given as it is written',
    examples: ['--verbose', '0x10'],
  },
  shared: { title: 'A file of shared steps', help: 'a path', examples: ['shared/save-and-restore.yaml'] },
  steps: { title: 'Steps', help: 'a list; each step begins with "- " and holds one verb', examples: [] },
};

export function kindOf(schema: JsonSchema): KindWords | undefined {
  const kind = schema['x-kind'];
  return kind === undefined ? undefined : KIND_WORDS[kind];
}
