import { BLOCK_SIZE } from '../device/device-model';
import { RESUMING } from '../device/state-machine';
import { PACKET } from '../device/stream-packet';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

/** Written from the interface's text alone: the line numbers are those that the clauses of each fault have in it. */
export const INDEPENDENT_RESUMING_FAULTS: readonly Peculiarity[] = [
  fault({
    // Lines 230-231: data is written starting at data_offset, in as many write() calls as the user likes.
    name: 'resume-pieces-start-over',
    breaks: ['RES-WRITE', 'RES-APPLY', 'TRANS-RES-RUN'],
    reason: 'of a buffer that was written in pieces only the last piece is left, at its beginning',
    summary: 'each write() of data in _RESUMING lands at data_offset itself, wherever in the buffer it was meant to go',
    onDestination: true,
    device: (device) =>
      override(device.migration, 'writeData', (original) => (offset, from) => {
        const window = device.section.window(device.resuming.taken);
        const inside = offset >= window.offset && offset < window.offset + window.size;
        return original(device.machine.current === RESUMING && inside ? window.offset : offset, from);
      }),
  }),
  fault({
    // Lines 234-235: the data given is applied to the resume state, 242-244: in the order in which it came.
    name: 'resume-keeps-first-copy',
    breaks: ['RES-APPLY', 'RES-ROUNDTRIP'],
    reason: 'the second save is that of a device which has old memory in places',
    summary: 'memory that the source sent twice, since it changed in pre-copy, arrives as it was the first time',
    onDestination: true,
    device: (device) => {
      const first = new Map<number, Uint8Array>();
      override(device.resuming, 'begin', (original) => () => {
        first.clear();
        original();
      });
      override(device.resuming, 'apply', (original) => (packet) => {
        const result = original(packet);
        if (result < 0 || packet.kind !== PACKET.blocks) return result;
        for (let at = 0; at < packet.payload.length; at += BLOCK_SIZE)
          if (!first.has(packet.address + at))
            first.set(packet.address + at, packet.payload.slice(at, at + BLOCK_SIZE));
        return result;
      });
      override(device.state, 'replace', (original) => (memory, registers) => {
        const mixed = memory.slice();
        for (const [address, bytes] of first) mixed.set(bytes, address);
        original(mixed, registers);
      });
    },
  }),
  fault({
    // Lines 188-191: SPARSE_MMAP says which partitions are mapped, and 194-195: read() and write() do as well there.
    name: 'sparse-claims-trapped-partition',
    breaks: ['MIG-MMAP-OPTIONAL', 'RES-WRITE', 'RES-APPLY'],
    reason: 'data given through such a mapping never reaches the driver, and data read through it is zeros',
    summary:
      'the second partition is advertised as mappable too: a mapping of it works, and shows zeros instead of the buffer',
    layouts: ['partitioned'],
    onDestination: true,
    device: (device) => {
      const { migrationInfo, section } = device;
      const all = (): { offset: number; size: number }[] =>
        section.windows.map(({ offset, size }) => ({ offset, size }));
      override(migrationInfo, 'areas', () => all);
      override(
        migrationInfo,
        'mayMap',
        () => (offset, length) =>
          all().some((area) => offset >= area.offset && offset + length <= area.offset + area.size),
      );
      override(migrationInfo, 'mapping', (original) => (offset, length) => {
        const backed = section
          .mappableAreas()
          .some((area) => offset >= area.offset && offset < area.offset + area.size);
        return backed ? original(offset, length) : { bytes: new Uint8Array(length) };
      });
    },
  }),
];
