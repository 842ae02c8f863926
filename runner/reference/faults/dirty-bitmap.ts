import {
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  vfioIommuType1DmaUnmap,
} from '../../abi/structures/vfio-iommu-type1-dma-unmap';
import { bitmapBytes } from '../kernel/dirty-bitmap';
import { fail } from '../kernel/errno';
import type { Type1Iommu } from '../kernel/type1-iommu';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const MEDIATED = ['pci', 'ccw'] as const;

/** Changes what an unmap with a bitmap does before and after. */
function onUnmapWithBitmap(
  iommu: Type1Iommu,
  act: (unmap: Type1Iommu['unmap'], request: Parameters<Type1Iommu['unmap']>[0]) => bigint | number,
): void {
  override(
    iommu,
    'unmap',
    (original) => (request) =>
      (request.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) === 0 ? original(request) : act(original, request),
  );
}

function withoutBitmap(request: Parameters<Type1Iommu['unmap']>[0]): Parameters<Type1Iommu['unmap']>[0] {
  return { ...request, flags: 0 };
}

export const DIRTY_BITMAP_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'bits-one-page-late',
    breaks: ['DIRTY-RANGE', 'DIRTY-COMPLETE'],
    reason: 'the page that was written is not set',
    summary: 'bit n + 1 stands for page n',
    personalities: MEDIATED,
    iommu: (iommu) =>
      override(iommu.log, 'mark', (original) => (mapping, first, count) => original(mapping, first + 1, count)),
  }),
  fault({
    name: 'bitmap-words-swapped',
    breaks: ['DIRTY-RANGE', 'DIRTY-COMPLETE'],
    reason: 'the bits of the pages that were written stand elsewhere in their word',
    summary: 'the bitmap’s words are little endian on a big-endian host',
    personalities: ['ccw'],
    iommu: (iommu) => override(iommu.log, 'inWordOrder', () => (words) => words),
  }),
  fault({
    name: 'second-mapping-at-bit-zero',
    breaks: ['DIRTY-RANGE', 'DIRTY-COMPLETE'],
    reason: 'the bits of the second mapping’s pages stand where the first mapping’s belong',
    summary: 'each mapping’s bits begin at bit 0 of the bitmap, wherever in the range it lies',
    iommu: (iommu) => override(iommu.log, 'firstBit', () => () => 0n),
  }),
  fault({
    name: 'range-may-cut-mapping',
    breaks: ['DIRTY-RANGE-ERR'],
    summary: 'a range that cuts a mapping in two succeeds, with nothing of that mapping reported',
    iommu: (iommu) =>
      override(iommu.log, 'getBitmap', (original) => (iova, size, data) => {
        const result = original(iova, size, data);
        return result === fail('EINVAL') && iommu.log.enabled ? 0 : result;
      }),
  }),
  fault({
    name: 'hole-refused',
    breaks: ['DIRTY-RANGE-ERR'],
    summary: 'a range with a hole in it fails with ENOENT',
    iommu: (iommu) =>
      override(iommu.log, 'getBitmap', (original) => (iova, size, data) => {
        const inside = iommu.mappings.all().filter((mapping) => mapping.iova >= iova && mapping.iova < iova + size);
        const covered = inside.reduce((sum, mapping) => sum + mapping.size, 0n);
        return covered < size && iommu.log.enabled && !iommu.mappings.cutBy(iova, size)
          ? fail('ENOENT')
          : original(iova, size, data);
      }),
  }),
  fault({
    name: 'unaligned-range-accepted',
    breaks: ['DIRTY-RANGE-ERR'],
    summary: 'a range size that is no whole number of pages is rounded up and succeeds',
    iommu: (iommu) =>
      override(iommu, 'dirtyRangeValid', (original) => (iova, size, pgsize) => {
        const page = iommu.smallestPage();
        return original(iova, ((size + page - 1n) / page) * page, pgsize);
      }),
  }),
  fault({
    name: 'other-page-size-accepted',
    breaks: ['DIRTY-PGSIZE'],
    summary: 'twice the smallest page size is accepted, but a bit still stands for the smallest page',
    iommu: (iommu) =>
      override(
        iommu,
        'dirtyRangeValid',
        (original) => (iova, size, pgsize) =>
          original(iova, size, pgsize === 2n * iommu.smallestPage() ? iommu.smallestPage() : pgsize),
      ),
  }),
  fault({
    name: 'smallest-page-size-refused',
    breaks: ['DIRTY-PGSIZE'],
    summary: 'the smallest page size of pgsize_bitmap is refused when the range has more than 64 pages',
    iommu: (iommu) =>
      override(
        iommu,
        'dirtyRangeValid',
        (original) => (iova, size, pgsize) => original(iova, size, pgsize) && size / pgsize <= 64n,
      ),
  }),
  fault({
    name: 'small-bitmap-accepted',
    breaks: ['DIRTY-SIZE', 'UNMAP-SIZE'],
    reason: 'the same check serves UNMAP_DMA',
    summary: 'a bitmap one word too small is accepted, and the last word is written behind it',
    iommu: (iommu) =>
      override(
        iommu.log,
        'sizeFits',
        (original) => (pages, size) => original(pages, size) || (size > 0n && original(pages, size + 8n)),
      ),
  }),
  fault({
    name: 'bitmap-size-in-bits',
    breaks: ['DIRTY-SIZE', 'UNMAP-SIZE'],
    reason: 'the same check serves UNMAP_DMA',
    summary: '8 pages are content with a bitmap of 1 byte, and 8 bytes are written',
    iommu: (iommu) =>
      override(
        iommu.log,
        'sizeFits',
        (original) => (pages, size) =>
          original(pages, size) || (pages > 0n && size * 8n >= pages && size < 8n && size > 0n),
      ),
  }),
  fault({
    name: 'bitmap-above-maximum-accepted',
    breaks: ['DIRTY-SIZE', 'UNMAP-SIZE'],
    reason: 'the same check serves UNMAP_DMA',
    summary: 'a bitmap.size above max_dirty_bitmap_size is accepted',
    iommu: (iommu) =>
      override(
        iommu.log,
        'sizeFits',
        (original) => (pages, size) => original(pages, size > 1n << 28n ? 1n << 28n : size),
      ),
  }),
  fault({
    name: 'bitmap-overrun',
    breaks: ['DIRTY-SIZE'],
    summary: 'one word more than the range needs is written, as zeros, behind the bitmap',
    iommu: (iommu) =>
      override(iommu.log, 'getBitmap', (original) => (iova, size, data) => {
        const result = original(iova, size, data);
        const past = data + BigInt(bitmapBytes(Number(size / iommu.smallestPage())));
        if (result === 0) iommu.options.memory.at(past, 8)?.fill(0);
        return result;
      }),
  }),
  fault({
    name: 'get-argsz-40-accepted',
    breaks: ['DIRTY-ARGSZ'],
    summary: 'GET_BITMAP is content with an argsz of 40, which does not hold bitmap.data',
    iommu: (iommu) => override(iommu, 'getArgszFits', () => (dataSize) => dataSize >= 32),
  }),
  fault({
    name: 'get-argsz-exact',
    breaks: ['DIRTY-ARGSZ'],
    summary: 'GET_BITMAP refuses an argsz larger than 48',
    iommu: (iommu) => override(iommu, 'getArgszFits', () => (dataSize) => dataSize === 40),
  }),
  fault({
    name: 'unmap-bitmap-empty',
    breaks: ['UNMAP-BITMAP'],
    summary: 'UNMAP_DMA with GET_DIRTY_BITMAP unmaps, and leaves the bitmap alone',
    iommu: (iommu) =>
      onUnmapWithBitmap(iommu, (unmap, request) =>
        iommu.log.enabled && request.bitmap.pgsize === iommu.smallestPage()
          ? unmap(withoutBitmap(request))
          : unmap(request),
      ),
  }),
  fault({
    name: 'unmap-bitmap-keeps-mapping',
    breaks: ['UNMAP-BITMAP'],
    summary: 'UNMAP_DMA with GET_DIRTY_BITMAP fills the bitmap and says that it unmapped, but the mapping stays',
    iommu: (iommu) => {
      let keeping = false;
      override(iommu, 'remove', (original) => (mapping) => {
        if (!keeping) original(mapping);
      });
      onUnmapWithBitmap(iommu, (unmap, request) => {
        keeping = true;
        try {
          return unmap(request);
        } finally {
          keeping = false;
        }
      });
    },
  }),
  fault({
    name: 'unmap-without-logging-unmaps',
    breaks: ['UNMAP-NOT-ENABLED'],
    summary: 'UNMAP_DMA with GET_DIRTY_BITMAP while logging is off fails, but the pages are unmapped',
    iommu: (iommu) =>
      onUnmapWithBitmap(iommu, (unmap, request) => {
        const answer = unmap(request);
        if (!iommu.log.enabled && typeof answer === 'number') unmap(withoutBitmap(request));
        return answer;
      }),
  }),
  fault({
    name: 'unmap-without-logging-succeeds',
    breaks: ['UNMAP-NOT-ENABLED'],
    summary: 'UNMAP_DMA with GET_DIRTY_BITMAP while logging is off unmaps and succeeds',
    iommu: (iommu) =>
      onUnmapWithBitmap(iommu, (unmap, request) => unmap(iommu.log.enabled ? request : withoutBitmap(request))),
  }),
  fault({
    name: 'unmap-small-bitmap-accepted',
    breaks: ['UNMAP-SIZE'],
    summary: 'UNMAP_DMA takes a bitmap one word too small and unmaps',
    iommu: (iommu) =>
      override(
        iommu,
        'checkUnmapBitmap',
        (original) => (argsz, size, bitmap) => original(argsz, size, { ...bitmap, size: bitmap.size + 8n }),
      ),
  }),
  fault({
    name: 'unmap-small-bitmap-unmaps',
    breaks: ['UNMAP-SIZE'],
    summary: 'UNMAP_DMA refuses a bitmap that is too small, but has unmapped by then',
    iommu: (iommu) =>
      override(iommu, 'unmapDma', (original) => (structure) => {
        const { fields } = vfioIommuType1DmaUnmap;
        const iova = structure.u64(fields.iova.offset);
        const size = structure.u64(fields.size.offset);
        const withBitmap = structure.u32(fields.flags.offset) === VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
        const tooSmall =
          withBitmap && iommu.log.enabled && !iommu.log.sizeFits(size / iommu.smallestPage(), structure.u64(32));
        const result = original(structure);
        if (tooSmall && result < 0) iommu.unmap({ iova, size, flags: 0, bitmap: { pgsize: 0n, data: 0n } });
        return result;
      }),
  }),
  fault({
    name: 'unmap-argsz-24-accepted',
    breaks: ['UNMAP-ARGSZ'],
    summary: 'UNMAP_DMA with GET_DIRTY_BITMAP is content with an argsz without room for struct vfio_bitmap',
    iommu: (iommu) =>
      override(iommu, 'checkUnmapBitmap', (original) => (_argsz, size, bitmap) => original(48, size, bitmap)),
  }),
];
