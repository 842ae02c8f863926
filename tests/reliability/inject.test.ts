/** A sample of `npm run inject`: what has to hold when things happen to the calls of the port and to the files of a run. */
import { Certifications } from '../../reliability/inject/certification';
import { schedule } from '../../reliability/inject/schedule';
import { wholeRun } from '../../reliability/inject/whole-run';

const SEED = 7;
const certifications = new Certifications('certify');

test('transparent faults leave every case, clause and verdict as they were', async () => {
  const report = await certifications.run({ kind: 'transparent', device: 'reference', seed: SEED, oneIn: 400 });
  expect(report.violations).toEqual([]);
  expect(report.injected).toBeGreaterThan(30);
  expect(report.verdict).toBe('conformant');
});

test('what the host does breaks cases and is never held against the driver', async () => {
  const report = await certifications.run({ kind: 'host', device: 'reference', seed: SEED, oneIn: 400 });
  expect(report.violations).toEqual([]);
  expect(report.hit).toBeGreaterThan(30);
  expect([report.verdict, report.exit]).toEqual(['incomplete', 3]);
});

test('what a driver might answer makes no run conformant that was not', async () => {
  const device = 'reference:pci+data-read-ends-early';
  const report = await certifications.run({ kind: 'driver', device, seed: SEED, oneIn: 400 });
  expect(report.violations).toEqual([]);
  expect(report.injected).toBeGreaterThan(30);
});

test('a disk that fails under the results of a whole run: the exit code and the record agree, and nothing is left behind', async () => {
  const expected = { exit: 0, verdict: 'conformant' };
  const suite = 'smoke';
  const report = await wholeRun({
    kind: 'host',
    suite,
    device: 'reference',
    seed: 3,
    callsPer: 300,
    writesPer: 10,
    expected,
  });
  expect(report.violations).toEqual([]);
  expect(report.injected).toBeGreaterThan(0);
  expect(report.exit).toBe(3);
});

test('the same seed gives the same runs', () => {
  expect(schedule(30, SEED)).toEqual(schedule(30, SEED));
  expect(new Set(schedule(30, SEED).map(({ kind }) => kind))).toEqual(new Set(['transparent', 'host', 'driver']));
});
