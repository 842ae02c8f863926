import { DMA_START } from '../device/engine';
import type { ReferenceDevice } from '../device/reference-device';
import { PRE_COPY, RESUMING, STOP, STOP_AND_COPY } from '../device/state-machine';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

/** Runs `act` some time after the device was stopped for a state, if it is in that state still. */
function afterStop(device: ReferenceDevice, states: readonly number[], milliseconds: number, act: () => void): void {
  override(device.machine, 'stopDevice', (original) => (to) => {
    original(to);
    if (!states.includes(to)) return;
    device.clock.after(milliseconds, () => {
      if (device.machine.current === to) act();
    });
  });
}

/** The transfer that the DMA registers describe, if one was running when the device was stopped. */
function pendingTransfer(device: ReferenceDevice): () => void {
  return () => {
    if ((device.state.registers.dmaCommand & DMA_START) !== 0) device.dma.run();
  };
}

/** Lets the counter go on in some states in which the device is stopped. */
function counterRunsOn(device: ReferenceDevice, states: readonly number[]): void {
  let since = 0;
  override(device.engine, 'stop', (original) => () => {
    if (device.engine.isRunning) since = device.clock.now();
    original();
  });
  override(
    device.engine,
    'counter',
    (original) => () =>
      states.includes(device.machine.current)
        ? (original() + Math.floor(device.clock.now() - since)) >>> 0
        : original(),
  );
}

export const STILLNESS_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'dma-goes-on-when-stopped',
    breaks: ['STATE-STOP-QUIET'],
    summary: 'in _STOP the DMA engine still finishes the transfer that was under way',
    device: (device) => afterStop(device, [STOP], 1, pendingTransfer(device)),
  }),
  fault({
    name: 'late-dma-in-stop-and-copy',
    breaks: ['STATE-STOP-QUIET'],
    summary: 'a transfer that was under way writes memory 20 ms after stop-and-copy was entered',
    device: (device) => afterStop(device, [STOP_AND_COPY], 20, pendingTransfer(device)),
  }),
  fault({
    name: 'late-interrupt-when-stopped',
    breaks: ['STATE-STOP-QUIET'],
    summary: 'an interrupt comes 20 ms after _STOP',
    device: (device) => afterStop(device, [STOP], 20, () => device.interrupt()),
  }),
  fault({
    name: 'timer-interrupts-in-stop-and-copy',
    breaks: ['STATE-STOP-QUIET'],
    summary: 'the timer’s interrupts go on in stop-and-copy',
    device: (device) =>
      override(device.machine, 'stopDevice', (original) => (to) => {
        original(to);
        const again = (): void => {
          const period = device.state.registers.interruptPeriod;
          if (device.machine.current !== to || period === 0) return;
          device.interrupt();
          device.clock.after(period, again);
        };
        if (to === STOP_AND_COPY) device.clock.after(device.state.registers.interruptPeriod, again);
      }),
  }),
  fault({
    name: 'counter-ticks-when-stopped',
    breaks: ['STATE-STOP-QUIET'],
    summary: 'the counter goes on in _STOP',
    device: (device) => counterRunsOn(device, [STOP]),
  }),
  fault({
    name: 'counter-ticks-in-stop-and-copy',
    breaks: ['STATE-STOP-QUIET'],
    summary: 'the counter goes on in stop-and-copy, after it was saved',
    device: (device) => counterRunsOn(device, [STOP_AND_COPY]),
  }),
  fault({
    name: 'counter-ticks-while-resuming',
    breaks: ['STATE-RES-STOPPED'],
    summary: 'the counter goes on in _RESUMING',
    onDestination: true,
    device: (device) => counterRunsOn(device, [RESUMING]),
  }),
  fault({
    name: 'dma-goes-on-while-resuming',
    breaks: ['STATE-RES-STOPPED'],
    summary: 'a transfer that was under way writes memory in _RESUMING',
    onDestination: true,
    device: (device) => afterStop(device, [RESUMING], 5, pendingTransfer(device)),
  }),
  fault({
    name: 'interrupt-on-entering-resuming',
    breaks: ['STATE-RES-STOPPED'],
    summary: 'an interrupt comes 1 ms after _RESUMING was entered',
    onDestination: true,
    device: (device) => afterStop(device, [RESUMING], 1, () => device.interrupt()),
  }),
  fault({
    name: 'pre-copy-stops-device',
    breaks: ['TRANS-RUN-PRE'],
    summary: 'entering pre-copy stops the device: the counter stands still and DMA does not happen',
    device: (device) =>
      override(device.machine, 'startDevice', (original) => (to) => {
        if (to === PRE_COPY) device.engine.stop();
        else original(to);
      }),
  }),
  fault({
    name: 'queue-restarts-on-stop',
    breaks: ['STATE-STOP-QUIET'],
    summary: '_STOP from stop-and-copy starts the DMA engine again for one transfer',
    device: (device) =>
      override(device.machine, 'enter', (original) => (from, to) => {
        const result = original(from, to);
        if (from === STOP_AND_COPY && to === STOP) device.clock.after(2, pendingTransfer(device));
        return result;
      }),
  }),
];
