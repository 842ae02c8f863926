/** The state in which a case left the device, as its accesses show it. */
import type { CaseResult } from '../case-result';
import type { State } from './model';

const STATES: readonly (State | undefined)[] = [
  'stop',
  'running',
  'stop-and-copy',
  'pre-copy',
  'resuming',
  undefined,
  'error',
  undefined,
];

/** The state of the device at the end of a case, as it was read last. */
export function stateOf(result: CaseResult): State | undefined {
  const row = result.accesses.findLast(
    ({ side, call, target, errno }) =>
      side === 'source' && call === 'pread' && target === 'device_state' && errno === '',
  );
  const value = /^0x([0-9a-f]+)/.exec(row?.value ?? '')?.[1];
  return value === undefined ? undefined : STATES[Number.parseInt(value, 16) & 7];
}
