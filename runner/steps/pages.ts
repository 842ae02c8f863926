/** Pages: the unit in which dirty logging counts, and ranges of addresses that scenarios name by mappings and pages. */
import type { Mapping } from '../vfio/iommu';
import { smallestPageSize } from '../vfio/iommu-info';
import type { DmaSpace, NamedMapping } from './device-session';
import type { StepContext } from './step-context';

/** What does not change while a container lives. Asking once leaves what a scenario is about as the only calls of its steps. */
interface PageFacts {
  /** Bytes. */
  readonly unit: bigint;
  readonly logged: LoggedPages | undefined;
}

/** Capability 2 (header diff, lines 290-312), usable. */
export interface LoggedPages {
  /** The smallest page size that dirty logging offers, in bytes. */
  readonly smallest: bigint;
  /** Bytes. */
  readonly maxBitmapBytes: bigint;
}

const known = new WeakMap<DmaSpace, PageFacts>();

/** The page that scenarios count in: that of dirty logging, or else the smallest that can be mapped. Bytes. */
export function pageUnit(context: StepContext): bigint {
  return factsOf(context).unit;
}

/** What dirty logging counts in; ends the step where there is none. */
export function loggedPages(context: StepContext): LoggedPages {
  const { logged } = factsOf(context);
  if (!logged) context.skip('not-applicable', 'dirty-pages', 'the IOMMU info has no MIGRATION capability (2)');
  if (logged.smallest === 0n || logged.maxBitmapBytes === 0n) {
    context.fail({
      clause: 'IOMMU-CAP-MIG',
      expected: 'a page size in pgsize_bitmap, and a max_dirty_bitmap_size above 0',
      observed: `the smallest page size is ${logged.smallest}, the largest bitmap has ${logged.maxBitmapBytes} bytes`,
    });
  }
  return logged;
}

function factsOf(context: StepContext): PageFacts {
  const { dma } = context.session;
  const before = known.get(dma);
  if (before) return before;
  const info = dma.iommu.info();
  if (!info.ok)
    context.fail({ clause: 'IOMMU-INFO-CHAIN', expected: 'VFIO_IOMMU_GET_INFO works', observed: info.message });
  const logging = info.value.dirtyLogging;
  const logged = logging && {
    smallest: smallestPageSize(logging.pageSizes),
    maxBitmapBytes: logging.maxBitmapBytes,
  };
  const facts = { unit: logged?.smallest || dma.iommu.pageSize(info.value), logged };
  known.set(dma, facts);
  return facts;
}

/** Addresses, as scenarios say them. */
export interface Range {
  readonly iova: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** For people. */
  readonly label: string;
}

/** How a scenario names a range: all of some mappings, or some pages of one, and by how much it is off. */
export interface RangeArguments {
  readonly of?: readonly string[];
  readonly page?: number;
  readonly pages?: number;
  readonly skew?: bigint;
  readonly extra?: bigint;
  readonly iova?: bigint;
  readonly size?: bigint;
}

/** `verb` is for messages. */
export function rangeOf(context: StepContext, verb: string, args: RangeArguments): Range {
  if (args.iova !== undefined) return { iova: args.iova, size: args.size ?? 0n, label: `0x${args.iova.toString(16)}` };
  const unit = pageUnit(context);
  const whole = hull(namedPlaces(context, verb, args.of));
  const iova = whole.iova + BigInt(args.page ?? 0) * unit + (args.skew ?? 0n);
  const size = args.size ?? (args.pages === undefined ? whole.size : BigInt(args.pages) * unit);
  return { iova, size: size + (args.extra ?? 0n), label: whole.label };
}

/** The mappings of these names, or the only one there is. */
export function namedMappings(
  context: StepContext,
  verb: string,
  labels: readonly string[] | undefined,
): readonly NamedMapping[] {
  const { mappings } = context.session.dma;
  const names = labels ?? onlyOne(context, verb, [...mappings.keys()]);
  return names.map((name) => mappings.get(name) ?? context.giveUp(`${verb}: nothing is mapped as "${name}"`));
}

/** Mappings of these names, or the places of mappings that are gone. */
function namedPlaces(context: StepContext, verb: string, labels: readonly string[] | undefined): readonly Range[] {
  const { dma } = context.session;
  const names = labels ?? onlyOne(context, verb, [...dma.mappings.keys()]);
  return names.map(
    (name) => placeOf(context, name) ?? context.giveUp(`${verb}: nothing is mapped, or was mapped, as "${name}"`),
  );
}

function onlyOne(context: StepContext, verb: string, names: readonly string[]): readonly string[] {
  return names.length === 1 ? names : context.giveUp(`${verb}: name the mapping with \`of:\``);
}

const places = new WeakMap<DmaSpace, Map<string, Range>>();

/** Where a mapping of this name is, or was. */
export function placeOf(context: StepContext, label: string): Range | undefined {
  return places.get(context.session.dma)?.get(label);
}

export function rememberPlace({ session: { dma } }: StepContext, place: Range): void {
  const all = places.get(dma) ?? new Map<string, Range>();
  all.set(place.label, place);
  places.set(dma, all);
}

/** From the lowest address to the highest one. */
function hull(ranges: readonly Range[]): Range {
  const iova = ranges.reduce((low, range) => (range.iova < low ? range.iova : low), ranges[0]?.iova ?? 0n);
  const end = ranges.reduce((high, range) => (range.iova + range.size > high ? range.iova + range.size : high), 0n);
  return { iova, size: end - iova, label: ranges.map((range) => range.label).join(', ') };
}

/** The mappings that lie in a range as a whole. */
export function mappingsInside(mappings: readonly Mapping[], range: Pick<Range, 'iova' | 'size'>): readonly Mapping[] {
  const end = range.iova + range.size;
  return mappings.filter((mapping) => mapping.iova >= range.iova && mapping.iova + mapping.size <= end);
}
