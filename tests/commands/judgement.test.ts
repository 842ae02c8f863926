/** The verdict of a run, where a whole run would be hard to bring about. */

import { createColors } from 'picocolors';
import { type Evidence, judge } from '../../runner/commands/running/judgement';
import { summaryText } from '../../runner/commands/running/summary-text';
import type { RunTarget } from '../../runner/commands/running/targets';
import type { CaseResult } from '../../runner/execution/case-result';
import type { DeviceDescription } from '../../runner/execution/probe';
import { DEFAULT_LIMITS, type RunPlan } from '../../runner/execution/run-plan';
import type { Case } from '../../runner/language/scenario';

const PLAN: RunPlan = {
  schemaVersion: 1,
  kitVersion: '0.0.0-test',
  folder: '/nowhere',
  targets: ['/suites/both.yaml'],
  devices: [{ device: 'dev0', host: 'local' }],
  filter: { cases: [], tags: [], only: [], skip: [] },
  repeat: 1,
  strict: false,
  grade: 'kit',
  seed: 1,
  limits: DEFAULT_LIMITS,
  allow: [],
  startedAt: '2026-01-02T03:04:05.000Z',
};

const CASE: Case = {
  id: 'runs',
  title: 'It runs',
  matrix: {},
  scenarioName: 'It runs',
  file: '/scenarios/runs.yaml',
  position: { file: '/scenarios/runs.yaml', line: 1, column: 1 },
  clauses: ['STATE-DEFAULT'],
  needs: [],
  tags: [],
  steps: [],
  finallySteps: [],
};

function description(device: string, shows: readonly string[]): DeviceDescription {
  return {
    device,
    host: {
      kind: 'local',
      name: 'lab',
      architecture: 'x86_64',
      kernelRelease: '6.12.0',
      byteOrder: 'little',
      pageSize: 4096,
      wordBits: 64,
      ioctlEncoding: 'generic',
    },
    identity: { bus: 'pci', name: device },
    flags: 2,
    buses: ['pci'],
    shows,
    iommu: 'type1v2',
    assume: {},
  };
}

function target(changes: Partial<RunTarget> = {}): RunTarget {
  return {
    kind: 'suite',
    file: '/suites/both.yaml',
    title: 'both',
    clauses: ['STATE-DEFAULT'],
    claims: [],
    strict: false,
    cases: [CASE],
    taken: [CASE],
    ...changes,
  };
}

function result(device: string, changes: Partial<CaseResult> = {}): CaseResult {
  return {
    schemaVersion: 1,
    id: 'runs',
    title: 'It runs',
    scenario: 'It runs',
    file: CASE.file,
    line: 1,
    column: 1,
    matrix: {},
    device,
    clauses: CASE.clauses,
    tags: [],
    status: 'passed',
    startedAt: PLAN.startedAt,
    durationMs: 1,
    steps: [],
    findings: [],
    tallies: [{ clause: 'STATE-DEFAULT', kept: 1, broken: 0 }],
    figures: {},
    notes: [],
    accesses: [],
    attempts: 1,
    ...changes,
  };
}

type Seen = Evidence & { readonly targets: readonly RunTarget[] };

function evidence(changes: Partial<Seen> = {}): Seen {
  return {
    plan: PLAN,
    targets: [target()],
    descriptions: [description('dev0', ['migration-v1'])],
    results: [result('dev0')],
    exit: 0,
    interrupted: false,
    ...changes,
  };
}

function text(seen: Seen): string {
  const { plan, targets, results } = seen;
  return summaryText({ plan, targets, results, judgement: judge(seen) }, createColors(false));
}

test('everything judged and kept is conformant', () => {
  expect(judge(evidence())).toMatchObject({ verdict: 'conformant', reasons: [], waived: 0 });
});

test('a device that offers only version 2 migration is told so by name, and is not certified', () => {
  const judged = judge(
    evidence({
      targets: [target({ clauses: ['STATE-DEFAULT', 'REG-TYPE-MIG'] })],
      descriptions: [description('dev0', ['migration-v2'])],
      results: [
        result('dev0', {
          tallies: [
            { clause: 'STATE-DEFAULT', kept: 1, broken: 0 },
            { clause: 'REG-TYPE-MIG', kept: 0, broken: 0, notApplicable: 'no migration region' },
          ],
        }),
      ],
    }),
  );
  expect(judged.verdict).toBe('incomplete');
  expect(judged.reasons).toEqual([
    'dev0 offers version 2 migration only (VFIO_DEVICE_FEATURE); this kit certifies version 1, and does not certify this device',
  ]);
});

test('cases without a result keep the run from being conformant', () => {
  const second = { ...CASE, id: 'second' };
  const seen = evidence({ targets: [target({ cases: [CASE, second], taken: [CASE, second] })], exit: 134 });
  expect(judge(seen)).toMatchObject({
    verdict: 'incomplete',
    reasons: ['1 case of 2 left no result; Jest ended with exit code 134'],
  });
  expect(text(seen)).toBe(
    'verdict: incomplete\nclauses: 1 kept\n  1 case of 2 left no result; Jest ended with exit code 134',
  );
});

test('a clause is not kept when one of two devices did not come to it', () => {
  const plan = { ...PLAN, devices: [...PLAN.devices, { device: 'dev1', host: 'local' }] };
  const skip = { kind: 'not-judged', need: 'dma', reason: 'the profile has no dma' } as const;
  const seen = evidence({
    plan,
    descriptions: [description('dev0', []), description('dev1', [])],
    results: [result('dev0'), result('dev1', { status: 'skipped', skip, tallies: [] })],
  });
  const judged = judge(seen);
  expect(judged.devices.map(({ verdict }) => verdict)).toEqual(['conformant', 'incomplete']);
  expect(judged).toMatchObject({ verdict: 'incomplete', clauses: [{ id: 'STATE-DEFAULT', verdict: 'not-judged' }] });
  expect(judged.reasons).toContain('dev1: STATE-DEFAULT was not judged: the profile has no dma');
});

test('a broken case is told with the line that runs it again', () => {
  const seen = evidence({
    results: [result('dev0', { status: 'broken', reason: 'the executor was ended from outside' })],
  });
  expect(judge(seen).verdict).toBe('incomplete');
  expect(text(seen)).toBe(`verdict: incomplete
clauses: 1 kept

Broken cases: the kit or the machine failed, not the device
  runs: the executor was ended from outside
    again     npx vfio-conformance run /suites/both.yaml --device dev0 --case runs`);
});

test('what a device says cannot steer the terminal', () => {
  const finding = {
    clause: 'STATE-DEFAULT',
    verdict: 'warned',
    level: 'should',
    who: 'driver',
    file: CASE.file,
    line: 1,
    column: 1,
    scenario: 'It runs',
    case: 'runs',
    step: 'step 1',
    expected: 'text',
    observed: 'util_str "\x1b[2J\u202e"',
    accesses: [],
  } as const;
  expect(text(evidence({ results: [result('dev0', { findings: [finding] })] }))).toContain(
    'Warnings\n  STATE-DEFAULT (should, driver): util_str "\\x1b[2J\\u202e"',
  );
});
