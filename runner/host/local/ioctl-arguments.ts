/**
 * What a buffer handed to an ioctl must be, so that the kernel stays inside it.
 *
 * The kernel reads the smallest form of a structure whatever argsz says, and writes at most argsz bytes; so a buffer that holds both
 * cannot be overrun. An argsz that is too small is the kernel's to refuse, and is let through.
 */
import {
  type ByteOrder,
  IOCTLS,
  type IoctlDefinition,
  type IoctlEncoding,
  type IoctlName,
  ioctlNumber,
} from '../../abi';
import { HostMisuse } from '../vfio-host';
import type { DescriptorKind } from './descriptors';

type Shape =
  /** Starts with argsz; `minimum` bytes are read in any case. */
  | { readonly shape: 'structure'; readonly minimum: number }
  /** `char *`: must end inside the buffer. */
  | { readonly shape: 'string' }
  /** A fixed number of bytes without argsz. */
  | { readonly shape: 'bytes'; readonly minimum: number }
  /** Never dereferenced. */
  | { readonly shape: 'none' };

export type ArgumentRule = Shape & {
  readonly name: IoctlName;
  /** Whether a result >= 0 is a new descriptor, which dispose() has to close. */
  readonly returnsDescriptor: boolean;
};

/** What the headers say where abi/ has no layout, and where the kernel takes less than today's structure. */
const SHAPES: Partial<Record<IoctlName, Shape>> = {
  VFIO_GROUP_SET_CONTAINER: { shape: 'bytes', minimum: 4 },
  VFIO_GROUP_GET_DEVICE_FD: { shape: 'string' },
  // Both grew a cap_offset at the end; the kernel still takes what was there before it.
  VFIO_DEVICE_GET_INFO: { shape: 'structure', minimum: 16 },
  VFIO_IOMMU_GET_INFO: { shape: 'structure', minimum: 16 },
  VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: { shape: 'structure', minimum: 12 },
  VFIO_DEVICE_PCI_HOT_RESET: { shape: 'structure', minimum: 12 },
  VFIO_DEVICE_QUERY_GFX_PLANE: { shape: 'structure', minimum: 64 },
  VFIO_DEVICE_GET_GFX_DMABUF: { shape: 'bytes', minimum: 4 },
  VFIO_DEVICE_IOEVENTFD: { shape: 'structure', minimum: 28 },
};

const DESCRIPTORS: readonly IoctlName[] = ['VFIO_GROUP_GET_DEVICE_FD', 'VFIO_DEVICE_GET_GFX_DMABUF'];

/** Bytes past the end of a buffer of an unknown ioctl that the kernel may write without harm. */
export const SLACK = 64 * 1024;

export class IoctlArguments {
  readonly #rules = new Map<DescriptorKind, Map<number, ArgumentRule>>();

  constructor(
    encoding: IoctlEncoding,
    readonly byteOrder: ByteOrder,
  ) {
    for (const name of Object.keys(IOCTLS) as IoctlName[]) {
      const definition: IoctlDefinition = IOCTLS[name];
      const rules = this.#rules.get(definition.target) ?? new Map<number, ArgumentRule>();
      this.#rules.set(definition.target, rules);
      const shape: Shape =
        SHAPES[name] ??
        (definition.layout === undefined ? { shape: 'none' } : { shape: 'structure', minimum: definition.layout.size });
      rules.set(ioctlNumber(name, encoding), { ...shape, name, returnsDescriptor: DESCRIPTORS.includes(name) });
    }
  }

  /** Undefined for a request that the headers do not define for this kind of descriptor. */
  rule(kind: DescriptorKind, request: number): ArgumentRule | undefined {
    return this.#rules.get(kind)?.get(request);
  }

  /** @throws HostMisuse when the kernel could read or write past the buffer. */
  check(rule: ArgumentRule, buffer: Uint8Array): void {
    if (rule.shape === 'none') {
      return;
    }
    if (rule.shape === 'string') {
      if (!buffer.includes(0)) {
        throw new HostMisuse(`${rule.name}: the string does not end inside its buffer of ${buffer.length} bytes`);
      }
      return;
    }
    if (buffer.length < rule.minimum) {
      throw new HostMisuse(`${rule.name} takes at least ${rule.minimum} bytes, the buffer has ${buffer.length}`);
    }
    if (rule.shape === 'structure') {
      const argsz = u32(buffer, this.byteOrder);
      if (argsz > buffer.length) {
        throw new HostMisuse(`${rule.name}: argsz is ${argsz}, the buffer has ${buffer.length} bytes`);
      }
    }
  }
}

/** By hand: a DataView for each ioctl costs more than the check itself. */
function u32(bytes: Uint8Array, order: ByteOrder): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return order === 'little'
    ? (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
    : (d | (c << 8) | (b << 16) | (a << 24)) >>> 0;
}
