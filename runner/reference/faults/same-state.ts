import { PRE_COPY, RUNNING, STOP_AND_COPY } from '../device/state-machine';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

export const SAME_STATE_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'same-state-refused',
    breaks: ['STATE-NOP'],
    summary: 'writing the state that the device is in already fails with EINVAL',
    device: (device) => override(device.machine, 'stay', () => () => fail('EINVAL')),
  }),
  fault({
    name: 'same-state-drops-save',
    breaks: ['STATE-NOP'],
    summary: 'writing stop-and-copy again in stop-and-copy succeeds, and nothing is pending any more',
    device: (device) =>
      override(device.machine, 'stay', (original) => (state) => {
        if (state === STOP_AND_COPY) device.saving.forget();
        return original(state);
      }),
  }),
  fault({
    name: 'same-state-restarts-pre-copy',
    breaks: ['STATE-NOP', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'buffers of the first start and of the second do not make one stream',
    summary: 'writing pre-copy again in pre-copy begins the save anew, so that what was read before is worth nothing',
    device: (device) =>
      override(device.machine, 'stay', (original) => (state) => {
        if (state === PRE_COPY) device.saving.begin('pre-copy');
        return original(state);
      }),
  }),
  fault({
    name: 'same-state-resets-device',
    breaks: ['STATE-NOP'],
    summary: 'writing _RUNNING again in _RUNNING loses the scratch register',
    device: (device) =>
      override(device.machine, 'stay', (original) => (state) => {
        if (state === RUNNING) device.state.registers.scratch = 0;
        return original(state);
      }),
  }),
];
