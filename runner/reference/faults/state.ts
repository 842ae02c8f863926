import { ERROR, PRE_COPY, RESUMING, RUNNING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

/** A short count instead of four bytes, for a write of device_state that answered `result`. */
const SHORT_WRITE = 2;

export const STATE_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'opens-stopped',
    breaks: ['STATE-DEFAULT'],
    summary: 'a device that was just opened is in _STOP',
    device: (device) =>
      override(device, 'open', (original) => (services) => {
        const result = original(services);
        device.machine.transition(STOP);
        return result;
      }),
  }),
  fault({
    name: 'state-survives-close',
    breaks: ['TRANS-RUN-STOP-OPT', 'STATE-DEFAULT'],
    reason: 'the next user finds the device in the state in which the last one left it',
    summary: 'closing and opening again does not bring the device back to _RUNNING',
    device: (device) => {
      let left = RUNNING;
      override(device, 'close', (original) => () => {
        left = device.machine.current;
        original();
      });
      override(device, 'open', (original) => (services) => {
        const result = original(services);
        if (left === STOP || left === STOP_AND_COPY || left === RESUMING) device.machine.transition(left);
        return result;
      });
    },
  }),
  fault({
    name: 'close-while-resuming-sticks',
    breaks: ['TRANS-RUN-STOP-OPT'],
    summary: 'a device that was closed in _RESUMING cannot be opened again: EBUSY',
    device: (device) => {
      let stuck = false;
      override(device, 'close', (original) => () => {
        stuck = device.machine.current === RESUMING;
        original();
      });
      override(device, 'open', (original) => (services) => (stuck ? fail('EBUSY') : original(services)));
    },
  }),
  fault({
    name: 'state-write-short',
    breaks: ['STATE-WRITE-OK'],
    summary: 'a successful write of device_state returns 2 instead of 4',
    device: (device) =>
      override(device.migration, 'write', (original) => (offset, from) => {
        const result = original(offset, from);
        return offset === 0 && result === 4 ? SHORT_WRITE : result;
      }),
  }),
  fault({
    name: 'state-reads-late',
    breaks: ['STATE-WRITE-OK', 'STATE-STEADY'],
    reason: 'two reads in a row give different states',
    summary: 'the first read of device_state after a transition still gives the old state',
    device: (device) => {
      let old: number | undefined;
      override(device.machine, 'transition', (original) => (to) => {
        const before = device.machine.read();
        const result = original(to);
        if (result === 0) old = before;
        return result;
      });
      override(device.migration, 'readDeviceState', (original) => () => {
        const answer = old === undefined ? original() : BigInt(old);
        old = undefined;
        return answer;
      });
    },
  }),
  fault({
    name: 'stop-and-copy-ignored',
    breaks: ['STATE-WRITE-OK', 'TRANS-RUN-SC'],
    reason: 'the device was told to stop and save, and does neither',
    summary: '_RUNNING to stop-and-copy is acknowledged and ignored: the device runs on and says so',
    device: (device) =>
      override(
        device.machine,
        'transition',
        (original) => (to) => (to === STOP_AND_COPY && device.machine.current === RUNNING ? 0 : original(to)),
      ),
  }),
  fault({
    name: 'pre-copy-reads-as-running',
    breaks: ['STATE-WRITE-OK'],
    summary: 'in pre-copy device_state reads as 001b',
    device: (device) =>
      override(
        device.machine,
        'read',
        (original) => () => (device.machine.current === PRE_COPY ? RUNNING : original()),
      ),
  }),
  fault({
    name: 'refused-transition-returns-zero',
    breaks: ['STATE-WRITE-ERR'],
    summary: 'a transition that fails returns 0 bytes instead of an errno',
    device: (device) =>
      override(device.migration, 'write', (original) => (offset, from) => {
        const result = original(offset, from);
        return offset === 0 && from.length === 4 && result < 0 ? 0 : result;
      }),
  }),
  fault({
    name: 'failed-resume-short-count',
    breaks: ['STATE-WRITE-ERR'],
    summary: '_RESUMING to _RUNNING with data that does not fit returns 2 instead of an errno',
    onDestination: true,
    device: (device) =>
      override(device.migration, 'write', (original) => (offset, from) => {
        const resuming = device.machine.current === RESUMING;
        const result = original(offset, from);
        return offset === 0 && from.length === 4 && resuming && result < 0 ? SHORT_WRITE : result;
      }),
  }),
  fault({
    name: 'failed-transition-shows-new-state',
    breaks: ['STATE-AFTER-ERR'],
    summary: 'after a transition that failed with an error device_state reads as the state that was asked for',
    device: (device) => {
      const keep = (wanted: number, result: number): number => {
        device.machine.setState(wanted);
        return result;
      };
      override(device.machine, 'failTransition', (original) => (kind, wanted) => keep(wanted, original(kind, wanted)));
      override(device.machine, 'refuseArc', (original) => (from, to) => keep(to, original(from, to)));
    },
  }),
  fault({
    name: 'failed-transition-reads-111',
    breaks: ['STATE-AFTER-ERR', 'STATE-STEADY'],
    reason: '111b is no state that device_state may read as',
    summary: 'after a transition that failed device_state reads as 111b until the next write',
    device: (device) => {
      let confused = false;
      override(device.machine, 'write', (original) => (value) => {
        const result = original(value);
        confused = result < 0;
        return result;
      });
      override(device.machine, 'read', (original) => () => (confused ? 7 : original()));
      override(device.machine, 'reset', (original) => () => {
        confused = false;
        original();
      });
    },
  }),
  fault({
    name: 'reset-leaves-error',
    breaks: ['STATE-RESET'],
    summary: 'VFIO_DEVICE_RESET succeeds in ERROR, but device_state still reads as 110b',
    device: (device) =>
      override(device, 'reset', (original) => () => {
        const failed = device.machine.current === ERROR;
        const result = original();
        if (failed) device.machine.enterError();
        return result;
      }),
  }),
  fault({
    name: 'reset-refused-in-error',
    breaks: ['STATE-RESET'],
    summary: 'VFIO_DEVICE_RESET fails with EIO in ERROR',
    device: (device) =>
      override(device, 'reset', (original) => () => (device.machine.current === ERROR ? fail('EIO') : original())),
  }),
  fault({
    name: 'no-save-after-error-reset',
    breaks: ['STATE-RESET'],
    summary: 'after ERROR and a reset the device runs, but stop-and-copy has nothing to save',
    device: (device) => {
      let failed = false;
      override(device.machine, 'enterError', (original) => () => {
        failed = true;
        original();
      });
      override(device.saving, 'bytesLeft', (original) => () => (failed ? 0 : original()));
    },
  }),
  fault({
    name: 'error-left-by-running',
    breaks: ['STATE-ERR-STICKY'],
    summary: 'in ERROR a write of _RUNNING succeeds',
    device: (device) =>
      override(device.machine, 'writeInError', (original) => (wanted) => {
        if (wanted !== RUNNING) return original(wanted);
        device.machine.setState(RUNNING);
        device.engine.start();
        return 0;
      }),
  }),
  fault({
    name: 'error-left-by-stop',
    breaks: ['STATE-ERR-STICKY'],
    summary: 'in ERROR a write of _STOP succeeds',
    device: (device) =>
      override(device.machine, 'writeInError', (original) => (wanted) => {
        if (wanted !== STOP) return original(wanted);
        device.machine.setState(STOP);
        return 0;
      }),
  }),
  fault({
    name: 'error-loses-reserved-bits',
    breaks: ['STATE-ERR-RESERVED'],
    summary: 'bit 4 of device_state reads as 1, but in ERROR it reads as 0',
    device: (device) =>
      override(device.machine, 'reservedBits', () => () => (device.machine.current === ERROR ? 0 : 0x10)),
  }),
  fault({
    name: 'stuck-after-failed-transition',
    breaks: ['STATE-REACHABLE'],
    summary:
      'after a transition that failed, with the previous state read back, every other one fails with EBUSY until a reset',
    device: (device) => {
      let stuck = false;
      override(device.machine, 'failTransition', (original) => (kind, wanted) => {
        stuck = kind === 'previous';
        return original(kind, wanted);
      });
      override(device.machine, 'refuseArc', (original) => (from, to) => {
        stuck = true;
        return original(from, to);
      });
      override(device.machine, 'transition', (original) => (to) => (stuck ? fail('EBUSY') : original(to)));
      override(device.machine, 'reset', (original) => () => {
        stuck = false;
        original();
      });
    },
  }),
  fault({
    name: 'reserved-bits-refused-as-read',
    breaks: ['STATE-RESERVED', 'TRANS-PRE-SC', 'STATE-ERR-RESERVED'],
    reason:
      'a user who preserves the bits can not go from pre-copy to stop-and-copy; and a bit that only pre-copy has is lost in ERROR',
    summary: 'in pre-copy bit 8 of device_state reads as 1, and a write of stop-and-copy that keeps it is refused',
    device: (device) => {
      override(device.machine, 'reservedBits', () => () => (device.machine.current === PRE_COPY ? 0x100 : 0));
      override(
        device.machine,
        'reservedBitsAccepted',
        (original) => (value) => ((value & 7) === STOP_AND_COPY ? value >>> 3 === 0 : original(value)),
      );
    },
  }),
];
