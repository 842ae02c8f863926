/** Whose doing it is when a state does not arrive: found out after the fact, whatever the scenario was about. */
import { Workbench } from '../../runner/execution/workbench';
import { caseOf, planFor } from '../support/plans';
import { accessesOf, found, loopOf, runSteps } from './run-steps';

const RESTORE = (from: string, judge: string) =>
  `  - transition: stop\n  - on: destination\n    steps:\n      - restore: {from: ${from}, equals: wanted}\n        judge: ${judge}\n`;
const suspend = (save: string, judge: string, device: string) =>
  runSteps(
    `  - mark: {as: wanted}\n  - transition: stop-and-copy\n  - save: {${save}as: state}\n${RESTORE('state', judge)}`,
    device,
  );
const live = (early: string, judge: string, device: string) =>
  runSteps(
    `  - mark: {as: wanted}\n  - transition: pre-copy\n  - save: {${early}as: early}\n  - transition: stop-and-copy\n  - save: rest\n${RESTORE('[early, rest]', judge)}`,
    device,
  );
const take = (resume: string, judge: string, device: string) =>
  runSteps(
    `  - on: destination\n    steps:\n      - mark: {as: wanted}\n      - transition: stop-and-copy\n      - save: state\n      - transition: stop\n  - mark: {}\n  - transition: resuming\n  - resume: {from: state${resume}}\n    judge: ${judge}\n  - transition: running\n    judge: ${judge}\n  - fingerprint: {equals: wanted}\n    judge: ${judge}\n`,
    device,
  );

test.each([
  ['third-buffer-skipped', 'SAVE-ACK'],
  ['second-buffer-twice', 'SAVE-ACK'],
  ['last-buffer-never-offered', 'SAVE-ACK'],
  ['data-size-too-small', 'SAVE-SIZE'],
  ['data-size-too-large', 'SAVE-SIZE'],
  ['data-arrives-late', 'SAVE-OFFSET-READY'],
  ['data-tail-arrives-late', 'SAVE-OFFSET-READY'],
  ['save-loses-scratch', 'TRANS-RUN-SC'],
])('%s, met in a plain save, is %s', async (fault, clause) => {
  expect(found(await suspend('', 'TRANS-RUN-SC', `reference+${fault}`))).toEqual([clause]);
});

test.each([
  ['third-buffer-skipped', 'SAVE-ACK'],
  ['data-arrives-late', 'SAVE-OFFSET-READY'],
  ['save-loses-scratch', 'TRANS-RUN-SC'],
  ['reread-offset-advances', 'SAVE-REREAD'],
])('%s, met in a save that looks twice, is %s', async (fault, clause) => {
  expect(new Set(found(await suspend('reread: 2, ', 'SAVE-REREAD', `reference+${fault}`)))).toEqual(new Set([clause]));
});

test.each([
  ['early-exit-drops-unread', 'SAVE-REGARDLESS'],
  ['drained-pre-copy-ends-save', 'TRANS-PRE-SC'],
  ['save-loses-scratch', 'TRANS-RUN-SC'],
])('%s, met on the way of another clause through pre-copy, is %s', async (fault, clause) => {
  const early = fault === 'drained-pre-copy-ends-save' ? 'buffers: 64, ' : 'buffers: 2, ';
  expect(found(await live(early, 'SAVE-ACK', `reference+${fault}`))).toEqual([clause]);
});

test('a stale read of a mappable section, met in a plain save', async () => {
  const device = 'reference,layout=mmapped+mapped-area-read-stale';
  expect(found(await suspend('', 'TRANS-RUN-SC', device))).toEqual(['MIG-MMAP-OPTIONAL']);
});

test('pieces that are read wrong, met where they were not the point', async () => {
  const device = 'reference+eight-byte-reads-swapped';
  expect(found(await suspend('pieces: natural, ', 'TRANS-RUN-SC', device))).toEqual(['SAVE-READ-PIECES']);
});

test('the clause of the step where the plain way works', async () => {
  expect(found(await suspend('poll: 4, ', 'SAVE-PENDING-PURE', 'reference+fourth-poll-consumes'))).toContain(
    'SAVE-PENDING-PURE',
  );
});

test.each([
  ['resume-data-consumed-late', 'RES-CONSUME'],
  ['resume-write-cut-at-page', 'RES-WRITE'],
  ['resume-applies-nothing', 'RES-APPLY'],
  ['resume-applies-late', 'RES-APPLY'],
  ['resumed-device-will-not-run', 'RES-APPLY'],
])('%s, met in a plain resume, is %s', async (fault, clause) => {
  expect(found(await take('', 'RES-APPLY', `reference+${fault}`))).toEqual([clause]);
});

test.each([
  ['resume-section-read-at-next-step', ', overwrite: true', 'RES-CONSUME', 'RES-CONSUME'],
  ['resume-applies-nothing', ', overwrite: true', 'RES-CONSUME', 'RES-APPLY'],
  ['resume-applies-nothing', ', pieces: u8', 'RES-WRITE', 'RES-APPLY'],
])('%s with %s', async (fault, resume, judge, clause) => {
  expect(found(await take(resume, judge, `reference+${fault}`))).toEqual([clause]);
});

test('a destination that cannot take back its own state is not the source’s doing', async () => {
  const device = 'reference+resume-applies-nothing';
  const steps = `scenario: S\nclauses: [SAVE-READ]\nsteps:\n  - mark: {as: wanted}\n  - transition: stop-and-copy\n  - save: state\n${RESTORE('state', 'TRANS-RUN-SC')}`;
  const plan = { device: 'reference', destination: device, host: 'local' as const };
  const result = await new Workbench(planFor('reference'), plan, { hang: 'virtual' }).run(caseOf(steps), []);
  expect(found(result)).toEqual(['RES-APPLY']);
  expect(result.findings[0]?.observed).toContain('the destination does not');
});

test('what was seen first is told too', async () => {
  const { findings } = await suspend('', 'TRANS-RUN-SC', 'reference+third-buffer-skipped');
  const finding = findings.find(({ clause }) => clause === 'SAVE-ACK');
  expect(finding?.observed).toMatch(/16424 bytes were never offered \(noticed where this was expected: buffer 3 of 6/);
});

test('a device that works is looked at once', async () => {
  const result = await suspend('', 'TRANS-RUN-SC', 'reference');
  expect(result.status).toBe('passed');
  expect(loopOf(result, 'save')).toBe(`pending ${new Array(7).fill('offset size data pending').join(' ')}`);
  expect(accessesOf(result, 'on: destination').filter((row) => row.target === 'VFIO_DEVICE_RESET')).toEqual([]);
});

test('after a plain stream has arrived, the next one is blamed on what was done since', async () => {
  const second = `  - transition: running\n  - transition: stop-and-copy\n  - save: second\n${RESTORE('second', 'SAVE-STABLE')}`;
  const result = await runSteps(
    `  - mark: {as: wanted}\n  - transition: stop-and-copy\n  - save: first\n${RESTORE('first', 'TRANS-RUN-SC')}${second}`,
    'reference+second-save-loses-scratch',
  );
  expect(found(result)).toEqual(['SAVE-STABLE']);
});
