/** Steps a to c of the resuming loop (header diff, lines 227-235), with the liberties that a `resume` step takes on purpose. */
import { vfioDeviceMigrationInfo } from '../abi';
import type { MigrationRegion } from '../vfio/migration-region';
import { type Failure, ownFailure } from '../vfio/outcome';
import { type PiecesWord, piecesOfBuffer, transferInPieces } from './pieces';
import type { StepContext } from './step-context';
import type { SavedBuffer } from './stream-spool';

const GARBAGE = 0xee;
const MAX_U64 = (1n << 64n) - 1n;

export interface Giving {
  readonly pieces: PiecesWord;
  readonly via: 'read' | 'mmap' | 'alternate';
  readonly overwrite: boolean;
  /** Milliseconds. */
  readonly pause?: number;
  readonly claim?: bigint;
  readonly beyond?: bigint;
}

export const PLAIN_GIVING: Giving = { pieces: 'bulk', via: 'read', overwrite: false };

/** True when a stream is given as any user would. */
export function isPlainGiving({ pieces, via, overwrite, pause, claim, beyond }: Giving): boolean {
  const extras = [pause, claim, beyond].every((argument) => argument === undefined);
  return pieces === 'bulk' && via === 'read' && !overwrite && extras;
}

export interface GivingFailure extends Failure {
  /** Which buffer, from 0. */
  readonly at: number;
  /** The whole data section is smaller than the buffer: that is not data_offset's doing. */
  readonly tooLarge: boolean;
}

/** Gives buffers in order; what went wrong, if anything. */
export function giveBuffers(
  context: Pick<StepContext, 'host'>,
  migration: MigrationRegion,
  buffers: readonly SavedBuffer[],
  giving: Giving,
): GivingFailure | undefined {
  let before = 0;
  for (const [at, buffer] of buffers.entries()) {
    const pieces = piecesOfBuffer(giving.pieces, before);
    const failure = giveBuffer(migration, buffer.bytes(), { ...giving, pieces }, at, at === buffers.length - 1);
    if (failure) return { ...failure, at };
    before += buffer.length;
    if (giving.pause !== undefined) context.host.sleep(giving.pause);
  }
  return undefined;
}

function giveBuffer(
  migration: MigrationRegion,
  buffer: Uint8Array,
  giving: Giving,
  at: number,
  last: boolean,
): (Failure & { tooLarge: boolean }) | undefined {
  const offset = migration.readField('data_offset');
  if (!offset.ok) return { ...offset, tooLarge: false };
  const room = migration.roomAt(offset.value);
  if (BigInt(buffer.length) > room) {
    const message = `a buffer of ${buffer.length} bytes at 0x${offset.value.toString(16)}, where the region has room for ${room}`;
    const tooLarge = BigInt(buffer.length + vfioDeviceMigrationInfo.size) > migration.region.info.size;
    return { ...ownFailure('outside', 'write data', message), tooLarge };
  }
  const via = giving.via === 'alternate' ? (at % 2 === 0 ? 'mmap' : 'read') : giving.via;
  const how = { pieces: giving.pieces, via };
  const written = transferInPieces(migration, 'write', offset.value, buffer, how);
  if (!written.ok) return { ...written, tooLarge: false };
  const told = migration.writeField('data_size', claimed(buffer, giving, room, last));
  if (!told.ok) return { ...told, tooLarge: false };
  if (!giving.overwrite) return undefined;
  const garbage = new Uint8Array(buffer.length).fill(GARBAGE);
  const over = transferInPieces(migration, 'write', offset.value, garbage, how);
  return over.ok ? undefined : { ...over, tooLarge: false };
}

function claimed(buffer: Uint8Array, { claim, beyond }: Giving, room: bigint, last: boolean): bigint {
  if (!last) return BigInt(buffer.length);
  if (claim !== undefined) return claim;
  if (beyond === undefined) return BigInt(buffer.length);
  return room + beyond > MAX_U64 ? MAX_U64 : room + beyond;
}
