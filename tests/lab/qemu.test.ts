import { opinionDocument } from '../../lab/qemu/document';
import type { OpinionRow } from '../../lab/qemu/request';
import { judgeOpinion, sayOpinion } from '../../lab/qemu/row';
import { requireVersion1User } from '../../lab/qemu/tools';
import { allTrials, shortTrials } from '../../lab/qemu/trials';
import { PECULIARITIES } from '../../runner/reference/registry';

const clean = {
  verdict: 'clean',
  detail: 'state and memory are the same',
  wrongPages: 0,
  stateArrived: true,
  seconds: 2,
} as const;
const wrong = {
  ...clean,
  verdict: 'silently wrong',
  detail: "the device's state differs",
  stateArrived: false,
} as const;
const correct = { fault: 'none', layout: 'trapped', summary: 'the correct module', breaks: [], qemu: clean } as const;
const fault = {
  fault: 'save-loses-scratch',
  layout: 'trapped',
  summary: 'the scratch registers are saved as 0',
  breaks: ['RES-APPLY'],
  qemu: wrong,
} as const;

describe('which QEMU gives a second opinion', () => {
  it.each([
    ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)', '7.2.22'],
    ['QEMU emulator version 5.2.0', '5.2.0'],
  ])('%s', (text, version) => {
    expect(requireVersion1User(text)).toBe(version);
  });

  it.each([
    'QEMU emulator version 8.0.0',
    'QEMU emulator version 10.0.2',
    'QEMU emulator version 5.1.0',
    '',
  ])('not "%s"', (text) => {
    expect(() => requireVersion1User(text)).toThrow(/version 1/);
  });
});

describe('what QEMU is shown', () => {
  it('is the correct module in every layout, and at least 25 faults that there are', () => {
    expect(allTrials.filter((trial) => trial.fault === 'none').map(({ layout }) => layout)).toEqual([
      'trapped',
      'mmapped',
      'partitioned',
    ]);
    const faults = allTrials.filter((trial) => trial.fault !== 'none');
    expect(faults.length).toBeGreaterThanOrEqual(25);
    expect(faults.filter((trial) => !PECULIARITIES.has(trial.fault))).toEqual([]);
    expect(new Set(faults.map((trial) => trial.fault)).size).toBe(faults.length);
  });

  it('in CI is the correct module and three faults of those', () => {
    expect(shortTrials.map((trial) => trial.fault === 'none')).toEqual([true, false, false, false]);
    expect(shortTrials.every((trial) => allTrials.some((known) => known.fault === trial.fault))).toBe(true);
  });
});

describe('a row of the second opinion', () => {
  it('is good when the correct module arrives whole', () => {
    expect(judgeOpinion(correct)).toEqual({ good: true, remarks: [] });
    expect(judgeOpinion({ ...correct, qemu: wrong }).good).toBe(false);
  });

  it('is good when certification names what the fault breaks, whatever QEMU says', () => {
    expect(judgeOpinion({ ...fault, certification: ['RES-APPLY'] }).good).toBe(true);
    expect(judgeOpinion({ ...fault, qemu: clean, certification: ['RES-APPLY'] }).good).toBe(true);
    expect(judgeOpinion({ ...fault, certification: ['SAVE-SIZE'] })).toMatchObject({
      good: false,
      remarks: ['certification does not report RES-APPLY, and QEMU says: silently wrong'],
    });
  });

  it('as a line', () => {
    const row: OpinionRow = { ...fault, certification: ['RES-APPLY'], good: true, remarks: [] };
    expect(sayOpinion(row)).toBe(
      "ok   QEMU, save-loses-scratch (trapped): silently wrong (the device's state differs); certification: RES-APPLY, 2.0 s",
    );
  });
});

describe('docs/second-opinion.md', () => {
  const rows: OpinionRow[] = [
    { ...correct, good: true, remarks: [] },
    {
      ...fault,
      fault: 'a',
      qemu: { ...clean, verdict: 'dies', detail: 'SIG | SEGV' },
      good: true,
      remarks: [],
      certification: ['X'],
    },
    { ...fault, certification: ['RES-APPLY'], good: true, remarks: [] },
  ];
  const about = { kernel: '6.12', driver: { module: 'm', version: '1', srcversion: 'S' }, qemu: '7.2.22' };
  const text = opinionDocument(about, rows);

  it('names what it was made with, and counts', () => {
    expect(text).toContain('QEMU 7.2.22 on kernel 6.12, module m 1 (srcversion S).');
    expect(text).toContain(
      'Of 2 faults certification names 1. Of the same faults QEMU shows: 1 silently wrong, 1 dies.',
    );
  });

  it('has a row for each trial, what nobody noticed first', () => {
    expect(text).toContain('| trapped | clean | state and memory are the same |');
    expect(text.indexOf('| save-loses-scratch |')).toBeLessThan(text.indexOf('| a |'));
    expect(text).toContain('SIG \\| SEGV');
  });
});
