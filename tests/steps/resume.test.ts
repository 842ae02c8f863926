/** resume, tamper, refused and restore: what reaches the device, and what is made of its answers. */
import { accessesOf, found, loopOf, runSteps } from './run-steps';

const SAVED =
  '  - on: destination\n    steps:\n      - mark: {as: wanted}\n      - transition: stop-and-copy\n      - save: state\n      - transition: stop\n  - mark: {}\n  - transition: resuming\n';
const WHOLE = 'offset data! size!';

const resume = (args: string, rest = '', device?: string) =>
  runSteps(`${SAVED}  - resume: {${args}}\n${rest}`, device, 'RES-APPLY');

test('each buffer in the order of the text', async () => {
  const result = await resume('from: state', '  - transition: running\n  - fingerprint: {equals: wanted}\n');
  expect([result.status, found(result)]).toEqual(['passed', []]);
  expect(loopOf(result, 'resume')).toBe(new Array(7).fill(WHOLE).join(' '));
});

test('only the first buffers', async () => {
  expect(loopOf(await resume('from: state, buffers: 2'), 'resume')).toBe(`${WHOLE} ${WHOLE}`);
});

test('in pieces, with data_size still that of the buffer', async () => {
  const result = await resume('from: state, buffers: 1, pieces: u16');
  expect(loopOf(result, 'resume')).toBe('offset data!*24 size!');
  expect(accessesOf(result, 'resume').at(-1)).toMatchObject({ target: 'data_size', value: '0x30' });
});

test('the section spoiled once data_size has returned', async () => {
  const result = await resume('from: state, buffers: 1, overwrite: true');
  expect(loopOf(result, 'resume')).toBe('offset data! size! data!');
  expect(accessesOf(result, 'resume').at(-1)?.value.startsWith('eeeeee')).toBe(true);
});

test('one buffer through the mapping, the next one not', async () => {
  const result = await resume('from: state, buffers: 2, via: alternate', '', 'reference,layout=mmapped');
  const calls = accessesOf(result, 'resume').map((row) => `${row.call} ${row.length}`);
  expect(calls.filter((call) => call.endsWith('48'))).toEqual(['poke 48']);
  expect(calls.filter((call) => call.endsWith('16424'))).toEqual(['pwrite 16424']);
});

test.each([
  ['claim: 4GiB', '0x100000000'],
  // The region ends at 0x6000, the section begins at 0x40.
  ['beyond: 1', `0x${(0x6000 - 0x40 + 1).toString(16)}`],
  ['claim: 0xffffffffffffffff', '0xffffffffffffffff'],
  ['beyond: 0xffffffffffffffff', '0xffffffffffffffff'],
])('another data_size: %s', async (claim, value) => {
  const rude = '    provoke: RES-SEQUENCE-USER\n    expect: {errno: any}\n';
  expect(found(await resume(`from: state, buffers: 2, ${claim}`, rude))).toEqual([]);
  // Where it is taken the value can be seen.
  const result = await resume(`from: state, buffers: 2, ${claim}`, rude, 'reference+oversize-clamped');
  expect(found(result)).toEqual(['RES-OVERSIZE']);
  const sizes = result.accesses.filter((row) => row.target === 'data_size' && row.call === 'pwrite');
  expect(sizes.map((row) => row.value)).toEqual(['0x30', value]);
});

test('a stream that is not there', async () => {
  await expect(resume('from: other')).rejects.toThrow('a stream called "other" is not saved before this step');
});

describe('a wrong stream', () => {
  const wrong = (tamper: string, rest: string, device?: string) =>
    runSteps(
      `${SAVED}  - tamper: {stream: state, as: wrong, ${tamper}}\n  - resume: wrong\n    provoke: RES-ORDER\n    expect: {result: either}\n  - transition: running\n    expect: {result: either}\n${rest}`,
      device,
      'RES-BAD-DATA',
    );

  test.each([
    'truncate',
    'cut',
    'half',
    'foreign',
    'zeros',
    'corrupt',
    'drop',
    'reorder',
    'duplicate',
  ])('%s is refused by the reference', async (how) => {
    const result = await wrong(`how: ${how}`, '  - refused: {}\n');
    expect([result.status, found(result)]).toEqual(['passed', []]);
    expect(result.notes.join()).toMatch(/refused: .*EINVAL/);
  });

  test('is refused in two ways: at the data, and at the transition', async () => {
    for (const device of [
      'reference',
      'reference+bad-data-noticed-at-running',
      'reference+bad-data-is-an-internal-error',
    ])
      expect([device, found(await wrong('how: foreign', '  - refused: {}\n', device))]).toEqual([device, []]);
  });

  test('that is taken', async () => {
    expect(found(await wrong('how: foreign', '  - refused: {}\n', 'reference+foreign-data-ignored'))).toEqual([
      'RES-BAD-DATA',
    ]);
    const torn = await wrong('how: half', '  - refused: wanted\n', 'reference+truncated-stream-accepted');
    expect(found(torn)).toEqual(['RES-BAD-DATA']);
  });

  test('that is taken is only said where nothing is expected', async () => {
    const result = await wrong('how: corrupt, at: 5000', '  - refused: {unless: wanted, report: true}\n');
    expect(found(result)).toEqual([]);
    expect(result.findings.map(({ clause, verdict }) => [clause, verdict])).toContainEqual([
      'RES-BAD-DATA',
      'reported',
    ]);
  });

  test('is not given without saying so', async () => {
    const rude = await runSteps(
      `${SAVED}  - tamper: {stream: state, as: wrong, how: drop, at: 1}\n  - resume: wrong\n    expect: {result: either}\n`,
    );
    expect(rude.status).toBe('broken');
    expect(rude.reason).toMatch(/^the kit broke RES-ORDER/);
  });

  test('takes a stream that is long enough', async () => {
    const result = await runSteps(
      '  - transition: stop-and-copy\n  - save: {buffers: 1, as: state}\n  - tamper: {stream: state, as: wrong, how: reorder}\n',
    );
    expect(result).toMatchObject({ status: 'skipped', skip: { kind: 'not-applicable' } });
  });
});

test('refused without anything given', async () => {
  expect((await runSteps('  - refused: {}\n')).reason).toBe('refused: nothing was given since the device was reset');
});

test('a fingerprint that tells nothing apart skips the case', async () => {
  const result = await runSteps('  - fingerprint: {as: before}\n  - fingerprint: {differs: before}\n');
  expect(result).toMatchObject({ status: 'skipped', skip: { kind: 'not-judged', need: 'mark' } });
});
