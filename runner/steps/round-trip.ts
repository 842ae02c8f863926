/** Saving and resuming as plainly as can be, without blaming anybody: what a second look tries out (see second-look.ts). */
import { DEVICE_STATE_BITS, type DeviceStateName, VFIO_DEVICE_STATE_MASK } from '../abi';
import { captureFingerprint, firstDifference } from './captured-fingerprint';
import { type Giving, giveBuffers, PLAIN_GIVING } from './give-stream';
import { resetPatiently } from './reset';
import type { Captured, SideName, StepContext } from './step-context';

const MOST_BUFFERS = 100_000;
/** What a second look of a case puts into a device, so that its state is not that of a fresh one. */
const MARK = 0x2b00_7e57n;

/** The buffers of one save, or why there are none. */
export type QuietSave = { readonly buffers: readonly Uint8Array[] } | { readonly problem: string };

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
  if (!migration || !moveTo(context, 'stop-and-copy')) return { problem: 'stop-and-copy is refused' };
  const buffers: Uint8Array[] = [];
  let bytes = 0n;
  for (;;) {
    const pending = migration.readField('pending_bytes');
    if (!pending.ok) return { problem: pending.message };
    if (pending.value === 0n) return { buffers };
    if (buffers.length >= MOST_BUFFERS || bytes > context.session.device.limits.maxStateBytes)
      return { problem: 'the save comes to no end' };
    const offset = migration.readField('data_offset');
    if (!offset.ok) return { problem: offset.message };
    const size = migration.readField('data_size');
    if (!size.ok) return { problem: size.message };
    if (size.value === 0n) return { problem: 'data_size is 0 with bytes pending' };
    const data = migration.readData(offset.value, size.value);
    if (!data.ok) return { problem: data.message };
    buffers.push(data.value.bytes);
    bytes += size.value;
  }
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

/** One plain save and resume between two devices, or of one device back to itself; why it fails, or undefined when it works. */
export function roundTrip(context: StepContext, from: SideName, to: SideName): string | undefined {
  const source = context.onSide(from, (side) => {
    if (!startAnew(side)) return undefined;
    const mark = side.profile?.mark;
    if (mark) side.run(mark.instantiate({ value: MARK }));
    return { wanted: captureFingerprint(side), saved: saveQuietly(side) };
  });
  if (source === undefined) return 'it does not start anew';
  const { wanted, saved } = source;
  if ('problem' in saved) return saved.problem;
  return context.onSide(to, (side) => resumeQuietly(side, saved.buffers, wanted));
}
