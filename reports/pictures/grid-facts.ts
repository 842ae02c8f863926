/** What became of every write of device_state in a run, by the state before and the state asked for. */
import { DEVICE_STATE_BITS } from '../../runner/abi';
import type { CaseResult, Finding } from '../../runner/execution/case-result';
import type { StateMoment } from '../../runner/execution/course';
import { clauseOfArc } from '../../runner/oracles/state-arcs';

/**
 * broken: a clause on states or transitions broke here. taken, refused: always; mixed: now and then. error: the device went into
 * _ERROR. untried: nobody asked.
 */
export type CellOutcome = 'broken' | 'taken' | 'refused' | 'mixed' | 'error' | 'untried';

export interface GridCell {
  readonly from: number;
  readonly to: number;
  readonly outcome: CellOutcome;
  readonly taken: number;
  readonly refused: number;
  readonly error: number;
  /** Writes that a scenario gave cause to fail; the numbers above are theirs only where there were no others. */
  readonly provoked: number;
  /** Of the writes that were taken, in milliseconds. */
  readonly medianMs?: number;
  readonly slowestMs?: number;
  /** Clauses that broke here. */
  readonly clauses: readonly string[];
  /** The clause that a refusal breaks; absent where the text leaves the arc open or the state is none. */
  readonly clause?: string;
}

/** 64 cells, by `from` and then by `to`. */
export type GridFacts = readonly GridCell[];

interface Tally {
  readonly plain: StateMoment[];
  readonly provoked: StateMoment[];
  readonly clauses: Set<string>;
}

const STATES = 8;
const { error: ERROR } = DEVICE_STATE_BITS;

export function gridFacts(results: readonly CaseResult[]): GridFacts {
  const tallies = Array.from(
    { length: STATES * STATES },
    (): Tally => ({ plain: [], provoked: [], clauses: new Set() }),
  );
  const tallyOf = ({ from, asked }: StateMoment): Tally | undefined =>
    from === undefined || asked === undefined ? undefined : tallies[from * STATES + asked];
  for (const { course, findings } of results) {
    if (!course) continue;
    for (const moment of course.states) tallyOf(moment)?.[moment.provoked ? 'provoked' : 'plain'].push(moment);
    for (const finding of findings) {
      const write = isOfStates(finding) ? writeBefore(finding, course.states) : undefined;
      if (write) tallyOf(write)?.clauses.add(finding.clause);
    }
  }
  return tallies.map((tally, n) => cell(Math.floor(n / STATES), n % STATES, tally));
}

function cell(from: number, to: number, { plain, provoked, clauses }: Tally): GridCell {
  const writes = (plain.length > 0 ? plain : provoked).map((moment) => ({ ...moment, became: becomes(moment) }));
  const number = (became: Became) => writes.filter((write) => write.became === became).length;
  const [taken, refused, error] = [number('taken'), number('refused'), number('error')];
  const took = writes.filter((write) => write.became === 'taken').map(({ tookMs }) => tookMs);
  const sorted = took.sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const slowest = sorted.at(-1);
  const clause = clauseOfArc(from, to);
  return {
    from,
    to,
    outcome: outcomeOf(taken, refused, error, clauses.size > 0),
    taken,
    refused,
    error,
    provoked: provoked.length,
    ...(median === undefined || slowest === undefined ? {} : { medianMs: median, slowestMs: slowest }),
    clauses: [...clauses],
    ...(clause === undefined ? {} : { clause }),
  };
}

type Became = 'taken' | 'refused' | 'error';

function becomes({ from, asked, state, errno }: StateMoment): Became {
  if (state === ERROR && from !== ERROR) return 'error';
  return errno !== undefined || (state !== undefined && state !== asked) ? 'refused' : 'taken';
}

function outcomeOf(taken: number, refused: number, error: number, broken: boolean): CellOutcome {
  if (broken) return 'broken';
  const seen = [taken, refused, error].filter((number) => number > 0).length;
  if (seen === 0) return 'untried';
  if (seen > 1) return 'mixed';
  if (taken > 0) return 'taken';
  return refused > 0 ? 'refused' : 'error';
}

function isOfStates({ verdict, clause }: Finding): boolean {
  return verdict === 'broken' && /^(STATE|TRANS)-/.test(clause);
}

/** The write that a finding is about: the last one before the access that gave it away. */
function writeBefore({ accesses }: Finding, states: readonly StateMoment[]): StateMoment | undefined {
  const marked = accesses.find((row) => row.marked);
  if (!marked) return undefined;
  // The times of a course are rounded to microseconds.
  return states.findLast(
    ({ asked, side, atMs }) => asked !== undefined && side === marked.side && atMs <= marked.atMs + 0.001,
  );
}
