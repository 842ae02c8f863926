/** One piece of memory mapped many times: what DMA_AVAIL counts is mappings, not bytes (header diff, lines 313-326). */
import { lockedMemory } from '../host/locked-memory';
import type { HostMemory } from '../host/vfio-host';
import { DEFAULT_RANGES, findIova } from '../vfio/iova-allocator';
import type { Outcome } from '../vfio/outcome';
import { rememberPlace } from './pages';
import { outcomeMatches, sayExpectation, sayOutcome } from './state-check';
import type { StepContext } from './step-context';

interface Pieces {
  /** Address of the first one. */
  readonly iova: bigint;
  /** Bytes of each. */
  readonly size: bigint;
  readonly memory: HostMemory;
}

/** Ends the step when a mapping did not come out as it should. */
export function checkMapped(context: StepContext, outcome: Outcome<unknown>, what: string): void {
  const { step } = context;
  if (outcomeMatches(outcome, step.expect)) return;
  const short = !outcome.ok && (outcome.errnoName === 'ENOMEM' || outcome.errnoName === 'EPERM');
  const hint = short ? `; ${lockedMemory(context.session.dma.iommu.host)}` : '';
  const wrong = { expected: `${what}: ${sayExpectation(step.expect)}`, observed: sayOutcome(outcome) };
  // ENOMEM is never the driver's: it is the limit on locked memory, or the machine has no memory.
  const starved = !outcome.ok && outcome.errnoName === 'ENOMEM';
  if ((step.expect || step.judge) && !starved) context.fail(wrong);
  // That memory can be mapped at all is no clause of this interface: something else is wrong here.
  context.giveUp(`map: ${what}: ${wrong.observed}${hint}`);
}

/** `times` mappings that follow each other, known by one name: one unmap removes them all. */
export function mapManyTimes(context: StepContext, label: string, size: bigint, times: number): void {
  const pieces = findPlace(context, size, times);
  for (let made = 0; made < times; made += 1) {
    const mapped = mapPiece(context, pieces, made);
    checkMapped(context, mapped, `VFIO_IOMMU_MAP_DMA, number ${made + 1} of ${times}`);
  }
  remember(context, label, pieces, times);
}

/** Maps until DMA_AVAIL is 0, and once more. The oracles judge each answer; what there is to say beside is said here. */
export function mapUntilFull(context: StepContext, label: string, size: bigint, limit: number): void {
  const { dma } = context.session;
  const avail = availOf(context);
  if (avail > limit) {
    context.judge.note(`DMA_AVAIL is ${avail}: more mappings than the ${limit} that this step makes`);
    return;
  }
  const pieces = findPlace(context, size, avail + 1);
  for (let made = 0; made < avail; made += 1) {
    const mapped = mapPiece(context, pieces, made);
    if (mapped.ok) continue;
    remember(context, label, pieces, made);
    if (mapped.errnoName === 'ENOMEM' || mapped.errnoName === 'EPERM') {
      context.judge.note(`${mapped.errnoName} after ${made} mappings, before DMA_AVAIL came to 0`);
      return;
    }
    const expected = `VFIO_IOMMU_MAP_DMA, number ${made + 1} of the ${avail} that DMA_AVAIL allows, succeeds`;
    context.fail({ clause: 'IOMMU-CAP-AVAIL', expected, observed: mapped.message });
  }
  remember(context, label, pieces, avail);
  const left = availOf(context);
  if (left !== 0)
    context.fail({
      clause: 'IOMMU-CAP-AVAIL',
      expected: `DMA_AVAIL is 0 after the ${avail} mappings that it allowed`,
      observed: `${left}`,
    });
  const beyond = mapPiece(context, pieces, avail);
  if (beyond.ok) dma.iommu.unmap(pieces.iova + BigInt(avail) * size, size);
  if (!beyond.ok && (beyond.errnoName === 'ENOSPC' || beyond.errnoName === 'ENOMEM')) return;
  context.fail({
    clause: 'IOMMU-AVAIL-ENOSPC',
    expected: 'VFIO_IOMMU_MAP_DMA at avail 0: ENOSPC',
    observed: beyond.ok ? 'the call succeeded' : beyond.message,
  });
}

function availOf(context: StepContext): number {
  const info = context.session.dma.iommu.info();
  if (!info.ok)
    context.fail({ clause: 'IOMMU-INFO-CHAIN', expected: 'VFIO_IOMMU_GET_INFO works', observed: info.message });
  const { dmaAvail } = info.value;
  if (dmaAvail) return dmaAvail.avail;
  // A chain that breaks off proves nothing about what is not in it.
  const [problem] = info.value.problems;
  if (problem)
    context.fail({ clause: 'IOMMU-INFO-CHAIN', expected: 'a whole capability chain', observed: problem.message });
  context.skip('not-applicable', 'dma-avail', 'the IOMMU info has no DMA_AVAIL capability (3)');
}

/** Addresses for all of them, and memory for one. */
function findPlace(context: StepContext, size: bigint, times: number): Pieces {
  const { iommu } = context.session.dma;
  const info = iommu.info();
  const ranges = (info.ok ? info.value.iovaRanges : undefined) ?? DEFAULT_RANGES;
  const taken = iommu.mappings.map((mapping) => ({ start: mapping.iova, end: mapping.iova + mapping.size - 1n }));
  const iova = findIova({ size: size * BigInt(times), alignment: alignmentFor(size) }, ranges, taken);
  if (!iova.ok) context.giveUp(`map: ${iova.message}`);
  // Freed with everything else of the case; after an unmap nobody asks for it any more.
  const memory = context.host.allocate(Number(size));
  if (typeof memory === 'number') context.giveUp(`map: no memory for ${size} bytes`);
  return { iova: iova.value, size, memory };
}

/** The largest power of two that divides it: pieces of whole pages lie on pages. */
function alignmentFor(size: bigint): bigint {
  return size & -size;
}

function mapPiece(context: StepContext, { iova, size, memory }: Pieces, index: number): Outcome<unknown> {
  return context.session.dma.iommu.map({ vaddr: memory.address, iova: iova + BigInt(index) * size, size });
}

function remember(context: StepContext, label: string, { iova, size, memory }: Pieces, times: number): void {
  if (times === 0) return;
  const named = { label, iova, size: size * BigInt(times), memory };
  context.session.dma.mappings.set(label, named);
  rememberPlace(context, named);
}
