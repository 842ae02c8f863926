/**
 * The clauses that are not-applicable to each reference device, and to no other device of the self-test: a fault that adds to them has
 * escaped a judgement, and a variation that does has to stand here. Byte order and page size make no difference.
 */
import type { ClauseId } from '../../language/scenario';
import type { PersonalityName, SectionLayout } from '../../reference/device/device-model';

const CAPABILITIES = ['DEV-INFO-CAPS', 'DEV-INFO-CHAIN'];
const ZPCI = [
  'ZPCI-UNIQUE',
  'ZPCI-PRESENT',
  'ZPCI-BASE',
  'ZPCI-GROUP',
  'ZPCI-GROUP-RESERVED',
  'ZPCI-UTIL',
  'ZPCI-PFIP',
  'ZPCI-STABLE',
];
const CCW = ['REG-TYPE-CCW', 'IRQ-CCW-INDEX'];
const MAPPABLE = ['MIG-MMAP-ALIGN', 'MIG-MMAP-SPARSE', 'MIG-MMAP-OPTIONAL'];
/** Behind an IOMMU every mapped page is reported in every bitmap: none reads clean. */
const CLEAN_PAGES = ['DIRTY-STOP-FORGETS', 'DIRTY-CLEAR'];
/** A host with a dirty page log says so. */
const WITHOUT_LOG = ['IOMMU-CAP-MIG-ABSENT'];
/** A host without one has none of these. */
const LOG = [
  'IOMMU-CAP-MIG',
  'DIRTY-ONE-FLAG',
  'DIRTY-IDEMPOTENT',
  'DIRTY-START',
  'DIRTY-PERSIST',
  'DIRTY-NEWMAP',
  'DIRTY-CONTAINER',
  'DIRTY-STOP',
  'DIRTY-STOP-FORGETS',
  'DIRTY-NOT-ENABLED',
  'DIRTY-COMPLETE',
  'DIRTY-PRECISE',
  'DIRTY-CLEAR',
  'DIRTY-RANGE',
  'DIRTY-RANGE-ERR',
  'DIRTY-PGSIZE',
  'DIRTY-SIZE',
  'DIRTY-ARGSZ',
  'DIRTY-ZEROED',
  'UNMAP-BITMAP',
  'UNMAP-NOT-ENABLED',
  'UNMAP-SIZE',
  'UNMAP-ARGSZ',
  'UNMAP-ZEROED',
];

const OF_PERSONALITY: Readonly<Record<PersonalityName, readonly ClauseId[]>> = {
  pci: [...CAPABILITIES, ...ZPCI, ...CCW, ...WITHOUT_LOG],
  zpci: [...CCW, ...WITHOUT_LOG, ...CLEAN_PAGES],
  ccw: [...CAPABILITIES, ...ZPCI, ...WITHOUT_LOG],
  'fsl-mc': [...CAPABILITIES, ...ZPCI, ...CCW, ...WITHOUT_LOG, ...CLEAN_PAGES],
};

const OF_LAYOUT: Readonly<Record<SectionLayout, readonly ClauseId[]>> = {
  trapped: MAPPABLE,
  mmapped: [],
  partitioned: [],
};

interface Difference {
  readonly more?: readonly ClauseId[];
  readonly fewer?: readonly ClauseId[];
}

/** Where a benign variation differs from the plain device. */
const OF_VARIATION: Readonly<Record<string, Difference>> = {
  'iommu-backed': { more: CLEAN_PAGES },
  'first-bitmap-is-full': { more: CLEAN_PAGES },
  mediated: { fewer: CLEAN_PAGES },
  'unknown-device-capability': { fewer: CAPABILITIES },
  'no-dirty-log': { more: LOG, fewer: WITHOUT_LOG },
};

/** What is not-applicable to this device, and must be. */
export function notApplicableTo(
  device: { readonly personality: PersonalityName; readonly layout: SectionLayout },
  variation = '',
): ReadonlySet<ClauseId> {
  const { more = [], fewer = [] } = OF_VARIATION[variation] ?? {};
  const all = [...OF_PERSONALITY[device.personality], ...OF_LAYOUT[device.layout], ...more];
  return new Set(all.filter((clause) => !fewer.includes(clause)));
}

/** The variations that stand in the list: each has to exist. */
export const LISTED_VARIATIONS: readonly string[] = Object.keys(OF_VARIATION);
