/** map: memory that the device may reach (VFIO_IOMMU_MAP_DMA). */
import { Type } from '@sinclair/typebox';
import { VFIO_DMA_MAP_FLAG_READ, VFIO_DMA_MAP_FLAG_WRITE } from '../abi';
import { Address, Choice, Count, Label, Size } from '../language/scalars';
import { checkMapped, mapManyTimes, mapUntilFull } from './map-many';
import { pageUnit, placeOf, rememberPlace } from './pages';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** What fresh guest memory holds: a page that the device wrote is one that no longer does. */
export const UNTOUCHED = 0xa5;

export const verb = defineVerb({
  name: 'map',
  summary: 'Allocates memory, fills it with a pattern, and maps it for the device.',
  arguments: Type.Object({
    as: Label({ default: 'memory', description: 'The name of the mapping.', 'x-role': 'gives-mapping' }),
    size: Type.Optional(Size({ minimum: 1n, description: 'Bytes, rounded up to pages; default: one page.' })),
    pages: Type.Optional(Count({ minimum: 1, description: 'How large, in the pages that dirty logging counts in.' })),
    iova: Type.Optional(Address({ description: 'The address that the device uses; default: a free one.' })),
    inside: Type.Optional(
      Label({
        description: 'Instead of an address: the name of a mapping that was here and is unmapped again.',
        'x-role': 'takes-mapping',
      }),
    ),
    page: Count({ default: 0, description: 'With `inside`: at which page of it.' }),
    alignment: Type.Optional(Size({ description: 'A power of two; default: the page size.' })),
    below: Type.Optional(Address({ description: 'First address that the device cannot reach.' })),
    access: Choice(['read', 'write', 'both'], { default: 'both', description: 'What the device may do.' }),
    times: Type.Optional(
      Count({
        minimum: 1,
        maximum: 65536,
        description: 'Map the same memory so often, at addresses that follow each other.',
      }),
    ),
    full: Type.Optional(
      Count({
        minimum: 1,
        description:
          'Map one page again and again until DMA_AVAIL is 0, and once more; not if that takes more mappings than this.',
      }),
    ),
  }),
  main: 'as',
  examples: [
    'map: {as: ram, pages: 65}',
    '- map: {as: ram, pages: 8}\n- unmap: ram\n- map: {as: piece, inside: ram, page: 3, pages: 2}',
    '- map: {as: once, size: 4KiB, iova: 0x100000}\n- map: {as: twice, size: 4KiB, iova: 0x100000}\n  expect: {errno: [EEXIST]}',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    const { dma } = context.session;
    if (dma.mappings.has(args.as)) context.giveUp(`map: "${args.as}" is mapped already`);
    const unit = pageUnit(context);
    const size = args.size ?? BigInt(args.pages ?? 1) * unit;
    if (args.full !== undefined) {
      mapUntilFull(context, args.as, unit, args.full);
      return;
    }
    if (args.times !== undefined) {
      mapManyTimes(context, args.as, size, args.times);
      return;
    }
    const place = args.inside === undefined ? undefined : placeOf(context, args.inside);
    if (args.inside !== undefined && !place) context.giveUp(`map: nothing was mapped as "${args.inside}"`);
    const iova = place ? place.iova + BigInt(args.page) * unit : args.iova;
    const below = args.below ?? context.session.profile?.dmaBelow;
    const mapping = dma.iommu.allocate(size, {
      flags: FLAGS[args.access],
      ...(iova === undefined ? {} : { iova }),
      ...(args.alignment === undefined ? {} : { alignment: args.alignment }),
      ...(below === undefined ? {} : { below }),
    });
    checkMapped(context, mapping, `VFIO_IOMMU_MAP_DMA of ${size} bytes`);
    if (!mapping.ok) return;
    const { memory } = mapping.value;
    context.host.poke(memory, 0, new Uint8Array(memory.length).fill(UNTOUCHED));
    const named = { label: args.as, iova: mapping.value.iova, size: mapping.value.size, memory };
    dma.mappings.set(args.as, named);
    rememberPlace(context, named);
  },
});

const FLAGS = {
  read: VFIO_DMA_MAP_FLAG_READ,
  write: VFIO_DMA_MAP_FLAG_WRITE,
  both: VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
} as const;
