/** How steps compare device_state, and what `expect:` means for a call that can fail. */
import { deviceStateName, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Expectation } from '../language/scenario';
import type { Failure, Outcome } from '../vfio/outcome';
import type { StepContext, StepFailureReason } from './step-context';

export function sayState(state: number): string {
  return `${(state & VFIO_DEVICE_STATE_MASK).toString(2).padStart(3, '0')}b (${deviceStateName(state)})`;
}

/** `success`, or what failed. */
export function sayOutcome(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'success' : sayFailure(outcome);
}

export function sayFailure(failure: Failure): string {
  return failure.kind === 'errno' ? failure.errnoName : failure.message;
}

/** What `expect:` says of a call, for people. */
export function sayExpectation(expect: Expectation | undefined): string {
  if (expect?.errno) return expect.errno.includes('any') ? 'an error' : expect.errno.join(' or ');
  if (expect?.result === 'failure') return 'an error';
  return expect?.result === 'either' ? 'success or an error' : 'success';
}

/** Ends the step as failed when a call did not come out as `expect:` (or plain success) says. */
export function checkOutcome(
  context: StepContext,
  outcome: Outcome<unknown>,
  what: string,
  reason: Partial<StepFailureReason> = {},
): void {
  const { expect } = context.step;
  if (outcomeMatches(outcome, expect)) return;
  context.fail({ expected: `${what}: ${sayExpectation(expect)}`, observed: sayOutcome(outcome), ...reason });
}

export function outcomeMatches(outcome: Outcome<unknown>, expect: Expectation | undefined): boolean {
  if (expect?.result === 'either') return true;
  const wantsFailure = expect?.errno !== undefined || expect?.result === 'failure';
  if (outcome.ok) return !wantsFailure;
  if (!wantsFailure) return false;
  // What the kit itself refused is no answer of the device.
  if (outcome.kind !== 'errno') return expect?.errno === undefined && outcome.kind === 'short';
  return expect?.errno === undefined || expect.errno.includes('any') || expect.errno.includes(outcome.errnoName);
}
