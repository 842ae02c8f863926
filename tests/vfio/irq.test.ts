import {
  ERRNO,
  VFIO_PCI_INTX_IRQ_INDEX,
  VFIO_PCI_MSI_IRQ_INDEX,
  VFIO_PCI_MSIX_IRQ_INDEX,
  vfioIrqSet,
} from '../../runner/abi';
import { ioctlOf, onIoctl } from '../support/scripted-host';
import { open, value } from './support';

const RAISE = 0x60n;
const ACKNOWLEDGE = 0x64n;

/** Raises and acknowledges the reference device's interrupt once. */
function interrupt({ opened }: ReturnType<typeof open>): void {
  const bar = value(opened.device.region(0));
  value(bar.writeScalar(RAISE, 4, 1n, 'little'));
  value(bar.writeScalar(ACKNOWLEDGE, 4, 1n, 'little'));
}

test('an interrupt signals the eventfd, is counted once, and waiting without one ends', () => {
  const bench = open();
  const watch = value(bench.opened.device.watchIrq(VFIO_PCI_MSI_IRQ_INDEX, 1));
  expect(value(watch.wait(10))).toBe(false);
  interrupt(bench);
  expect(value(watch.wait(10))).toBe(true);
  expect(value(watch.drain())).toEqual([1n]);
  expect(value(watch.drain())).toEqual([0n]);
});

test('a line that the kernel masks after each signal is unmasked when it is drained', () => {
  const bench = open();
  const watch = value(bench.opened.device.watchIrq(VFIO_PCI_INTX_IRQ_INDEX));
  expect(watch.info.automasked).toBe(true);
  for (let n = 0; n < 3; n++) {
    interrupt(bench);
    expect(value(watch.drain())).toEqual([1n]);
  }
});

test('every vector gets an eventfd of its own, and all are closed with the device', () => {
  const { host, opened } = open();
  const count = value(opened.device.irqInfo(VFIO_PCI_MSI_IRQ_INDEX)).count;
  const before = host.openDescriptors().length;
  value(opened.device.watchIrq(VFIO_PCI_MSI_IRQ_INDEX));
  expect(host.openDescriptors()).toHaveLength(before + count);
  opened.close();
  expect(host.openDescriptors()).toEqual([]);
});

test('closing disables the index, once', () => {
  const { host, opened } = open();
  const watch = value(opened.device.watchIrq(VFIO_PCI_MSI_IRQ_INDEX, 1));
  host.calls.length = 0;
  watch.close();
  watch.close();
  const sets = host.calls.filter(
    ({ call, args }) => call === 'ioctl' && ioctlOf(args, 'device') === 'VFIO_DEVICE_SET_IRQS',
  );
  expect(sets.map(({ args }) => vfioIrqSet.decode(args[2] as Uint8Array, 'little'))).toEqual([
    { argsz: 20, flags: 0x21, index: VFIO_PCI_MSI_IRQ_INDEX, start: 0, count: 0 },
  ]);
});

test('an index without interrupts, a refusal, and running out of eventfds leave nothing open', () => {
  const { host, opened } = open();
  const before = host.openDescriptors().length;
  expect(opened.device.watchIrq(VFIO_PCI_MSIX_IRQ_INDEX)).toMatchObject({ ok: false, kind: 'unavailable' });
  host.script = onIoctl('VFIO_DEVICE_SET_IRQS', 'device', () => -ERRNO.EINVAL);
  expect(opened.device.watchIrq(VFIO_PCI_MSI_IRQ_INDEX)).toMatchObject({ ok: false, errnoName: 'EINVAL' });
  let given = 0;
  host.script = { eventfd: (next) => (given++ < 2 ? next() : -ERRNO.EMFILE) };
  expect(opened.device.watchIrq(VFIO_PCI_MSI_IRQ_INDEX)).toMatchObject({ ok: false, errnoName: 'EMFILE' });
  expect(host.openDescriptors()).toHaveLength(before);
});

test('an eventfd that cannot be read is a failure, not silence', () => {
  const { host, opened } = open();
  const watch = value(opened.device.watchIrq(VFIO_PCI_MSI_IRQ_INDEX, 1));
  host.script = { read: () => -ERRNO.EIO };
  expect(watch.drain()).toMatchObject({ ok: false, errnoName: 'EIO' });
});
