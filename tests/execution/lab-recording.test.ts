/**
 * A recording of the lab's module under a real kernel, replayed: what the kit does to a device and how it judges the answers is as it was.
 *
 * A change of the kit that makes other accesses on purpose departs from it. Then it is made again:
 * docs/record-and-replay.md says how.
 */
import path from 'node:path';
import { Replay } from '../../runner/execution/replay';
import { Workbench } from '../../runner/execution/workbench';
import { loadScenario, PACKAGE_ROOT } from '../../runner/language';
import type { Case } from '../../runner/language/scenario';
import { planFor } from '../support/plans';

const FILE = path.join(PACKAGE_ROOT, 'tests/recordings/lab-driver.rec');
const DEVICE = `replay:${FILE}`;

function caseOf(id: string): Case {
  const loaded = loadScenario(path.join(PACKAGE_ROOT, 'scenarios', `${id.split('#', 1)[0]}.yaml`));
  const found = loaded.ok ? loaded.value.cases.find((case_) => case_.id === id) : undefined;
  if (!found) throw new Error(`${id} was recorded, and is no case any more`);
  return found;
}

const { recording } = Replay.open(FILE);
const recorded = recording.parts.flatMap((part) =>
  part.case === undefined ? [] : [{ id: part.case, claims: part.claims }],
);

test('it comes from a real kernel', () => {
  expect(recording.parts[0]?.host).toMatchObject({
    kind: 'local',
    architecture: 'x86_64',
    kernelRelease: expect.stringMatching(/^6\.\d+\.\d+\+deb/),
  });
  expect(recording.head.profile?.name).toBe('lab-dut.yaml');
});

test('every case of it comes out as it did on the device: nothing broken, nothing departs', async () => {
  const workbench = new Workbench(
    planFor(DEVICE),
    { device: DEVICE, host: 'local' },
    { hang: 'virtual', rowsOfAPass: 0 },
  );
  expect(await workbench.probe()).toMatchObject({ ok: true, description: { shows: ['migration-v1', 'dirty-pages'] } });
  const outcomes: Record<string, number> = {};
  const unlike: string[] = [];
  for (const { id, claims } of recorded) {
    const { status, reason } = await workbench.run(caseOf(id), claims);
    outcomes[status] = (outcomes[status] ?? 0) + 1;
    if (status !== 'passed' && status !== 'skipped') unlike.push(`${id}: ${reason}`);
  }
  expect(unlike).toEqual([]);
  expect(outcomes).toEqual({ passed: 93, skipped: 2 });
}, 120_000);
