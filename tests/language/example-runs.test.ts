/** Every example of every verb, run on the reference device: what the documentation shows works. */
import path from 'node:path';
import { Workbench } from '../../runner/execution/workbench';
import { PACKAGE_ROOT, vocabulary } from '../../runner/language';
import { exampleScenario } from '../../runner/language/example';
import { caseIn, planFor } from '../support/plans';

/** What shows only on another kind of device. */
const DEVICES: Readonly<Record<string, string>> = {
  capabilities: 'reference:zpci',
  touch: 'reference,layout=mmapped',
};

const benches = new Map<string, Workbench>();

function benchFor(device: string): Workbench {
  const known = benches.get(device);
  if (known) return known;
  const plan = { ...planFor(device), allow: ['raw-ioctl', 'programs'] };
  const bench = new Workbench(plan, { device, host: 'local' }, { hang: 'virtual' });
  benches.set(device, bench);
  return bench;
}

const examples = [...vocabulary().verbs.values()].flatMap((verb) =>
  verb.examples.map((example) => [verb.name, example] as const),
);

test.each(examples)('%s: %s', async (name, example) => {
  const file = path.join(PACKAGE_ROOT, 'scenarios', 'example.yaml');
  const { case_, warnings } = caseIn(file, exampleScenario(name, example));
  expect(warnings.map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
  const result = await benchFor(DEVICES[name] ?? 'reference').run(case_, []);
  expect({ status: result.status, reason: result.reason ?? '' }).toEqual({ status: 'passed', reason: '' });
});

test('every verb has an example', () => {
  expect([...vocabulary().verbs.values()].filter((verb) => verb.examples.length === 0)).toEqual([]);
});
