import { MIGRATION_INFO_SIZE } from '../device/data-section';
import { RESUMING } from '../device/state-machine';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { type Peculiarity, variation } from '../peculiarity';
import { writeBackwardChain } from './independent-backward-chain';
import { unevenBuffers } from './independent-buffers';

/** Where the data section begins that no 32-bit offset reaches. */
const FAR = 5 * 1024 * 1024 * 1024;
/** How long a device that finishes its work first takes to stop. */
const FINISHING_MS = 5;
const SMALLEST_WITH_HOLE = 3;

/** Written from the interface's text alone: the line numbers are those that permit it, or where a rule would have to stand. */
export const INDEPENDENT_VARIATIONS: readonly Peculiarity[] = [
  variation({
    // Line 13: cap_offset says where the first one is, and each header where the next one is.
    name: 'chain-runs-backwards',
    summary: 'the first capability stands last in memory, each next one before it, with 4 unused bytes between them',
    reason: 'cap_offset and next are offsets: neither order nor alignment nor closeness is prescribed',
    device: (device) => {
      override(device.information, 'writeDeviceReply', (original) => (reply, structure) => {
        if (reply.capabilities.length === 0) original(reply, structure);
        else writeBackwardChain(reply, structure);
      });
      override(device.information, 'writeRegionReply', (original) => (reply, structure) => {
        if (reply.capabilities.length === 0) original(reply, structure);
        else writeBackwardChain(reply, structure);
      });
    },
  }),
  variation({
    // Lines 188-191: the data section can be partitioned, as the sparse mmap capability defines; 191-192: data_offset is page aligned.
    name: 'sparse-areas-with-hole',
    summary:
      'the second page of each mappable area is trapped: a buffer begins in one area, goes on in the hole and ends in another area',
    reason: 'the driver decides how the section is partitioned, and only data_offset has to be page aligned',
    layouts: ['mmapped', 'partitioned'],
    onDestination: true,
    device: (device) =>
      override(device.section, 'mappableAreas', (original) => () => {
        const page = device.model.pageSize;
        return original().flatMap(({ offset, size }) =>
          size < SMALLEST_WITH_HOLE * page
            ? [{ offset, size }]
            : [
                { offset, size: page },
                { offset: offset + 2 * page, size: size - 2 * page },
              ],
        );
      }),
  }),
  variation({
    // Lines 211-212: data_size is what is available, and 147-148: in pre-copy that may be nothing.
    name: 'empty-pre-copy-rounds',
    summary: 'in pre-copy every other iteration has data_size 0, although bytes are pending',
    reason:
      'a driver may be asked while nothing is ready; the bytes come in a later iteration, at the latest in stop-and-copy',
    device: (device) => {
      let empty = false;
      let round = 0;
      override(device.saving, 'begin', (original) => (phase) => {
        empty = false;
        round = 0;
        original(phase);
      });
      override(device.saving, 'pendingBytes', (original) => () => {
        empty = false;
        return original();
      });
      override(device.saving, 'prepare', (original) => () => {
        if (device.saving.active !== 'pre-copy') empty = false;
        else if (!empty) empty = round++ % 2 === 0;
        if (!empty) original();
      });
    },
  }),
  variation({
    // Lines 222-224: pre-copy is left whatever is pending; nothing says that it ever ends by itself.
    name: 'pre-copy-never-drains',
    summary: 'in pre-copy everything is pending again as soon as it was read, changed or not',
    reason: 'pending_bytes has to reach 0 in stop-and-copy alone, and state may be sent as often as the driver likes',
    device: (device) =>
      override(device.saving, 'acknowledge', (original) => () => {
        const taken = device.saving.buffer !== undefined;
        original();
        if (!taken || device.saving.active !== 'pre-copy' || device.saving.bytesLeft() > 0) return;
        for (let block = 0; block < device.state.blocks; block++) device.saving.pendingBlocks.add(block);
      }),
  }),
  variation({
    // Lines 187-188 and 271: where the data stands is the driver's decision, in 64 bits.
    name: 'data-beyond-four-gigabytes',
    summary: 'the data section begins 5 GiB into the region, and nothing can be read between the structure and it',
    reason: 'data_offset has 64 bits, and the driver decides what it says',
    layouts: ['trapped'],
    onDestination: true,
    device: (device) => {
      const { migration, migrationInfo } = device;
      /** The place in the section that an access means; undefined where there is nothing. */
      const near = (offset: number): number | undefined => {
        if (offset < MIGRATION_INFO_SIZE) return offset;
        return offset >= FAR + MIGRATION_INFO_SIZE ? offset - FAR : undefined;
      };
      override(migrationInfo, 'size', (original) => () => FAR + original());
      override(migration, 'readDataOffset', (original) => () => {
        const answer = original();
        return typeof answer === 'bigint' ? answer + BigInt(FAR) : answer;
      });
      override(migration, 'read', (original) => (offset, into) => {
        const place = near(offset);
        return place === undefined ? fail('EFAULT') : original(place, into);
      });
      override(migration, 'write', (original) => (offset, from) => {
        const place = near(offset);
        return place === undefined ? fail('EFAULT') : original(place, from);
      });
    },
  }),
  variation({
    // Lines 80-82: stopped before write() returns. Until then it runs.
    name: 'stop-finishes-work-first',
    summary:
      'the write that stops the device takes 5 ms, in which it goes on with everything and at last interrupts; it is still when the write returns',
    reason: 'the device has to be stopped when write() returns, not when it is called',
    onDestination: true,
    device: (device) =>
      override(device.machine, 'stopDevice', (original) => (to) => {
        if (device.engine.isRunning) {
          device.clock.advance(FINISHING_MS);
          device.interrupt();
        }
        original(to);
      }),
  }),
  variation({
    // Lines 165-176 and 207-212 say when the fields are to be read; of other times they say nothing.
    name: 'strict-sequence',
    summary:
      'data_offset fails with ENODATA unless data is pending or may be given, data_size unless data_offset was read before it',
    reason: 'what the fields say out of their place in the two sequences is not defined',
    onDestination: true,
    device: (device) => {
      const { machine, migration, saving } = device;
      override(migration, 'readDataOffset', (original) => () => {
        const saves = saving.active !== undefined && (saving.buffer !== undefined || saving.bytesLeft() > 0);
        return saves || machine.current === RESUMING ? original() : fail('ENODATA');
      });
      override(
        migration,
        'readDataSize',
        (original) => () => (saving.buffer === undefined ? fail('ENODATA') : original()),
      );
    },
  }),
  variation({
    // Lines 196-197 and 211-212: the driver decides where a buffer stands and how large it is; 191-192 align what is mmapped alone.
    name: 'uneven-buffers',
    summary:
      'everything comes in stop-and-copy, in buffers of one byte or a prime number of them, each at an odd data_offset',
    reason: 'neither size nor place of a trapped buffer has to be a multiple of anything',
    layouts: ['trapped'],
    onDestination: true,
    device: unevenBuffers,
  }),
  variation({
    // Lines 70-72: a driver that has encountered an internal error may report ERROR; 106-126 do not show these arcs, and no errno is named.
    name: 'refused-arcs-end-in-error',
    summary: 'a transition between valid states that the diagram does not show fails with EIO and leads to ERROR',
    reason: 'nobody promised such a transition, and a device that fails in it may say so',
    onDestination: true,
    device: (device) =>
      override(device.machine, 'refuseArc', () => () => {
        device.machine.enterError();
        return fail('EIO');
      }),
  }),
  variation({
    // Lines 379-381: pages that were only potentially dirtied are logged too.
    name: 'first-bitmap-is-full',
    summary:
      'every page of a mapping is reported the first time that it is asked for after START; from then on reports are exact',
    reason: 'what was written before logging began is not known, and may be reported',
    personalities: ['pci', 'ccw'],
    iommu: (iommu) => {
      override(iommu.log, 'start', (original) => () => {
        const before = iommu.log.enabled;
        const result = original();
        if (!before && result === 0) for (const mapping of iommu.mappings.all()) mapping.bitmap?.setAll();
        return result;
      });
      override(iommu.log, 'mapped', (original) => (mapping) => {
        const result = original(mapping);
        if (result === 0) mapping.bitmap?.setAll();
        return result;
      });
    },
  }),
];
