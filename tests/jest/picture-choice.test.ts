/** Which cases get pictures: those that did not come out well while they say something new, and one of each family. */
import type { CaseResult, Course } from '../../runner/execution/case-result';
import { PictureChoice } from '../../runner/jest/picture-choice';

const SAVE = { side: 'source', phase: 'pre-copy', startMs: 0, endMs: 1, buffers: 1, bytes: 1, points: [] } as const;
const COURSE: Course = { states: [], saves: [SAVE], bitmaps: [] };
const PICTURE = { name: 'p', type: 'image/svg+xml', body: '<svg/>' };

function result(status: CaseResult['status'], clause: string, course: Course | undefined = COURSE): CaseResult {
  const broken = status === 'failed' ? [{ verdict: 'broken', clause }] : [];
  return { status, clauses: [clause], findings: broken, ...(course ? { course } : {}) } as unknown as CaseResult;
}

const choiceOf = (cases: number) =>
  new PictureChoice(
    () => cases,
    () => [PICTURE],
  );
const number = (choice: PictureChoice, results: readonly CaseResult[]) =>
  results.filter((one) => choice.picturesOf(one).length > 0).length;

test('of passing cases the first of each family that saved something or has a bitmap', () => {
  const choice = choiceOf(200);
  expect(choice.picturesOf(result('passed', 'SAVE-READ', { ...COURSE, saves: [] }))).toEqual([]);
  expect(choice.picturesOf(result('passed', 'SAVE-DRAIN'))).toEqual([PICTURE]);
  expect(choice.picturesOf(result('passed', 'SAVE-ACK'))).toEqual([]);
  expect(choice.picturesOf(result('passed', 'RES-APPLY'))).toEqual([PICTURE]);
});

test('of failing ones some for each clause: one that breaks everywhere does not take the others’ place', () => {
  const choice = choiceOf(200);
  const many = Array.from({ length: 100 }, () => result('failed', 'TRANS-RUN-PRE'));
  expect(number(choice, many)).toBe(6);
  expect(number(choice, [result('failed', 'DIRTY-RANGE'), result('broken', 'SAVE-READ')])).toBe(2);
  const all = Array.from({ length: 100 }, (_, n) => result('failed', `CLAUSE-${n}`));
  expect(number(choice, all)).toBe(48 - 8);
});

test('a file of a few cases has pictures of each', () => {
  const choice = choiceOf(3);
  expect(
    number(
      choice,
      [1, 2, 3].map(() => result('passed', 'SAVE-READ')),
    ),
  ).toBe(3);
});

test('nothing is drawn of what was skipped or kept no course', () => {
  const choice = choiceOf(1);
  expect(
    number(choice, [
      result('skipped', 'SAVE-READ'),
      { ...result('failed', 'X'), course: undefined } as unknown as CaseResult,
    ]),
  ).toBe(0);
});

test('a picture that cannot be drawn is told, and costs nothing else', () => {
  const choice = new PictureChoice(
    () => 1,
    () => {
      throw new Error('no ink');
    },
  );
  expect(choice.picturesOf(result('failed', 'X'))).toMatchObject([
    { type: 'text/plain', body: 'They could not be drawn: no ink\n' },
  ]);
});
