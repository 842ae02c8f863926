import type { ReferenceDevice } from '../device/reference-device';
import type { DmaAccess } from '../kernel/dma-access';
import type { DmaMapping } from '../kernel/dma-mapping';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const MEDIATED = ['pci', 'ccw'] as const;

/** What a mediated device tells the dirty log of its writes. */
export function onReport(
  device: ReferenceDevice,
  change: (original: DmaAccess['report'], mapping: DmaMapping, offset: bigint, length: number) => void,
): void {
  override(device, 'open', (original) => (services) => {
    override(services.dma, 'report', (report) => (mapping, offset, length) => change(report, mapping, offset, length));
    return original(services);
  });
}

export const DIRTY_LOG_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'no-flag-accepted',
    breaks: ['DIRTY-ONE-FLAG'],
    summary: 'VFIO_IOMMU_DIRTY_PAGES without a flag succeeds',
    iommu: (iommu) =>
      override(iommu, 'dirtyOperation', (original) => (flags) => (flags === 0 ? 'stop' : original(flags))),
  }),
  fault({
    name: 'two-flags-accepted',
    breaks: ['DIRTY-ONE-FLAG'],
    summary: 'START and STOP in one call succeed',
    iommu: (iommu) =>
      override(iommu, 'dirtyOperation', (original) => (flags) => (flags === 3 ? 'start' : original(flags))),
  }),
  fault({
    name: 'unknown-flag-ignored',
    breaks: ['DIRTY-ONE-FLAG'],
    summary: 'an unknown flag beside START is ignored',
    iommu: (iommu) =>
      override(iommu, 'dirtyOperation', (original) => (flags) => original((flags & 7) === 1 ? 1 : flags)),
  }),
  fault({
    name: 'first-writes-not-logged',
    breaks: ['DIRTY-START'],
    summary: 'writes between START and the first GET_BITMAP are not logged',
    personalities: MEDIATED,
    iommu: (iommu) => {
      let seen = false;
      override(iommu.log, 'start', (original) => () => {
        if (!iommu.log.enabled) seen = false;
        return original();
      });
      override(iommu.log, 'getBitmap', (original) => (iova, size, data) => {
        seen = true;
        return original(iova, size, data);
      });
      override(
        iommu.log,
        'mark',
        (original) => (mapping, first, count) => (seen ? original(mapping, first, count) : undefined),
      );
    },
  }),
  fault({
    name: 'get-ends-logging',
    breaks: ['DIRTY-PERSIST'],
    summary: 'after the first GET_BITMAP no write is logged any more',
    personalities: MEDIATED,
    iommu: (iommu) => {
      let ended = false;
      override(iommu.log, 'start', (original) => () => {
        ended = false;
        return original();
      });
      override(iommu.log, 'getBitmap', (original) => (iova, size, data) => {
        const result = original(iova, size, data);
        ended = ended || result === 0;
        return result;
      });
      override(
        iommu.log,
        'mark',
        (original) => (mapping, first, count) => (ended ? undefined : original(mapping, first, count)),
      );
    },
  }),
  fault({
    name: 'new-mapping-not-logged',
    breaks: ['DIRTY-NEWMAP'],
    summary: 'a mapping made while logging is not logged',
    iommu: (iommu) => {
      const unlogged = new WeakSet<DmaMapping>();
      override(iommu.log, 'mapped', (original) => (mapping) => {
        if (iommu.log.enabled) unlogged.add(mapping);
        return original(mapping);
      });
      override(
        iommu.log,
        'copyBitmap',
        (original) => (mapping, base, data) => (unlogged.has(mapping) ? 0 : original(mapping, base, data)),
      );
    },
  }),
  fault({
    name: 'second-device-not-logged',
    breaks: ['DIRTY-CONTAINER'],
    summary: 'writes of the container’s second device are not logged',
    personalities: MEDIATED,
    onDestination: true,
    onSecond: true,
    device: (device) => {
      if (device.model.role === 'destination') onReport(device, () => undefined);
    },
  }),
  fault({
    name: 'stop-does-not-stop',
    breaks: ['DIRTY-STOP', 'DIRTY-NOT-ENABLED'],
    reason: 'GET_BITMAP goes on working without a START',
    summary: 'STOP succeeds, but logging goes on',
    iommu: (iommu) => override(iommu.log, 'stop', () => () => 0),
  }),
  fault({
    name: 'second-start-refused',
    breaks: ['DIRTY-STOP'],
    summary: 'after a STOP, START fails with EBUSY',
    iommu: (iommu) => {
      let used = false;
      override(iommu.log, 'stop', (original) => () => {
        used = iommu.log.enabled || used;
        return original();
      });
      override(iommu.log, 'start', (original) => () => (used ? fail('EBUSY') : original()));
    },
  }),
  fault({
    name: 'start-remembers-old-pages',
    breaks: ['DIRTY-STOP-FORGETS'],
    summary: 'a new START reports what was dirty, and not asked for, before the last STOP',
    personalities: MEDIATED,
    iommu: (iommu) => {
      const old = new WeakMap<DmaMapping, DmaMapping['bitmap']>();
      override(iommu.log, 'stop', (original) => () => {
        for (const mapping of iommu.mappings.all()) if (mapping.bitmap !== undefined) old.set(mapping, mapping.bitmap);
        return original();
      });
      override(iommu.log, 'start', (original) => () => {
        const result = original();
        for (const mapping of iommu.mappings.all()) mapping.bitmap = old.get(mapping) ?? mapping.bitmap;
        return result;
      });
    },
  }),
  fault({
    name: 'get-without-start-empty',
    breaks: ['DIRTY-NOT-ENABLED', 'DIRTY-STOP'],
    reason: 'GET_BITMAP after STOP is a GET_BITMAP without START',
    summary: 'GET_BITMAP while logging is off succeeds with an empty bitmap',
    iommu: (iommu) =>
      override(
        iommu.log,
        'getBitmap',
        (original) => (iova, size, data) => (iommu.log.enabled ? original(iova, size, data) : 0),
      ),
  }),
  fault({
    name: 'dirty-missing-last-page-of-word',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'page 63 of every 64 is never reported',
    personalities: MEDIATED,
    iommu: (iommu) =>
      override(iommu.log, 'mark', (original) => (mapping, first, count) => {
        for (let page = first; page < first + count; page++) if (page % 64 !== 63) original(mapping, page, 1);
      }),
  }),
  fault({
    name: 'dirty-missing-end-of-crossing-write',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'a write across a page boundary reports its first page only',
    personalities: MEDIATED,
    device: (device) =>
      onReport(device, (original, mapping, offset, length) =>
        original(
          mapping,
          offset,
          Math.min(length, device.model.pageSize - Number(offset % BigInt(device.model.pageSize))),
        ),
      ),
  }),
  fault({
    name: 'dirty-missing-small-writes',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'writes of less than 64 bytes are not reported',
    personalities: MEDIATED,
    device: (device) =>
      onReport(device, (original, mapping, offset, length) => {
        if (length >= 64) original(mapping, offset, length);
      }),
  }),
  fault({
    name: 'dirty-missing-first-page-of-mapping',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'the first page of a mapping is never reported',
    personalities: MEDIATED,
    device: (device) =>
      onReport(device, (original, mapping, offset, length) => {
        const skip = offset < BigInt(device.model.pageSize) ? device.model.pageSize - Number(offset) : 0;
        if (length > skip) original(mapping, offset + BigInt(skip), length - skip);
      }),
  }),
  fault({
    name: 'dirty-missing-in-pre-copy',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'what the device writes in pre-copy is not reported',
    personalities: MEDIATED,
    device: (device) =>
      onReport(device, (original, mapping, offset, length) => {
        if (device.saving.active !== 'pre-copy') original(mapping, offset, length);
      }),
  }),
  fault({
    name: 'pages-reported-for-ever',
    breaks: ['DIRTY-CLEAR'],
    summary: 'a page that was reported once is reported every time',
    personalities: MEDIATED,
    iommu: (iommu) => override(iommu.log, 'reported', () => () => undefined),
  }),
  fault({
    name: 'unseen-writes-not-reported',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'behind an IOMMU only pages that the kernel saw written are reported, which are none',
    personalities: ['zpci', 'fsl-mc'],
    iommu: (iommu) => override(iommu, 'iommuBacked', () => () => false),
  }),
  fault({
    name: 'unseen-writes-miss-last-page',
    breaks: ['DIRTY-COMPLETE'],
    summary: 'behind an IOMMU every mapped page is reported but the last of each mapping',
    personalities: ['zpci', 'fsl-mc'],
    iommu: (iommu) =>
      override(iommu.log, 'copyBitmap', (original) => (mapping, base, data) => {
        const result = original(mapping, base, data);
        const bit = iommu.log.firstBit(mapping, base) + mapping.size / iommu.smallestPage() - 1n;
        const byte = iommu.options.order === 'little' ? bit / 8n : (bit / 8n) ^ 7n;
        const place = iommu.options.memory.at(data + byte, 1);
        if (result === 0 && place !== undefined) place[0] = (place[0] ?? 0) & ~(1 << Number(bit % 8n));
        return result;
      }),
  }),
];
