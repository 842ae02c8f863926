import { VFIO_CCW_CRW_IRQ_INDEX, VFIO_CCW_IO_IRQ_INDEX } from '../../abi/structures/vfio-irq-info';
import {
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  vfioRegionInfo,
} from '../../abi/structures/vfio-region-info';
import {
  VFIO_REGION_SUBTYPE_CCW_SCHIB,
  VFIO_REGION_TYPE_CCW,
  VFIO_REGION_TYPE_GFX,
} from '../../abi/structures/vfio-region-info-cap-type';
import type { ReferenceDevice } from '../device/reference-device';
import { memoryAccess, type Region, TrappedRegion, typeCapability } from '../device/region';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const INFO_SIZE = vfioRegionInfo.size;

function regionAt(device: ReferenceDevice, index: number): Region {
  const region = device.information.regions().get(index);
  if (region === undefined) throw new Error(`the device has no region ${index}`);
  return region;
}

/** Changes the TYPE capability of one region. */
function retype(device: ReferenceDevice, index: number, type: number, subtype: number): void {
  override(regionAt(device, index), 'capabilities', () => () => [typeCapability(type, subtype, device.model.order)]);
}

export const REGION_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'migration-type-missing',
    breaks: ['REG-TYPE-MIG'],
    summary: 'the migration region carries no TYPE capability: no user can find it',
    device: (device) =>
      override(
        device.migrationInfo,
        'capabilities',
        (original) => () => original().filter((capability) => capability.id !== VFIO_REGION_INFO_CAP_TYPE),
      ),
  }),
  fault({
    name: 'migration-subtype-zero',
    breaks: ['REG-TYPE-MIG'],
    summary: 'the migration region’s subtype is 0 instead of 1',
    device: (device) => override(device.migrationInfo, 'type', (original) => () => ({ ...original(), subtype: 0 })),
  }),
  fault({
    name: 'migration-type-swapped',
    breaks: ['REG-TYPE-MIG'],
    summary: 'type and subtype have changed places: type 1, subtype 3',
    device: (device) =>
      override(device.migrationInfo, 'type', (original) => () => ({
        type: original().subtype,
        subtype: original().type,
      })),
  }),
  fault({
    name: 'migration-region-twice',
    breaks: ['REG-TYPE-MIG'],
    summary: 'a second region carries the migration type too',
    device: (device) => {
      const { type, subtype } = device.migrationInfo.type();
      const size = device.section.regionSize;
      const second = new TrappedRegion(size, memoryAccess(new Uint8Array(size)), [
        typeCapability(type, subtype, device.model.order),
      ]);
      device.information.regions().set(device.information.numRegions(), second);
    },
  }),
  fault({
    name: 'ccw-schib-twice',
    breaks: ['REG-TYPE-CCW'],
    summary: 'the CRW region says that it is a SCHIB region, of which there is one already',
    personalities: ['ccw'],
    device: (device) => retype(device, 3, VFIO_REGION_TYPE_CCW, VFIO_REGION_SUBTYPE_CCW_SCHIB),
  }),
  fault({
    name: 'ccw-async-type-gfx',
    breaks: ['REG-TYPE-CCW'],
    summary: 'the ASYNC_CMD region has type 1 (GFX) instead of 2',
    personalities: ['ccw'],
    device: (device) => retype(device, 1, VFIO_REGION_TYPE_GFX, 1),
  }),
  fault({
    name: 'ccw-schib-without-type',
    breaks: ['REG-TYPE-CCW'],
    summary: 'the SCHIB region has no TYPE capability',
    personalities: ['ccw'],
    device: (device) => override(regionAt(device, 2), 'capabilities', () => () => []),
  }),
  fault({
    name: 'sparse-count-too-large',
    breaks: ['REG-INFO-CHAIN'],
    summary: 'SPARSE_MMAP says 1000 areas, of which one or two are there',
    layouts: ['mmapped', 'partitioned'],
    device: (device) =>
      override(
        device.migrationInfo,
        'capabilities',
        (original) => () =>
          original().map((capability) => {
            if (capability.id !== VFIO_REGION_INFO_CAP_SPARSE_MMAP) return capability;
            const body = capability.body.slice();
            new DataView(body.buffer).setUint32(0, 1000, device.model.order === 'little');
            return { ...capability, body };
          }),
      ),
  }),
  fault({
    name: 'region-chain-loops',
    breaks: ['REG-INFO-CHAIN'],
    summary: 'the TYPE capability’s next is its own offset',
    device: (device) =>
      override(device.information, 'writeRegionReply', (original) => (reply, structure) => {
        original(reply, structure);
        if (reply.capabilities.length > 0 && structure.u32(12) === INFO_SIZE)
          structure.setU32(INFO_SIZE + 4, INFO_SIZE);
      }),
  }),
  fault({
    name: 'region-info-past-argsz',
    breaks: ['REG-INFO-CHAIN'],
    summary: 'the chain is written behind the structure although argsz has no room for it',
    device: (device) =>
      override(device.information, 'writeRegionReply', (original) => (reply, structure) => {
        const small = structure.u32(0) < reply.needed();
        original(reply, structure);
        if (small) structure.copyIn(INFO_SIZE, reply.encode(structure));
      }),
  }),
  fault({
    name: 'region-argsz-not-grown',
    breaks: ['REG-INFO-CHAIN', 'REG-TYPE-MIG'],
    reason: 'a user who asks with 32 bytes never learns that there is a TYPE capability',
    summary: 'an argsz too small for the chain comes back as it was',
    device: (device) =>
      override(device.information, 'writeRegionReply', (original) => (reply, structure) => {
        const argsz = structure.u32(0);
        original(reply, structure);
        structure.setU32(0, argsz);
      }),
  }),
  fault({
    name: 'ccw-crw-irq-missing',
    breaks: ['IRQ-CCW-INDEX'],
    summary: 'num_irqs is 3, but index 1 (CRW) is refused',
    personalities: ['ccw'],
    device: (device) =>
      override(
        device.information,
        'irqFor',
        (original) => (index) => (index === VFIO_CCW_CRW_IRQ_INDEX ? undefined : original(index)),
      ),
  }),
  fault({
    name: 'ccw-io-irq-empty',
    breaks: ['IRQ-CCW-INDEX'],
    summary: 'index 0 (IO) has no interrupt: count is 0',
    personalities: ['ccw'],
    device: (device) =>
      override(device.information, 'irqFor', (original) => (index) => {
        const irq = original(index);
        return irq !== undefined && index === VFIO_CCW_IO_IRQ_INDEX ? { ...irq, count: 0 } : irq;
      }),
  }),
  fault({
    name: 'migration-region-write-only-flag',
    breaks: ['MIG-LAYOUT'],
    summary: 'the migration region’s flags lack READ',
    device: (device) => override(device.migrationInfo, 'flags', (original) => () => original() & ~1),
  }),
  fault({
    name: 'migration-region-read-only-flag',
    breaks: ['MIG-LAYOUT'],
    summary: 'the migration region’s flags lack WRITE',
    device: (device) => override(device.migrationInfo, 'flags', (original) => () => original() & ~2),
  }),
  fault({
    name: 'migration-region-too-small',
    breaks: ['MIG-LAYOUT', 'MIG-DATA-NONZERO'],
    reason: 'no data section fits into a region that ends inside the structure',
    summary: 'the migration region’s size is 16 bytes: pending_bytes is its last field',
    device: (device) => override(device.migrationInfo, 'size', () => () => 16),
  }),
  fault({
    name: 'region-info-chain-required',
    breaks: ['REG-INFO-CHAIN', 'REG-TYPE-MIG'],
    reason: 'a user who begins with the structure alone never gets to the TYPE capability',
    summary: 'an argsz without room for the whole chain is refused with ENOSPC',
    device: (device) =>
      override(device.information, 'regionInfo', (original) => (structure) => {
        const region = device.information.regionFor(structure.u32(8));
        const chain = region?.capabilities().length ?? 0;
        return chain > 0 && structure.u32(0) < INFO_SIZE + 16 * chain ? fail('ENOSPC') : original(structure);
      }),
  }),
];
