import type { ReferenceDevice } from '../device/reference-device';
import { PRE_COPY, RESUMING, RUNNING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

/** Refuses one arc, where `when` holds. */
function refuse(device: ReferenceDevice, from: number, to: number, when: () => boolean = () => true): void {
  override(
    device.machine,
    'arcAllowed',
    (original) => (at, wanted) => (at === from && wanted === to && when() ? false : original(at, wanted)),
  );
}

/** True while the user could still read more. */
function pending(device: ReferenceDevice): () => boolean {
  return () => device.saving.bytesLeft() > 0;
}

export const TRANSITION_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'running-to-stop-refused',
    breaks: ['TRANS-RUN-STOP'],
    summary: '_RUNNING to _STOP fails with EINVAL',
    device: (device) => refuse(device, RUNNING, STOP),
  }),
  fault({
    name: 'second-stop-refused',
    breaks: ['TRANS-RUN-STOP'],
    summary: '_RUNNING to _STOP works once for each reset',
    device: (device) => {
      let stopped = false;
      refuse(device, RUNNING, STOP, () => stopped);
      override(device.machine, 'setState', (original) => (state) => {
        stopped ||= device.machine.current === RUNNING && state === STOP;
        original(state);
      });
      override(device.machine, 'reset', (original) => () => {
        original();
        stopped = false;
      });
    },
  }),
  fault({
    name: 'stop-to-running-refused',
    breaks: ['TRANS-STOP-RUN'],
    summary: '_STOP to _RUNNING fails: a failed migration cannot go on',
    device: (device) => refuse(device, STOP, RUNNING),
  }),
  fault({
    name: 'stop-to-running-stays-still',
    breaks: ['TRANS-STOP-RUN'],
    summary: '_STOP to _RUNNING succeeds, but the device does nothing any more',
    device: (device) =>
      override(device.machine, 'enter', (original) => (from, to) => {
        const result = original(from, to);
        if (from === STOP && to === RUNNING) device.engine.stop();
        return result;
      }),
  }),
  fault({
    name: 'stop-to-stop-and-copy-refused',
    breaks: ['TRANS-STOP-SC'],
    summary: '_STOP to stop-and-copy fails: a paused guest cannot be migrated',
    device: (device) => refuse(device, STOP, STOP_AND_COPY),
  }),
  fault({
    name: 'stop-to-stop-and-copy-empty',
    breaks: ['TRANS-STOP-SC'],
    summary: '_STOP to stop-and-copy succeeds, but nothing is pending',
    device: (device) =>
      override(device.machine, 'changeSave', (original) => (from, to) => {
        if (from === STOP && to === STOP_AND_COPY) device.saving.forget();
        else original(from, to);
      }),
  }),
  fault({
    name: 'running-to-stop-and-copy-refused',
    breaks: ['TRANS-RUN-SC'],
    summary: '_RUNNING to stop-and-copy fails: only the way through pre-copy works',
    device: (device) => refuse(device, RUNNING, STOP_AND_COPY),
  }),
  fault({
    name: 'running-to-stop-and-copy-empty',
    breaks: ['TRANS-RUN-SC', 'RES-APPLY'],
    reason: 'a state that was never saved cannot be restored',
    summary: 'stop-and-copy straight from _RUNNING saves nothing: state is gathered in pre-copy alone',
    device: (device) =>
      override(device.machine, 'changeSave', (original) => (from, to) => {
        if (from === RUNNING && to === STOP_AND_COPY) device.saving.forget();
        else original(from, to);
      }),
  }),
  fault({
    name: 'cancelled-save-loses-interrupts',
    breaks: ['TRANS-PRE-RUN'],
    summary: 'after a migration was cancelled the device raises no interrupt any more, until it is reset',
    device: (device) => {
      let lost = false;
      override(device.machine, 'enter', (original) => (from, to) => {
        lost ||= (from === PRE_COPY || from === STOP_AND_COPY) && to === RUNNING;
        return original(from, to);
      });
      override(device.machine, 'reset', (original) => () => {
        original();
        lost = false;
      });
      override(device, 'interrupt', (original) => (...given) => {
        if (!lost) original(...given);
      });
    },
  }),
  fault({
    name: 'stop-refused-with-bytes-pending',
    breaks: ['TRANS-SC-STOP', 'TRANS-NO-CONSUME'],
    reason: 'the user is then required to consume everything first',
    summary: 'stop-and-copy to _STOP fails with EBUSY while bytes are pending',
    device: (device) => {
      const more = pending(device);
      refuse(device, STOP_AND_COPY, STOP, more);
      override(
        device.machine,
        'refuseArc',
        (original) => (from, to) => (from === STOP_AND_COPY && to === STOP ? fail('EBUSY') : original(from, to)),
      );
    },
  }),
  fault({
    name: 'pre-copy-refused',
    breaks: ['TRANS-RUN-PRE'],
    summary: 'a driver without pre-copy data refuses _RUNNING to pre-copy',
    device: (device) => refuse(device, RUNNING, PRE_COPY),
  }),
  fault({
    name: 'pre-copy-to-stop-and-copy-needs-drain',
    breaks: ['TRANS-PRE-SC', 'TRANS-NO-CONSUME', 'SAVE-REGARDLESS'],
    reason: 'the user is then required to consume everything first, and cannot leave pre-copy early',
    summary: 'pre-copy to stop-and-copy fails while bytes are pending',
    device: (device) => refuse(device, PRE_COPY, STOP_AND_COPY, pending(device)),
  }),
  fault({
    name: 'pre-copy-to-stop-and-copy-needs-data',
    breaks: ['TRANS-PRE-SC'],
    summary: 'pre-copy to stop-and-copy fails when everything has been read: nothing is pending',
    device: (device) => {
      const more = pending(device);
      refuse(device, PRE_COPY, STOP_AND_COPY, () => !more());
    },
  }),
  fault({
    name: 'pre-copy-cancel-refused',
    breaks: ['TRANS-PRE-RUN'],
    summary: 'pre-copy to _RUNNING fails: a migration cannot be cancelled',
    device: (device) => refuse(device, PRE_COPY, RUNNING),
  }),
  fault({
    name: 'stop-and-copy-cancel-refused',
    breaks: ['TRANS-PRE-RUN'],
    summary: 'stop-and-copy to _RUNNING fails: a migration that failed late cannot be cancelled',
    device: (device) => refuse(device, STOP_AND_COPY, RUNNING),
  }),
  fault({
    name: 'cancel-refused-in-mid-buffer',
    breaks: ['TRANS-NO-CONSUME'],
    summary:
      'a transition fails between data_offset and the next read of pending_bytes: the current buffer must be consumed',
    device: (device) =>
      override(
        device.machine,
        'arcAllowed',
        (original) => (from, to) => device.saving.buffer === undefined && original(from, to),
      ),
  }),
  fault({
    name: 'resuming-refused',
    breaks: ['TRANS-RUN-RES'],
    summary: '_RUNNING to _RESUMING fails',
    onDestination: true,
    device: (device) => refuse(device, RUNNING, RESUMING),
  }),
  fault({
    name: 'resuming-refused-after-work',
    breaks: ['TRANS-RUN-RES'],
    summary: '_RUNNING to _RESUMING works only within the first 50 ms after open or reset',
    onDestination: true,
    device: (device) => {
      let since = 0;
      override(device, 'makeFresh', (original) => () => {
        since = device.clock.now();
        original();
      });
      refuse(device, RUNNING, RESUMING, () => device.clock.now() - since > 50);
    },
  }),
  fault({
    name: 'resumed-device-will-not-run',
    breaks: ['TRANS-RES-RUN', 'RES-APPLY'],
    reason: 'a device that cannot be started has not taken over the state',
    summary: '_RESUMING to _RUNNING fails with EIO although all data was given',
    onDestination: true,
    device: (device) =>
      override(device.resuming, 'finish', (original) => () => (device.resuming.taken > 0 ? fail('EIO') : original())),
  }),
];
