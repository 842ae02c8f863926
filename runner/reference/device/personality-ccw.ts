import { ccwCmdRegion } from '../../abi/structures/ccw-cmd-region';
import { ccwCrwRegion } from '../../abi/structures/ccw-crw-region';
import { ccwIoRegion } from '../../abi/structures/ccw-io-region';
import { ccwSchibRegion } from '../../abi/structures/ccw-schib-region';
import { VFIO_DEVICE_FLAGS_CCW } from '../../abi/structures/vfio-device-info';
import {
  VFIO_CCW_CRW_IRQ_INDEX,
  VFIO_CCW_IO_IRQ_INDEX,
  VFIO_CCW_REQ_IRQ_INDEX,
  VFIO_IRQ_INFO_EVENTFD,
} from '../../abi/structures/vfio-irq-info';
import { VFIO_CCW_CONFIG_REGION_INDEX, VFIO_CCW_NUM_REGIONS } from '../../abi/structures/vfio-region-info';
import {
  VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD,
  VFIO_REGION_SUBTYPE_CCW_CRW,
  VFIO_REGION_SUBTYPE_CCW_SCHIB,
  VFIO_REGION_TYPE_CCW,
} from '../../abi/structures/vfio-region-info-cap-type';
import type { Presentation } from './device-information';
import type { IrqIndex } from './interrupt-control';
import type { PersonalityParts } from './personality';
import { type Access, memoryAccess, type Region, TrappedRegion, typeCapability } from './region';
import { REGISTER_AREA_SIZE } from './register-file';

/** Where the registers stand in the CONFIG region, behind struct ccw_io_region. */
export const CCW_REGISTERS_AT = 0x1000;

/** vfio-ccw's indexes: CONFIG without a capability, then ASYNC_CMD, SCHIB and CRW, and migration last. */
export function ccwPresentation(parts: PersonalityParts): Presentation {
  const { order } = parts.model;
  const plain = (size: number, subtype: number): Region =>
    new TrappedRegion(size, memoryAccess(new Uint8Array(size)), [typeCapability(VFIO_REGION_TYPE_CCW, subtype, order)]);
  const first = VFIO_CCW_NUM_REGIONS;
  const regions = new Map<number, Region>([
    [
      VFIO_CCW_CONFIG_REGION_INDEX,
      new TrappedRegion(CCW_REGISTERS_AT + REGISTER_AREA_SIZE, configAccess(parts.registers)),
    ],
    [first, plain(ccwCmdRegion.size, VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD)],
    [first + 1, plain(ccwSchibRegion.size, VFIO_REGION_SUBTYPE_CCW_SCHIB)],
    [first + 2, plain(ccwCrwRegion.size, VFIO_REGION_SUBTYPE_CCW_CRW)],
    [first + 3, parts.migration],
  ]);
  return {
    busFlag: VFIO_DEVICE_FLAGS_CCW,
    regions,
    irqs: [VFIO_CCW_IO_IRQ_INDEX, VFIO_CCW_CRW_IRQ_INDEX, VFIO_CCW_REQ_IRQ_INDEX].map(eventfdIrq),
    capabilities: [],
    knowsCapabilities: false,
  };
}

function eventfdIrq(index: number): IrqIndex {
  return { index, flags: VFIO_IRQ_INFO_EVENTFD, count: 1, maskable: false };
}

function configAccess(registers: Access): Access {
  const io = memoryAccess(new Uint8Array(ccwIoRegion.size));
  const blank = memoryAccess(new Uint8Array(CCW_REGISTERS_AT));
  const choose = (offset: number, length: number): { access: Access; at: number } => {
    if (offset >= CCW_REGISTERS_AT) return { access: registers, at: offset - CCW_REGISTERS_AT };
    return { access: offset + length <= ccwIoRegion.size ? io : blank, at: offset };
  };
  return {
    read(offset, into) {
      const { access, at } = choose(offset, into.length);
      return access.read(at, access === registers ? into : into.subarray(0, CCW_REGISTERS_AT - offset));
    },
    write(offset, from) {
      const { access, at } = choose(offset, from.length);
      return access.write(at, access === registers ? from : from.subarray(0, CCW_REGISTERS_AT - offset));
    },
  };
}
