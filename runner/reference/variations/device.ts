import { VFIO_CCW_IO_IRQ_INDEX } from '../../abi/structures/vfio-irq-info';
import { VFIO_REGION_TYPE_PCI_VENDOR_TYPE } from '../../abi/structures/vfio-region-info-cap-type';
import { VENDOR_ID } from '../device/config-space';
import { memoryAccess, TrappedRegion, typeCapability } from '../device/region';
import { fail } from '../kernel/errno';
import type { Capability } from '../kernel/info-chain';
import { InfoReply } from '../kernel/info-reply';
import { override } from '../override';
import { type Peculiarity, variation } from '../peculiarity';

const UNKNOWN: Capability = { id: 0x7777, version: 9, body: new Uint8Array(13).fill(0xee) };

export const DEVICE_VARIATIONS: readonly Peculiarity[] = [
  variation({
    name: 'iommu-backed',
    summary: 'a device behind an IOMMU: every mapped page is reported dirty, every time',
    reason: 'type1 cannot see what such a device writes, and says so by reporting all mapped pages',
    personalities: ['pci', 'ccw'],
    model: (model) => ({ ...model, mediated: false }),
  }),
  variation({
    name: 'mediated',
    summary: 'a mediated device, whose writes go through the kernel: dirty pages are exact, any address may be mapped',
    reason: 'any bus can be offered by a mediated device',
    personalities: ['zpci', 'fsl-mc'],
    model: (model) => ({ ...model, mediated: true }),
  }),
  variation({
    name: 'unknown-device-capability',
    summary: 'device info begins with a capability that nobody knows, 21 bytes long',
    reason: 'the chain is made to be extended: unknown ids are passed over',
    device: (device) => override(device.information, 'capabilities', (original) => () => [UNKNOWN, ...original()]),
  }),
  variation({
    name: 'unknown-region-capability',
    summary: 'the migration region’s TYPE capability stands behind one that nobody knows',
    reason: 'no order is prescribed, and unknown ids are passed over',
    device: (device) => override(device.migrationInfo, 'capabilities', (original) => () => [UNKNOWN, ...original()]),
  }),
  variation({
    name: 'reversed-chains',
    summary: 'capabilities stand in the opposite order',
    reason: 'no order is prescribed',
    personalities: ['zpci'],
    device: (device) => {
      override(device.information, 'capabilities', (original) => () => original().reverse());
      override(device.migrationInfo, 'capabilities', (original) => () => original().reverse());
    },
  }),
  variation({
    name: 'old-device-info',
    summary: 'the chain of device info begins at 20, as on kernels before 6.6',
    reason: 'cap_offset says where the chain begins; the structure grew later',
    personalities: ['zpci'],
    device: (device) =>
      override(device.information, 'deviceReply', (original) => () => {
        const reply = original();
        return new InfoReply({ ...reply.layout, size: 20 }, reply.capabilities);
      }),
  }),
  variation({
    name: 'zpci-version-1',
    summary: 'BASE and GROUP in version 1, without fh and imaxstbl',
    reason: 'older kernels know no other',
    personalities: ['zpci'],
    device: (device) =>
      override(
        device.information,
        'capabilities',
        (original) => () =>
          original().map((capability) =>
            capability.version === 2
              ? { ...capability, version: 1, body: capability.body.subarray(0, capability.id === 1 ? 24 : 32) }
              : capability,
          ),
      ),
  }),
  variation({
    name: 'zpci-version-3',
    summary: 'BASE and GROUP in a version 3 with 16 bytes more',
    reason: 'higher versions only append',
    personalities: ['zpci'],
    device: (device) =>
      override(
        device.information,
        'capabilities',
        (original) => () =>
          original().map((capability) => {
            if (capability.version !== 2) return capability;
            const body = new Uint8Array(Math.ceil(capability.body.length / 8) * 8 + 16).fill(0x33);
            body.set(capability.body);
            return { ...capability, version: 3, body };
          }),
      ),
  }),
  variation({
    name: 'ccw-old-kernel',
    summary: 'a CCW device with ASYNC_CMD alone and nothing but the IO interrupt',
    reason: 'SCHIB, CRW and their interrupts came later',
    personalities: ['ccw'],
    device: (device) => {
      const regions = device.information.regions();
      regions.delete(3);
      regions.delete(4);
      regions.set(2, device.migrationInfo);
      override(
        device.information,
        'irqs',
        (original) => () => original().filter((irq) => irq.index === VFIO_CCW_IO_IRQ_INDEX),
      );
    },
  }),
  variation({
    name: 'vendor-region-first',
    summary: 'another device-specific region stands before the migration region',
    reason: 'a region is found by its type, not by its index',
    personalities: ['pci', 'zpci'],
    device: (device) => {
      const regions = device.information.regions();
      const index = device.information.numRegions() - 1;
      const type = (VFIO_REGION_TYPE_PCI_VENDOR_TYPE | VENDOR_ID) >>> 0;
      regions.set(
        index,
        new TrappedRegion(64, memoryAccess(new Uint8Array(64)), [typeCapability(type, 1, device.model.order)]),
      );
      regions.set(index + 1, device.migrationInfo);
    },
  }),
  variation({
    name: 'reset-again',
    summary: 'the first VFIO_DEVICE_RESET after something happened fails with EAGAIN, the second succeeds',
    reason: 'EAGAIN asks the user to try again, which is what users do',
    device: (device) => {
      let asked = false;
      override(device, 'reset', (original) => () => {
        asked = !asked;
        return asked ? fail('EAGAIN') : original();
      });
    },
  }),
];
