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
  /** Guests take its trials one by one from a common queue: who is done with its parts sooner makes more of them. */
  readonly matrix: MatrixRequest;
  /** What QEMU is to try there. */
  readonly opinion?: OpinionRequest;
}

const sample: MatrixRequest = {
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

export interface WhatToRun {
  /** A fault of the module that is on: only the certification is made. */
  readonly fault: string | undefined;
  /** The matrix is the correct module's certification alone. */
  readonly noFaults: boolean;
  /** Each fault in every layout in which it shows. */
  readonly everyLayout: boolean;
}

export function sharesOf({ fault, noFaults, everyLayout }: WhatToRun, processors: number): readonly GuestShare[] {
  const matrix: MatrixRequest = {
    ...sample,
    everyLayout,
    ...(noFaults ? { only: [] } : {}),
    ...(fault === undefined ? {} : { switchedOn: fault }),
  };
  const parts = fault === undefined ? kitParts : [];
  const more = fault === undefined ? { opinion } : {};
  if (processors < 2) return [{ name: 'guest', parts, matrix, ...more }];
  return [
    { name: 'guest-1', parts, matrix, ...more },
    { name: 'guest-2', parts: [], matrix },
  ];
}

export interface ShareOutcome {
  readonly parts: readonly PartOutcome[];
  readonly matrix: MatrixOutcome;
  readonly opinions: readonly OpinionRow[];
  /** What is wrong beside the rows and parts. */
  readonly complaints: readonly string[];
}

/** Boots one guest for `share`; `run` is the run's folder, `queue` the one from which all guests take their trials. */
export async function runShare(
  lab: Lab,
  guest: PreparedGuest,
  share: GuestShare,
  { run, queue }: { readonly run: string; readonly queue: string },
): Promise<ShareOutcome> {
  const folder = join(run, share.name);
  mkdirSync(folder);
  const shell = [
    partsCommand(share.parts),
    ...(share.opinion === undefined ? [] : [await opinionCommand(folder, share.opinion)]),
    matrixCommand(folder, share.matrix),
  ].join('\n');
  const { outcome } = await runInGuest(lab, guest, {
    ...{ purpose: 'ci', shell, folder, queue },
    prefix: `${share.name}  `,
  });
  const matrix = readMatrix(folder);
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
