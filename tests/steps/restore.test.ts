/** mark and restore: two states that can be told apart, and one that is taken over. */
import { found, runSteps } from './run-steps';

const SAVED = '  - mark: {as: before}\n  - transition: stop-and-copy\n  - save: state\n  - transition: stop\n';
const restore = (judge = '') =>
  `  - on: destination\n    steps:\n      - restore: {from: state, equals: before}\n${judge && `        judge: ${judge}\n`}`;

test('a state that was saved arrives, and shows as the steps that it takes', async () => {
  const result = await runSteps(`${SAVED}${restore()}`);
  expect([result.status, found(result)]).toEqual(['passed', []]);
  const nested = result.steps.at(-1)?.steps[0]?.steps.map(({ title }) => title);
  expect(nested).toEqual([
    'mark: {}',
    'fingerprint: {differs: before}',
    'transition: {to: resuming}',
    'resume: {from: state}',
    'transition: {to: running}',
    'fingerprint: {equals: before}',
  ]);
});

test('one that does not is held against the step’s clause, or the one that is found out', async () => {
  const second = `${SAVED}${restore()}  - transition: running\n  - mark: {as: before}\n  - transition: stop-and-copy\n  - save: state\n  - transition: stop\n${restore('SAVE-STABLE')}`;
  expect(found(await runSteps(second))).toEqual([]);
  expect(found(await runSteps(second, 'reference+second-save-loses-scratch'))).toEqual(['SAVE-STABLE']);
  expect(found(await runSteps(`${SAVED}${restore()}`, 'reference+save-loses-scratch'))).toEqual(['TRANS-RUN-SC']);
});

test('each mark of a case is another one, and the same when the case is run again', async () => {
  const marks = async () => {
    const result = await runSteps('  - mark: {}\n  - mark: {}\n  - mark: 0x1234\n  - mark: {}\n');
    return result.accesses
      .filter(({ call, target }) => call === 'pwrite' && target === 'region 0 + 0x4')
      .map(({ value }) => value);
  };
  const first = await marks();
  expect(first).toHaveLength(4);
  expect(new Set(first).size).toBe(4);
  expect(first[2]).toBe('0x1234');
  expect(await marks()).toEqual(first);
});

test('states that cannot be told apart prove nothing', async () => {
  const result = await runSteps('  - fingerprint: {as: one}\n  - fingerprint: {differs: one}\n');
  expect(result).toMatchObject({ status: 'skipped', skip: { kind: 'not-judged' } });
});
