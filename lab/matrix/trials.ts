/** What the matrix tries, in order. Pure: every guest comes to the same list and takes from it what no other has taken. */
import type { Layout, MatrixRequest, MatrixRow } from './request';
import { layoutsOf } from './selection';

/** A fault or variation as the module lists it. */
export interface Peculiarity {
  readonly name: string;
  /** The primary clause first; empty for a benign variation. */
  readonly breaks: readonly string[];
  /** `destination`, `mapped`, `trapped`, `partitioned`, `zpci`, `s390x`: see faults.def. */
  readonly where: readonly string[];
  readonly summary: string;
}

export interface Trial<Fault extends Peculiarity = Peculiarity> {
  readonly fault: Fault;
  readonly kind: MatrixRow['kind'];
  readonly layout: Layout;
  readonly stateSize: number;
}

/** Names the trial, and its row: fit for a file's name. */
export function trialKey(trial: Pick<MatrixRow, 'kind' | 'name' | 'layout' | 'stateSize'>): string {
  return [trial.kind, trial.name, trial.layout, trial.stateSize].join('.');
}

export function keyOfTrial({ fault, ...trial }: Trial): string {
  return trialKey({ ...trial, name: fault.name });
}

/**
 * The correct module first: what it shows is what the faults are compared with. With `switchedOn` its certification is all that there is.
 * Throws when the module has no such fault.
 */
export function trialsOf<Fault extends Peculiarity>(
  request: MatrixRequest,
  correct: Fault,
  all: readonly Fault[],
): readonly Trial<Fault>[] {
  const named = request.switchedOn;
  const certified = named === undefined ? correct : all.find(({ name }) => name === named);
  if (certified === undefined) throw new Error(`the module has no fault or variation ${named}`);
  const inLayouts = (kind: MatrixRow['kind'], fault: Fault, sizes: readonly number[]): Trial<Fault>[] =>
    sizes.flatMap((stateSize) => request.layouts.map((layout) => ({ fault, kind, layout, stateSize })));
  const correctOnes = inLayouts('correct', certified, request.stateSizes);
  if (named !== undefined) return correctOnes;
  return [
    ...correctOnes,
    ...inLayouts('large', correct, request.largeSizes),
    ...all
      .filter(({ name }) => request.only === undefined || request.only.includes(name))
      .flatMap((fault, index) => trialsOfFault(request, fault, index)),
  ];
}

function trialsOfFault<Fault extends Peculiarity>(request: MatrixRequest, fault: Fault, index: number): Trial<Fault>[] {
  const possible = layoutsOf(fault.where, request.layouts);
  const taken = request.everyLayout ? possible : possible.slice(index % possible.length).slice(0, 1);
  const kind = fault.breaks.length > 0 ? 'fault' : 'variation';
  return taken.map((layout) => ({ fault, kind, layout, stateSize: request.faultStateSize }));
}
