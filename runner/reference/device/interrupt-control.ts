import {
  VFIO_IRQ_SET_ACTION_MASK,
  VFIO_IRQ_SET_ACTION_TRIGGER,
  VFIO_IRQ_SET_ACTION_TYPE_MASK,
  VFIO_IRQ_SET_ACTION_UNMASK,
  VFIO_IRQ_SET_DATA_BOOL,
  VFIO_IRQ_SET_DATA_EVENTFD,
  VFIO_IRQ_SET_DATA_NONE,
  VFIO_IRQ_SET_DATA_TYPE_MASK,
  vfioIrqSet,
} from '../../abi/structures/vfio-irq-set';
import { fail } from '../kernel/errno';
import type { UserStructure } from '../kernel/user-structure';
import type { KernelServices } from '../kernel/vendor-device';
import type { InterruptLines, Signal } from './interrupt-lines';

const U32_MAX = 0xffff_ffff;

/** One IRQ index of a device. */
export interface IrqIndex {
  readonly index: number;
  /** VFIO_IRQ_INFO_* flags. */
  readonly flags: number;
  readonly count: number;
  readonly maskable: boolean;
}

interface IrqRequest {
  readonly index: IrqIndex;
  readonly data: number;
  readonly start: number;
  readonly count: number;
  readonly structure: UserStructure;
}

/** VFIO_DEVICE_SET_IRQS, with the checks in the order of vfio_set_irqs_validate_and_prepare(). Answers are 0 or -errno. */
export class InterruptControl {
  constructor(
    readonly lines: InterruptLines,
    private readonly services: () => KernelServices | undefined,
  ) {}

  set(structure: UserStructure, indexes: readonly IrqIndex[]): number {
    const { fields, size: minimum } = vfioIrqSet;
    const flags = structure.u32(fields.flags.offset);
    const start = structure.u32(fields.start.offset);
    const count = structure.u32(fields.count.offset);
    const argsz = structure.u32(0);
    const index = indexes.find((candidate) => candidate.index === structure.u32(fields.index.offset));
    const known = VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK;
    if (argsz < minimum || index === undefined || count >= U32_MAX - start || (flags & ~known) !== 0)
      return fail('EINVAL');
    if (start >= index.count || start + count > index.count) return fail('EINVAL');
    const data = flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
    const width = dataWidth(data);
    if (width === undefined || (width > 0 && argsz - minimum < count * width)) return fail('EINVAL');
    const request = { index, data, start, count, structure };
    switch (flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
      case VFIO_IRQ_SET_ACTION_TRIGGER:
        return this.trigger(request);
      case VFIO_IRQ_SET_ACTION_MASK:
        return this.mask(request, true);
      case VFIO_IRQ_SET_ACTION_UNMASK:
        return this.mask(request, false);
      default:
        return fail('ENOTTY');
    }
  }

  private mask(request: IrqRequest, masked: boolean): number {
    if (!request.index.maskable) return fail('ENOTTY');
    if (request.start !== 0 || request.count !== 1) return fail('EINVAL');
    if (request.data === VFIO_IRQ_SET_DATA_EVENTFD) return fail('ENOTTY');
    const wanted = request.data === VFIO_IRQ_SET_DATA_NONE || request.structure.bytes[vfioIrqSet.size] === 1;
    if (wanted) this.lines.setMasked(masked);
    return 0;
  }

  private trigger(request: IrqRequest): number {
    const { index } = request.index;
    if (request.data === VFIO_IRQ_SET_DATA_NONE && request.count === 0) {
      this.lines.detach(index);
      return 0;
    }
    if (request.data === VFIO_IRQ_SET_DATA_EVENTFD) return this.attach(request);
    if (this.lines.attached(index) === undefined) return fail('EINVAL');
    for (let at = 0; at < request.count; at++) {
      const chosen =
        request.data === VFIO_IRQ_SET_DATA_NONE || (request.structure.bytes[vfioIrqSet.size + at] ?? 0) !== 0;
      if (chosen) this.lines.signal(index, request.start + at);
    }
    return 0;
  }

  private attach(request: IrqRequest): number {
    const { index } = request.index;
    const vectors = [
      ...(this.lines.attached(index) ?? new Array<Signal | undefined>(request.index.count).fill(undefined)),
    ];
    for (let at = 0; at < request.count; at++) {
      const fd = request.structure.i32(vfioIrqSet.size + 4 * at);
      const target = fd === -1 ? undefined : this.services()?.eventfd(fd);
      if (fd < -1) return fail('EINVAL');
      if (fd !== -1 && target === undefined)
        return this.services()?.isOpen(fd) === true ? fail('EINVAL') : fail('EBADF');
      vectors[request.start + at] = target;
    }
    this.lines.attach(index, vectors);
    return 0;
  }
}

function dataWidth(data: number): number | undefined {
  if (data === VFIO_IRQ_SET_DATA_NONE) return 0;
  if (data === VFIO_IRQ_SET_DATA_BOOL) return 1;
  return data === VFIO_IRQ_SET_DATA_EVENTFD ? 4 : undefined;
}
