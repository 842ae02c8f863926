/** A finding on disk: the file lints, runs, and fails the same way; where it does not, that is said. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stepsOf, writeScenario } from '../../../runner/execution/explore/written-scenario';
import { lintFiles } from '../../../runner/language';
import { exploreReference, findingAt, ready } from './exploring';

jest.setTimeout(60_000);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-written-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

async function writtenFor(device: string) {
  const { exploration, runner } = await exploreReference(device, { runs: 200 });
  const { failure } = exploration;
  if (failure?.outcome.kind !== 'found') throw new Error('nothing was found');
  const { finding } = failure.outcome;
  return writeScenario(runner, { folder, finding, steps: stepsOf(failure), command: 'a test' });
}

test('what was found is written down, and fails the same way', async () => {
  const written = await writtenFor('reference+reset-refused-while-saving');
  const file = path.join(folder, 'res-reset.yaml');
  expect(written).toEqual({ file, reproduced: true, reported: ['RES-RESET'] });
  expect(lintFiles([file])).toEqual([]);
  expect(fs.readFileSync(file, 'utf8')).toMatch(
    /^# Found by a test\n# Expected: VFIO_DEVICE_RESET works in 01[01]b \([a-z-]+\)\n# Observed: EBUSY\n\nscenario: A walk that breaks RES-RESET\nclauses: \[RES-RESET\]\nneeds: \[migration-v1, reset\]\ntags: \[explored\]\nsteps:\n {2}- transition: [a-z-]+\n {2}- reset: \{\}\n$/,
  );
});

test('on a device that does not break it, the file is said not to fail the same way', async () => {
  const { runner } = await ready('reference');
  const what = { folder, finding: findingAt(1, 'TRANS-RUN-STOP'), steps: [{ transition: 'stop' }], command: 'a test' };
  expect(await writeScenario(runner, what)).toEqual({
    file: path.join(folder, 'trans-run-stop.yaml'),
    reproduced: false,
    reported: [],
    instead: 'passed',
  });
});

test('another clause is not the same either', async () => {
  const { runner } = await ready('reference+running-to-stop-refused');
  const what = { folder, finding: findingAt(1, 'STATE-STEADY'), steps: [{ transition: 'stop' }], command: 'a test' };
  expect(await writeScenario(runner, what)).toMatchObject({
    reproduced: false,
    reported: ['TRANS-RUN-STOP'],
    instead: 'TRANS-RUN-STOP: write failed with EINVAL, device_state then is 001b (running)',
  });
});
