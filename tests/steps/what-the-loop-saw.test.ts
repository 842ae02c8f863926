/** Two accounts of the same bytes, and what their differences say. */
import type { SaveIteration } from '../../runner/steps/saved-stream';
import { whatTheLoopSaw } from '../../runner/steps/what-the-loop-saw';

/** Iterations from pending_bytes as read and data_size as read. */
function iterations(pending: readonly number[], sizes: readonly number[]): SaveIteration[] {
  return sizes.map((size, n) => ({
    pending: BigInt(pending[n] ?? 0),
    after: pending[n + 1] === undefined ? undefined : BigInt(pending[n + 1] ?? 0),
    size: BigInt(size),
  }));
}

const clauseOf = (pending: readonly number[], sizes: readonly number[]) =>
  whatTheLoopSaw(iterations(pending, sizes))?.clause;

test('accounts that agree say nothing', () => {
  expect(clauseOf([300, 200, 100, 0], [100, 100, 100])).toBeUndefined();
});

test('a buffer that was left out', () => {
  expect(clauseOf([900, 800, 500, 400, 300], [100, 200, 100, 100])).toBe('SAVE-ACK');
});

test('a buffer that came twice', () => {
  expect(clauseOf([500, 400, 400, 300, 200], [100, 100, 100, 100])).toBe('SAVE-ACK');
});

test('sizes that are all wrong by as much', () => {
  expect(clauseOf([300, 200, 100, 0], [96, 96, 96])).toBe('SAVE-SIZE');
  expect(clauseOf([300, 200, 100, 0], [116, 116, 116])).toBe('SAVE-SIZE');
});

test('one size that is wrong: a little, too large, or short of what the others have', () => {
  expect(clauseOf([900, 800, 700, 600], [100, 92, 100])).toBe('SAVE-SIZE');
  expect(clauseOf([900, 800, 700, 600], [100, 164, 100])).toBe('SAVE-SIZE');
  expect(clauseOf([9000, 8000, 7000, 6000, 5000], [1000, 488, 1000, 1000])).toBe('SAVE-SIZE');
});

test('a driver that announces the next buffer only, rounds, or says a flag, says nothing', () => {
  expect(clauseOf([100, 50, 70, 0], [100, 50, 70])).toBeUndefined();
  expect(clauseOf([4096, 4096, 4096, 0], [1500, 1700, 900])).toBeUndefined();
  expect(clauseOf([1, 1, 1, 0], [1500, 1700, 900])).toBeUndefined();
});

test('an iteration that did not end says nothing', () => {
  expect(whatTheLoopSaw(iterations([300], [100]))).toBeUndefined();
});
