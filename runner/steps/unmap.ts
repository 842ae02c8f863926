/** unmap: VFIO_IOMMU_UNMAP_DMA, with the dirty bitmap of what goes where asked (header diff, lines 345-370). */
import { type Static, Type } from '@sinclair/typebox';
import { lockedMemory } from '../host/locked-memory';
import { Count, Label, Many } from '../language/scalars';
import { type Due, dueOfUnmap } from '../oracles/dirty-call';
import type { Mapping } from '../vfio/iommu';
import { BitmapSize, bitmapRequest, judgeOverrun, PageSize, stateOf } from './bitmap-request';
import type { NamedMapping } from './device-session';
import { bitmapTable, outside } from './dirty-comparison';
import { judgeBitmap } from './dirty-judgement';
import { mappingsInside, namedMappings, type Range, rangeOf } from './pages';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const ARGUMENTS = Type.Object({
  of: Type.Optional(
    Many(Label({ 'x-role': 'ends-mapping' }), {
      description: 'Mappings, by one call over all of them; default: the only one.',
    }),
  ),
  dirty: Type.Boolean({
    default: false,
    description:
      'Set GET_DIRTY_BITMAP, and judge the bitmap by what `dma` wrote. Then the place is mapped once more: that works if it was unmapped, and only then.',
  }),
  pgsize: Type.Optional(PageSize()),
  bitmap: Type.Optional(BitmapSize()),
  argsz: Type.Optional(Count({ maximum: 65536, description: 'What argsz says.' })),
});

export const verb = defineVerb({
  name: 'unmap',
  summary: 'Unmaps memory; with `dirty: true` gets its bitmap first, and judges it by what `dma` wrote.',
  arguments: ARGUMENTS,
  main: 'of',
  examples: [
    '- map: {as: ram}\n- unmap: ram',
    '- map: {as: ram, pages: 8}\n- dirty: start\n- dma: {to: ram, page: 2}\n- unmap: {of: ram, dirty: true}\n- dirty: stop',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    const named = namedMappings(context, 'unmap', args.of);
    const range = rangeOf(context, 'unmap', { of: named.map(({ label }) => label) });
    if (args.dirty) {
      unmapWithBitmap(context, range, args);
      return;
    }
    const unmapped = context.session.dma.iommu.unmap(range.iova, range.size);
    checkOutcome(context, unmapped, `VFIO_IOMMU_UNMAP_DMA of "${range.label}"`);
    if (unmapped.ok) forget(context, range);
  },
});

function unmapWithBitmap(context: StepContext, range: Range, args: Static<typeof ARGUMENTS>): void {
  const { dma } = context.session;
  const what = `VFIO_IOMMU_UNMAP_DMA of "${range.label}" with GET_DIRTY_BITMAP`;
  const asked = bitmapRequest(context, range, args);
  const due = dueOfUnmap(stateOf(context), asked.call);
  const mappings = mappingsInside(dma.iommu.mappings, range);
  const named = namedInside(context, range);
  const answer = dma.log.unmapWithBitmap(asked.request);
  if (asked.withoutMemory(answer.outcome)) return;
  judgeOverrun(context, answer, what, due, asked.plain ? 'DIRTY-SIZE' : 'UNMAP-SIZE');
  const clause = due.answer === 'open' ? 'UNMAP-SIZE' : due.clause;
  checkOutcome(context, answer.outcome, what, { clause });
  if (!answer.outcome.ok) {
    for (const mapping of named) judgeStillMapped(context, mapping, what, due);
    context.judge.kept(context.step.judge ?? clause);
    return;
  }
  const bitmap = answer.outcome.value;
  context.attach({ name: `dirty pages of ${range.label}`, type: 'text/plain', body: bitmapTable(bitmap) });
  judgeUnmappedSize(context, answer.unmapped ?? 0n, mappings, what);
  judgeBitmap(context, bitmap, { what, mappings, clause: context.step.judge ?? clause, repeatable: false });
  forget(context, range);
  for (const mapping of named) judgeUnmapped(context, mapping, what);
}

/** Nothing of the range is mapped any more, and nothing there is owed to the log. */
function forget(context: StepContext, range: Range): void {
  const { dma } = context.session;
  for (const { label } of namedInside(context, range)) dma.mappings.delete(label);
  dma.writes = outside(dma.writes, range.iova, range.size);
}

function namedInside({ session: { dma } }: StepContext, range: Range): readonly NamedMapping[] {
  const inside = new Set(mappingsInside([...dma.mappings.values()], range));
  return [...dma.mappings.values()].filter((mapping) => inside.has(mapping));
}

function judgeUnmappedSize(context: StepContext, unmapped: bigint, mappings: readonly Mapping[], what: string): void {
  const size = mappings.reduce((sum, mapping) => sum + mapping.size, 0n);
  if (unmapped !== size)
    context.fail({
      clause: 'UNMAP-BITMAP',
      expected: `${what}: ${size} bytes are unmapped`,
      observed: `the kernel says ${unmapped}`,
    });
}

/** The place is free: it can be mapped again. */
function judgeUnmapped(context: StepContext, mapping: NamedMapping, what: string): void {
  const again = mapAgain(context, mapping);
  if (again !== 'EEXIST') return;
  context.fail({
    clause: 'UNMAP-BITMAP',
    expected: `${what}: "${mapping.label}" is unmapped, and its place can be mapped again`,
    observed: 'it said that it unmapped, but VFIO_IOMMU_MAP_DMA of the same place answers EEXIST',
  });
}

function judgeStillMapped(context: StepContext, mapping: NamedMapping, what: string, due: Due): void {
  const again = mapAgain(context, mapping);
  if (again !== 'mapped') return;
  context.session.dma.mappings.delete(mapping.label);
  context.fail({
    clause: due.answer === 'open' ? 'UNMAP-SIZE' : due.clause,
    expected: `${what}: it fails, and "${mapping.label}" stays mapped`,
    observed: 'it failed, but the same place can be mapped again',
  });
}

/** Tries to map the same place, and takes the mapping away again: `mapped`, or the name of the errno. */
function mapAgain(context: StepContext, { iova, size, memory }: NamedMapping): string {
  const { iommu } = context.session.dma;
  const length = BigInt(memory.length);
  const piece = length < size ? length : size;
  const again = iommu.map({ vaddr: memory.address, iova, size: piece });
  if (!again.ok && again.errnoName === 'ENOMEM')
    context.giveUp(`unmap: ${again.message}; ${lockedMemory(context.session.dma.iommu.host)}`);
  if (!again.ok) return again.errnoName;
  iommu.unmap(iova, piece);
  return 'mapped';
}
