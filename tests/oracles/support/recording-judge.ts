/** A Judge that remembers what was said. */
import type { Judge, Observation } from '../../../runner/oracles/judge';

export class RecordingJudge implements Judge {
  readonly said: string[] = [];
  readonly observations: Observation[] = [];
  readonly keptClauses = new Map<string, number>();
  readonly notes: string[] = [];
  readonly inapplicable = new Set<string>();

  kept(clause: string): void {
    this.keptClauses.set(clause, (this.keptClauses.get(clause) ?? 0) + 1);
  }
  broken(clause: string, what: Observation): void {
    this.said.push(what.level === 'should' ? `${clause} (should)` : clause);
    this.observations.push(what);
  }
  check(clause: string, ok: boolean, what: () => Observation): boolean {
    if (ok) this.kept(clause);
    else this.broken(clause, what());
    return ok;
  }
  reported(clause: string): void {
    this.said.push(`${clause} (reported)`);
  }
  notApplicable(clause: string): void {
    this.inapplicable.add(clause);
  }
  figure(): void {}
  note(text: string): void {
    this.notes.push(text);
  }
}
