import { type IoctlName, ioctlNumber } from '../../../runner/abi/ioctls';
import type { ScalarWidth } from '../../../runner/abi/scalar';
import { readScalar, writeScalar } from '../../../runner/abi/scalar';
import {
  VFIO_DEVICE_FLAGS_CCW,
  VFIO_DEVICE_FLAGS_PCI,
  vfioDeviceInfo,
} from '../../../runner/abi/structures/vfio-device-info';
import { vfioDeviceMigrationInfo } from '../../../runner/abi/structures/vfio-device-migration-info';
import { VFIO_TYPE1v2_IOMMU } from '../../../runner/abi/structures/vfio-extensions';
import { vfioIommuType1DirtyBitmap } from '../../../runner/abi/structures/vfio-iommu-type1-dirty-bitmap';
import { vfioIommuType1DirtyBitmapGet } from '../../../runner/abi/structures/vfio-iommu-type1-dirty-bitmap-get';
import { vfioIommuType1DmaMap } from '../../../runner/abi/structures/vfio-iommu-type1-dma-map';
import {
  encodeUnmapWithBitmap,
  vfioIommuType1DmaUnmap,
} from '../../../runner/abi/structures/vfio-iommu-type1-dma-unmap';
import { vfioRegionInfo } from '../../../runner/abi/structures/vfio-region-info';
import { createReferenceHost, type ReferenceHostOptions } from '../../../runner/host/reference/create-reference-host';
import type { HostMemory, VfioHost } from '../../../runner/host/vfio-host';
import { REGISTER } from '../../../runner/reference/device/register-file';

export const EINVAL = -22;
export const MIGRATION = { pci: 9n, zpci: 9n, ccw: 4n, 'fsl-mc': 1n } as const;
export type FieldName = keyof typeof vfioDeviceMigrationInfo.fields;
/** A buffer of a saved stream. */
export type Stream = Uint8Array[];

export function ioctl(name: IoctlName): number {
  return ioctlNumber(name, 'generic');
}

/** A whole reference host with a container on which one or both devices are open. */
export class Lab {
  readonly host: VfioHost;
  readonly container: number;

  constructor(options: ReferenceHostOptions, type: number = VFIO_TYPE1v2_IOMMU) {
    this.host = createReferenceHost(options);
    this.container = this.host.open('/dev/vfio/vfio', 'read-write');
    this.source = new Device(this, 1, type);
  }

  readonly source: Device;

  private other: Device | undefined;
  get destination(): Device {
    this.other ??= new Device(this, 2, undefined);
    return this.other;
  }

  allocate(length: number): HostMemory {
    const memory = this.host.allocate(length);
    if (typeof memory === 'number') throw new Error(`allocate: ${memory}`);
    return memory;
  }

  map(memory: HostMemory, iova: bigint, size = BigInt(memory.length), flags = 3, at = 0n): number {
    const { byteOrder } = this.host.facts;
    const call = vfioIommuType1DmaMap.encode({ argsz: 32, flags, vaddr: memory.address + at, iova, size }, byteOrder);
    return this.host.ioctl(this.container, ioctl('VFIO_IOMMU_MAP_DMA'), call);
  }

  unmap(iova: bigint, size: bigint): number | bigint {
    const { byteOrder } = this.host.facts;
    const call = vfioIommuType1DmaUnmap.encode({ argsz: 24, flags: 0, iova, size }, byteOrder);
    const result = this.host.ioctl(this.container, ioctl('VFIO_IOMMU_UNMAP_DMA'), call);
    return result < 0 ? result : vfioIommuType1DmaUnmap.getField(call, 'size', byteOrder);
  }

  unmapWithBitmap(
    iova: bigint,
    size: bigint,
    pgsize = BigInt(this.host.facts.pageSize),
    bitmapBytes?: number,
  ): number[] | number {
    const bytes = bitmapBytes ?? Math.ceil(Number(size / pgsize) / 64) * 8;
    const memory = this.allocate(Math.max(bytes, 8));
    const bitmap = { pgsize, size: BigInt(bytes), data: memory.address };
    const call = encodeUnmapWithBitmap({ flags: 1, iova, size, bitmap }, this.host.facts.byteOrder);
    const result = this.host.ioctl(this.container, ioctl('VFIO_IOMMU_UNMAP_DMA'), call);
    return result < 0 ? result : this.bitsOf(memory, bytes);
  }

  dirty(flags: number, argsz = 8): number {
    const call = vfioIommuType1DirtyBitmap.encode({ argsz, flags }, this.host.facts.byteOrder);
    return this.host.ioctl(this.container, ioctl('VFIO_IOMMU_DIRTY_PAGES'), call);
  }

  /** The pages that GET_BITMAP reports for a range, or -errno. */
  dirtyPages(
    iova: bigint,
    size: bigint,
    pgsize = BigInt(this.host.facts.pageSize),
    bitmapBytes?: number,
  ): number[] | number {
    const bytes = bitmapBytes ?? Math.ceil(Number(size / pgsize) / 64) * 8;
    const memory = this.allocate(Math.max(bytes, 8));
    const result = this.rawGet(iova, size, pgsize, BigInt(bytes), memory.address);
    return result < 0 ? result : this.bitsOf(memory, bytes);
  }

  rawGet(iova: bigint, size: bigint, pgsize: bigint, bitmapSize: bigint, data: bigint, argsz = 48, flags = 4): number {
    const { byteOrder } = this.host.facts;
    const call = new Uint8Array(Math.max(48, argsz));
    vfioIommuType1DirtyBitmap.encodeInto(call, { argsz, flags }, byteOrder);
    const bitmap = { pgsize, size: bitmapSize, data };
    vfioIommuType1DirtyBitmapGet.encodeInto(call, { iova, size, bitmap }, byteOrder, 8);
    return this.host.ioctl(this.container, ioctl('VFIO_IOMMU_DIRTY_PAGES'), call);
  }

  /** Set bits of an array of the host's u64 words. */
  bitsOf(memory: HostMemory, bytes: number): number[] {
    const set: number[] = [];
    for (let word = 0; word < Math.floor(bytes / 8); word++) {
      const value = this.host.load(memory, word * 8, 8);
      for (let bit = 0; bit < 64; bit++) if ((value >> BigInt(bit)) & 1n) set.push(word * 64 + bit);
    }
    return set;
  }
}

/** One open device and what a user does with it. */
export class Device {
  readonly host: VfioHost;
  readonly group: number;
  readonly fd: number;
  /** Index of the migration region. */
  readonly region: bigint;
  readonly name: string;

  constructor(
    readonly lab: Lab,
    groupNumber: number,
    type: number | undefined,
  ) {
    const { host } = lab;
    this.host = host;
    this.group = host.open(`/dev/vfio/${groupNumber}`, 'read-write');
    const descriptor = new Uint8Array(4);
    writeScalar(descriptor, 0, 4, lab.container, host.facts.byteOrder);
    must(host.ioctl(this.group, ioctl('VFIO_GROUP_SET_CONTAINER'), descriptor), 'SET_CONTAINER');
    if (type !== undefined) must(host.ioctl(lab.container, ioctl('VFIO_SET_IOMMU'), type), 'SET_IOMMU');
    const names = host.list(`/sys/kernel/iommu_groups/${groupNumber}/devices`);
    this.name = typeof names === 'number' ? '' : (names[0] ?? '');
    this.fd = must(
      host.ioctl(this.group, ioctl('VFIO_GROUP_GET_DEVICE_FD'), Buffer.from(`${this.name}\0`)),
      'GET_DEVICE_FD',
    );
    this.region = BigInt(this.info().num_regions - 1);
  }

  info(): ReturnType<typeof vfioDeviceInfo.decode> {
    const call = new Uint8Array(24);
    writeScalar(call, 0, 4, 24, this.host.facts.byteOrder);
    must(this.host.ioctl(this.fd, ioctl('VFIO_DEVICE_GET_INFO'), call), 'GET_INFO');
    return vfioDeviceInfo.decode(call, this.host.facts.byteOrder);
  }

  regionInfo(index: number, argsz = 32): { result: number; call: Uint8Array } {
    const call = new Uint8Array(Math.max(argsz, 32));
    vfioRegionInfo.encodeInto(call, { argsz, index }, this.host.facts.byteOrder);
    return { result: this.host.ioctl(this.fd, ioctl('VFIO_DEVICE_GET_REGION_INFO'), call), call };
  }

  private get base(): bigint {
    return this.region << 40n;
  }

  /** A field's value, or -errno as a number. */
  field(name: FieldName): bigint | number {
    const { offset, width } = vfioDeviceMigrationInfo.fields[name];
    const bytes = new Uint8Array(width);
    const result = this.host.pread(this.fd, bytes, this.base + BigInt(offset));
    return result === width
      ? readScalar(bytes, 0, width as ScalarWidth, this.host.facts.byteOrder)
      : result < 0
        ? result
        : -1000 - result;
  }

  setField(name: FieldName, value: bigint | number): number {
    const { offset, width } = vfioDeviceMigrationInfo.fields[name];
    const bytes = new Uint8Array(width);
    writeScalar(bytes, 0, width as ScalarWidth, value, this.host.facts.byteOrder);
    return this.host.pwrite(this.fd, bytes, this.base + BigInt(offset));
  }

  raw(offset: number, width: number): number {
    return this.host.pread(this.fd, new Uint8Array(width), this.base + BigInt(offset));
  }

  rawWrite(offset: number, bytes: Uint8Array): number {
    return this.host.pwrite(this.fd, bytes, this.base + BigInt(offset));
  }

  state(): number {
    return Number(this.field('device_state'));
  }

  go(state: number): number {
    return this.setField('device_state', state);
  }

  data(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    must(this.host.pread(this.fd, bytes, this.base + BigInt(offset)), 'data');
    return bytes;
  }

  /** One iteration; undefined when nothing is pending, a number for -errno. */
  buffer(): Uint8Array | undefined | number {
    const pending = this.field('pending_bytes');
    if (typeof pending === 'number') return pending;
    if (pending === 0n) return undefined;
    const offset = this.field('data_offset');
    const size = this.field('data_size');
    if (typeof offset === 'number') return offset;
    if (typeof size === 'number') return size;
    const bytes = new Uint8Array(Number(size));
    for (let at = 0; at < bytes.length; ) {
      const result = this.host.pread(this.fd, bytes.subarray(at), this.base + offset + BigInt(at));
      if (result <= 0) return result === 0 ? -1000 : result;
      at += result;
    }
    return bytes;
  }

  /** Saves until nothing is pending, or `most` buffers. */
  save(most = 10_000): Stream {
    const stream: Stream = [];
    while (stream.length < most) {
      const buffer = this.buffer();
      if (typeof buffer === 'number') throw new Error(`save: ${buffer}`);
      if (buffer === undefined) return stream;
      stream.push(buffer);
    }
    return stream;
  }

  /** Gives one buffer to a resuming device: the result of the data_size write. */
  give(bytes: Uint8Array): number {
    const offset = this.field('data_offset');
    if (typeof offset === 'number') return offset;
    const wrote = this.host.pwrite(this.fd, bytes, this.base + offset);
    if (wrote !== bytes.length) return wrote < 0 ? wrote : -1000 - wrote;
    return this.setField('data_size', BigInt(bytes.length));
  }

  resume(stream: Stream): number {
    for (const buffer of stream) {
      const result = this.give(buffer);
      if (result < 0) return result;
    }
    return 0;
  }

  private registersAt(offset: number): bigint {
    const personality = (this.info().flags & VFIO_DEVICE_FLAGS_CCW) !== 0 ? 0x1000n : 0n;
    return personality + BigInt(offset);
  }

  register(name: keyof typeof REGISTER, width: 4 | 8 = 4): bigint {
    const bytes = new Uint8Array(width);
    must(this.host.pread(this.fd, bytes, this.registersAt(REGISTER[name])), name);
    return readScalar(bytes, 0, width, 'little');
  }

  setRegister(name: keyof typeof REGISTER, value: bigint | number, width: 4 | 8 = 4): number {
    const bytes = new Uint8Array(width);
    writeScalar(bytes, 0, width, value, 'little');
    return this.host.pwrite(this.fd, bytes, this.registersAt(REGISTER[name]));
  }

  /** Lets a PCI device master the bus. */
  enableDma(): void {
    if ((this.info().flags & VFIO_DEVICE_FLAGS_PCI) !== 0)
      must(this.host.pwrite(this.fd, Uint8Array.of(6, 4), (7n << 40n) + 4n), 'command');
  }

  /** Makes the device fill memory with a pattern and waits until it has. */
  fill(iova: bigint, count: number, pattern = 0x1122_3344_5566_7788n): void {
    this.setRegister('dmaDestination', iova, 8);
    this.setRegister('dmaCount', BigInt(count), 8);
    this.setRegister('dmaPattern', pattern, 8);
    this.setRegister('dmaCommand', 0b1001);
    this.host.sleep(2);
  }

  reset(): number {
    return this.host.ioctl(this.fd, ioctl('VFIO_DEVICE_RESET'));
  }
}

export function must(result: number, what: string): number {
  if (result < 0) throw new Error(`${what}: ${result}`);
  return result;
}
