/** Saved streams: a few MiB in memory, the rest in a file without a name, and never other bytes than were kept. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { KEPT_IN_MEMORY, type SavedBuffer, SpoolFailure, StreamSpool } from '../../runner/steps/stream-spool';

const MIB = 1 << 20;
let folder: string;
let spool: StreamSpool;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-spool-'));
  spool = new StreamSpool(folder);
});
afterEach(() => {
  spool.close();
  fs.rmSync(folder, { recursive: true });
});

/** What the process has open in the folder, by what /proc says of it. */
function openFiles(): string[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(folder) ? [fd] : [];
    } catch {
      return [];
    }
  });
}

test('what is kept comes back, in any order, whatever the sizes', () => {
  const sizes = [
    1,
    4096,
    3 * MIB,
    65536,
    5 * MIB,
    MIB - 1,
    MIB,
    MIB + 1,
    ...Array.from({ length: 60 }, (_, n) => 50_000 + n),
  ];
  const kept = sizes.map((size) => {
    const bytes = randomBytes(size);
    return { bytes, buffer: spool.add(bytes) };
  });
  expect(spool.spooled).toBeGreaterThan(0);
  for (const { bytes, buffer } of [...kept].reverse().concat(kept)) {
    expect(buffer.length).toBe(bytes.length);
    expect(Buffer.compare(buffer.bytes(), bytes)).toBe(0);
  }
});

test('it is a copy: the memory that a buffer was read into is used again', () => {
  const memory = randomBytes(2 * MIB);
  const before = Buffer.from(memory);
  const buffers = Array.from({ length: 8 }, () => spool.add(memory));
  memory.fill(0);
  for (const buffer of buffers) expect(Buffer.compare(buffer.bytes(), before)).toBe(0);
});

test('a small state makes no file', () => {
  for (let n = 0; n < 8; n += 1) spool.add(new Uint8Array(MIB));
  expect([spool.spooled, openFiles(), fs.readdirSync(folder)]).toEqual([0, [], []]);
});

test('the file has no name, and is gone with the case', () => {
  spool.add(new Uint8Array(KEPT_IN_MEMORY + 1));
  expect(fs.readdirSync(folder)).toEqual([]);
  expect(openFiles()).toHaveLength(1);
  spool.close();
  expect(openFiles()).toEqual([]);
});

test('the memory of a large state does not grow with it', () => {
  const piece = new Uint8Array(4 * MIB).fill(7);
  const before = process.memoryUsage().arrayBuffers;
  const buffers: SavedBuffer[] = [];
  for (let n = 0; n < 64; n += 1) buffers.push(spool.add(piece));
  for (const buffer of buffers) expect(buffer.bytes()[0]).toBe(7);
  expect(spool.spooled).toBeGreaterThan(240 * MIB);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
});

test("bytes that the disk changed are no device's doing", () => {
  const buffer = spool.add(new Uint8Array(KEPT_IN_MEMORY + 1).fill(1));
  const [fd] = openFiles();
  fs.writeSync(Number(fd), Uint8Array.of(2), 0, 1, 1000);
  expect(() => buffer.bytes()).toThrow(SpoolFailure);
  expect(() => buffer.bytes()).toThrow(/gives back other bytes of a saved stream than were written/);
});

test('a file that became shorter is told', () => {
  const buffer = spool.add(new Uint8Array(KEPT_IN_MEMORY + 1));
  fs.ftruncateSync(Number(openFiles()[0]), 10);
  expect(() => buffer.bytes()).toThrow(/cannot be read back from disk: it is shorter/);
});

test('no room for a file is told with what to do', () => {
  const nowhere = new StreamSpool(path.join(folder, 'nowhere'));
  expect(() => nowhere.add(new Uint8Array(KEPT_IN_MEMORY + 1))).toThrow(
    /no file for a saved stream can be made in .*nowhere: .*ENOENT.*TMPDIR names another folder/,
  );
});

test('a buffer is not to be had after the end of its case', () => {
  const buffer = spool.add(new Uint8Array(KEPT_IN_MEMORY + 1));
  spool.close();
  expect(() => buffer.bytes()).toThrow(/after the end of its case/);
});
