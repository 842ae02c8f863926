/** Each clause that a fault breaks has an example of it, and running the example shows it. */
import path from 'node:path';
import { clauseIndex } from '../../runner/commands/knowledge/clause-index';
import { exampleScenarios } from '../../runner/commands/knowledge/example-scenarios';
import { failingExample } from '../../runner/execution/failing-example';
import { PACKAGE_ROOT } from '../../runner/language';

test('every clause that a fault breaks first has one', async () => {
  const without: string[] = [];
  const { clauses } = clauseIndex();
  const broken = clauses.filter(({ faults }) => faults.length > 0);
  expect(broken.length).toBeGreaterThan(80);
  for (const { clause, scenarios, faults } of broken) {
    const files = exampleScenarios(scenarios, faults, clauses);
    const example = await failingExample(clause.id, files, faults);
    if (!example) without.push(clause.id);
    else expect(example.finding.clause).toBe(clause.id);
  }
  expect(without).toEqual([]);
}, 120_000);

test('it is as short as can be, and ends with the step that shows it', async () => {
  const file = path.join(PACKAGE_ROOT, 'scenarios/transitions/cancel.yaml');
  const example = await failingExample('TRANS-PRE-RUN', [file], ['pre-copy-cancel-refused']);
  expect(example).toMatchObject({
    device: 'reference:pci+pre-copy-cancel-refused',
    case: 'transitions/cancel#at=pre-copy,buffers=0',
    steps: ['transition: pre-copy', 'save: {buffers: 0}', 'transition: running'],
    finding: { clause: 'TRANS-PRE-RUN', step: 'step 3 "transition: running"' },
  });
});
