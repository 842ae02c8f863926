/**
 * The kit gives zeroed memory for bitmaps, and a kit that does not is found out.
 *
 * Proves: DIRTY-ZEROED, UNMAP-ZEROED.
 */
import { oracle } from '../../runner/oracles/kit-manners';
import { ContainerTraffic } from './support/container-traffic';

const AT = 0x7000n;

/** 64 bytes of fresh memory. */
function memory(): ContainerTraffic {
  const traffic = new ContainerTraffic(oracle);
  traffic.hooks.memoryAllocated?.(AT, 64);
  return traffic;
}

test.each([
  ['DIRTY-ZEROED', 'get'],
  ['UNMAP-ZEROED', 'unmapWithBitmap'],
] as const)('%s', (clause, call) => {
  const fresh = memory()[call]({ data: AT, bytes: 8n });
  expect(fresh.judge.said).toEqual([]);
  expect(fresh.judge.keptClauses.get(clause)).toBe(1);
  // The bits of the last time are still in it.
  expect(fresh[call]({ data: AT, bytes: 8n }).judge.said).toEqual([clause]);
  expect(memory()[call]({ data: AT, bytes: 72n }).judge.said).toEqual([clause]);
  expect(memory()[call]({ data: 0x9000n, bytes: 8n }).judge.said).toEqual([clause]);

  const dirtied = memory();
  dirtied.hooks.memoryWritten?.(AT + 4n, 1);
  expect(dirtied[call]({ data: AT, bytes: 8n }).judge.said).toEqual([clause]);

  const guarded = memory();
  guarded.hooks.memoryWritten?.(AT + 8n, 56);
  expect(guarded[call]({ data: AT, bytes: 8n }).judge.said).toEqual([]);

  const gone = memory();
  gone.hooks.memoryFreed?.(AT);
  expect(gone[call]({ data: AT, bytes: 8n }).judge.said).toEqual([clause]);
});

test('a call that failed left no bits, and one without room for the structure gave no memory', () => {
  const traffic = memory().get({ data: AT, bytes: 8n }, -22).get({ data: AT, bytes: 8n });
  expect(traffic.get({ data: 0n, argsz: 40 }, -22).judge.said).toEqual([]);
});
