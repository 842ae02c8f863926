/** A sample of `npm run kills`. */
import { killExecutors } from '../../reliability/kills/executors';

test('executors that are killed in the middle of cases leave no descriptor, mapping, process or file', async () => {
  const report = await killExecutors({ cases: 24, seed: 5, oneIn: 5 });
  expect(report.violations).toEqual([]);
  expect(Object.keys(report.kills).length).toBeGreaterThan(1);
  expect(report.statuses['passed']).toBeGreaterThan(5);
}, 240_000);
