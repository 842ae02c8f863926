/**
 * What the iterations of a save in stop-and-copy say of it, once its restore has failed: pending_bytes and data_size are two accounts of the same bytes.
 * Only where they agree most of the time does a disagreement say anything: many drivers' pending_bytes is an estimate.
 */
import type { SaveIteration } from './saved-stream';

export interface Finding {
  readonly clause: string;
  readonly expected: string;
  readonly observed: string;
}

/** data_size is off by less than this where no buffer was left out. */
const SMALLEST_BUFFER = 32n;

export function whatTheLoopSaw(iterations: readonly SaveIteration[]): Finding | undefined {
  const ended = iterations.flatMap((iteration, n) => {
    const gap = gapOf(iteration);
    return gap === undefined ? [] : [{ n, iteration, gap }];
  });
  const off = ended.filter(({ gap }) => gap !== 0n);
  const first = off[0];
  if (!first) return undefined;
  const uniform = off.length === ended.length && ended.length > 1 && off.every(({ gap }) => gap === first.gap);
  if (uniform) return sizeFinding(first.iteration, `in each of ${ended.length} iterations`);
  if (off.length * 2 > ended.length) return undefined;
  const where = `in iteration ${first.n + 1} of ${ended.length}`;
  if (first.gap < 0n && first.iteration.after === first.iteration.pending)
    return {
      clause: 'SAVE-ACK',
      expected: 'pending_bytes falls when a buffer has been read',
      observed: `${where} it stays at ${first.iteration.pending}, as if the buffer had not been read`,
    };
  if (first.gap < SMALLEST_BUFFER || isUsualSize(first.iteration.size + first.gap, ended))
    return sizeFinding(first.iteration, where);
  return {
    clause: 'SAVE-ACK',
    expected: `pending_bytes falls by the ${first.iteration.size} bytes that were read`,
    observed: `${where} it falls by ${first.iteration.size + first.gap}: ${first.gap} bytes were never offered`,
  };
}

/** How much further pending_bytes fell than data_size says; undefined where the iteration did not end. */
function gapOf({ pending, after, size }: SaveIteration): bigint | undefined {
  return after === undefined ? undefined : pending - after - size;
}

function isUsualSize(size: bigint, rows: readonly { readonly iteration: SaveIteration }[]): boolean {
  return rows.filter(({ iteration }) => iteration.size === size).length > 1;
}

function sizeFinding({ pending, after, size }: SaveIteration, where: string): Finding {
  return {
    clause: 'SAVE-SIZE',
    expected: 'data_size is the number of bytes that pending_bytes falls by',
    observed: `${where} pending_bytes falls by ${pending - (after ?? 0n)}, and data_size is ${size}`,
  };
}
