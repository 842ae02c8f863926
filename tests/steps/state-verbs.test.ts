/** transition, state, reset, reopen, error, failing and faulting: what they do to the device, and what ends a case. */
import { accessesOf, found, runSteps } from './run-steps';

/** The accesses of a step in a word each: `device_state`, `device_state!` for a write. */
const wordsOf = (result: Awaited<ReturnType<typeof runSteps>>, title: string) =>
  accessesOf(result, title).map(({ call, target }) => (call === 'pwrite' ? `${target}!` : target));

test('a transition reads, writes and reads again', async () => {
  const result = await runSteps('  - transition: pre-copy\n');
  expect(wordsOf(result, 'transition')).toEqual(['device_state', 'device_state!', 'device_state']);
  expect(result.status).toBe('passed');
});

test('bits 3 to 31 are written as they were read', async () => {
  const result = await runSteps('  - transition: stop\n', 'reference+reserved-bits-set');
  expect(accessesOf(result, 'transition').map(({ value }) => value)).toEqual([
    '0x11 (running)',
    '0x10 (stop)',
    '0x10 (stop)',
  ]);
});

test.each([
  ['a refusal that nobody expects', 'running-to-stop-refused', 'transition: stop', ['TRANS-RUN-STOP']],
  [
    'one that is judged by another clause',
    'running-to-stop-refused',
    'transition: stop\n    judge: TRANS-NO-CONSUME',
    ['TRANS-NO-CONSUME'],
  ],
  ['a success that does not show', 'stop-and-copy-ignored', 'transition: stop-and-copy', ['STATE-WRITE-OK']],
])('%s', async (_what, fault, step, clauses) => {
  const result = await runSteps(`  - ${step}\n  - note: not reached\n`, `reference+${fault}`);
  expect(found(result)).toEqual(clauses);
  expect(result.steps).toHaveLength(1);
});

test('what a transition may come to is for `expect:` to say', async () => {
  const refused = '  - transition: stop\n  - transition: pre-copy\n    expect: ';
  expect((await runSteps(`${refused}{errno: EINVAL}\n`)).status).toBe('passed');
  expect((await runSteps(`${refused}{result: either}\n`)).status).toBe('passed');
  expect((await runSteps(`${refused}{result: failure, state: [stop, error]}\n`)).status).toBe('passed');
  const other = await runSteps(`${refused}{errno: EIO}\n`);
  expect(other.steps.at(-1)).toMatchObject({ status: 'failed', expected: expect.stringContaining('EIO') });
  const elsewhere = await runSteps(`${refused}{result: failure, state: running}\n`);
  expect(elsewhere.steps.at(-1)).toMatchObject({ observed: expect.stringContaining('000b (stop)') });
});

test('a state that is not one of those named ends the case, as failed or as skipped', async () => {
  const failed = await runSteps('  - state: [stop, error]\n    judge: STATE-STEADY\n');
  expect([failed.status, found(failed)]).toEqual(['failed', ['STATE-STEADY']]);
  const skipped = await runSteps('  - state: {is: stop, or: skip}\n');
  expect(skipped).toMatchObject({ status: 'skipped', skip: { kind: 'not-applicable', need: 'state' } });
  expect((await runSteps('  - state: {is: [running, stop], or: skip}\n')).status).toBe('passed');
});

describe('reset', () => {
  test('is tried again where the device asks for it', async () => {
    const result = await runSteps('  - transition: stop\n  - reset: {}\n  - state: running\n', 'reference+reset-again');
    expect(
      accessesOf(result, 'reset')
        .filter(({ target }) => target === 'VFIO_DEVICE_RESET')
        .map(({ errno }) => errno),
    ).toEqual(['EAGAIN', '']);
    expect(result.status).toBe('passed');
  });

  test('is not tried without its flag, but in ERROR', async () => {
    const running = await runSteps('  - reset: {}\n', 'reference+reset-works-without-flag');
    expect(running).toMatchObject({ status: 'skipped', skip: { kind: 'not-applicable', need: 'reset' } });
    expect(accessesOf(running, 'reset').some(({ target }) => target === 'VFIO_DEVICE_RESET')).toBe(false);
    const failed = await runSteps(
      '  - error: {}\n  - reset: {}\n  - state: running\n',
      'reference+reset-works-without-flag',
    );
    expect([failed.status, found(failed)]).toEqual(['passed', ['STATE-RESET-FLAG']]);
  });

  test('that nobody offers and that fails in ERROR is held against the flag', async () => {
    const result = await runSteps(
      '  - error: {}\n  - reset: {}\n  - note: not reached\n',
      'reference+reset-flag-missing',
    );
    expect(new Set(found(result))).toEqual(new Set(['STATE-RESET-FLAG']));
    expect(result.steps).toHaveLength(2);
  });

  test('that fails although it is offered', async () => {
    const result = await runSteps('  - reset: {}\n', 'reference+reset-flag-without-reset');
    expect(found(result)).toEqual(['DEV-INFO-FLAGS']);
  });
});

test('reopen leaves the container and what is mapped there', async () => {
  const result = await runSteps(
    '  - map: ram\n  - transition: stop\n  - reopen: {}\n  - state: running\n  - unmap: ram\n',
  );
  expect([result.status, found(result)]).toEqual(['passed', []]);
  const stuck = await runSteps('  - transition: resuming\n  - reopen: {}\n', 'reference+close-while-resuming-sticks');
  expect(found(stuck)).toEqual(['TRANS-RUN-STOP-OPT']);
});

describe('a failure that is asked for', () => {
  test.each([
    'stop',
    'pre-copy',
    'stop-and-copy',
    'resuming',
  ])('leads from %s to ERROR, and nobody is blamed', async (state) => {
    const result = await runSteps(`  - transition: ${state}\n  - error: {}\n  - state: error\n`);
    expect([result.status, found(result)]).toEqual(['passed', []]);
  });

  test('leaves the device where it was', async () => {
    const result = await runSteps(
      '  - transition: pre-copy\n  - failing: stop-and-copy\n  - state: pre-copy\n  - transition: stop-and-copy\n',
    );
    expect([result.status, found(result)]).toEqual(['passed', []]);
    expect(result.tallies.find(({ clause }) => clause === 'STATE-REACHABLE')?.kept).toBe(1);
  });

  test('a read of the saving loop, and the save after it is whole', async () => {
    const lost = '  - faulting: {}\n  - save: lost\n    expect: {result: either}\n';
    const result = await runSteps(`  - transition: stop-and-copy\n${lost}  - reset: {}\n  - state: running\n`);
    expect(result.status).toBe('passed');
    expect(result.findings.map(({ clause, verdict }) => [clause, verdict])).toEqual([['SAVE-ERR', 'reported']]);
    expect(result.tallies.find(({ clause }) => clause === 'ERR-NEXT')?.kept).toBe(1);
  });

  test('and is not answered as it should be', async () => {
    const result = await runSteps('  - failing: stop\n', 'reference+failed-transition-shows-new-state');
    expect(found(result)).toEqual(['STATE-AFTER-ERR']);
    const shown = await runSteps('  - error: {}\n', 'reference+error-loses-reserved-bits');
    expect(found(shown)).toEqual(['STATE-ERR-RESERVED']);
  });
});
