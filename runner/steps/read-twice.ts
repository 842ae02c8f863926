/** Reads the buffers of one more save in more than one way, to find out why the bytes of the first one were not right. */
import type { MigrationRegion } from '../vfio/migration-region';
import { moveTo, startAnew } from './round-trip';
import type { StepContext } from './step-context';
import type { Finding } from './what-the-loop-saw';

const MOST_BUFFERS = 32;
const LATER_MS = 30;

export function readTwice(context: StepContext): Finding | undefined {
  const migration = context.session.migration;
  if (!migration || !startAnew(context) || !moveTo(context, 'stop-and-copy')) return undefined;
  for (let n = 0; n < MOST_BUFFERS; n += 1) {
    const pending = migration.readField('pending_bytes');
    if (!pending.ok || pending.value === 0n) return undefined;
    const found = readBuffer(context, migration);
    if (found !== 'same') return found;
  }
  return undefined;
}

function readBuffer(context: StepContext, migration: MigrationRegion): Finding | 'same' | undefined {
  const offset = migration.readField('data_offset');
  if (!offset.ok) return undefined;
  const size = migration.readField('data_size');
  if (!size.ok || size.value === 0n) return undefined;
  const read = (options: Parameters<MigrationRegion['readData']>[2]) =>
    migration.readData(offset.value, size.value, options);
  const first = read({});
  if (!first.ok) return undefined;
  const mapped = read({ via: 'mmap' });
  context.host.sleep(LATER_MS);
  const later = read({});
  const pieces = read({ pieces: { chunk: 509 } });
  if (!mapped.ok || !later.ok || !pieces.ok) return undefined;
  const bytes = first.value.bytes;
  const what = 'the bytes of a buffer that did not arrive whole';
  if (!same(bytes, later.value.bytes))
    return {
      clause: 'SAVE-OFFSET-READY',
      expected: `${what} are in place when data_offset has been read`,
      observed: `${LATER_MS} ms later they are different`,
    };
  if (!same(bytes, mapped.value.bytes))
    return {
      clause: 'MIG-MMAP-OPTIONAL',
      expected: `${what} are the same by read() and through the mapping`,
      observed: 'they are not',
    };
  if (!same(bytes, pieces.value.bytes))
    return {
      clause: 'SAVE-READ',
      expected: `${what} can be read in one call`,
      observed: 'one call gives other bytes than smaller ones do',
    };
  const period = repeatsAfter(bytes);
  if (period !== undefined)
    return {
      clause: 'SAVE-READ',
      expected: `${what} can be read to their end`,
      observed: `from byte ${period} on a buffer of ${bytes.length} bytes reads as its beginning again`,
    };
  return 'same';
}

const SMALLEST_REPEAT = 1024;

/** Where a buffer begins again, at a power of two: an offset that was cut to so many bits. */
function repeatsAfter(bytes: Uint8Array): number | undefined {
  for (let period = 4096; period + SMALLEST_REPEAT <= bytes.length; period *= 2) {
    const again = bytes.subarray(period, 2 * period);
    const start = bytes.subarray(0, again.length);
    if (start.some((byte) => byte !== start[0]) && same(start, again)) return period;
  }
  return undefined;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
