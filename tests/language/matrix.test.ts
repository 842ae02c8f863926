import { good, scenario } from './fixtures/check';

const head = 'scenario: A good one\nclauses: [SAVE-ACK]\n';

test('without a matrix there is one case', () => {
  const read = good(scenario(`${head}steps:\n  - reset:\n`));
  expect(read.cases.map(({ id, title, matrix }) => ({ id, title, matrix }))).toEqual([
    { id: 'saving/here', title: 'A good one', matrix: {} },
  ]);
});

test('a map of lists is every combination, in the order of the file', () => {
  const read = good(
    scenario(
      `${head}matrix:\n  from: [running, pre-copy]\n  n: [1, 0x10]\nsteps:\n  - transition: \${from}\n  - save: {buffers: "\${n}"}\n`,
    ),
  );
  expect(read.cases.map((one) => one.id)).toEqual([
    'saving/here#from=running,n=1',
    'saving/here#from=running,n=0x10',
    'saving/here#from=pre-copy,n=1',
    'saving/here#from=pre-copy,n=0x10',
  ]);
  expect(read.cases[3]).toMatchObject({
    title: 'A good one [from=pre-copy, n=0x10]',
    matrix: { from: 'pre-copy', n: '0x10' },
  });
  expect(read.cases[3]?.steps.map((step) => step.args)).toEqual([
    { to: 'pre-copy' },
    { as: 'state', until: 'drained', buffers: 16 },
  ]);
});

test('positions and titles: the template, the filled-in text', () => {
  const [first] = good(scenario(`${head}matrix: {to: [stop]}\nsteps:\n  - transition: \${to}\n`)).cases;
  expect(first?.steps[0]).toMatchObject({ title: 'transition: stop', position: { line: 5, column: 5 } });
});

test('a list of maps is each map as it stands', () => {
  const read = good(
    scenario(
      `${head}matrix:\n  - {from: running, to: stop}\n  - {from: pre-copy, to: stop-and-copy}\nsteps:\n  - transition: \${from}\n  - transition: \${to}\n`,
    ),
  );
  expect(read.cases.map((one) => one.id)).toEqual([
    'saving/here#from=running,to=stop',
    'saving/here#from=pre-copy,to=stop-and-copy',
  ]);
});

test('filled-in text reads as if it were written so', () => {
  const [first] = good(
    scenario(
      `${head}matrix: {n: [12], flag: [true]}\nsteps:\n  - map: {iova: "0x\${n}000", size: "\${n}KiB"}\n  - resume: {from: "s-\${n}", twice: "\${flag}"}\n`.replace(
        'steps:\n',
        'steps:\n  - save: s-12\n',
      ),
    ),
  ).cases;
  expect(first?.steps.slice(1).map((step) => step.args)).toEqual([
    { iova: 0x12000n, size: 12288n },
    { from: ['s-12'], twice: true },
  ]);
});

test('a list can be put in whole', () => {
  const read = good(
    scenario(`${head}matrix: {errno: [EINVAL, [EIO, EBUSY]]}\nsteps:\n  - reset:\n    expect: {errno: "\${errno}"}\n`),
  );
  expect(read.cases.map((one) => [one.id, one.steps[0]?.expect?.errno])).toEqual([
    ['saving/here#errno=EINVAL', ['EINVAL']],
    ['saving/here#errno=EIO+EBUSY', ['EIO', 'EBUSY']],
  ]);
});

test('clauses, needs and tags may differ between cases', () => {
  const read = good(
    scenario(
      `scenario: A good one\nclauses: ["\${clause}"]\nmatrix: {clause: [SAVE-ACK, STATE-RESET]}\nsteps:\n  - reset:\n`,
    ),
  );
  expect(read.clauses).toEqual(['SAVE-ACK', 'STATE-RESET']);
  expect(read.cases.map((one) => one.clauses)).toEqual([['SAVE-ACK'], ['STATE-RESET']]);
});

test('values that would make an id ambiguous are escaped in it', () => {
  const read = good(scenario(`${head}matrix: {text: ["a=b,c#d/é %"]}\nsteps:\n  - note: "x \${text}"\n`));
  expect(read.cases[0]?.id).toBe('saving/here#text=a%3Db%2Cc%23d%2F%C3%A9%20%25');
});

test('a value that is wrong in one use and right in another is blamed where it is written', () => {
  const checked = scenario(
    `${head}matrix: {n: [1, 99, 2000]}\nsteps:\n  - save: {limit: "\${n}"}\n  - save: {buffers: "\${n}"}\n`,
  );
  expect(checked.ok ? [] : checked.errors.map(({ line, column, code }) => [line, column, code])).toEqual([
    [3, 21, 'out-of-range'],
  ]);
});

test('an unused axis is a warning, and the scenario stands', () => {
  const checked = scenario(`${head}matrix: {to: [stop, running]}\nsteps:\n  - reset:\n`);
  expect(checked.ok && checked.value.cases).toHaveLength(2);
  expect(checked.ok && checked.warnings.map((warning) => warning.code)).toEqual(['unused-value']);
});

test('512 cases are fine, and quick', () => {
  const axis = (count: number) => `[${Array.from({ length: count }, (_, index) => index).join(', ')}]`;
  const start = performance.now();
  const read = good(
    scenario(`${head}matrix: {a: ${axis(32)}, b: ${axis(16)}}\nsteps:\n  - map: {iova: "\${a}", size: "1\${b}"}\n`),
  );
  expect(read.cases).toHaveLength(512);
  expect(performance.now() - start).toBeLessThan(1000);
});
