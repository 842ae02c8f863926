/** The saving loop as it crosses the port: each clause is seen broken, and a loop as the text has it is left alone. */
import { oracle } from '../../runner/oracles/saving-loop';
import { EINVAL, EIO, LoopTraffic, type TrafficOptions } from './support/loop-traffic';

const STOP_AND_COPY = 0b010;
const PRE_COPY = 0b011;
const AREA = { areas: [{ offset: 0x1000n, size: 0x4000n }] };

const stopped = (options?: TrafficOptions) => new LoopTraffic(oracle, options).go(STOP_AND_COPY);

test('a loop by the text breaks nothing, and shows what it can', () => {
  const traffic = stopped().buffer(300, 64, 200).buffer(100, 64, 100).read('pending_bytes', 0).go(0);
  expect(traffic.said).toEqual([]);
  for (const clause of ['SAVE-READ', 'SAVE-SIZE', 'SAVE-DRAIN', 'SAVE-SUM', 'SAVE-PROGRESS', 'MIG-DATA-NONZERO'])
    expect([clause, traffic.kept(clause) > 0]).toEqual([clause, true]);
  expect(traffic.judge.notes).toEqual(['saving: data_offset is the same for all buffers']);
});

test('the offset that moves is a note, not a finding', () => {
  const traffic = stopped().buffer(300, 64, 200).buffer(100, 512, 100).read('pending_bytes', 0).go(0);
  expect(traffic.said).toEqual([]);
  expect(traffic.judge.notes).toEqual(['saving: data_offset moves from buffer to buffer']);
});

describe('pending_bytes read once more', () => {
  test('is warned where its value changes in stop-and-copy', () => {
    expect(stopped().read('pending_bytes', 300).read('pending_bytes', 200).said).toEqual([
      'SAVE-PENDING-PURE (should)',
    ]);
  });

  test('may change in pre-copy', () => {
    const traffic = new LoopTraffic(oracle).go(PRE_COPY).read('pending_bytes', 300).read('pending_bytes', 900);
    expect(traffic.said).toEqual([]);
  });

  test('is SAVE-DRAIN where it rises from 0', () => {
    expect(stopped().read('pending_bytes', 0).read('pending_bytes', 5).said).toEqual(['SAVE-DRAIN']);
  });
});

test('data_offset and data_size that change within an iteration', () => {
  const traffic = stopped().read('pending_bytes', 300).read('data_offset', 64).read('data_size', 200);
  expect(traffic.read('data_offset', 512).said).toEqual(['SAVE-REREAD']);
  expect(traffic.read('data_size', 100).said).toEqual(['SAVE-REREAD', 'SAVE-REREAD']);
});

test('no progress is warned in stop-and-copy only', () => {
  expect(stopped().read('pending_bytes', 300).read('data_offset', 64).read('data_size', 0).said).toEqual([
    'SAVE-PROGRESS',
  ]);
  const early = new LoopTraffic(oracle).go(PRE_COPY).read('pending_bytes', 300);
  expect(early.read('data_offset', 64).read('data_size', 0).said).toEqual([]);
});

test.each([
  ['0', 0],
  ['inside the structure', 24],
  ["at the region's end", 0x10000],
])('data_offset %s', (_what, offset) => {
  expect(stopped().read('pending_bytes', 300).read('data_offset', offset).said).toEqual(['MIG-DATA-NONZERO']);
});

test('a buffer that ends past the region', () => {
  const traffic = stopped().read('pending_bytes', 300).read('data_offset', 0xff00).read('data_size', 0x101);
  expect(traffic.said).toEqual(['MIG-DATA-NONZERO']);
});

test('an offset within a mappable area is a multiple of the page', () => {
  expect(stopped(AREA).read('pending_bytes', 300).read('data_offset', 0x1040).said).toEqual(['MIG-MMAP-ALIGN']);
  expect(stopped(AREA).read('pending_bytes', 300).read('data_offset', 64).said).toEqual([]);
});

describe('what was promised and what came', () => {
  test('differ by more than a buffer and a page', () => {
    const traffic = stopped().buffer(20000, 64, 5000).buffer(5000, 64, 5000).read('pending_bytes', 0);
    expect(traffic.said).toEqual(['SAVE-SUM']);
  });

  test('are not compared where the loop was no plain one', () => {
    const traffic = stopped().buffer(20000, 64, 5000).read('pending_bytes', 5000).read('pending_bytes', 5000);
    expect(
      traffic.read('data_offset', 64).read('data_size', 5000).data(64, 5000).read('pending_bytes', 0).said,
    ).toEqual([]);
  });
});

describe('data that cannot be read', () => {
  const offered = (size: number, options?: TrafficOptions) =>
    stopped(options)
      .read('pending_bytes', size)
      .read('data_offset', options ? 0x1000 : 64)
      .read('data_size', size);

  test('in one piece', () => {
    expect(offered(5000).data(64, 5000, { result: EIO }).said).toEqual(['SAVE-ERR (reported)', 'SAVE-READ']);
  });

  test('behind a short read', () => {
    const traffic = offered(5000)
      .data(64, 5000, { result: 4096 })
      .data(64 + 4096, 904, { result: EIO });
    expect(traffic.said).toEqual(['SAVE-ERR (reported)', 'SAVE-READ']);
  });

  test('to its end', () => {
    expect(
      offered(5000)
        .data(64, 5000, { result: 4992 })
        .data(64 + 4992, 8, { result: 0 }).said,
    ).toEqual(['SAVE-READ']);
  });

  test('in single bytes', () => {
    expect(offered(5000).data(64, 1, { result: EINVAL }).said).toContain('SAVE-READ-PIECES');
  });

  test('in a piece behind the first one', () => {
    expect(offered(5000).data(64, 8).data(72, 8, { result: EINVAL }).said).toContain('SAVE-READ-PIECES');
  });

  test('in a piece far behind the first one: then it may not be there at all', () => {
    expect(
      offered(5000)
        .data(64, 4096)
        .data(64 + 4096, 8, { result: EIO }).said,
    ).toContain('SAVE-READ');
  });

  test('in a piece of what was read in one go', () => {
    const traffic = offered(5000)
      .data(64, 5000)
      .data(64, 4096)
      .data(64 + 4096, 8, { result: EIO });
    expect(traffic.said).toContain('SAVE-READ-PIECES');
  });

  test('by read() where it can be mapped', () => {
    const traffic = offered(5000, AREA).data(0x1000, 5000, { result: EINVAL });
    expect(traffic.said).toContain('MIG-MMAP-OPTIONAL');
    expect(traffic.said).not.toContain('SAVE-READ');
  });
});

test('an error of a field ends the loop and is said', () => {
  expect(stopped().read('pending_bytes', 0, EIO).said).toEqual(['SAVE-ERR (reported)']);
});

test('a pre-copy without data is said', () => {
  expect(new LoopTraffic(oracle).go(PRE_COPY).read('pending_bytes', 0).said).toEqual(['SAVE-PRE-EMPTY (reported)']);
});

test('behind a provocation nothing is judged, until the reset', () => {
  const traffic = stopped().provoke('SAVE-SEQUENCE-USER');
  traffic.read('pending_bytes', 300).read('data_offset', 0).read('data_size', 0).data(0, 8, { result: EIO });
  expect(traffic.read('pending_bytes', 0).read('pending_bytes', 4).said).toEqual([]);
  expect(traffic.reset().go(STOP_AND_COPY).read('pending_bytes', 300).read('data_offset', 0).said).toEqual([
    'MIG-DATA-NONZERO',
  ]);
});

test('every clause that it judges is listed', () => {
  const judged = new Set<string>();
  for (const traffic of [
    stopped().buffer(300, 64, 300).read('pending_bytes', 0).go(0),
    stopped(AREA).read('pending_bytes', 1).read('pending_bytes', 2).read('data_offset', 0x1040).read('data_offset', 8),
  ]) {
    for (const clause of traffic.judge.keptClauses.keys()) judged.add(clause);
    for (const text of traffic.said) judged.add(text.split(' ')[0] ?? '');
  }
  for (const clause of judged) expect(oracle.clauses).toContain(clause);
});
