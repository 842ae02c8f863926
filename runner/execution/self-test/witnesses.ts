/** Which oracle said of which clause that it broke: to find out whom a fault would escape without. */
import type { ClauseId } from '../../language/scenario';
import type { Judge } from '../../oracles/judge';
import type { Oracle } from '../../oracles/oracle';

export class Witnesses {
  private readonly seen = new Map<ClauseId, Set<string>>();

  /** The same oracle, with its judgements listened to. */
  watch(oracle: Oracle): Oracle {
    return { ...oracle, create: (judge, facts) => oracle.create(this.listen(judge, oracle.name), facts) };
  }

  /** The oracles that said so of a clause. Steps are none: what only a step sees, no oracle covers. */
  of(clause: ClauseId): readonly string[] {
    return [...(this.seen.get(clause) ?? [])];
  }

  private listen(judge: Judge, name: string): Judge {
    return {
      kept: (clause, who) => judge.kept(clause, who),
      broken: (clause, what) => {
        this.note(clause, name);
        judge.broken(clause, what);
      },
      check: (clause, ok, what) => {
        if (!ok) this.note(clause, name);
        return judge.check(clause, ok, what);
      },
      reported: (clause, observed) => judge.reported(clause, observed),
      notApplicable: (clause, evidence) => judge.notApplicable(clause, evidence),
      figure: (what, value) => judge.figure(what, value),
      note: (text) => judge.note(text),
    };
  }

  private note(clause: ClauseId, name: string): void {
    const names = this.seen.get(clause) ?? new Set();
    names.add(name);
    this.seen.set(clause, names);
  }
}
