/** unmap: VFIO_IOMMU_UNMAP_DMA, with the dirty bitmap of what goes where asked (header diff, lines 345-370). */
import { Type } from '@sinclair/typebox';
import { Count, Label, Size } from '../language/scalars';
import type { NamedMapping } from './device-session';
import { loggedPageSize } from './dirty';
import { bitmapTable, judgeBitmap } from './dirty-judgement';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'unmap',
  summary: 'Unmaps memory; with `dirty: true` gets its bitmap first, and judges it by what `dma` wrote.',
  arguments: Type.Object({
    of: Label({ default: 'memory', description: 'The mapping.' }),
    dirty: Type.Boolean({ default: false, description: 'Set GET_DIRTY_BITMAP and judge the bitmap.' }),
    page: Type.Optional(
      Size({ description: 'The page size to ask for; default: the smallest that the kernel offers.' }),
    ),
    bitmap: Type.Optional(Size({ description: 'What bitmap.size says; default: what the range takes.' })),
    argsz: Type.Optional(Count({ description: 'What argsz says.' })),
  }),
  main: 'of',
  examples: ['unmap: ram', 'unmap: {of: ram, dirty: true}'],
  takesExpect: true,
  run(context: StepContext, args) {
    const { dma } = context.session;
    const mapping = dma.mappings.get(args.of) ?? context.giveUp(`unmap: nothing is mapped as "${args.of}"`);
    if (args.dirty) {
      unmapWithBitmap(context, mapping, args);
      return;
    }
    const unmapped = dma.iommu.unmap(mapping.iova, mapping.size);
    checkOutcome(context, unmapped, `VFIO_IOMMU_UNMAP_DMA of "${args.of}"`);
    if (unmapped.ok) dma.mappings.delete(args.of);
  },
});

function unmapWithBitmap(
  context: StepContext,
  mapping: NamedMapping,
  args: { readonly page?: bigint; readonly bitmap?: bigint; readonly argsz?: number },
): void {
  const { dma } = context.session;
  const what = `VFIO_IOMMU_UNMAP_DMA of "${mapping.label}" with GET_DIRTY_BITMAP`;
  const answer = dma.log.unmapWithBitmap({
    iova: mapping.iova,
    size: mapping.size,
    pageSize: args.page ?? loggedPageSize(context),
    ...(args.bitmap === undefined ? {} : { bitmapBytes: args.bitmap }),
    ...(args.argsz === undefined ? {} : { argsz: args.argsz }),
  });
  context.judge.check('UNMAP-SIZE', answer.overrunAt === undefined, () => ({
    expected: `${what}: nothing is written past bitmap.size`,
    observed: `the byte at ${answer.overrunAt} changed`,
  }));
  checkOutcome(context, answer.outcome, what, { clause: 'UNMAP-BITMAP' });
  if (!answer.outcome.ok) return;
  dma.mappings.delete(mapping.label);
  context.judge.check('UNMAP-BITMAP', answer.unmapped === mapping.size, () => ({
    expected: `${what}: ${mapping.size} bytes are unmapped`,
    observed: `${answer.unmapped}`,
  }));
  context.attach({
    name: `dirty pages of ${mapping.label}`,
    type: 'text/plain',
    body: bitmapTable(answer.outcome.value),
  });
  judgeBitmap(context, answer.outcome.value, { clean: false, what, clause: 'UNMAP-BITMAP' });
}
