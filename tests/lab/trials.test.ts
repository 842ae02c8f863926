import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrialQueue } from '../../lab/guest/trial-queue';
import { durationText, secondsLeft } from '../../lab/matrix/estimate';
import { layouts, type MatrixRequest, type MatrixRow } from '../../lab/matrix/request';
import { keyOfTrial, type Peculiarity, trialsOf } from '../../lab/matrix/trials';

const correct: Peculiarity = { name: 'none', breaks: [], where: [], summary: '' };
const faults: readonly Peculiarity[] = [
  { name: 'a', breaks: ['A'], where: [], summary: '' },
  { name: 'b', breaks: ['B'], where: ['mapped'], summary: '' },
  { name: 'c', breaks: [], where: [], summary: '' },
];
const request: MatrixRequest = {
  mode: 'sample',
  layouts,
  stateSizes: [64],
  largeSizes: [],
  faultStateSize: 128,
  everyLayout: false,
  seed: 1,
  covering: 1,
  others: 1,
};
const keys = (change: Partial<MatrixRequest>): readonly string[] =>
  trialsOf({ ...request, ...change }, correct, faults).map(keyOfTrial);

describe('what the matrix tries', () => {
  it('is the correct module in each layout, then each fault in one of those in which it shows', () => {
    expect(keys({})).toEqual([
      ...['correct.none.trapped.64', 'correct.none.mmapped.64', 'correct.none.partitioned.64'],
      ...['fault.a.trapped.128', 'fault.b.partitioned.128', 'variation.c.partitioned.128'],
    ]);
  });

  it('is each fault in every layout, and large states, where that is wanted', () => {
    expect(keys({ everyLayout: true, stateSizes: [], largeSizes: [1024], layouts: ['trapped', 'mmapped'] })).toEqual([
      ...['large.none.trapped.1024', 'large.none.mmapped.1024'],
      ...['fault.a.trapped.128', 'fault.a.mmapped.128', 'fault.b.mmapped.128'],
      ...['variation.c.trapped.128', 'variation.c.mmapped.128'],
    ]);
  });

  it('is the certification alone with a fault switched on', () => {
    expect(keys({ switchedOn: 'b', layouts: ['mmapped'] })).toEqual(['correct.b.mmapped.64']);
    expect(() => keys({ switchedOn: 'd' })).toThrow('the module has no fault or variation d');
  });

  it('is no fault but those that were named', () => {
    expect(keys({ only: ['c'], stateSizes: [] })).toEqual(['variation.c.trapped.128']);
    expect(keys({ only: [], stateSizes: [] })).toEqual([]);
  });
});

describe('guests that share a matrix', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-queue-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('take each trial once, and tell each other', () => {
    const [one, other] = [new TrialQueue(folder), new TrialQueue(folder)];
    expect([one.take('x'), other.take('x'), other.take('y'), one.take('y')]).toEqual([true, false, true, false]);
    expect(other.find('base')).toBeUndefined();
    one.leave('base', [1]);
    expect(other.find('base')).toEqual([1]);
    expect(one.stopped).toBe(false);
    writeFileSync(join(folder, 'stop'), '');
    expect(other.stopped).toBe(true);
  });

  it('do not hide that the folder is gone', () => {
    const gone = mkdtempSync(join(tmpdir(), 'lab-queue-'));
    const queue = new TrialQueue(gone);
    rmSync(gone, { recursive: true });
    expect(() => queue.take('x')).toThrow('ENOENT');
  });

  it('are one alone where nothing is shared', () => {
    const alone = new TrialQueue(join(folder, 'nowhere'));
    expect([alone.take('x'), alone.take('x'), alone.stopped, alone.find('base')]).toEqual([
      true,
      true,
      false,
      undefined,
    ]);
    alone.leave('base', 1);
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});

describe('the estimate', () => {
  const row = (kind: MatrixRow['kind'], seconds: number): MatrixRow => ({ kind, seconds }) as MatrixRow;

  it('goes by the rows of the same kind, shared by the guests', () => {
    const missing = ['fault.a.trapped.1', 'fault.b.trapped.1', 'large.none.trapped.9'];
    expect(secondsLeft(missing, [row('fault', 10), row('fault', 30), row('large', 100)], 2)).toBe(70);
    expect(secondsLeft([], [], 2)).toBe(0);
  });

  it.each([
    [3, '1 min'],
    [700, '12 min'],
    [12_000, '3 h 20 min'],
  ])('%d s is %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
