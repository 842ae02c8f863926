/** Whose fault it is that an executor ended, by its signal and by the access that it was in. */
import { type ExecutorEnd, lossOfEnd } from '../../runner/execution/executor-loss';
import { flightSummary } from '../../runner/execution/watchdog';
import { type FlightRow, flightPath, removeFlight } from '../../runner/host/flight-recorder';
import { scratchFile, startChild } from '../host/support/scratch';

const PAGE = 4096;

function end(signal: NodeJS.Signals, row: Partial<FlightRow>, more: Partial<ExecutorEnd> = {}): ExecutorEnd {
  const last: FlightRow = { sequence: 7, call: 'load', startedMs: 1, step: 0, fd: -1, length: 4, at: 16, ...row };
  return {
    code: null,
    signal,
    step: 'read: bar0',
    said: '',
    flight: { inAccess: true, sequence: 7, what: 'the last access', rows: [last] },
    mapsHere: true,
    ...more,
  };
}

const TOUCHES = ['load', 'store', 'peek', 'poke'] as const;
const CALLS = [
  'open',
  'close',
  'ioctl',
  'pread',
  'pwrite',
  'read',
  'mmap',
  'munmap',
  'allocate',
  'eventfd',
  'poll',
] as const;

test.each(
  TOUCHES.flatMap((call) => (['SIGSEGV', 'SIGBUS'] as const).map((signal) => [signal, call] as const)),
)('%s in a %s of mapped device memory is the device’s', (signal, call) => {
  expect(lossOfEnd(end(signal, { call, inDevice: true }))).toMatchObject({
    kind: 'device',
    message: `${signal} in the last access`,
    step: 'read: bar0',
  });
});

test.each(
  CALLS.flatMap((call) => (['SIGSEGV', 'SIGBUS', 'SIGABRT'] as const).map((signal) => [signal, call] as const)),
)('%s in %s is nobody’s of the device', (signal, call) => {
  // munmap carries a mapping of the device and touches none of it.
  expect(lossOfEnd(end(signal, { call, inDevice: true })).kind).toBe('trouble');
});

test.each(TOUCHES)('a %s cannot raise any other signal', (call) => {
  for (const signal of ['SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS', 'SIGKILL', 'SIGTERM', 'SIGHUP'] as const)
    expect(lossOfEnd(end(signal, { call, inDevice: true })).kind).toBe('trouble');
});

test('memory of the process’s own, an agent’s mapping, an answered access and no access are not the device’s', () => {
  expect(lossOfEnd(end('SIGSEGV', { call: 'poke' })).kind).toBe('trouble');
  expect(lossOfEnd(end('SIGBUS', { inDevice: true }, { mapsHere: false })).kind).toBe('trouble');
  expect(lossOfEnd(end('SIGBUS', { inDevice: true }, { flight: undefined })).kind).toBe('trouble');
  const row = {
    sequence: 7,
    call: 'load',
    startedMs: 1,
    step: 0,
    fd: -1,
    length: 4,
    inDevice: true,
    result: 0,
  } as const;
  const flight = { inAccess: false, sequence: 7, what: 'the last access', rows: [row] };
  expect(lossOfEnd(end('SIGBUS', {}, { flight }))).toEqual({
    kind: 'trouble',
    message: 'the executor crashed with SIGBUS outside any access to the device',
  });
});

test('what it said is told, and an exit code', () => {
  expect(lossOfEnd(end('SIGABRT', { call: 'ioctl' }, { said: 'a\nout of memory\n' })).message).toMatch(
    /^the executor was ended with SIGABRT during "read: bar0", in the last access, which cannot raise it.*it said: a \| out of memory$/,
  );
  expect(lossOfEnd({ ...end('SIGABRT', {}), signal: null, code: 1 }).message).toBe('the executor ended with code 1');
});

test.each(['mapped', 'written'])('a real fault in a mapping, by what its %s recording says', async (how) => {
  const flight = flightPath();
  try {
    const file = scratchFile(`faulting-${how}`, new Uint8Array(PAGE));
    const { signal } = await startChild('child-flight', ['fault', flight, file, how]).ended;
    expect(signal).toBe('SIGBUS');
    const loss = lossOfEnd({ ...end('SIGBUS', {}), flight: flightSummary(flight) });
    expect(loss).toMatchObject({ kind: 'device', message: 'SIGBUS in load of 4 bytes at byte 16 of a mapping' });
  } finally {
    removeFlight(flight);
  }
});
