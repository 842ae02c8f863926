import { stateValue } from '../../runner/language/names';
import type { Step } from '../../runner/language/scenario';
import { args, good, scenario, steps } from './fixtures/check';

describe('scalars', () => {
  test.each([
    ['2MiB', 2n << 20n],
    ['4KiB', 4096n],
    ['512B', 512n],
    ['1GiB', 1n << 30n],
    ['3TiB', 3n << 40n],
    ['4096', 4096n],
    ['0x1000', 4096n],
    ['"4KiB"', 4096n],
    ['0xffffffffffffffff', 0xffff_ffff_ffff_ffffn],
    ['9007199254740993', 9007199254740993n],
    ['16777215TiB', 16777215n << 40n],
  ])('size %s', (written, value) => {
    expect(args(`map: {iova: 0, size: ${written}}`).size).toBe(value);
  });

  test.each([
    ['250ms', 250],
    ['1s', 1000],
    ['1.5s', 1500],
    ['1ms', 1],
    ['1500us', 1.5],
    ['2min', 120_000],
    ['0.1s', 100],
    ['4.35s', 4350],
  ])('duration %s', (written, value) => {
    expect(args(`wait: ${written}`).for).toBe(value);
  });

  test('64-bit numbers stay exact', () => {
    expect(args('write: {region: bar0, u64: 0xdeadbeefdeadbeef}').u64).toBe(0xdeadbeefdeadbeefn);
    expect(args('map: {iova: 18446744073709551615, size: 1}').iova).toBe(0xffff_ffff_ffff_ffffn);
    expect(args('write: {region: bar0, u16: 0xffff}').u16).toBe(0xffffn);
  });

  test('counts and widths are numbers', () => {
    expect(args('save: {buffers: 0x10}').buffers).toBe(16);
    expect(args('read: {region: bar0, at: 0, width: 8}').width).toBe(8);
  });

  test.each([
    ['running', 'running'],
    ['0x6', 'error'],
    ['5', 'invalid-101'],
    ['0', 'stop'],
    ['0x9', '0x9'],
    ['0xFFFFFFF8', '0xfffffff8'],
  ])('state %s', (written, name) => {
    expect(args(`transition: ${written}`).to).toBe(name);
  });

  test('a state has its value', () => {
    expect(
      ['stop', 'running', 'stop-and-copy', 'pre-copy', 'resuming', 'error'].map((name) => stateValue(name as 'stop')),
    ).toEqual([0, 1, 2, 3, 4, 6]);
    expect(stateValue('0x9')).toBe(9);
  });

  test('regions are names, or indexes in decimal', () => {
    expect(args('read: {region: bar5, at: 0}').region).toBe('bar5');
    expect(args('read: {region: 0x9, at: 0}').region).toBe('9');
  });

  test('bytes', () => {
    expect(args('write: {region: bar0, bytes: "de ad be EF"}').bytes).toEqual(Uint8Array.of(0xde, 0xad, 0xbe, 0xef));
    expect(args('write: {region: bar0, bytes: "00"}').bytes).toEqual(Uint8Array.of(0));
  });

  test('one value or many', () => {
    expect(args('resume: early').from).toEqual(['early']);
    expect(args('resume: [early, rest]').from).toEqual(['early', 'rest']);
    expect(args('state: [stop, 0x9]').is).toEqual(['stop', '0x9']);
  });

  test('unions take the branch that fits', () => {
    expect(args('read: {region: bar0, at: 0, is: 0xffffffffffffffff}').is).toBe(0xffff_ffff_ffff_ffffn);
    expect(args('read: {region: bar0, at: 0, is: stable}').is).toBe('stable');
    expect(args('dirty: get').action).toBe('get');
  });

  test('defaults are filled in and lowered', () => {
    expect(args('save: {buffers: 2}')).toEqual({ as: 'state', until: 'drained', buffers: 2 });
    expect(args('write: {field: reserved, u16: 0}').at).toBe(0n);
    expect(args('resume: early').twice).toBe(false);
  });
});

describe('steps', () => {
  test('short, long and empty forms are the same', () => {
    expect(args('transition: stop')).toEqual(args('transition: {to: stop}'));
    expect(args('save: early')).toEqual(args('save: {as: early}'));
    for (const form of ['reset:', 'reset: {}', 'save:', 'save: {}']) expect(steps(`  - ${form}\n`)).toHaveLength(1);
  });

  test('a step keeps its place and its words', () => {
    const [first, second] = steps('  - transition: pre-copy\n  - note: Now\n    within: 2s\n');
    expect(first).toMatchObject({
      verb: 'transition',
      title: 'transition: pre-copy',
      position: { line: 4, column: 5 },
    });
    expect(second).toMatchObject({ verb: 'note', title: 'note: Now', within: 2000, position: { line: 5, column: 5 } });
  });

  test('note stands beside a verb, too', () => {
    const [step] = steps('  - note: Why\n    transition: stop\n');
    expect(step).toMatchObject({ verb: 'transition', note: 'Why', title: 'transition: stop' });
  });

  test.each([
    ['save: {buffers: 2, as: early}', 'save: {buffers: 2, as: early}'],
    ['state: [stop, running]', 'state: [stop, running]'],
    ['write: {region: bar0, bytes: "00 11"}', 'write: {region: bar0, bytes: "00 11"}'],
    ['reset:', 'reset'],
    ['note: "a: b, {c}"', 'note: "a: b, {c}"'],
    ['map: {iova: 0x1000, size: 2MiB}', 'map: {iova: 0x1000, size: 2MiB}'],
    [`note: ${'x'.repeat(200)}`, `note: ${'x'.repeat(91)}...`],
  ])('the title of %s', (written, title) => {
    expect(steps(`  - ${written}\n`)[0]?.title).toBe(title);
  });

  test('everything that stands beside a verb', () => {
    const [step] = steps(
      '  - transition: 0x9\n    expect: {errno: [EINVAL, any], state: running, result: failure}\n    judge: STATE-WRITE-OK\n    provoke: STATE-RESERVED-RMW\n    within: 1s\n    note: On purpose\n',
    );
    expect(step).toMatchObject({
      expect: { errno: ['EINVAL', 'any'], state: ['running'], result: 'failure', position: { line: 5, column: 5 } },
      judge: 'STATE-WRITE-OK',
      provoke: 'STATE-RESERVED-RMW',
      within: 1000,
      note: 'On purpose',
    });
  });

  test('expect in short form', () => {
    expect(steps('  - reset:\n    expect: either\n')[0]?.expect).toMatchObject({ result: 'either' });
  });

  test('nested steps, beside the verb or inside', () => {
    const beside = steps('  - on: destination\n    steps:\n      - repeat: 3\n        steps:\n          - reset:\n');
    const inside = steps('  - on: {device: destination, steps: [{repeat: {times: 3, steps: [{reset: }]}}]}\n');
    const names = (list: readonly Step[]): unknown =>
      list.map((step) => [step.verb, step.title, names((step.args.steps ?? []) as readonly Step[])]);
    expect(names(beside)).toEqual([['on', 'on: destination', [['repeat', 'repeat: 3', [['reset', 'reset', []]]]]]]);
    expect((inside[0]?.args.steps as readonly Step[])[0]?.args.times).toBe(3);
  });

  test('an alias stands for its anchor', () => {
    const read = good(
      scenario(
        'scenario: A good one\nclauses: [SAVE-ACK]\nsteps: &all\n  - transition: &there stop\n  - transition: *there\nfinally: *all\n',
      ),
    );
    expect(read.cases[0]?.steps.map((step) => step.args.to)).toEqual(['stop', 'stop']);
    expect(read.cases[0]?.finallySteps).toHaveLength(2);
  });
});
