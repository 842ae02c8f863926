import { DEVICE_STATE_BITS, ERRNO, type MigrationField } from '../../runner/abi';
import type { Pieces, Transfer } from '../../runner/vfio/data-transfer';
import type { MigrationRegion } from '../../runner/vfio/migration-region';
import type { Region } from '../../runner/vfio/region';
import type { RecordedCall, Script } from '../support/scripted-host';
import { address, type Bench, open, value } from './support';

/** Registers of the reference device in BAR0 (or its bus's counterpart). */
const SCRATCH = 0x04n;
const DEVICE_MEMORY = 0x40000n;

const { running, stop, resuming } = DEVICE_STATE_BITS;
const stopAndCopy = DEVICE_STATE_BITS['stop-and-copy'];

function bench(name = 'reference'): Bench & { readonly region: MigrationRegion } {
  const { host, opened } = open(name);
  const region = value(opened.device.migrationRegion());
  host.calls.length = 0;
  return { host, opened, region };
}

/** Offset in the region and length of each pread and pwrite. */
const accesses = (calls: readonly RecordedCall[], region: MigrationRegion): string[] =>
  calls
    .filter(({ call }) => call === 'pread' || call === 'pwrite')
    .map(
      ({ call, args }) =>
        `${call} ${BigInt(String(args[2])) - region.region.info.offset}+${(args[1] as Uint8Array).length}`,
    );

describe('fields', () => {
  test('are read and written at their own width and offset, one call each', () => {
    const { host, region } = bench();
    const fields: MigrationField[] = ['device_state', 'reserved', 'pending_bytes', 'data_offset', 'data_size'];
    for (const field of fields) {
      region.readField(field);
    }
    region.writeField('data_size', 0n);
    expect(accesses(host.calls, region)).toEqual([
      'pread 0+4',
      'pread 4+4',
      'pread 8+8',
      'pread 16+8',
      'pread 24+8',
      'pwrite 24+8',
    ]);
  });

  test('a short answer is a failure that says how short', () => {
    const { host, region } = bench();
    host.script = { pread: () => 2 };
    expect(region.readState()).toMatchObject({
      ok: false,
      kind: 'short',
      transferred: 2,
      message: 'pread: 2 of 4 bytes',
    });
    host.script = { pwrite: () => 0 };
    expect(region.writeState(0)).toMatchObject({ ok: false, kind: 'short', transferred: 0 });
  });

  test('an interrupted call is made again, but not for ever', () => {
    const { host, region } = bench();
    let interruptions = 3;
    host.script = { pread: (next, ...args) => (interruptions-- > 0 ? -ERRNO.EINTR : next(...args)) };
    expect(region.readState()).toEqual({ ok: true, value: running });
    host.script = { pread: () => -ERRNO.EINTR };
    expect(region.readState()).toMatchObject({ ok: false, errnoName: 'EINTR' });
  });
});

describe('changing the state', () => {
  /** A device_state register that accepts what `accept` says. */
  const register = (initial: number, accept: (value: number) => number): Script => {
    let state = initial;
    return {
      pread: (_next, _fd, into) => {
        new DataView(into.buffer).setUint32(0, state, true);
        return 4;
      },
      pwrite: (_next, _fd, from) => {
        const written = new DataView(from.buffer).getUint32(0, true);
        const result = accept(written);
        state = result === 4 ? written : state;
        return result;
      },
    };
  };

  test('keeps bits 3 to 31 as they were read', () => {
    const { host, region } = bench();
    host.script = register(0xdead_bee9, () => 4);
    const change = value(region.changeState(stopAndCopy));
    expect(change).toEqual({
      before: 0xdead_bee9,
      written: 0xdead_beea,
      write: { ok: true, value: undefined },
      after: { ok: true, value: 0xdead_beea },
    });
  });

  test('reads the state again after a write that failed', () => {
    const { host, region } = bench();
    host.script = register(running, () => -ERRNO.EBUSY);
    const change = value(region.changeState(stop));
    expect(change.write).toMatchObject({ ok: false, errnoName: 'EBUSY' });
    expect(change.after).toEqual({ ok: true, value: running });
    expect(accesses(host.calls, region)).toEqual(['pread 0+4', 'pwrite 0+4', 'pread 0+4']);
  });

  test('writes nothing when the state cannot be read', () => {
    const { host, region } = bench();
    host.script = { pread: () => -ERRNO.EIO };
    expect(region.changeState(stop)).toMatchObject({ ok: false, errnoName: 'EIO' });
    expect(accesses(host.calls, region)).toEqual(['pread 0+4']);
  });

  test('takes three bits and nothing else', () => {
    expect(() => bench().region.changeState(8)).toThrow(RangeError);
  });
});

describe('data', () => {
  /** Goes to the first buffer of stop-and-copy. */
  function firstBuffer(name: string) {
    const { host, opened, region } = bench(name);
    value(region.changeState(stopAndCopy));
    value(region.readField('pending_bytes'));
    const offset = value(region.readField('data_offset'));
    const size = value(region.readField('data_size'));
    host.calls.length = 0;
    return { host, opened, region, offset, size };
  }

  const ways: Pieces[] = ['bulk', 'natural', 8, 4, 2, 1, { chunk: 7 }, { chunk: 4096 }];
  test.each(['trapped', 'mmapped', 'partitioned'])('layout=%s: every way of reading gives the same bytes', (layout) => {
    const { region, offset, size } = firstBuffer(`reference:pci,layout=${layout}`);
    const reference = value(region.readData(offset, size)).bytes;
    expect(reference.length).toBe(Number(size));
    expect(reference.some((byte) => byte !== 0)).toBe(true);
    for (const via of ['read', 'mmap'] as const) {
      for (const pieces of ways) {
        const transfer: Transfer = value(region.readData(offset, size, { via, pieces }));
        expect([via, pieces, Buffer.compare(transfer.bytes, reference)]).toEqual([via, pieces, 0]);
        expect(transfer.mappedBytes > 0).toBe(via === 'mmap' && layout !== 'trapped');
      }
    }
  });

  test('natural pieces are aligned and as wide as they can be', () => {
    const { host, region } = bench();
    host.script = { pread: (_next, _fd, into) => into.length };
    value(region.readData(0x1003n, 20n, { pieces: 'natural' }));
    expect(accesses(host.calls, region)).toEqual([
      'pread 4099+1',
      'pread 4100+4',
      'pread 4104+8',
      'pread 4112+4',
      'pread 4116+2',
      'pread 4118+1',
    ]);
  });

  test('a short read is continued where it ended, and 0 bytes end it', () => {
    const { host, region } = bench();
    let calls = 0;
    host.script = { pread: (_next, _fd, into) => (calls++ < 2 ? Math.min(3, into.length) : 0) };
    expect(region.readData(0x1000n, 10n)).toMatchObject({ ok: false, kind: 'short', transferred: 6 });
    expect(accesses(host.calls, region)).toEqual(['pread 4096+10', 'pread 4099+7', 'pread 4102+4']);
  });

  test('an error in the middle says how far it came', () => {
    const { host, region } = bench();
    host.script = { pwrite: (_next, _fd, from) => (from[0] === 9 ? -ERRNO.EIO : from.length) };
    const bytes = Uint8Array.of(1, 2, 3, 4, 9, 9);
    expect(region.writeData(0x1000n, bytes, { pieces: { chunk: 2 } })).toMatchObject({
      errnoName: 'EIO',
      transferred: 4,
    });
  });

  test.each([
    [0n, 1n << 40n, 'limit'],
    [1n << 63n, 1n, 'outside'],
    [(1n << 64n) - 1n, 1n, 'outside'],
    [0x1000n, 0x100_0000n, 'outside'],
  ])('offset %d with size %d is refused before anything is allocated or accessed', (offset, size, kind) => {
    const { host, region } = bench();
    expect(region.readData(offset, size)).toMatchObject({ ok: false, kind });
    expect(host.calls).toEqual([]);
  });

  test('an area that cannot be mapped is a failure, not a silent read', () => {
    const { host, region, offset, size } = firstBuffer('reference:pci,layout=mmapped');
    host.script = { mmap: () => -ERRNO.EACCES };
    expect(region.readData(offset, size, { via: 'mmap' })).toMatchObject({
      ok: false,
      call: 'mmap',
      errnoName: 'EACCES',
    });
  });

  test('an area is mapped once, and unmapped when the device is closed', () => {
    const { host, opened, region, offset, size } = firstBuffer('reference:pci,layout=mmapped');
    value(region.readData(offset, size, { via: 'mmap' }));
    value(region.readData(offset, size, { via: 'mmap' }));
    expect(host.calls.filter(({ call }) => call === 'mmap')).toHaveLength(1);
    expect(host.liveMemory()).toBe(1);
    opened.close();
    expect([host.liveMemory(), host.openDescriptors()]).toEqual([0, []]);
  });
});

test.each([
  ['reference', 'read', 'bulk'],
  ['reference,be', 'read', 'natural'],
  ['reference:zpci', 'read', 'bulk'],
  ['reference:pci,layout=mmapped', 'mmap', 'bulk'],
  ['reference:pci,page=64k,layout=partitioned', 'mmap', 4],
] as const)('%s: what is saved on one device arrives on a second one (%s, %s)', (name, via, pieces) => {
  const { opened } = open(name);
  const second = opened.openSecond(address(name));
  if (!second.ok) {
    throw new Error(second.failure.message);
  }
  const save = (region: MigrationRegion): Uint8Array[] => {
    const buffers: Uint8Array[] = [];
    value(value(region.changeState(stopAndCopy)).write);
    while (value(region.readField('pending_bytes')) > 0n && buffers.length < 10_000) {
      const offset = value(region.readField('data_offset'));
      const size = value(region.readField('data_size'));
      buffers.push(value(region.readData(offset, size, { via, pieces })).bytes);
    }
    value(value(region.changeState(stop)).write);
    return buffers;
  };
  const source = value(opened.device.migrationRegion());
  const destination = value(second.value.device.migrationRegion());
  const sourceRegisters = value(opened.device.region(0));
  const destinationRegisters = value(second.value.device.region(0));
  const fingerprint = (registers: Region): string => {
    const memory = new Uint8Array(4096);
    value(registers.read(DEVICE_MEMORY, memory));
    return `${value(registers.readScalar(SCRATCH, 4))} ${Buffer.from(memory).toString('hex')}`;
  };
  value(sourceRegisters.writeScalar(SCRATCH, 4, 0x1234_5678n));
  value(
    sourceRegisters.write(
      DEVICE_MEMORY,
      Uint8Array.from({ length: 256 }, (_, n) => n ^ 0x5a),
    ),
  );
  const wanted = fingerprint(sourceRegisters);
  expect(fingerprint(destinationRegisters)).not.toBe(wanted);

  const stream = save(source);
  value(value(destination.changeState(resuming)).write);
  for (const buffer of stream) {
    value(destination.writeData(value(destination.readField('data_offset')), buffer, { via, pieces }));
    value(destination.writeField('data_size', BigInt(buffer.length)));
  }
  value(value(destination.changeState(running)).write);
  expect(value(destination.readState()) & 7).toBe(running);
  expect(fingerprint(destinationRegisters)).toBe(wanted);
});
