import { DMA_PATTERN, DMA_START, DMA_TO_MEMORY } from '../device/engine';
import { RESUMING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

/** How long after a stop the interrupt of a transfer that was cut short comes: a work item of the driver that nobody cancelled. */
const ABORT_INTERRUPT_MS = 80;

/** Written from the interface's text alone: the line numbers are those that the clauses of each fault have in it. */
export const INDEPENDENT_STATE_FAULTS: readonly Peculiarity[] = [
  fault({
    // Lines 70-72: the previous state is what the device is in, and 98: in 001b it runs.
    name: 'failed-transition-leaves-device-stopped',
    breaks: ['STATE-AFTER-ERR'],
    summary:
      'a transition out of _RUNNING that fails has stopped the device by then: device_state reads as _RUNNING, and nothing moves',
    device: (device) =>
      override(device.machine, 'failTransition', (original) => (kind, wanted) => {
        const result = original(kind, wanted);
        device.engine.stop();
        return result;
      }),
  }),
  fault({
    // Lines 98 and 128: a device that was reset is as one that was just opened, and 152-157: such a one can be resumed.
    name: 'reset-keeps-place-in-stream',
    breaks: ['RES-RESET', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'the next stream is taken for the rest of the one that the reset ended, and refused',
    summary:
      'after a reset in the middle of a resume the next whole stream is refused: the driver still waits for the rest',
    onDestination: true,
    device: (device) => {
      let halfway = false;
      override(device, 'reset', (original) => () => {
        const given = device.machine.current === RESUMING && device.resuming.taken > 0;
        const result = original();
        halfway = given;
        return result;
      });
      override(device, 'open', (original) => (services) => {
        halfway = false;
        return original(services);
      });
      // One byte is no packet: what comes in the wrong place is refused as any broken stream is.
      override(
        device.resuming,
        'consume',
        (original) => (bytes) => original(halfway && bytes.length > 0 ? bytes.subarray(0, 1) : bytes),
      );
    },
  }),
  fault({
    // Line 77: the user may terminate itself, 131-132: without _STOP, and 148-150: without consuming what there is.
    name: 'hang-on-close-in-mid-iteration',
    breaks: ['DEV-RESPONDS', 'TRANS-RUN-STOP-OPT'],
    reason: 'a device that never closes cannot be opened again',
    summary: 'closing the device between data_offset and the next read of pending_bytes never returns',
    device: (device) =>
      override(device, 'close', (original) => () => {
        if (device.saving.buffer !== undefined) device.clock.hang('close');
        original();
      }),
  }),
  fault({
    // Lines 80-82: stopped before write() returns.
    name: 'abort-interrupt-long-after-stop',
    breaks: ['STATE-STOP-QUIET'],
    summary: 'a transfer that _STOP or stop-and-copy cut short is announced by an interrupt 80 ms later',
    device: (device) =>
      override(device.machine, 'stopDevice', (original) => (to) => {
        const cutShort = device.engine.isRunning && (device.state.registers.dmaCommand & DMA_START) !== 0;
        original(to);
        if (!cutShort || (to !== STOP && to !== STOP_AND_COPY)) return;
        device.clock.after(ABORT_INTERRUPT_MS, () => {
          if (device.machine.current === to) device.interrupt();
        });
      }),
  }),
  fault({
    // Lines 135-137: the driver must stop the device, save its state and send it; the saving is no reason to wake it.
    name: 'save-loop-lets-transfers-through',
    breaks: ['STATE-STOP-QUIET'],
    summary:
      'in stop-and-copy each new buffer wakes the device for a moment: a transfer that was under way writes memory at every data_offset',
    device: (device) =>
      override(device.saving, 'prepare', (original) => () => {
        original();
        const underWay = (device.state.registers.dmaCommand & DMA_START) !== 0;
        if (device.saving.active === 'stop-and-copy' && underWay) device.dma.run();
      }),
  }),
  fault({
    // Line 101: the device is stopped while its state is resumed; only 156-157 start it.
    name: 'saved-transfer-replayed-while-resuming',
    breaks: ['STATE-RES-STOPPED'],
    summary:
      'a transfer that was under way in the saved state writes memory as soon as its registers are given, before _RESUMING was left',
    onDestination: true,
    device: (device) => {
      let replayed = false;
      override(device.resuming, 'begin', (original) => () => {
        replayed = false;
        original();
      });
      override(device.migration, 'consume', (original) => (offset, size) => {
        const result = original(offset, size);
        const given = device.resuming.registers;
        if (result < 0 || given === undefined || replayed) return result;
        replayed = true;
        const writes = (given.dmaCommand & (DMA_TO_MEMORY | DMA_PATTERN)) !== 0;
        if ((given.dmaCommand & DMA_START) === 0 || !writes) return result;
        const own = device.state.registers;
        device.state.registers = { ...given };
        device.dma.run();
        device.state.registers = own;
        return result;
      });
    },
  }),
];
