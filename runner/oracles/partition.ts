/** How a driver divides its data section: whether data_offset is the same for all buffers of one loop (header diff, lines 196-197). */
import type { Judge } from './judge';

export interface Partition {
  seen(offset: bigint): void;
  /** Says what was seen, for a loop of more than one buffer. */
  report(judge: Judge, loop: 'saving' | 'resuming'): void;
}

export function partitionOf(): Partition {
  const offsets = new Set<bigint>();
  let buffers = 0;
  return {
    seen(offset) {
      buffers += 1;
      // One more than two says nothing new, and a driver may have as many as it likes.
      if (offsets.size < 2) offsets.add(offset);
    },
    report(judge, loop) {
      if (buffers < 2) return;
      judge.kept('MIG-PARTITION');
      judge.note(
        `${loop}: data_offset ${offsets.size > 1 ? 'moves from buffer to buffer' : 'is the same for all buffers'}`,
      );
    },
  };
}
