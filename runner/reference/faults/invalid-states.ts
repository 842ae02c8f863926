import type { ReferenceDevice } from '../device/reference-device';
import { ERROR, PRE_COPY, RUNNING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const RUNNING_RESUMING = 5;
const ALL_BITS = 7;

/** Does something of its own when one invalid state is asked for. `refuse` is the answer of a correct device. */
function onInvalid(device: ReferenceDevice, state: number, act: (refuse: () => number) => number): void {
  override(
    device.machine,
    'refuseInvalid',
    (original) => (wanted) => (wanted === state ? act(() => original(wanted)) : original(wanted)),
  );
}

export const INVALID_STATE_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'invalid-101-entered',
    breaks: ['STATE-INVALID-101', 'STATE-STEADY'],
    reason: '101b is no state that device_state may read as',
    summary: 'writing 101b succeeds, and device_state reads as 101b',
    device: (device) =>
      onInvalid(device, RUNNING_RESUMING, () => {
        device.machine.setState(RUNNING_RESUMING);
        return 0;
      }),
  }),
  fault({
    name: 'invalid-101-swallowed',
    breaks: ['STATE-INVALID-101'],
    summary: 'writing 101b succeeds and does nothing',
    device: (device) => onInvalid(device, RUNNING_RESUMING, () => 0),
  }),
  fault({
    name: 'invalid-101-resumes',
    breaks: ['STATE-INVALID-101'],
    summary: 'writing 101b from _STOP fails, but the device is in _RUNNING afterwards',
    device: (device) =>
      onInvalid(device, RUNNING_RESUMING, (refuse) => {
        if (device.machine.current === STOP) device.machine.transition(RUNNING);
        return refuse();
      }),
  }),
  fault({
    name: 'invalid-111-entered',
    breaks: ['STATE-INVALID-111', 'STATE-STEADY'],
    reason: '111b is no state that device_state may read as',
    summary: 'writing 111b succeeds, and device_state reads as 111b',
    device: (device) =>
      onInvalid(device, ALL_BITS, () => {
        device.machine.setState(ALL_BITS);
        return 0;
      }),
  }),
  fault({
    name: 'invalid-111-stops-device',
    breaks: ['STATE-INVALID-111'],
    summary: 'writing 111b fails, but the device is in _STOP afterwards',
    device: (device) =>
      onInvalid(device, ALL_BITS, (refuse) => {
        if (device.machine.current === RUNNING) device.machine.transition(STOP);
        return refuse();
      }),
  }),
  fault({
    name: 'invalid-111-drops-save',
    breaks: ['STATE-INVALID-111'],
    summary: 'writing 111b in stop-and-copy fails, but nothing is pending any more',
    device: (device) =>
      onInvalid(device, ALL_BITS, (refuse) => {
        if (device.machine.current === STOP_AND_COPY) device.saving.forget();
        return refuse();
      }),
  }),
  fault({
    name: 'error-state-on-request',
    breaks: ['STATE-INVALID-110'],
    summary: 'writing 110b succeeds: the user can put the device into ERROR',
    device: (device) =>
      onInvalid(device, ERROR, () => {
        device.machine.enterError();
        return 0;
      }),
  }),
  fault({
    name: 'error-request-means-pre-copy',
    breaks: ['STATE-INVALID-110'],
    summary: 'writing 110b fails, but a running device is in pre-copy afterwards: only bit 1 was looked at',
    device: (device) =>
      onInvalid(device, ERROR, (refuse) => {
        if (device.machine.current === RUNNING) device.machine.transition(PRE_COPY);
        return refuse();
      }),
  }),
  fault({
    name: 'error-request-swallowed-in-stop',
    breaks: ['STATE-INVALID-110'],
    summary: 'in _STOP a write of 110b succeeds and does nothing',
    device: (device) => onInvalid(device, ERROR, (refuse) => (device.machine.current === STOP ? 0 : refuse())),
  }),
];
