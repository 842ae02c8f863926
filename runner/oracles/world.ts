/**
 * World: listens to the port, learns which descriptor is which container, group and device and where the migration region is, and hands
 * decoded accesses to the oracles. It knows only what crossed the port.
 */
import {
  type ByteOrder,
  decodeSparseMmapAreas,
  ERRNO,
  type IoctlEncoding,
  type IoctlTarget,
  ioctlName,
  ioctlNumber,
  type MigrationField,
  VFIO_DEVICE_STATE_MASK,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
  VFIO_IOMMU_INFO_CAPS,
  VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  VFIO_REGION_INFO_FLAG_CAPS,
  VFIO_REGION_SUBTYPE_MIGRATION,
  VFIO_REGION_TYPE_MIGRATION,
  vfioDeviceInfo,
  vfioDeviceMigrationInfo,
  vfioIommuType1DirtyBitmap,
  vfioIommuType1DmaMap,
  vfioIommuType1DmaUnmap,
  vfioIommuType1Info,
  vfioIommuType1InfoCapMigration,
  vfioIrqInfo,
  vfioRegionInfo,
  vfioRegionInfoCapType,
  walkCapabilityChain,
} from '../abi';
import { DeviceHang, type HostFacts, type HostMemory, MemoryFault } from '../host/vfio-host';
import type { Access, AccessListener } from '../host/watched-host';
import type { OracleHooks } from './oracle';
import type { ContainerView, DeviceView, FieldAccess, MappableArea, RegionView } from './views';

const { EINTR } = ERRNO;
const STRUCTURE_SIZE = vfioDeviceMigrationInfo.size;

interface FieldPlace {
  readonly field: MigrationField;
  readonly offset: number;
  readonly width: number;
}

const FIELDS: readonly FieldPlace[] = (
  ['device_state', 'reserved', 'pending_bytes', 'data_offset', 'data_size'] as const
).map((field) => ({ field, ...vfioDeviceMigrationInfo.fields[field] }));
/** By the offset at which a field begins. */
const FIELD_AT: readonly (FieldPlace | undefined)[] = Array.from({ length: STRUCTURE_SIZE }, (_, offset) =>
  FIELDS.find((field) => field.offset === offset),
);

/** Hooks that are called at every access, each with those oracles alone that have it. */
type Listeners<K extends keyof OracleHooks> = readonly NonNullable<OracleHooks[K]>[];

function listeners<K extends keyof OracleHooks>(oracles: readonly OracleHooks[], hook: K): Listeners<K> {
  return oracles.flatMap((oracle) => {
    const listener = oracle[hook];
    return listener ? [listener.bind(oracle) as NonNullable<OracleHooks[K]>] : [];
  });
}

/** What is kept of a place: a device, a part of a migration region that is mapped, some other memory, a container or a group. */
export type Place = DeviceView | SectionMapping | HostMemory['kind'] | IoctlTarget | undefined;

/** The parts of an access that say where it went. */
export interface Located {
  readonly fd: number;
  readonly length: number;
  readonly path: string | undefined;
  readonly request: number | undefined;
  readonly offset: bigint | undefined;
  readonly at: number | undefined;
}

export interface SectionMapping {
  readonly device: DeviceView;
  /** From the start of the migration region. */
  readonly offset: bigint;
}

export class World implements AccessListener {
  readonly devices = new Map<number, DeviceView>();
  readonly containers = new Map<number, ContainerView>();
  private readonly groups = new Map<number, { container: ContainerView | undefined }>();
  private readonly mappings = new Map<HostMemory, SectionMapping>();
  private readonly order: ByteOrder;
  private readonly little: boolean;
  private readonly requests: ReadonlyMap<number, (access: Access) => void>;
  private readonly encoding: IoctlEncoding;
  /** When the access began that is being told of, on the host's clock. */
  startedMs = 0;
  private muted = false;
  private readonly fieldReads: Listeners<'fieldRead'>;
  private readonly fieldWrites: Listeners<'fieldWrite'>;
  private readonly sectionReads: Listeners<'sectionRead'>;
  private readonly sectionWrites: Listeners<'sectionWrite'>;
  private readonly memoryWrites: Listeners<'memoryWritten'>;
  private readonly value: ValueDecoder;
  private bounds: Bounds = { region: undefined, start: 0, size: 0 };

  constructor(
    private readonly oracles: readonly OracleHooks[],
    facts: HostFacts,
  ) {
    this.order = facts.byteOrder;
    this.little = facts.byteOrder === 'little';
    this.encoding = facts.ioctlEncoding;
    this.fieldReads = listeners(oracles, 'fieldRead');
    this.fieldWrites = listeners(oracles, 'fieldWrite');
    this.sectionReads = listeners(oracles, 'sectionRead');
    this.sectionWrites = listeners(oracles, 'sectionWrite');
    this.memoryWrites = listeners(oracles, 'memoryWritten');
    this.value = new ValueDecoder(this.little);
    const number = (name: Parameters<typeof ioctlNumber>[0]) => ioctlNumber(name, facts.ioctlEncoding);
    this.requests = new Map<number, (access: Access) => void>([
      [number('VFIO_SET_IOMMU'), (access) => this.setIommu(access)],
      [number('VFIO_GROUP_SET_CONTAINER'), (access) => this.setContainer(access)],
      [number('VFIO_GROUP_GET_DEVICE_FD'), (access) => this.openDevice(access)],
      [number('VFIO_DEVICE_GET_INFO'), (access) => this.deviceInfo(access)],
      [number('VFIO_DEVICE_GET_REGION_INFO'), (access) => this.regionInfo(access)],
      [number('VFIO_DEVICE_GET_IRQ_INFO'), (access) => this.irqInfo(access)],
      [number('VFIO_DEVICE_RESET'), (access) => this.reset(access)],
      [number('VFIO_IOMMU_GET_INFO'), (access) => this.iommuInfo(access)],
      [number('VFIO_IOMMU_MAP_DMA'), (access) => this.iommuCall(access)],
      [number('VFIO_IOMMU_UNMAP_DMA'), (access) => this.iommuCall(access)],
      [number('VFIO_IOMMU_DIRTY_PAGES'), (access) => this.iommuCall(access)],
    ]);
  }

  /** From now on nothing is judged: what follows is the kit's own clean-up. */
  mute(): void {
    for (const device of this.devices.values()) for (const oracle of this.oracles) oracle.deviceClosed?.(device);
    this.muted = true;
  }

  before(access: Access): void {
    if (access.call !== 'close' || this.muted) return;
    const device = this.devices.get(access.fd);
    if (device) for (const oracle of this.oracles) oracle.deviceClosed?.(device);
  }

  after(access: Access): void {
    if (this.muted) return;
    this.startedMs = access.startedMs;
    if (access.thrown) {
      this.unanswered(access);
      return;
    }
    switch (access.call) {
      case 'pread':
      case 'pwrite':
        // Interrupted before anything was done, and made again; a driver that answers so for ever fails the step.
        if (access.result !== -EINTR) this.transfer(access);
        break;
      case 'ioctl':
        if (access.request !== undefined) this.requests.get(access.request)?.(access);
        break;
      case 'load':
      case 'store':
      case 'peek':
      case 'poke':
        this.memoryAccess(access);
        break;
      case 'mmap':
        this.mapped(access);
        break;
      case 'allocate':
        if (access.memory)
          for (const oracle of this.oracles) oracle.memoryAllocated?.(access.memory.address, access.memory.length);
        break;
      case 'munmap':
        if (access.memory) this.freed(access.memory);
        break;
      case 'open':
        if (access.result >= 0 && access.path === '/dev/vfio/vfio') this.openContainer(access.result);
        else if (access.result >= 0 && access.path?.startsWith('/dev/vfio/'))
          this.groups.set(access.result, { container: undefined });
        break;
      case 'close':
        this.devices.delete(access.fd);
        this.groups.delete(access.fd);
        this.containers.delete(access.fd);
        break;
      default:
        break;
    }
  }

  /** Nobody answered: there is nothing to decode, and what is not the kit's own mistake is the device's. */
  private unanswered(access: Access): void {
    if (!(access.thrown instanceof MemoryFault || access.thrown instanceof DeviceHang)) return;
    const device =
      this.devices.get(access.fd) ?? (access.memory ? this.mappings.get(access.memory)?.device : undefined);
    for (const oracle of this.oracles) oracle.faulted?.(device, access.thrown.message);
  }

  caseEnds(): void {
    for (const oracle of this.oracles) oracle.caseEnds?.();
  }

  /** What an access went to, as far as the traffic so far tells: for `describe`, at once or later. Allocates nothing. */
  place(access: Access): Place {
    if (access.memory) return this.mappings.get(access.memory) ?? access.memory.kind;
    return this.devices.get(access.fd) ?? this.target(access.fd);
  }

  /** `device_state`, `migration + 0x1000`, `region 7 + 0x4`, the ioctl's name: where an access went, for people. */
  describe(access: Located, place: Place): string {
    if (access.path !== undefined) return access.path;
    const isDevice = typeof place === 'object' && 'regions' in place;
    if (access.request !== undefined) {
      const target = isDevice ? 'device' : place === 'container' || place === 'group' ? place : undefined;
      return ioctlName(access.request, this.encoding, target);
    }
    if (isDevice && access.offset !== undefined) return describeOffset(place, access.offset, access.length);
    const at = access.at ?? 0;
    if (typeof place === 'object' && !isDevice) {
      const start = (place.device.migration?.offset ?? 0n) + place.offset;
      return describeOffset(place.device, start + BigInt(at), access.length);
    }
    if (place === 'device' || place === 'anonymous') {
      return `${place === 'device' ? 'mapping' : 'memory'} + 0x${at.toString(16)}`;
    }
    return access.fd >= 0 ? `descriptor ${access.fd}` : '';
  }

  private target(fd: number): IoctlTarget | undefined {
    if (this.devices.has(fd)) return 'device';
    if (this.containers.has(fd)) return 'container';
    return this.groups.has(fd) ? 'group' : undefined;
  }

  private openContainer(fd: number): void {
    this.containers.set(fd, { fd, mappings: new Map(), logging: false, provoked: new Set() });
  }

  private setIommu(access: Access): void {
    const container = this.containers.get(access.fd);
    if (container && access.result >= 0 && access.value !== undefined) container.iommuType = Number(access.value);
  }

  private setContainer(access: Access): void {
    const group = this.groups.get(access.fd);
    if (!group || access.result < 0 || !access.sent || access.sent.length < 4) return;
    group.container = this.containers.get(view(access.sent).getInt32(0, this.little));
  }

  private openDevice(access: Access): void {
    if (access.result < 0 || !access.sent) return;
    const end = access.sent.indexOf(0);
    const name = new TextDecoder().decode(access.sent.subarray(0, end < 0 ? access.sent.length : end));
    const device: DeviceView = {
      fd: access.result,
      name,
      container: this.groups.get(access.fd)?.container,
      regions: new Map(),
      // Set from the start: a property that comes and goes makes an object slow.
      state: undefined,
      provoked: new Set(),
      given: 'nothing',
    };
    this.devices.set(access.result, device);
    for (const oracle of this.oracles) oracle.deviceOpened?.(device);
  }

  private deviceInfo(access: Access): void {
    const device = this.devices.get(access.fd);
    const exchange = exchangeOf(access);
    if (!device || !exchange) return;
    // A failed call, or one whose answer cannot be decoded, leaves what is known as it was; the oracles see it all the same.
    if (access.result >= 0 && exchange.answer.length >= 16) {
      const bytes = padded(exchange.answer, vfioDeviceInfo.size);
      const { flags, num_regions, num_irqs } = vfioDeviceInfo.decode(bytes, this.order);
      device.info = { flags, numRegions: num_regions, numIrqs: num_irqs };
    }
    for (const oracle of this.oracles) oracle.deviceInfo?.(device, exchange);
  }

  private regionInfo(access: Access): void {
    const device = this.devices.get(access.fd);
    const exchange = exchangeOf(access);
    if (!device || !exchange || exchange.sent.length < 12) return;
    const index = vfioRegionInfo.getField(padded(exchange.sent, vfioRegionInfo.size), 'index', this.order);
    if (access.result >= 0 && exchange.answer.length >= vfioRegionInfo.size)
      this.learnRegion(device, index, exchange.answer);
    for (const oracle of this.oracles) oracle.regionInfo?.(device, index, exchange);
  }

  private learnRegion(device: DeviceView, index: number, answer: Uint8Array): void {
    const info = vfioRegionInfo.decode(answer, this.order);
    const known = device.regions.get(index);
    let areas: readonly MappableArea[] = known?.areas ?? [];
    let type = known?.type;
    if ((info.flags & VFIO_REGION_INFO_FLAG_CAPS) !== 0 && info.argsz <= answer.length) {
      const chain = walkCapabilityChain(answer, this.order, {
        start: info.cap_offset,
        headSize: vfioRegionInfo.size,
        end: info.argsz,
      });
      for (const capability of chain.capabilities) {
        if (capability.id === VFIO_REGION_INFO_CAP_TYPE && capability.bytes.length >= vfioRegionInfoCapType.size) {
          const decoded = vfioRegionInfoCapType.decode(capability.bytes, this.order);
          type = { type: decoded.type, subtype: decoded.subtype };
        }
        if (capability.id === VFIO_REGION_INFO_CAP_SPARSE_MMAP && capability.bytes.length >= 16) {
          areas = decodeSparseMmapAreas(capability.bytes, this.order).elements.map((area) => ({
            offset: area.offset,
            size: area.size,
          }));
        }
      }
    }
    const region: RegionView = {
      index,
      flags: info.flags,
      size: info.size,
      offset: info.offset,
      areas,
      ...(type ? { type } : {}),
    };
    device.regions.set(index, region);
    const isMigration = type?.type === VFIO_REGION_TYPE_MIGRATION && type.subtype === VFIO_REGION_SUBTYPE_MIGRATION;
    if (isMigration && (device.migration === undefined || device.migration.index === index)) device.migration = region;
  }

  private irqInfo(access: Access): void {
    const device = this.devices.get(access.fd);
    const exchange = exchangeOf(access);
    if (!device || !exchange || exchange.sent.length < 12) return;
    const index = vfioIrqInfo.getField(padded(exchange.sent, vfioIrqInfo.size), 'index', this.order);
    for (const oracle of this.oracles) oracle.irqInfo?.(device, index, exchange);
  }

  private reset(access: Access): void {
    const device = this.devices.get(access.fd);
    if (!device) return;
    for (const oracle of this.oracles) oracle.deviceReset?.(device, access.result);
    if (access.result < 0) return;
    device.state = undefined;
    device.given = 'nothing';
    device.provoked.clear();
  }

  private iommuInfo(access: Access): void {
    const container = this.containers.get(access.fd);
    const exchange = exchangeOf(access);
    if (!container || !exchange) return;
    const size = vfioIommuType1Info.size;
    if (access.result >= 0 && exchange.answer.length >= size) {
      const info = vfioIommuType1Info.decode(padded(exchange.answer, size), this.order);
      if ((info.flags & VFIO_IOMMU_INFO_CAPS) !== 0 && info.argsz <= exchange.answer.length) {
        const chain = walkCapabilityChain(exchange.answer, this.order, {
          start: info.cap_offset,
          headSize: 16,
          end: info.argsz,
        });
        for (const capability of chain.capabilities) {
          if (
            capability.id !== VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION ||
            capability.bytes.length < vfioIommuType1InfoCapMigration.size
          )
            continue;
          const decoded = vfioIommuType1InfoCapMigration.decode(capability.bytes, this.order);
          container.migrationCapability = {
            pgsizeBitmap: decoded.pgsize_bitmap,
            maxDirtyBitmapSize: decoded.max_dirty_bitmap_size,
          };
        }
      }
    }
    for (const oracle of this.oracles) oracle.iommuInfo?.(container, exchange);
  }

  private iommuCall(access: Access): void {
    const container = this.containers.get(access.fd);
    const exchange = exchangeOf(access);
    if (!container || !exchange || access.request === undefined) return;
    const name = ioctlName(access.request, this.encoding, 'container');
    // Oracles judge against what was true before the call.
    for (const oracle of this.oracles) oracle.iommuCall?.(container, { ...exchange, request: access.request, name });
    if (access.result < 0) return;
    if (name === 'VFIO_IOMMU_MAP_DMA') {
      const map = vfioIommuType1DmaMap.decode(exchange.sent, this.order);
      container.mappings.set(map.iova, map.size);
    } else if (name === 'VFIO_IOMMU_UNMAP_DMA') {
      const unmap = vfioIommuType1DmaUnmap.decode(exchange.answer, this.order);
      for (const [iova, size] of container.mappings) {
        if (iova >= unmap.iova && iova + size <= unmap.iova + unmap.size) container.mappings.delete(iova);
      }
    } else {
      const flags = vfioIommuType1DirtyBitmap.getField(exchange.sent, 'flags', this.order);
      if (flags === VFIO_IOMMU_DIRTY_PAGES_FLAG_START) container.logging = true;
      if (flags === VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) container.logging = false;
    }
  }

  private transfer(access: Access): void {
    const device = this.devices.get(access.fd);
    const region = device?.migration;
    if (!device || !region || access.offset === undefined || !access.data) return;
    const write = access.call === 'pwrite';
    if (region !== this.bounds.region) this.bounds = boundsOf(region);
    const { start, size } = this.bounds;
    const at = Number(start === undefined ? access.offset - region.offset : access.offset) - (start ?? 0);
    if (at < 0 || at >= size) return;
    if (at < STRUCTURE_SIZE) {
      this.structureAccess(device, at, access.length, write, access.result, access.data);
      return;
    }
    const section = {
      offset: access.offset - region.offset,
      length: access.length,
      result: access.result,
      via: 'read' as const,
      bytes: access.data,
    };
    for (const listener of write ? this.sectionWrites : this.sectionReads) listener(device, section);
  }

  private structureAccess(
    device: DeviceView,
    at: number,
    length: number,
    write: boolean,
    result: number,
    data: Uint8Array,
  ): void {
    const field = FIELD_AT[at];
    if (field === undefined || field.width !== length) {
      const stray = { write, offset: BigInt(at), length, result };
      for (const oracle of this.oracles) oracle.strayAccess?.(device, stray);
      return;
    }
    const value = this.value.decode(data, field.width);
    const fieldAccess: FieldAccess = { field: field.field, result, value, width: field.width };
    for (const listener of write ? this.fieldWrites : this.fieldReads) listener(device, fieldAccess);
    if (field.field !== 'device_state') return;
    // Oracles compare with what was read before; only then does the new value become what is known.
    if (write) this.stateWritten(device, Number(value), result);
    else if (result === 4) device.state = Number(value);
  }

  private stateWritten(device: DeviceView, value: number, result: number): void {
    const before = device.state;
    device.state = undefined;
    if (result !== 4) return;
    const entersResuming = (value & VFIO_DEVICE_STATE_MASK) === 4 && ((before ?? 0) & VFIO_DEVICE_STATE_MASK) !== 4;
    if (entersResuming) device.given = 'nothing';
  }

  private mapped(access: Access): void {
    const device = this.devices.get(access.fd);
    const region = device?.migration;
    if (!device || !region || access.offset === undefined) return;
    const at = access.offset - region.offset;
    if (at < 0n || at >= region.size) return;
    for (const oracle of this.oracles) oracle.sectionMapped?.(device, at, access.length, Math.min(access.result, 0));
    if (access.memory) this.mappings.set(access.memory, { device, offset: at });
  }

  private freed(memory: HostMemory): void {
    this.mappings.delete(memory);
    if (memory.kind === 'anonymous') for (const oracle of this.oracles) oracle.memoryFreed?.(memory.address);
  }

  private memoryAccess(access: Access): void {
    const { memory, at, call, thrown } = access;
    if (memory?.kind === 'anonymous' && at !== undefined && !thrown && (call === 'store' || call === 'poke'))
      for (const listener of this.memoryWrites) listener(memory.address + BigInt(at), access.length);
    const mapping = access.memory ? this.mappings.get(access.memory) : undefined;
    if (!mapping || access.at === undefined || access.thrown) return;
    const bytes = access.data ?? encodeValue(access.value ?? 0n, access.length, this.little);
    const section = {
      offset: mapping.offset + BigInt(access.at),
      length: access.length,
      result: access.length,
      via: 'mmap' as const,
      bytes,
    };
    const write = access.call === 'store' || access.call === 'poke';
    for (const listener of write ? this.sectionWrites : this.sectionReads) listener(mapping.device, section);
  }
}

/** Where a region lies in the device's file, as numbers: arithmetic on bigints would be a good part of what an access costs. */
interface Bounds {
  readonly region: RegionView | undefined;
  /** Undefined where offsets are too large to be exact as numbers. */
  readonly start: number | undefined;
  readonly size: number;
}

function boundsOf(region: RegionView): Bounds {
  const exact = region.offset + region.size <= BigInt(Number.MAX_SAFE_INTEGER);
  return { region, start: exact ? Number(region.offset) : undefined, size: Number(region.size) };
}

/** Numbers of 4 and 8 bytes. A DataView for each access costs more than all that is done with the number. */
class ValueDecoder {
  private readonly bytes = new Uint8Array(8);
  private readonly u32 = new Uint32Array(this.bytes.buffer);
  private readonly u64 = new BigUint64Array(this.bytes.buffer);
  private readonly swap: boolean;

  constructor(little: boolean) {
    const ownLittle = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
    this.swap = little !== ownLittle;
  }

  decode(data: Uint8Array, width: number): bigint {
    if (this.swap) for (let n = 0; n < width; n += 1) this.bytes[n] = data[width - 1 - n] ?? 0;
    else for (let n = 0; n < width; n += 1) this.bytes[n] = data[n] ?? 0;
    return width === 4 ? BigInt(this.u32[0] ?? 0) : (this.u64[0] ?? 0n);
  }
}

function exchangeOf(access: Access): { sent: Uint8Array; answer: Uint8Array; result: number } | undefined {
  if (!access.sent || !access.data) return undefined;
  return { sent: access.sent, answer: access.data, result: access.result };
}

/** Short buffers are legal (an old user's structure): the fields that are not there read as zero. */
function padded(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length >= size) return bytes;
  const whole = new Uint8Array(size);
  whole.set(bytes);
  return whole;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encodeValue(value: bigint, width: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, little);
  return little ? bytes.subarray(0, width) : bytes.subarray(8 - width);
}

function describeOffset(device: DeviceView, offset: bigint, length: number): string {
  for (const region of device.regions.values()) {
    if (offset < region.offset || offset >= region.offset + region.size) continue;
    const at = offset - region.offset;
    if (region !== device.migration) return `region ${region.index} + 0x${at.toString(16)}`;
    const field = FIELDS.find((candidate) => BigInt(candidate.offset) === at && candidate.width === length);
    return field ? field.field : `migration + 0x${at.toString(16)}`;
  }
  return `offset 0x${offset.toString(16)}`;
}
