import { STOP, STOP_AND_COPY } from '../device/state-machine';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

export const RESETTING_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'reset-keeps-half-resume',
    breaks: ['RES-RESET'],
    summary: 'a reset in _RESUMING applies what was given so far to the fresh device',
    onDestination: true,
    device: (device) =>
      override(device, 'reset', (original) => () => {
        const memory = device.resuming.taken > 1 ? device.resuming.memory?.slice() : undefined;
        const result = original();
        if (memory !== undefined) device.state.replace(memory, device.state.registers);
        return result;
      }),
  }),
  fault({
    name: 'reset-refused-while-saving',
    breaks: ['RES-RESET'],
    summary: 'VFIO_DEVICE_RESET in pre-copy or stop-and-copy fails with EBUSY',
    device: (device) =>
      override(device, 'reset', (original) => () => (device.saving.active === undefined ? original() : fail('EBUSY'))),
  }),
  fault({
    name: 'reset-leaves-state',
    breaks: ['RES-RESET'],
    summary: 'VFIO_DEVICE_RESET in _STOP gives a fresh device, but device_state still reads as _STOP',
    device: (device) =>
      override(device, 'reset', (original) => () => {
        const stopped = device.machine.current === STOP;
        const result = original();
        if (stopped) device.machine.transition(STOP);
        return result;
      }),
  }),
  fault({
    name: 'reset-keeps-scratch',
    breaks: ['RES-RESET'],
    summary: 'VFIO_DEVICE_RESET in stop-and-copy leaves the scratch register as it was',
    device: (device) =>
      override(device, 'reset', (original) => () => {
        const { scratch } = device.state.registers;
        const stopped = device.machine.current === STOP_AND_COPY;
        const result = original();
        if (stopped) device.state.registers.scratch = scratch;
        return result;
      }),
  }),
];
