import { INDEPENDENT_HOST_FAULTS } from '../../runner/reference/faults/independent-host';
import { INDEPENDENT_RESUMING_FAULTS } from '../../runner/reference/faults/independent-resuming';
import { INDEPENDENT_SAVING_FAULTS } from '../../runner/reference/faults/independent-saving';
import { INDEPENDENT_STATE_FAULTS } from '../../runner/reference/faults/independent-state';
import { INDEPENDENT_VARIATIONS } from '../../runner/reference/variations/independent';
import { INDEPENDENT_SCENES } from './support/independent-scenes';
import { Lab } from './support/reference-lab';

const EIO = -5;
const EINVAL = -22;
const ARRIVED = [4, 0, 4, true];
const REFUSED = [4, EINVAL, EINVAL, false];

function scene(name: string, device: string): unknown {
  const act = INDEPENDENT_SCENES[name];
  if (act === undefined) throw new Error(`no scene ${name}`);
  return act(new Lab({ device }));
}

/** Fault, plain device, scene, what the plain device shows, what the faulty one shows. */
const CASES: readonly (readonly [string, string, string, unknown, unknown])[] = [
  ['failed-transition-leaves-device-stopped', 'reference', 'afterFailedTransition', [EIO, 1, true], [EIO, 1, false]],
  ['reset-keeps-place-in-stream', 'reference', 'resumeAfterHalfAResume', ARRIVED, REFUSED],
  ['hang-on-close-in-mid-iteration', 'reference', 'closedInMidIteration', 0, 'DeviceHang'],
  ['abort-interrupt-long-after-stop', 'reference', 'interruptOfStoppedTransfer', [0, 0], [1, 1]],
  ['save-loop-lets-transfers-through', 'reference', 'transferInSaveLoop', [false, false], [false, true]],
  ['saved-transfer-replayed-while-resuming', 'reference', 'transferOfSavedState', [false, true], [true, true]],
  [
    'drained-pre-copy-ends-save',
    'reference',
    'saveAfterDrainedPreCopy',
    [4, true, ARRIVED],
    [4, false, [4, 0, EINVAL, false]],
  ],
  ['change-during-iteration-lost', 'reference', 'changeWhileItsBufferIsRead', ARRIVED, REFUSED],
  ['pre-copy-freezes-registers', 'reference', 'registersSetInPreCopy', [ARRIVED, 2n], [[4, 0, 4, false], 1n]],
  [
    'reread-flips-partition',
    'reference:pci,layout=partitioned',
    'offsetReadAgain',
    [1, 2, 3].map(() => [true, true, true]),
    [1, 2, 3].map(() => [false, true, false]),
  ],
  ['cancelled-buffer-comes-again', 'reference', 'saveAfterCancelInMidBuffer', [4, ARRIVED], [4, REFUSED]],
  [
    'buffer-read-wraps-at-64k',
    'reference:pci,size=1m',
    'largeBuffers',
    [31 * 4096 + 40, ARRIVED],
    [31 * 4096 + 40, REFUSED],
  ],
  ['resume-pieces-start-over', 'reference', 'givenInPieces', [8, 4, true], [EINVAL, EINVAL, false]],
  ['resume-keeps-first-copy', 'reference', 'memorySentTwice', [ARRIVED, ARRIVED], [ARRIVED, [4, 0, 4, false]]],
  [
    'sparse-claims-trapped-partition',
    'reference:pci,layout=partitioned',
    'eachBufferByMapping',
    [true, EINVAL, true],
    [true, false, true],
  ],
  ['bits-count-from-first-mapping', 'reference', 'rangeThatBeginsWithAHole', [true, false], [false, true]],
  ['unmap-bitmap-first-word', 'reference', 'longRangeUnmapped', [true, true, true], [true, false, false]],
  ['dirty-missing-second-mapping-of-write', 'reference', 'oneWriteOverTwoMappings', [true, true], [true, false]],
  [
    'zpci-capabilities-gone-when-stopped',
    'reference:zpci',
    'infoInEachState',
    [0x83, 0x83, 0x83, 0x83],
    [0x83, 0x03, 0x83, 0x03],
  ],
  ['ccw-io-interrupt-on-crw-line', 'reference:ccw', 'whichIndexInterrupts', [1, 0], [0, 1]],
];

test('every independent fault has a scene of its own', () => {
  const faults = [
    ...INDEPENDENT_STATE_FAULTS,
    ...INDEPENDENT_SAVING_FAULTS,
    ...INDEPENDENT_RESUMING_FAULTS,
    ...INDEPENDENT_HOST_FAULTS,
  ];
  expect(faults.map((fault) => fault.name).sort()).toEqual(CASES.map(([name]) => name).sort());
  expect(new Set(CASES.map(([, , name]) => name)).size).toBe(CASES.length);
});

test.each(CASES)('%s', (name, plain, where, correct, faulty) => {
  expect(scene(where, plain)).toEqual(correct);
  expect(scene(where, `${plain}+${name}`)).toEqual(faulty);
});

/** A fault shows in the scene that was made for it, and a benign variation may show, but never as any of them does. */
test.each(
  INDEPENDENT_VARIATIONS.map((variation) => [variation.name, variation] as const),
)('%s shows none of the faults’ symptoms', (name, { personalities, layouts }) => {
  for (const [fault, plain, where, correct, faulty] of CASES) {
    const personality = /:([a-z-]+)/.exec(plain)?.[1] ?? 'pci';
    const layout = /layout=(\w+)/.exec(plain)?.[1] ?? 'trapped';
    if (personalities?.every((other) => other !== personality) || layouts?.every((other) => other !== layout)) continue;
    const seen = scene(where, `${plain}+${name}`);
    expect([fault, seen]).not.toEqual([fault, faulty]);
    if (name !== 'uneven-buffers') expect([fault, seen]).toEqual([fault, correct]);
  }
});
