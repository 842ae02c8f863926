/**
 * An oracle judges one family of clauses at every access, whatever the scenario does. It sees only what crosses the port, decoded by
 * `World`; it never calls the port itself, because a read can be an action (SAVE-NO-EARLY-ACK).
 */
import type { ByteOrder } from '../abi';
import type { ClauseId } from '../language/scenario';
import type { Judge } from './judge';
import type {
  ContainerView,
  DeviceView,
  FieldAccess,
  InfoExchange,
  IoctlExchange,
  SectionAccess,
  StrayAccess,
} from './views';

/** What an oracle may listen to; all optional. */
export interface OracleHooks {
  /** GROUP_GET_DEVICE_FD answered with a descriptor. */
  deviceOpened?(device: DeviceView): void;
  /** The descriptor is about to be gone, in whatever state. */
  deviceClosed?(device: DeviceView): void;
  deviceInfo?(device: DeviceView, exchange: InfoExchange): void;
  regionInfo?(device: DeviceView, index: number, exchange: InfoExchange): void;
  irqInfo?(device: DeviceView, index: number, exchange: InfoExchange): void;
  /** VFIO_DEVICE_RESET returned. */
  deviceReset?(device: DeviceView, result: number): void;
  /** A whole-field access to struct vfio_device_migration_info at its native width. */
  fieldRead?(device: DeviceView, access: FieldAccess): void;
  fieldWrite?(device: DeviceView, access: FieldAccess): void;
  /** Any other access that touches the structure. */
  strayAccess?(device: DeviceView, access: StrayAccess): void;
  /** The data section, by pread/pwrite or through a mapping. */
  sectionRead?(device: DeviceView, access: SectionAccess): void;
  sectionWrite?(device: DeviceView, access: SectionAccess): void;
  /** mmap of a part of the migration region; `result` is 0 or -errno. */
  sectionMapped?(device: DeviceView, offset: bigint, length: number, result: number): void;
  /** Zeroed memory of the kit's own, by its address in the process that makes the calls. */
  memoryAllocated?(address: bigint, length: number): void;
  /** The kit wrote to such memory. */
  memoryWritten?(address: bigint, length: number): void;
  memoryFreed?(address: bigint): void;
  iommuInfo?(container: ContainerView, exchange: InfoExchange): void;
  /** MAP_DMA, UNMAP_DMA, DIRTY_PAGES. */
  iommuCall?(container: ContainerView, exchange: IoctlExchange): void;
  /** The memory behind a mapping refused an access (SIGBUS and the like), or a call never came back. */
  faulted?(device: DeviceView | undefined, what: string): void;
  caseEnds?(): void;
}

/** What an oracle may know beside the traffic: the host's own facts, and the assumptions of the device's profile. */
export interface OracleFacts {
  readonly byteOrder: ByteOrder;
  /** Bytes. */
  readonly pageSize: number;
  /** `uname -m`, or what the profile's `assume: {arch: ...}` says instead. */
  readonly architecture: string;
  /** What the suite or the profile claims of the device under test: migration-v1, zpci, ... */
  readonly claims?: readonly string[];
}

export interface Oracle {
  readonly name: string;
  /** Every clause that this oracle may judge; a judgement of another clause is a bug that the tests catch. */
  readonly clauses: readonly ClauseId[];
  /** A fresh instance for one case: oracles keep no state over cases. */
  create(judge: Judge, facts: OracleFacts): OracleHooks;
}
