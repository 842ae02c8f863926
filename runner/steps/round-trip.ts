/** Saving and resuming as plainly as can be, without blaming anybody: what a second look tries out (see second-look.ts). */
import { DEVICE_STATE_BITS, type DeviceStateName, VFIO_DEVICE_STATE_MASK } from '../abi';
import { captureFingerprint, firstDifference } from './captured-fingerprint';
import { type Giving, giveBuffers, PLAIN_GIVING } from './give-stream';
import { resetPatiently } from './reset';
import type { SaveIteration } from './saved-stream';
import type { Captured, SideName, StepContext } from './step-context';

const MOST_BUFFERS = 100_000;
/** What a second look of a case puts into a device, so that its state is not that of a fresh one. */
const MARK = 0x2b00_7e57n;

/** One save, or why there is none. */
export interface QuietSave {
  readonly buffers: readonly Uint8Array[];
  readonly iterations: readonly SaveIteration[];
  readonly problem?: string;
}

/** `why` it fails; undefined when it works. */
export interface RoundTrip {
  readonly why: string | undefined;
  readonly iterations: readonly SaveIteration[];
}

/** Asks for a state; true when the device is in it then. */
export function moveTo(context: StepContext, state: DeviceStateName): boolean {
  const change = context.session.migration?.changeState(DEVICE_STATE_BITS[state]);
  if (!change?.ok || !change.value.write.ok || !change.value.after.ok) return false;
  return (change.value.after.value & VFIO_DEVICE_STATE_MASK) === DEVICE_STATE_BITS[state];
}

/** A running device, by a reset if there is one. */
export function startAnew(context: StepContext): boolean {
  context.session.restoring = undefined;
  const reset = resetPatiently(context);
  if (!reset.ok) return moveTo(context, 'running');
  const state = context.session.migration?.readState();
  return state?.ok === true && (state.value & VFIO_DEVICE_STATE_MASK) === DEVICE_STATE_BITS.running;
}

/** Stops the device and reads all that it has. */
export function saveQuietly(context: StepContext): QuietSave {
  const migration = context.session.migration;
  const buffers: Uint8Array[] = [];
  const iterations: SaveIteration[] = [];
  const ended = (problem?: string): QuietSave => ({
    buffers,
    iterations,
    ...(problem === undefined ? {} : { problem }),
  });
  if (!migration || !moveTo(context, 'stop-and-copy')) return ended('stop-and-copy is refused');
  const bounds = context.session.device.limits;
  for (let bytes = 0n; buffers.length < MOST_BUFFERS && bytes <= bounds.maxStateBytes; ) {
    const pending = migration.readField('pending_bytes');
    if (!pending.ok) return ended(pending.message);
    const last = iterations.at(-1);
    if (last) last.after = pending.value;
    if (pending.value === 0n) return ended();
    const offset = migration.readField('data_offset');
    if (!offset.ok) return ended(offset.message);
    const size = migration.readField('data_size');
    if (!size.ok) return ended(size.message);
    if (size.value === 0n) return ended('data_size is 0 with bytes pending');
    const data = migration.readData(offset.value, size.value);
    if (!data.ok) return ended(data.message);
    iterations.push({ pending: pending.value, after: undefined, size: size.value });
    buffers.push(data.value.bytes);
    bytes += size.value;
  }
  return ended('the save comes to no end');
}

/** Gives buffers to a device that was just reset; why they did not arrive, or undefined when they did. */
export function resumeQuietly(
  context: StepContext,
  buffers: readonly Uint8Array[],
  wanted: readonly Captured[] | undefined,
  manner: Partial<Giving> = {},
): string | undefined {
  const migration = context.session.migration;
  if (!migration || !startAnew(context) || !moveTo(context, 'resuming')) return 'it does not go to resuming';
  context.declareGiven('in-question');
  const failure = giveBuffers(context, migration, buffers, { ...PLAIN_GIVING, ...manner });
  if (failure) {
    migration.readState();
    return failure.message;
  }
  if (!moveTo(context, 'running')) return 'resuming to running is refused';
  if (!wanted) return undefined;
  const difference = firstDifference(wanted, captureFingerprint(context));
  return difference && `${difference.what} is ${difference.now} in place of ${difference.before}`;
}

/** One plain save and resume between two devices, or of one device back to itself. */
export function roundTrip(context: StepContext, from: SideName, to: SideName): RoundTrip {
  const source = context.onSide(from, (side) => {
    if (!startAnew(side)) return undefined;
    const mark = side.profile?.mark;
    if (mark) side.run(mark.instantiate({ value: MARK }));
    return { wanted: captureFingerprint(side), saved: saveQuietly(side) };
  });
  if (source === undefined) return { why: 'it does not start anew', iterations: [] };
  const { wanted, saved } = source;
  const why = saved.problem ?? context.onSide(to, (side) => resumeQuietly(side, saved.buffers, wanted));
  return { why, iterations: saved.iterations };
}
