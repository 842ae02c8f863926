import { VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP } from '../../abi/structures/vfio-iommu-type1-dma-unmap';
import { VFIO_CCW_CRW_IRQ_INDEX } from '../../abi/structures/vfio-irq-info';
import { RUNNING } from '../device/state-machine';
import { bitmapBytes } from '../kernel/dirty-bitmap';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const WORD = 8;

/** Dirty pages and descriptions. Written from the interface's text alone: the line numbers are those of each fault's clauses in it. */
export const INDEPENDENT_HOST_FAULTS: readonly Peculiarity[] = [
  fault({
    // Lines 395-396: one bit a page, consecutively from the iova that was asked for.
    name: 'bits-count-from-first-mapping',
    breaks: ['DIRTY-RANGE', 'DIRTY-COMPLETE'],
    reason: 'in a range that begins with a hole the bits of the pages that were written stay clear',
    summary: 'bit 0 of GET_BITMAP stands for the first mapped page of the range, not for its iova',
    iommu: (iommu) => {
      let first: bigint | undefined;
      override(iommu.log, 'getBitmap', (original) => (iova, size, data) => {
        first = iommu.mappings.all().find((mapping) => mapping.iova >= iova && mapping.iova < iova + size)?.iova;
        try {
          return original(iova, size, data);
        } finally {
          first = undefined;
        }
      });
      override(iommu.log, 'firstBit', (original) => (mapping, base) => original(mapping, first ?? base));
    },
  }),
  fault({
    // Lines 354-356: a bitmap of the pages in the whole range of unmapped size.
    name: 'unmap-bitmap-first-word',
    breaks: ['UNMAP-BITMAP'],
    summary: 'UNMAP_DMA with GET_DIRTY_BITMAP fills the first 64 bits and leaves the words behind them clear',
    iommu: (iommu) =>
      override(iommu, 'unmap', (original) => (request) => {
        const answer = original(request);
        if ((request.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) === 0 || typeof answer === 'number') return answer;
        const bytes = bitmapBytes(Number(request.size / iommu.smallestPage()));
        if (bytes > WORD) iommu.options.memory.at(request.bitmap.data + BigInt(WORD), bytes - WORD)?.fill(0);
        return answer;
      }),
  }),
  fault({
    // Lines 379-381: pages that the device dirtied are logged, 388-389: whichever mapping of the container they lie in.
    name: 'dirty-missing-second-mapping-of-write',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'of one write that goes on from a mapping into the next one only the pages in the first are reported',
    personalities: ['pci', 'ccw'],
    device: (device) =>
      override(device, 'open', (original) => (services) => {
        let reported = false;
        override(services.dma, 'write', (write) => (iova, bytes) => {
          reported = false;
          return write(iova, bytes);
        });
        override(services.dma, 'report', (report) => (mapping, offset, length) => {
          if (!reported) report(mapping, offset, length);
          reported = true;
        });
        return original(services);
      }),
  }),
  fault({
    // Lines 10, 13 and 21-28: the capabilities describe the function; device_state is no part of that.
    name: 'zpci-capabilities-gone-when-stopped',
    breaks: ['ZPCI-STABLE'],
    summary: 'while the device is stopped its device info has neither capabilities nor the CAPS flag',
    personalities: ['zpci'],
    device: (device) =>
      override(
        device.information,
        'capabilities',
        (original) => () => ((device.machine.current & RUNNING) === 0 ? [] : original()),
      ),
  }),
  fault({
    // Lines 279-283: index 0 is IO, index 1 is CRW.
    name: 'ccw-io-interrupt-on-crw-line',
    breaks: ['IRQ-CCW-INDEX', 'TRANS-PRE-RUN'],
    reason: 'an interrupt on another line is missed wherever one is expected, after a cancelled migration as well',
    summary: 'what interrupts for I/O signals the eventfd of index 1 (CRW); that of index 0 (IO) stays silent',
    personalities: ['ccw'],
    device: (device) =>
      override(device, 'interrupt', () => () => {
        device.lines.signal(VFIO_CCW_CRW_IRQ_INDEX, 0);
      }),
  }),
];
