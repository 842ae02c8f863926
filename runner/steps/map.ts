/** map: memory that the device may reach (VFIO_IOMMU_MAP_DMA). */
import { Type } from '@sinclair/typebox';
import { Address, Choice, Label, Number64, Size } from '../language/scalars';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** What fresh guest memory holds: a page that the device wrote is one that no longer does. */
export const UNTOUCHED = 0xa5;
const READ = 1;
const WRITE = 2;

export const verb = defineVerb({
  name: 'map',
  summary: 'Allocates memory, fills it with a pattern, and maps it for the device.',
  arguments: Type.Object({
    as: Label({ default: 'memory', description: 'The name of the mapping.' }),
    size: Size({ minimum: 1n, description: 'Bytes, rounded up to pages.' }),
    iova: Type.Optional(Address({ description: 'The address that the device uses; default: a free one.' })),
    alignment: Type.Optional(Size({ description: 'A power of two; default: the page size.' })),
    below: Type.Optional(Number64({ description: 'First address that the device cannot reach.' })),
    access: Choice(['read', 'write', 'both'], { default: 'both', description: 'What the device may do.' }),
  }),
  main: 'as',
  examples: ['map: {as: ram, size: 1MiB}', 'map: {as: twice, size: 4KiB, iova: 0x100000}\nexpect: {errno: [EEXIST]}'],
  takesExpect: true,
  run(context: StepContext, args) {
    const { dma } = context.session;
    if (dma.mappings.has(args.as)) context.giveUp(`map: "${args.as}" is mapped already`);
    const below = args.below ?? context.session.profile?.dmaBelow;
    const mapping = dma.iommu.allocate(args.size, {
      flags: args.access === 'read' ? READ : args.access === 'write' ? WRITE : READ | WRITE,
      ...(args.iova === undefined ? {} : { iova: args.iova }),
      ...(args.alignment === undefined ? {} : { alignment: args.alignment }),
      ...(below === undefined ? {} : { below }),
    });
    if (!mapping.ok && (mapping.errnoName === 'ENOMEM' || mapping.errnoName === 'EPERM') && !context.step.expect) {
      context.giveUp(
        `map: ${mapping.errnoName}: the limit on locked memory is too small for ${args.size} bytes; raise it (ulimit -l unlimited)`,
      );
    }
    checkOutcome(context, mapping, `VFIO_IOMMU_MAP_DMA of ${args.size} bytes`);
    if (!mapping.ok) return;
    const { memory, iova, size } = mapping.value;
    context.host.poke(memory, 0, new Uint8Array(memory.length).fill(UNTOUCHED));
    dma.mappings.set(args.as, { label: args.as, iova, size, memory });
  },
});
