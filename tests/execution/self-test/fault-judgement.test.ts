/** When a fault counts as caught, and a variation as left alone. */
import { judgeFault, judgeVariation } from '../../../runner/execution/self-test/fault-judgement';
import { LISTED_VARIATIONS, notApplicableTo } from '../../../runner/execution/self-test/not-applicable';
import type { ClauseSummary, ClauseVerdict, RunSummary } from '../../../runner/execution/verdict';
import { VARIATIONS } from '../../../runner/reference/registry';

const everywhere = () => true;

function summary(
  verdicts: Readonly<Record<string, ClauseVerdict>>,
  verdict: RunSummary['verdict'] = 'conformant',
): RunSummary {
  const clauses = Object.entries(verdicts).map(
    ([id, said]): ClauseSummary => ({ id, level: 'must', who: 'driver', verdict: said, scenarios: [], findings: 0 }),
  );
  return { verdict, reasons: [], waived: 0, clauses, unstable: [] };
}

describe('a fault', () => {
  test.each([
    ['its primary clause is broken', { A: 'broken', B: 'kept' }, 'caught'],
    ['its primary clause is warned about', { A: 'warned', B: 'kept' }, 'caught'],
    ['what follows from it is reported too', { A: 'broken', B: 'broken' }, 'caught'],
    ['only what follows from it is reported', { A: 'kept', B: 'broken' }, 'missed'],
    ['its primary clause is not judged', { A: 'not-judged', B: 'kept' }, 'missed'],
    ['something else is reported', { A: 'broken', C: 'warned' }, 'wrong-diagnosis'],
    ['another must no longer applies', { A: 'broken', C: 'not-applicable' }, 'missed'],
    ['what it breaks no longer applies', { A: 'broken', B: 'not-applicable' }, 'caught'],
  ] as const)('%s', (_what, verdicts, outcome) => {
    expect(judgeFault(['A', 'B'], summary(verdicts, 'non-conformant'), everywhere).outcome).toBe(outcome);
  });

  test('what does not apply to the correct device either is nobody’s escape', () => {
    const judged = judgeFault(['A'], summary({ A: 'broken', C: 'not-applicable' }), (id) => id !== 'C');
    expect(judged).toEqual({ outcome: 'caught', remarks: [] });
  });
});

test('what the kit itself has to keep is no device’s to escape', () => {
  const whole = summary({ A: 'broken', C: 'not-applicable' }, 'non-conformant');
  const clauses = whole.clauses.map((clause) => (clause.id === 'C' ? { ...clause, who: 'user' as const } : clause));
  expect(judgeFault(['A'], { ...whole, clauses }, everywhere).outcome).toBe('caught');
});

describe('a variation', () => {
  test.each([
    ['all is kept but what the list says', { A: 'kept', C: 'not-applicable' }, 'silent'],
    ['a should is warned about', { A: 'warned', C: 'not-applicable' }, 'false-alarm'],
    ['a clause is not judged', { A: 'not-judged', C: 'not-applicable' }, 'false-alarm'],
    ['more is not-applicable than the list says', { A: 'not-applicable', C: 'not-applicable' }, 'false-alarm'],
    ['less is not-applicable than the list says', { A: 'kept', C: 'kept' }, 'false-alarm'],
  ] as const)('%s', (_what, verdicts, outcome) => {
    const judged = judgeVariation(summary(verdicts), new Set(['C']));
    expect(judged.outcome).toBe(outcome);
    expect(judged.remarks.length > 0).toBe(outcome === 'false-alarm');
  });

  test('a run that is not conformant is a false alarm whatever else is said', () => {
    expect(judgeVariation(summary({ A: 'kept' }, 'incomplete'), new Set()).outcome).toBe('false-alarm');
  });
});

test('the list of what is not-applicable names variations that there are', () => {
  const names = VARIATIONS.map(({ name }) => name);
  expect(LISTED_VARIATIONS.filter((name) => !names.includes(name))).toEqual([]);
  const plain = notApplicableTo({ personality: 'zpci', layout: 'mmapped' });
  expect([...plain].sort()).toEqual([
    'DIRTY-CLEAR',
    'DIRTY-STOP-FORGETS',
    'IOMMU-CAP-MIG-ABSENT',
    'IRQ-CCW-INDEX',
    'REG-TYPE-CCW',
  ]);
});
