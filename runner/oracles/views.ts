/** What World knows of containers and devices from the traffic so far, and the decoded accesses that oracles judge. */
import type { MigrationField } from '../abi';
import type { ClauseId } from '../language/scenario';

export interface MappableArea {
  /** From the start of the region, bytes. */
  readonly offset: bigint;
  readonly size: bigint;
}

export interface RegionView {
  readonly index: number;
  readonly flags: number;
  /** Bytes, as the device says; not checked. */
  readonly size: bigint;
  /** Where the region starts in the device's file. */
  readonly offset: bigint;
  readonly areas: readonly MappableArea[];
  readonly type?: { readonly type: number; readonly subtype: number };
}

/**
 * What the kit has given the device since it entered _RESUMING. `in-question`: all of a save that has not yet been restored anywhere;
 * if it is refused, the step finds out whose doing that is.
 */
export type Given = 'nothing' | 'partial' | 'whole' | 'in-question' | 'wrong';

export interface DeviceView {
  readonly fd: number;
  readonly name: string;
  readonly container: ContainerView | undefined;
  info?: { flags: number; numRegions: number; numIrqs: number };
  readonly regions: Map<number, RegionView>;
  migration?: RegionView;
  /** device_state as last read, all 32 bits; undefined before the first read and after a write or reset not yet read back. */
  state?: number | undefined;
  /** User clauses broken on purpose since the device was opened or reset. */
  readonly provoked: Set<ClauseId>;
  given: Given;
  /** The clause that a refused arc breaks instead of its own, when the step says so. */
  blame?: ClauseId;
  /** The kit is making the device fail, by its profile: a transition that fails meanwhile is what was asked for. */
  faultAsked?: boolean;
}

export interface ContainerView {
  readonly fd: number;
  /** VFIO_TYPE1_IOMMU 1, VFIO_TYPE1v2_IOMMU 3; undefined before SET_IOMMU. */
  iommuType?: number;
  /** iova -> size, from MAP_DMA calls that succeeded. */
  readonly mappings: Map<bigint, bigint>;
  logging: boolean;
  /** Capability 2, as last seen. */
  migrationCapability?: { pgsizeBitmap: bigint; maxDirtyBitmapSize: bigint };
  readonly provoked: Set<ClauseId>;
}

export interface FieldAccess {
  readonly field: MigrationField;
  /** Bytes transferred, or -errno. */
  readonly result: number;
  /** Read or written; for a read meaningful only when `result` is the field's width. */
  readonly value: bigint;
  readonly width: number;
}

export interface StrayAccess {
  readonly write: boolean;
  readonly offset: bigint;
  readonly length: number;
  readonly result: number;
}

export interface SectionAccess {
  /** From the start of the migration region. */
  readonly offset: bigint;
  readonly length: number;
  readonly result: number;
  readonly via: 'read' | 'mmap';
  /** The caller's buffer: copy what you keep. */
  readonly bytes: Uint8Array;
}

/** A call that fills a structure of `argsz`: what went in, what came out. */
export interface InfoExchange {
  readonly sent: Uint8Array;
  readonly answer: Uint8Array;
  readonly result: number;
}

export interface IoctlExchange extends InfoExchange {
  readonly request: number;
  readonly name: string;
}
