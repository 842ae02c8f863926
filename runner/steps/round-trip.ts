/** Saving and resuming as plainly as can be, without blaming anybody: what a second look tries out (see second-look.ts). */
import { DEVICE_STATE_BITS, type DeviceStateName, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Via } from '../vfio/data-transfer';
import type { MigrationRegion } from '../vfio/migration-region';
import { captureFingerprint, firstDifference } from './captured-fingerprint';
import { type Giving, giveBuffers, PLAIN_GIVING } from './give-stream';
import { type PiecesWord, readInPieces } from './pieces';
import { resetPatiently } from './reset';
import type { SaveIteration } from './saved-stream';
import type { Captured, SideName, StepContext } from './step-context';
import type { SavedBuffer } from './stream-spool';

const MOST_BUFFERS = 100_000;
/** What a second look of a case puts into a device, so that its state is not that of a fresh one. */
const MARK = 0x2b00_7e57n;

/** One save, and why it came to nothing. */
interface QuietSave {
  readonly buffers: readonly SavedBuffer[];
  readonly iterations: readonly SaveIteration[];
  readonly problem: string | undefined;
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

/** What a trip does beside the plainest. */
export interface TripOptions {
  /** How often pending_bytes is read each time. */
  readonly poll?: number;
  /** In pre-copy first, and out of it after so many buffers. */
  readonly early?: number;
  readonly pieces?: PiecesWord;
  readonly via?: Via;
}

/** Saves all that the device has. */
function saveQuietly(context: StepContext, options: TripOptions): QuietSave {
  const { early } = options;
  const save = new QuietLoop(context, options);
  if (early !== undefined && !(save.enter('pre-copy') && save.read(early))) return save;
  if (save.enter('stop-and-copy')) save.read();
  return save;
}

class QuietLoop implements QuietSave {
  readonly buffers: SavedBuffer[] = [];
  readonly iterations: SaveIteration[] = [];
  problem: string | undefined;
  private bytes = 0n;

  constructor(
    private readonly context: StepContext,
    private readonly options: TripOptions,
  ) {}

  enter(state: DeviceStateName): boolean {
    if (moveTo(this.context, state)) return true;
    this.problem = `${state} is refused`;
    return false;
  }

  /** Reads until nothing is pending, or so many buffers; false when it failed. */
  read(most = MOST_BUFFERS): boolean {
    const migration = this.context.session.migration;
    if (!migration) return false;
    const bound = this.context.session.device.limits.maxStateBytes;
    for (let count = 0; ; count += 1) {
      const pending = this.pending(migration);
      if (pending === undefined) return false;
      const last = this.iterations.at(-1);
      if (last) last.after ??= pending;
      if (pending === 0n || count === most) return true;
      if (count >= MOST_BUFFERS || this.bytes > bound) return this.fail('the save comes to no end');
      if (!this.readBuffer(migration, pending)) return false;
    }
  }

  private pending(migration: MigrationRegion): bigint | undefined {
    let value: bigint | undefined;
    for (let n = 0; n < (this.options.poll ?? 1); n += 1) {
      const read = migration.readField('pending_bytes');
      if (!read.ok) {
        this.fail(read.message);
        return undefined;
      }
      value = read.value;
    }
    return value;
  }

  private readBuffer(migration: MigrationRegion, pending: bigint): boolean {
    const offset = migration.readField('data_offset');
    if (!offset.ok) return this.fail(offset.message);
    const size = migration.readField('data_size');
    if (!size.ok) return this.fail(size.message);
    if (size.value === 0n) return this.fail('data_size is 0 with bytes pending');
    const { pieces = 'bulk', via = 'read' } = this.options;
    const data = readInPieces(migration, offset.value, size.value, { pieces, via });
    if (!data.ok) return this.fail(data.message);
    this.iterations.push({ pending, after: undefined, size: size.value });
    this.buffers.push(this.context.memory.spool.add(data.value));
    this.bytes += size.value;
    return true;
  }

  /** The user leaves the loop, and looks at the state. */
  private fail(problem: string): false {
    this.problem = problem;
    this.context.session.migration?.readState();
    return false;
  }
}

/** How a stream is given, and how many milliseconds the device has before its fingerprint is read. */
export type Manner = Partial<Giving> & { readonly settle?: number };

/** Gives buffers to a device that was just reset; why they did not arrive, or undefined when they did. */
export function resumeQuietly(
  context: StepContext,
  buffers: readonly SavedBuffer[],
  wanted: readonly Captured[] | undefined,
  manner: Manner = {},
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
  if (manner.settle !== undefined) context.host.sleep(manner.settle);
  if (!wanted) return undefined;
  const difference = firstDifference(wanted, captureFingerprint(context));
  return difference && `${difference.what} is ${difference.now} in place of ${difference.before}`;
}

/** One save and resume between two devices, or of one device back to itself, as plain as can be. */
export function roundTrip(context: StepContext, from: SideName, to: SideName, options: TripOptions = {}): RoundTrip {
  const source = context.onSide(from, (side) => {
    if (!startAnew(side)) return undefined;
    const mark = side.profile?.mark;
    if (mark) side.run(mark.instantiate({ value: MARK }));
    return { wanted: captureFingerprint(side), saved: saveQuietly(side, options) };
  });
  if (source === undefined) return { why: 'it does not start anew', iterations: [] };
  const { wanted, saved } = source;
  const why = saved.problem ?? context.onSide(to, (side) => resumeQuietly(side, saved.buffers, wanted));
  return { why, iterations: saved.iterations };
}
