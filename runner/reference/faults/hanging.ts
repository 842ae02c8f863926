import { ERROR, PRE_COPY, RESUMING, STOP_AND_COPY } from '../device/state-machine';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

export const HANGING_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'hang-on-pending-read',
    breaks: ['DEV-RESPONDS'],
    summary: 'reading pending_bytes in stop-and-copy never returns',
    device: (device) =>
      override(
        device.migration,
        'readPendingBytes',
        (original) => () =>
          device.machine.current === STOP_AND_COPY ? device.clock.hang('read of pending_bytes') : original(),
      ),
  }),
  fault({
    name: 'hang-on-leaving-pre-copy',
    breaks: ['DEV-RESPONDS'],
    summary: 'pre-copy to stop-and-copy never returns when a buffer was announced and not read',
    device: (device) =>
      override(
        device.saving,
        'continue',
        (original) => (phase) =>
          device.saving.buffer === undefined ? original(phase) : device.clock.hang('write of device_state'),
      ),
  }),
  fault({
    name: 'hang-on-error-request',
    breaks: ['DEV-RESPONDS'],
    summary: 'writing 110b never returns',
    device: (device) =>
      override(
        device.machine,
        'refuseInvalid',
        (original) => (wanted) => (wanted === ERROR ? device.clock.hang('write of device_state') : original(wanted)),
      ),
  }),
  fault({
    name: 'hang-on-reset-while-saving',
    breaks: ['DEV-RESPONDS'],
    summary: 'VFIO_DEVICE_RESET in pre-copy never returns',
    device: (device) =>
      override(
        device,
        'reset',
        (original) => () => (device.machine.current === PRE_COPY ? device.clock.hang('VFIO_DEVICE_RESET') : original()),
      ),
  }),
  fault({
    name: 'hang-on-empty-resume',
    breaks: ['DEV-RESPONDS'],
    summary: '_RESUMING to _RUNNING never returns when no data was given',
    onDestination: true,
    device: (device) =>
      override(
        device.machine,
        'transition',
        (original) => (to) =>
          device.machine.current === RESUMING && device.resuming.taken === 0
            ? device.clock.hang('write of device_state')
            : original(to),
      ),
  }),
];
