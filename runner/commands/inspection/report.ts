/** What `inspect` finds out, as plain data: it crosses from the child process and is what `--json` writes. */
import type { HostFacts } from '../../host/vfio-host';
import type { DeviceIdentity } from '../../vfio/host-devices';
import type { OpenFailure } from '../../vfio/open-failure';

/** 64-bit numbers in hexadecimal, `0x1000`. */
export type Hex = string;

export interface InspectedCapability {
  readonly id: number;
  readonly version: number;
  readonly offset: number;
  /** Name and fields, one a line; as much as could be decoded. */
  readonly decoded: readonly string[];
}

/** Behind the information on a region or on the IOMMU. */
export interface InspectedInfoCapability {
  readonly id: number;
  /** As in the headers; absent for one that the kit does not know. */
  readonly name?: string;
  readonly version: number;
  readonly offset: number;
  /** Bytes, its header included. */
  readonly size: number;
  /** In hex, the header included; at most 256 of them. */
  readonly bytes: string;
  /** Its own field, where the report has it nowhere else. */
  readonly decoded?: string;
}

export interface InspectedRegion {
  readonly index: number;
  /** `bar0`, `config`, `migration/migration`; absent when nothing says what it is. */
  readonly name?: string;
  /** The errno that VFIO_DEVICE_GET_REGION_INFO answered; then nothing else is known. */
  readonly error?: string;
  readonly size?: Hex;
  readonly offset?: Hex;
  /** read, write, mmap, msix-mappable. */
  readonly flags?: readonly string[];
  /** TYPE capability. */
  readonly type?: { readonly type: number; readonly subtype: number; readonly name: string };
  /** All of the chain, in its order. */
  readonly capabilities?: readonly InspectedInfoCapability[];
  /** Parts that may be mapped, where not all of it. */
  readonly areas?: readonly { readonly offset: Hex; readonly size: Hex }[];
  readonly problems?: readonly string[];
}

export interface InspectedIrq {
  readonly index: number;
  readonly name?: string;
  readonly error?: string;
  readonly count?: number;
  /** eventfd, maskable, automasked, noresize. */
  readonly flags?: readonly string[];
  readonly problems?: readonly string[];
}

export interface InspectedField {
  readonly name: string;
  readonly offset: number;
  /** What it reads as; absent when it was not read. */
  readonly value?: string;
  /** Why it was not read, or the errno. */
  readonly remark?: string;
}

export interface InspectedMigration {
  /** Absent: no region of type 3, subtype 1. */
  readonly version1?: { readonly region: number; readonly fields: readonly InspectedField[] };
  /** Why there is no version 1. */
  readonly without?: string;
  /** VFIO_DEVICE_FEATURE_MIGRATION: its flags, or absent where the device does not speak it. */
  readonly version2?: Hex;
}

export interface InspectedIommu {
  readonly error?: string;
  readonly pageSizes?: Hex;
  readonly iovaRanges?: readonly { readonly start: Hex; readonly end: Hex }[];
  readonly dirtyLogging?: { readonly pageSizes: Hex; readonly maxBitmapBytes: Hex };
  /** Mappings that may still be made. */
  readonly dmaAvail?: number;
  /** All of the chain, in its order. */
  readonly capabilities?: readonly InspectedInfoCapability[];
  readonly problems?: readonly string[];
}

export interface InspectReport {
  /** As named on the command line. */
  readonly device: string;
  readonly host: HostFacts;
  readonly identity: DeviceIdentity;
  readonly info: {
    readonly error?: string;
    readonly flags?: Hex;
    readonly flagNames?: readonly string[];
    readonly numRegions?: number;
    readonly numIrqs?: number;
    readonly capabilities?: readonly InspectedCapability[];
    readonly problems?: readonly string[];
  };
  readonly regions: readonly InspectedRegion[];
  readonly irqs: readonly InspectedIrq[];
  readonly migration: InspectedMigration;
  readonly iommu: InspectedIommu;
}

/** What the child says, one JSON text a line. */
export type InspectMessage =
  /** What it is about to do; the last one is where a device that hangs or kills the process did so. */
  | { readonly kind: 'doing'; readonly what: string }
  | { readonly kind: 'report'; readonly report: InspectReport }
  | { readonly kind: 'cannot-open'; readonly failure: OpenFailure }
  /** This machine cannot reach devices at all, or the device hung in a way that the simulation noticed. */
  | { readonly kind: 'failed'; readonly message: string; readonly advice?: string };
