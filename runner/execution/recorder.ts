/** Recorder: the Judge of one case. It counts judgements, turns breaches into findings and keeps the current step at hand. */

import type { Case, Clause, ClauseId, Level, Step, Who } from '../language/scenario';
import type { Judge, Observation } from '../oracles/judge';
import type { AccessRow, ClauseTally, Finding } from './case-result';
import type { Rules } from './verdict';
import { verdictOfBreach } from './verdict';

/** How many accesses a finding shows before the one that gave it away. */
const ACCESSES_PER_FINDING = 12;
/** How far back of the last access the offending one may lie, behind what the kit did with its own memory since. */
const ROWS_BEHIND = 12;
/** A device that breaks a clause at every access must not fill the disk: in one step the first time is told, the rest is counted. */
const FINDINGS_PER_CLAUSE = 5;

interface Tally {
  kept: number;
  broken: number;
  who?: Who;
  notApplicable?: string;
}

export interface CurrentStep {
  readonly step: Step;
  /** `step 3 "transition: stop"`, or `opening the device`. */
  readonly label: string;
}

export class Recorder implements Judge {
  readonly findings: Finding[] = [];
  readonly figures: Record<string, number> = {};
  readonly notes: string[] = [];
  /** Set by the first finding that fails the case. */
  failedBy: Finding | undefined;
  /** The kit itself broke a user clause: a bug of ours, which breaks the case. */
  kitBreach: Finding | undefined;
  current: CurrentStep | undefined;
  private silent = false;
  private readonly tallies = new Map<ClauseId, Tally>();
  private readonly perClause = new Map<ClauseId, number>();
  /** By clause, step and verdict: where the first finding stands in `findings`, and how often it was seen. */
  private readonly first = new Map<string, { readonly at: number; times: number }>();

  constructor(
    private readonly case_: Case,
    private readonly clauses: ReadonlyMap<ClauseId, Clause>,
    private readonly rules: Rules,
    private readonly lastAccesses: (count: number) => readonly AccessRow[],
  ) {}

  /** From now on nothing is judged: the machine failed, and what follows from that is nobody's verdict. Notes and figures still count. */
  silence(): void {
    this.silent = true;
  }

  kept(clause: ClauseId, who?: Who): void {
    if (this.silent) return;
    const tally = this.tally(clause);
    tally.kept += 1;
    if (who) tally.who = who;
  }

  broken(clause: ClauseId, what: Observation): void {
    if (this.silent) return;
    const tally = this.tally(clause);
    tally.broken += 1;
    if (what.who) tally.who = what.who;
    const known = this.clauses.get(clause);
    if (!known) throw new Error(`the kit judged ${clause}, which is not in the catalogue`);
    const verdict = this.verdict(known, what.level);
    this.add(known, verdict, what);
  }

  check(clause: ClauseId, ok: boolean, what: () => Observation): boolean {
    if (ok) this.kept(clause);
    else this.broken(clause, what());
    return ok;
  }

  reported(clause: ClauseId, observed: string): void {
    if (this.silent) return;
    const known = this.clauses.get(clause);
    if (!known) throw new Error(`the kit reported on ${clause}, which is not in the catalogue`);
    this.tally(clause);
    this.add(known, 'reported', { expected: 'left open by the text', observed });
  }

  notApplicable(clause: ClauseId, evidence: string): void {
    if (this.silent) return;
    this.tally(clause).notApplicable ??= evidence;
  }

  figure(name: string, value: number): void {
    this.figures[name] = value;
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  clauseTallies(): ClauseTally[] {
    return [...this.tallies].map(([clause, tally]) => ({ clause, ...tally }));
  }

  private tally(clause: ClauseId): Tally {
    let tally = this.tallies.get(clause);
    if (!tally) {
      tally = { kept: 0, broken: 0 };
      this.tallies.set(clause, tally);
    }
    return tally;
  }

  private verdict(clause: Clause, override: Level | undefined): Finding['verdict'] {
    const graded = override ? { ...clause, level: override, word: override } : clause;
    return verdictOfBreach(graded as Clause, this.rules);
  }

  private add(clause: Clause, verdict: Finding['verdict'], what: Observation): void {
    const key = `${clause.id} ${verdict} ${this.current?.label ?? ''}`;
    const before = this.first.get(key);
    if (before) {
      before.times += 1;
      const told = this.findings[before.at];
      if (told) this.findings[before.at] = { ...told, times: before.times };
      return;
    }
    const sofar = this.perClause.get(clause.id) ?? 0;
    this.perClause.set(clause.id, sofar + 1);
    if (sofar >= FINDINGS_PER_CLAUSE) return;
    const position = this.current?.step.position ?? this.case_.position;
    const rows = verdict === 'reported' ? [] : upToOffending(this.lastAccesses(ACCESSES_PER_FINDING + ROWS_BEHIND));
    const last = rows.at(-1);
    const finding: Finding = {
      clause: clause.id,
      verdict,
      level: clause.level,
      who: what.who ?? clause.who,
      file: position.file,
      line: position.line,
      column: position.column,
      scenario: this.case_.scenarioName,
      case: this.case_.id,
      step: this.current?.label ?? 'before the first step',
      expected: what.expected,
      observed: what.observed,
      ...(what.hint ? { hint: what.hint } : {}),
      accesses: last ? [...rows.slice(0, -1), { ...last, marked: true }] : rows,
    };
    this.first.set(key, { at: this.findings.length, times: 1 });
    this.findings.push(finding);
    if (verdict !== 'broken') return;
    if (clause.who === 'user') this.kitBreach ??= finding;
    else this.failedBy ??= finding;
  }
}

/**
 * The accesses up to the one that gave the breach away, which is the last one of the device or of the IOMMU. What a bitmap call
 * gave is read from the kit's own memory afterwards, and that memory is freed: the call is the one to look at.
 */
function upToOffending(rows: readonly AccessRow[]): readonly AccessRow[] {
  const isOwn = ({ call, target }: AccessRow): boolean =>
    call === 'allocate' || call === 'close' || (OWN_MEMORY_CALLS.includes(call) && target.startsWith('memory '));
  const device = rows.findLastIndex((row) => !isOwn(row));
  const last = rows.findLastIndex((row) => !isOwn(row) || row.call === 'peek');
  // Memory that is looked at after any other call is looked at for what the device wrote there.
  const filled = rows[device]?.target === 'VFIO_IOMMU_DIRTY_PAGES' || rows[device]?.target === 'VFIO_IOMMU_UNMAP_DMA';
  const end = device < 0 && last < 0 ? rows.length : 1 + (filled ? device : Math.max(device, last));
  return rows.slice(Math.max(0, end - ACCESSES_PER_FINDING), end);
}

const OWN_MEMORY_CALLS: readonly string[] = ['peek', 'poke', 'load', 'store', 'munmap'];
