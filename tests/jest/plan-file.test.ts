import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAN_FILE } from '../../runner/execution/run-plan';
import { projectOptions } from '../../runner/jest/environment-options';
import { defaultPlan, devicePlan, isOwnPlan, pruneOwnFolders, readPlan, writePlan } from '../../runner/jest/plan-file';
import { freshFolder, testPlan } from './support/plan';

afterEach(() => {
  delete process.env.VFIO_CONFORMANCE_DEVICE;
});

test('a plan survives the way to disk', () => {
  const plan = testPlan({ folder: join(freshFolder('plan'), 'deeper') });
  expect(readPlan(writePlan(plan))).toEqual(plan);
});

test('a missing or foreign plan is named', () => {
  const folder = freshFolder('plan');
  const file = join(folder, PLAN_FILE);
  expect(() => readPlan(file)).toThrow(`cannot read the plan ${file}`);
  writeFileSync(file, '{"schemaVersion":2}');
  expect(() => readPlan(file)).toThrow(`${file} is not a plan of this version`);
  writeFileSync(file, '{');
  expect(() => readPlan(file)).toThrow(`cannot read the plan ${file}`);
});

test('the default plan tests the reference device, or the one that the environment names', () => {
  const now = new Date('2026-01-02T03:04:05.678Z');
  expect(defaultPlan('/root', now).devices).toEqual([{ device: 'reference', host: 'local' }]);
  process.env.VFIO_CONFORMANCE_DEVICE = '0000:3b:00.0';
  const plan = defaultPlan('/root', now);
  expect(plan.devices[0]?.device).toBe('0000:3b:00.0');
  expect(plan.folder).toBe(`/root/results/jest-20260102-030405-${process.pid}`);
  expect(isOwnPlan(join(plan.folder, PLAN_FILE))).toBe(true);
  expect(isOwnPlan('/root/results/nightly/plan.json')).toBe(false);
});

test('a device is found by its name, and a wrong name is told what there is', () => {
  const plan = testPlan({
    folder: '/run',
    devices: [
      { device: 'a', host: 'local' },
      { device: 'b', host: 'local' },
    ],
  });
  const file = '/root/results/nightly/plan.json';
  expect(devicePlan(plan, undefined, file).device).toBe('a');
  expect(devicePlan(plan, 'b', file).device).toBe('b');
  expect(() => devicePlan(plan, 'c', file)).toThrow('has no device c; it has a, b');
  const own = '/root/results/jest-20260102-030405-1/plan.json';
  expect(devicePlan(plan, 'c', own)).toEqual({ device: 'c', host: 'local' });
});

test('only the oldest folders of our own making go', () => {
  const root = freshFolder('prune');
  const folder = (name: string, plan: boolean): void => {
    mkdirSync(join(root, 'results', name), { recursive: true });
    if (plan) writeFileSync(join(root, 'results', name, PLAN_FILE), '{}');
  };
  for (let day = 10; day < 25; day += 1) folder(`jest-202601${day}-000000-1`, true);
  folder('jest-20250101-000000-1', false);
  folder('nightly', true);
  folder('jest-holiday', true);
  pruneOwnFolders(root);
  const left = readdirSync(join(root, 'results'));
  expect(left).toHaveLength(13);
  for (const kept of [
    'jest-20250101-000000-1',
    'nightly',
    'jest-holiday',
    'jest-20260124-000000-1',
    'jest-20260115-000000-1',
  ])
    expect(left).toContain(kept);
  expect(existsSync(join(root, 'results', 'jest-20260114-000000-1'))).toBe(false);
  expect(() => pruneOwnFolders(join(root, 'nowhere'))).not.toThrow();
});

test("a project's options are checked", () => {
  expect(projectOptions({})).toEqual({});
  expect(projectOptions({ vfioConformance: { plan: '/p', device: 'd' } })).toEqual({ plan: '/p', device: 'd' });
  expect(() => projectOptions({ vfioConformance: { devcie: 'd' } })).toThrow(
    'knows plan, device and engine, not devcie',
  );
  expect(() => projectOptions({ vfioConformance: { device: 3 } })).toThrow('device must be a non-empty string');
  expect(() => projectOptions({ vfioConformance: 'x' })).toThrow('must be an object');
});
