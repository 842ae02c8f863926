/** Which night changed, and which did not. */
import { changesIn } from '../../reports/changes';

const at = (values: readonly (number | undefined)[]) => changesIn(values).map(({ index }) => index);

test('a level that stays is a change at its first night', () => {
  expect(changesIn([10, 11, 10, 10, 20, 21, 20])).toEqual([{ index: 4, before: 10, after: 20 }]);
});

test('two changes are two', () => {
  expect(at([10, 10, 10, 10, 30, 30, 30, 30, 10, 10, 10])).toEqual([4, 8]);
});

test('noise is none, nor is one odd night between two alike', () => {
  expect(at([10, 12, 9, 11, 10, 13, 9, 12, 10, 11])).toEqual([]);
  expect(at([10, 10, 10, 10, 50, 10, 10, 10])).toEqual([]);
});

test('last night is told at once, where it stands out of the nights before', () => {
  expect(at([10, 10.2, 10, 10.1, 15])).toEqual([4]);
  expect(at([10, 14, 8, 12, 15])).toEqual([]);
});

test('too few nights say nothing, and so does a step that nobody would get up for', () => {
  expect(at([10, 20])).toEqual([]);
  expect(at([100, 100, 100, 100, 105, 105, 105])).toEqual([]);
});

test('nights in which nothing was measured are passed over, and keep their places', () => {
  expect(at([10, undefined, 10, 10, undefined, 20, 20])).toEqual([5]);
  expect(at([undefined, undefined])).toEqual([]);
});

test('from nothing to something is a change', () => {
  expect(changesIn([0, 0, 0, 0, 5, 5])).toEqual([{ index: 4, before: 0, after: 5 }]);
});
