/** How the CI form's work is shared between guests, and one guest's share from boot to outcome. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type MatrixOutcome, matrixCommand, readMatrix, unexplained } from '../matrix/guest-run';
import { layouts, type MatrixRequest } from '../matrix/request';
import { opinionCommand, readOpinion } from '../qemu/guest-run';
import type { OpinionRequest, OpinionRow } from '../qemu/request';
import { shortTrials } from '../qemu/trials';
import { type Lab, type PreparedGuest, runInGuest } from '../session';
import { type KitPart, kitParts, type PartOutcome, partOutcomes, partsCommand } from './ci-parts';

/** Small, but more than one buffer: other sizes are tried by `full`. */
const stateSize = 16_384;

export interface GuestShare {
  readonly name: string;
  readonly parts: readonly KitPart[];
  readonly matrix: MatrixRequest;
  /** What QEMU is to try there. */
  readonly opinion?: OpinionRequest;
}

const sample: Omit<MatrixRequest, 'shares' | 'mine' | 'certify'> = {
  mode: 'sample',
  layouts,
  stateSizes: [stateSize],
  largeSizes: [],
  faultStateSize: stateSize,
  everyLayout: false,
  seed: 1,
  covering: 6,
  others: 3,
};
const opinion: OpinionRequest = { trials: shortTrials, stateSize: 65_536, certify: true };
const shares = 6;

/** With a fault switched on only the certification is made. The kit's command line takes about as long as a third of the faults. */
export function sharesOf(fault: string | undefined, processors: number, noFaults = false): readonly GuestShare[] {
  if (noFaults && fault === undefined) {
    // What a run with faults certifies beside them, without what it repeats through the command line.
    const parts = kitParts.filter(({ name }) => name !== 'certificate' && name !== 'mtty');
    const certified = { ...sample, layouts: layouts.slice(0, 2), shares, mine: [], certify: true };
    if (processors < 2) return [{ name: 'guest', parts, matrix: certified }];
    // Each guest has something to certify: one without a row would count as one that never came to it.
    return [
      { name: 'guest-1', parts, matrix: { ...certified, layouts: ['mmapped'] } },
      { name: 'guest-2', parts: [], matrix: { ...certified, layouts: ['trapped'] } },
    ];
  }
  if (fault !== undefined) {
    return [{ name: 'guest', parts: [], matrix: { ...sample, shares, mine: [], certify: true, switchedOn: fault } }];
  }
  if (processors < 2) {
    const mine = Array.from({ length: shares }, (_, index) => index);
    return [{ name: 'guest', parts: kitParts, matrix: { ...sample, shares, mine, certify: true }, opinion }];
  }
  return [
    { name: 'guest-1', parts: kitParts, matrix: { ...sample, shares, mine: [0, 1], certify: false }, opinion },
    { name: 'guest-2', parts: [], matrix: { ...sample, shares, mine: [2, 3, 4, 5], certify: true } },
  ];
}

export interface ShareOutcome {
  readonly parts: readonly PartOutcome[];
  readonly matrix: MatrixOutcome;
  readonly opinions: readonly OpinionRow[];
  /** What is wrong beside the rows and parts. */
  readonly complaints: readonly string[];
}

/** Boots one guest for `share`; `run` is the run's folder. */
export async function runShare(lab: Lab, guest: PreparedGuest, share: GuestShare, run: string): Promise<ShareOutcome> {
  const folder = join(run, share.name);
  mkdirSync(folder);
  const shell = [
    partsCommand(share.parts),
    ...(share.opinion === undefined ? [] : [await opinionCommand(folder, share.opinion)]),
    matrixCommand(folder, share.matrix),
  ].join('\n');
  const { outcome } = await runInGuest(lab, guest, { purpose: 'ci', shell, folder, prefix: `${share.name}  ` });
  const matrix = readMatrix(folder, share.matrix);
  const second = share.opinion === undefined ? undefined : readOpinion(folder, share.opinion);
  const kernel = unexplained(outcome, matrix.rows);
  const complaints = [
    ...[outcome.trouble, second?.trouble, matrix.trouble].filter((text) => text !== undefined),
    ...kernel.map(({ kind, quote }) => `the kernel complained (${kind}):\n${quote.join('\n')}`),
  ];
  return {
    parts: partOutcomes(folder, share.parts),
    matrix,
    opinions: second?.rows ?? [],
    complaints: complaints.map((text) => `${share.name}: ${text}`),
  };
}
