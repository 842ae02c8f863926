/** Which faults QEMU is shown. */
import { layouts } from '../matrix/request';
import type { OpinionTrial } from './request';

/** Faults that touch what a migration by QEMU uses: states, the loops, the bytes, the dirty log, device info. By their kind. */
const faults: readonly string[] = [
  // The state's bytes
  ...[
    'save-loses-scratch',
    'save-sends-stale-memory',
    'save-flips-one-bit',
    'third-buffer-skipped',
    'second-buffer-twice',
  ],
  ...[
    'last-buffer-never-offered',
    'data-size-too-small',
    'data-size-too-large',
    'data-arrives-late',
    'early-exit-drops-unread',
  ],
  ...['pre-copy-changes-not-sent', 'resume-applies-nothing', 'resume-drops-last-block', 'resume-loses-scratch'],
  ...['truncated-stream-accepted', 'running-to-stop-and-copy-empty'],
  // States
  ...[
    'stop-and-copy-ignored',
    'pre-copy-refused',
    'resuming-refused',
    'resumed-device-will-not-run',
    'same-state-refused',
  ],
  ...['pre-copy-to-stop-and-copy-needs-drain', 'state-write-short', 'stop-refused-with-bytes-pending'],
  // The loops
  ...[
    'pending-never-zero',
    'pending-is-a-flag',
    'data-offset-zero',
    'data-offset-at-region-end',
    'last-data-size-terabyte',
  ],
  ...['second-data-size-past-region', 'resume-offset-zero', 'resume-offset-past-end', 'data-read-ends-early'],
  // Memory
  ...[
    'dirty-missing-in-pre-copy',
    'dirty-missing-small-writes',
    'dirty-missing-last-page-of-word',
    'late-dma-in-stop-and-copy',
  ],
  // What is asked before
  ...['chain-leaves-argsz', 'chain-loops', 'migration-type-missing', 'reserved-reads-ones'],
];

/** The correct module in every layout, then each fault in the layout with a trapped section. */
export const allTrials: readonly OpinionTrial[] = [
  ...layouts.map((layout): OpinionTrial => ({ fault: 'none', layout })),
  ...faults.map((fault): OpinionTrial => ({ fault, layout: 'trapped' })),
];

/** For CI: one that QEMU takes for good, one that it shows as an error, one that makes memory wrong. */
export const shortTrials: readonly OpinionTrial[] = [
  { fault: 'none', layout: 'trapped' },
  { fault: 'resume-applies-nothing', layout: 'trapped' },
  { fault: 'resuming-refused', layout: 'trapped' },
  { fault: 'dirty-missing-small-writes', layout: 'trapped' },
];
