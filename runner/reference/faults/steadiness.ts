import { RESUMING, RUNNING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

export const STEADINESS_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'runs-on-when-drained',
    breaks: ['STATE-STEADY', 'STATE-STOP-QUIET'],
    reason: 'a device that runs again is not still',
    summary: 'when the last buffer of stop-and-copy was read the device goes back to _RUNNING by itself',
    device: (device) =>
      override(device.saving, 'pendingBytes', (original) => () => {
        const pending = original();
        if (pending === 0n && device.machine.current === STOP_AND_COPY) device.machine.transition(RUNNING);
        return pending;
      }),
  }),
  fault({
    name: 'stops-when-drained',
    breaks: ['STATE-STEADY'],
    summary: 'when the last buffer of stop-and-copy was read device_state reads as _STOP',
    device: (device) =>
      override(device.saving, 'pendingBytes', (original) => () => {
        const pending = original();
        if (pending === 0n && device.machine.current === STOP_AND_COPY) device.machine.transition(STOP);
        return pending;
      }),
  }),
  fault({
    name: 'runs-on-when-data-complete',
    breaks: ['STATE-STEADY', 'STATE-RES-STOPPED'],
    reason: 'a device that runs already is not still in _RESUMING',
    summary: 'with the last buffer given a resuming device starts by itself',
    onDestination: true,
    device: (device) =>
      override(device.migration, 'consume', (original) => (offset, size) => {
        const result = original(offset, size);
        const { registers } = device.resuming;
        if (result === 0 && device.machine.current === RESUMING && registers !== undefined) {
          device.machine.transition(RUNNING);
        }
        return result;
      }),
  }),
  fault({
    name: 'stop-ends-by-itself',
    breaks: ['STATE-STEADY', 'STATE-STOP-QUIET'],
    reason: 'a device that runs again is not still',
    summary: '50 ms after _STOP the device is in _RUNNING again',
    device: (device) =>
      override(device.machine, 'stopDevice', (original) => (to) => {
        original(to);
        if (to !== STOP) return;
        device.clock.after(50, () => {
          if (device.machine.current === STOP) device.machine.transition(RUNNING);
        });
      }),
  }),
];
