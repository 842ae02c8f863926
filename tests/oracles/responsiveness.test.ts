/** A call that never returns, and memory that does not bear an access. */
import { oracle } from '../../runner/oracles/responsiveness';
import { RecordingJudge } from './support/recording-judge';

const FACTS = { byteOrder: 'little', pageSize: 4096, architecture: 'x86_64' } as const;
const DEVICE = {
  fd: 7,
  name: 'device',
  container: undefined,
  regions: new Map(),
  provoked: new Set<string>(),
  given: 'nothing',
} as const;

test('a device that answers to its end is kept, one that faults is broken', () => {
  const judge = new RecordingJudge();
  const hooks = oracle.create(judge, FACTS);
  hooks.deviceClosed?.(DEVICE);
  expect([judge.said, judge.keptClauses.get('DEV-RESPONDS')]).toEqual([[], 1]);
  hooks.faulted?.(DEVICE, 'SIGBUS at 0x10');
  hooks.faulted?.(undefined, 'read of pending_bytes did not return');
  expect(judge.said).toEqual(['DEV-RESPONDS', 'DEV-RESPONDS']);
  expect(judge.observations.map(({ observed }) => observed)).toEqual([
    'SIGBUS at 0x10',
    'read of pending_bytes did not return',
  ]);
});
