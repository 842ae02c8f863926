/** FlightRecorder: what can be read of it while it is written, and after its process was killed. */
import fs from 'node:fs';
import { ERRNO } from '../../runner/abi';
import { HEADER_BYTES, ROW_BYTES, ROWS, WORD } from '../../runner/host/flight-format';
import {
  type Flight,
  FlightRecorderWriter,
  type FlightRow,
  flightPath,
  readFlight,
  removeFlight,
} from '../../runner/host/flight-recorder';
import type { Access, WatchedCall } from '../../runner/host/watched-host';
import { scratchFifo, scratchFile, scratchPath, startChild } from './support/scratch';

const access = (sequence: number, call: WatchedCall, more: Partial<Access> = {}): Access => ({
  sequence,
  call,
  startedMs: sequence * 1.5,
  fd: 5,
  length: 8,
  result: 0,
  ...more,
});

const ways = [
  ['mapped', true],
  ['written', false],
] as const;

describe.each(ways)('a recording that is %s', (name, map) => {
  let path: string;
  let recorder: FlightRecorderWriter;
  beforeEach(() => {
    path = scratchPath(`flight-${name}-${expect.getState().currentTestName?.replace(/\W/g, '-')}`);
    recorder = new FlightRecorderWriter(path, { map });
  });
  afterEach(() => {
    recorder.close();
    recorder.close();
  });

  test('is of the kind asked for, and empty at first', () => {
    expect(recorder.mapped).toBe(map);
    expect(readFlight(path)).toEqual({ recorded: true, inAccess: false, step: -1, rows: [] });
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  });

  test('shows an access while it lasts, and its result afterwards', () => {
    recorder.setStep(2);
    const ioctl = access(1, 'ioctl', { request: 0x3b6b, length: 20 });
    recorder.before(ioctl);
    const row = { sequence: 1, call: 'ioctl', startedMs: 1.5, step: 2, fd: 5, length: 20, request: 0x3b6b };
    expect(readFlight(path)).toEqual({ recorded: true, inAccess: true, step: 2, current: row, rows: [row] });
    recorder.after({ ...ioctl, result: -ERRNO.EINVAL });
    recorder.setStep(3);
    expect(readFlight(path)).toEqual({
      recorded: true,
      inAccess: false,
      step: 3,
      rows: [{ ...row, result: -ERRNO.EINVAL }],
    });
  });

  test('holds every kind of field exactly', () => {
    const accesses = [
      access(1, 'open', { fd: -1, length: 0, path: '/dev/vfio/12', result: 7 }),
      access(2, 'open', { fd: -1, length: 0, path: `/sys/${'x'.repeat(100)}/end`, result: -ERRNO.ENOENT }),
      access(3, 'pread', { offset: (9n << 40n) + 1n, result: 8 }),
      access(4, 'pwrite', { offset: -1n, result: -ERRNO.EINVAL }),
      access(5, 'store', { at: 2 ** 32 - 8, value: 2n ** 64n - 1n }),
      access(6, 'ioctl', { request: 0x2000_3b66, value: 3n, length: 0 }),
      access(7, 'poll', { fd: -1, length: 0, result: 0 }),
    ];
    for (const one of accesses) {
      recorder.before(one);
      recorder.after(one);
    }
    const { rows } = readFlight(path);
    expect(rows).toEqual([
      { sequence: 1, call: 'open', startedMs: 1.5, step: -1, fd: -1, length: 0, path: '/dev/vfio/12', result: 7 },
      {
        sequence: 2,
        call: 'open',
        startedMs: 3,
        step: -1,
        fd: -1,
        length: 0,
        path: `${'x'.repeat(20)}/end`,
        result: -ERRNO.ENOENT,
      },
      { sequence: 3, call: 'pread', startedMs: 4.5, step: -1, fd: 5, length: 8, offset: (9n << 40n) + 1n, result: 8 },
      { sequence: 4, call: 'pwrite', startedMs: 6, step: -1, fd: 5, length: 8, offset: -1n, result: -ERRNO.EINVAL },
      {
        sequence: 5,
        call: 'store',
        startedMs: 7.5,
        step: -1,
        fd: 5,
        length: 8,
        at: 2 ** 32 - 8,
        value: 2n ** 64n - 1n,
        result: 0,
      },
      {
        sequence: 6,
        call: 'ioctl',
        startedMs: 9,
        step: -1,
        fd: 5,
        length: 0,
        request: 0x2000_3b66,
        value: 3n,
        result: 0,
      },
      { sequence: 7, call: 'poll', startedMs: 10.5, step: -1, fd: -1, length: 0, result: 0 },
    ]);
  });

  test('keeps the last 4096 rows, in order', () => {
    for (let sequence = 1; sequence <= ROWS + 10; sequence += 1) {
      const one = access(sequence, 'pread', { offset: BigInt(sequence), result: 8 });
      recorder.before(one);
      recorder.after(one);
    }
    const { rows } = readFlight(path);
    expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: ROWS }, (_, n) => n + 11));
    expect(rows.every(({ sequence, offset }) => offset === BigInt(sequence))).toBe(true);
  });

  test('goes on when another host begins to count from 1', () => {
    for (const one of [access(1, 'open', { result: 3 }), access(2, 'pread', { result: 8 }), access(1, 'close')]) {
      recorder.before(one);
      recorder.after(one);
    }
    const { rows } = readFlight(path);
    expect(rows.map(({ sequence, call, result }) => [sequence, call, result])).toEqual([
      [1, 'open', 3],
      [2, 'pread', 8],
      [3, 'close', 0],
    ]);
  });

  test('a row of which only a part was written is left out', () => {
    const old = access(1, 'pread', { offset: 1n, result: 8 });
    recorder.before(old);
    recorder.after(old);
    recorder.before(access(2, 'pread', { offset: 2n }));
    // As when the process is killed between the first store and the last: access 4098 takes the place of access 2.
    const file = fs.openSync(path, 'r+');
    fs.writeSync(
      file,
      new Uint8Array(new Float64Array([2 + ROWS]).buffer),
      0,
      8,
      HEADER_BYTES + 2 * ROW_BYTES + WORD.HEAD * 8,
    );
    fs.closeSync(file);
    const flight = readFlight(path);
    expect(flight.inAccess).toBe(false);
    expect(flight.rows.map(({ sequence }) => sequence)).toEqual([1]);
  });
});

test('nobody else`s file is written to', () => {
  const path = scratchFile('taken', 'precious');
  expect(() => new FlightRecorderWriter(path)).toThrow(/EEXIST/);
  const link = scratchPath('link');
  fs.symlinkSync(path, link);
  expect(() => new FlightRecorderWriter(link)).toThrow(/EEXIST/);
  expect(fs.readFileSync(path, 'utf8')).toBe('precious');
});

test('what is no recording says so', () => {
  const none = { recorded: false, inAccess: false, step: -1, rows: [] };
  expect(readFlight(scratchPath('not-there'))).toEqual(none);
  expect(readFlight(scratchFile('short', 'VFIOFLT1'))).toEqual(none);
  expect(readFlight(scratchFile('foreign', Buffer.alloc(HEADER_BYTES + ROWS * ROW_BYTES, 1)))).toEqual(none);
  expect(readFlight('/dev/vfio')).toEqual(none);
});

test('flightPath names a new file that can be made, and removeFlight takes it away', () => {
  const path = flightPath();
  expect(flightPath()).not.toBe(path);
  new FlightRecorderWriter(path).close();
  expect(readFlight(path).recorded).toBe(true);
  removeFlight(path);
  expect(fs.existsSync(path)).toBe(false);
  removeFlight(path);
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (condition()) {
      return;
    }
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error('it never came');
}

describe.each(ways)('a killed process whose recording is %s', (name) => {
  test('in the middle of an access: says which', async () => {
    const path = scratchPath(`hung-${name}`);
    const fifo = scratchFifo(`silent-${name}`);
    const { child, ended } = startChild('child-flight', ['hang', path, fifo, name]);
    await until(() => readFlight(path).current?.call === 'read');
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const flight = readFlight(path);
    const fd = flight.current?.fd;
    expect(flight).toMatchObject({
      recorded: true,
      inAccess: true,
      step: 4,
      current: { sequence: 3, call: 'read', step: 4, length: 8 },
      rows: [
        { call: 'open', path: fifo.slice(-24), step: 3, result: fd },
        { call: 'ioctl', request: 0x5451, step: 3, result: 0 },
        { call: 'read' },
      ],
    });
    expect(flight.current).not.toHaveProperty('result');
  });

  test('at any moment: what is left is whole and without a gap', async () => {
    const file = scratchFile(`raced-${name}`, new Uint8Array(64));
    for (let round = 0; round < 6; round += 1) {
      const path = scratchPath(`race-${name}-${round}`);
      const { child, ended } = startChild('child-flight', ['race', path, file, name]);
      await until(() => readFlight(path).rows.length > 10);
      await new Promise((done) => setTimeout(done, round * 7));
      for (let look = 0; look < 20; look += 1) {
        expect(contradictions(readFlight(path))).toEqual([]);
      }
      child.kill('SIGKILL');
      await ended;
      const flight = readFlight(path);
      expect(contradictions(flight)).toEqual([]);
      const last = flight.rows.at(-1)?.sequence ?? 0;
      expect(flight.rows.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: flight.rows.length }, (_, n) => last - flight.rows.length + 1 + n),
      );
      // One row at most was being written.
      expect(flight.rows.length).toBeGreaterThanOrEqual(Math.min(last, ROWS - 1));
    }
  }, 30_000);
});

/** Every row of the racing child says the same thing in several fields; these are the ones that do not. */
function contradictions({ rows }: Flight): readonly FlightRow[] {
  return rows.filter(({ call, sequence, offset, length, step, result }) => {
    // The open was 1, the first pread 2.
    const expected = sequence - 2;
    const bytes = Math.max(0, Math.min(8, 64 - expected));
    const right = offset === BigInt(expected) && length === 8 && step === expected && (result ?? bytes) === bytes;
    return call === 'pread' && !right;
  });
}
