/** quiet, counter, irq and dma in the background: a stopped device that is not still is seen, a still one is not. */
import { found, runSteps } from './run-steps';

const MEMORY = '  - map: {as: ram, pages: 4}\n  - dma: {to: ram, pages: 4, background: true}\n';
const INTERRUPTS = '  - irq: watch\n  - irq: raise\n';
const kept = (result: Awaited<ReturnType<typeof runSteps>>, clause: string) =>
  result.tallies.find((tally) => tally.clause === clause)?.kept ?? 0;

test.each([
  'stop',
  'stop-and-copy',
  'resuming',
])('a correct device is still in %s, whatever was under way', async (state) => {
  const result = await runSteps(`${MEMORY}${INTERRUPTS}  - transition: ${state}\n  - quiet: 200ms\n`);
  expect([result.status, found(result)]).toEqual(['passed', []]);
  expect(kept(result, state === 'resuming' ? 'STATE-RES-STOPPED' : 'STATE-STOP-QUIET')).toBe(1);
  expect(result.notes).toContain('quiet: watched memory, interrupts, the counter for 200 ms');
});

test.each([
  ['memory, 20 ms later', 'late-dma-in-stop-and-copy', MEMORY, 'stop-and-copy', 'STATE-STOP-QUIET'],
  ['an interrupt, 20 ms later', 'late-interrupt-when-stopped', INTERRUPTS, 'stop', 'STATE-STOP-QUIET'],
  ['a timer that goes on', 'timer-interrupts-in-stop-and-copy', INTERRUPTS, 'stop-and-copy', 'STATE-STOP-QUIET'],
  ['the counter', 'counter-ticks-when-stopped', '', 'stop', 'STATE-STOP-QUIET'],
  ['memory in resuming', 'dma-goes-on-while-resuming', MEMORY, 'resuming', 'STATE-RES-STOPPED'],
  ['the counter in resuming', 'counter-ticks-while-resuming', '', 'resuming', 'STATE-RES-STOPPED'],
])('%s', async (_what, fault, before, state, clause) => {
  const result = await runSteps(`${before}  - transition: ${state}\n  - quiet: {}\n`, `reference+${fault}`);
  expect([result.status, found(result)]).toEqual(['failed', [clause]]);
});

test('too late for the time that was asked for goes unseen', async () => {
  const steps = `${INTERRUPTS}  - transition: stop\n  - quiet: `;
  expect(found(await runSteps(`${steps}10ms\n`, 'reference+late-interrupt-when-stopped'))).toEqual([]);
});

test('an interrupt that came before anybody began to watch has come too late all the same', async () => {
  const steps = `${INTERRUPTS}  - transition: stop\n  - wait: 50ms\n  - quiet: 10ms\n`;
  expect(found(await runSteps(steps, 'reference+late-interrupt-when-stopped'))).toEqual(['STATE-STOP-QUIET']);
  expect(found(await runSteps(steps))).toEqual([]);
});

test('what is done meanwhile must not wake the device', async () => {
  const steps = `${MEMORY}  - transition: stop-and-copy\n  - quiet:\n      steps:\n        - save: state\n`;
  expect(found(await runSteps(steps))).toEqual([]);
  expect(found(await runSteps(steps, 'reference+save-loop-lets-transfers-through'))).toEqual(['STATE-STOP-QUIET']);
});

test('a device that runs need not be still, and the kit says so', async () => {
  expect((await runSteps('  - quiet: {}\n')).status).toBe('broken');
});

describe('counter', () => {
  test('moves, or stands still', async () => {
    expect(found(await runSteps('  - counter: moving\n'))).toEqual([]);
    expect(found(await runSteps('  - counter: still\n'))).toEqual(['SAVE-READ']);
    expect(found(await runSteps('  - transition: stop\n  - counter: still\n'))).toEqual([]);
    expect(found(await runSteps('  - transition: stop\n  - counter: moving\n    judge: TRANS-STOP-RUN\n'))).toEqual([
      'TRANS-STOP-RUN',
    ]);
  });
});

describe('irq', () => {
  test('comes when it is raised, and not otherwise', async () => {
    expect(found(await runSteps(`${INTERRUPTS}  - irq: expect\n`))).toEqual([]);
    expect(found(await runSteps('  - irq: watch\n  - irq: {do: none, for: 50ms}\n'))).toEqual([]);
    expect(found(await runSteps('  - irq: watch\n  - irq: {do: expect, for: 50ms}\n'))).toEqual(['SAVE-READ']);
    expect(found(await runSteps(`${INTERRUPTS}  - irq: {do: none, for: 50ms}\n`))).toEqual(['SAVE-READ']);
  });

  test('of an index that nobody watches is the scenario’s mistake', async () => {
    expect((await runSteps('  - irq: {do: expect, index: 3}\n')).status).toBe('broken');
  });

  test('of an index without interrupts is not applicable', async () => {
    expect(await runSteps('  - irq: {do: watch, index: 2}\n')).toMatchObject({
      status: 'skipped',
      skip: { need: 'irq' },
    });
  });
});
