/** device_state as it crosses the port: each clause is seen broken, and what the text leaves open is left alone. */
import { oracle } from '../../runner/oracles/device-state';
import { EAGAIN, EINVAL, StateTraffic } from './support/state-traffic';

const STOP = 0b000;
const RUNNING = 0b001;
const STOP_AND_COPY = 0b010;
const PRE_COPY = 0b011;
const RESUMING = 0b100;
const ERROR = 0b110;
const INVALID_111 = 0b111;

const opened = (offersReset?: boolean) => new StateTraffic(oracle, offersReset);
const running = (offersReset?: boolean) => opened(offersReset).read(RUNNING);
/** In any state, without judging how it came there. */
const inState = (state: number) => (state === RUNNING ? running() : running().go(state));

test('a life by the text breaks nothing, and keeps what it passes', () => {
  const traffic = running()
    .go(PRE_COPY)
    .go(STOP_AND_COPY)
    .go(STOP)
    .reset()
    .read(RUNNING)
    .go(RESUMING)
    .given('whole')
    .go(RUNNING);
  expect(traffic.said).toEqual([]);
  for (const clause of [
    'STATE-DEFAULT',
    'STATE-WRITE-OK',
    'STATE-RESERVED',
    'TRANS-RUN-PRE',
    'TRANS-PRE-SC',
    'TRANS-SC-STOP',
  ])
    expect([clause, traffic.kept(clause)]).toEqual([clause, true]);
  for (const clause of ['RES-RESET', 'TRANS-RUN-RES', 'TRANS-RES-RUN'])
    expect([clause, traffic.kept(clause)]).toEqual([clause, true]);
});

describe('a device that is opened', () => {
  test.each([STOP, STOP_AND_COPY, PRE_COPY, RESUMING, ERROR])('in %i is not in running', (state) => {
    expect(opened().read(state).said[0]).toBe('STATE-DEFAULT');
  });

  test('again, in the state in which it was left, was not let go', () => {
    expect(running().go(STOP).reopen().read(STOP).said).toEqual(['STATE-DEFAULT', 'TRANS-RUN-STOP-OPT']);
    expect(running().go(STOP).reopen().read(RUNNING).kept('TRANS-RUN-STOP-OPT')).toBe(true);
  });

  test('with reserved bits set is running all the same', () => {
    expect(opened().read(0x80000011).said).toEqual([]);
  });
});

describe('the state moves by itself', () => {
  test('to a valid one', () => {
    expect(inState(STOP_AND_COPY).read(STOP).said).toEqual(['STATE-STEADY']);
    expect(inState(STOP).read(STOP).kept('STATE-STEADY')).toBe(true);
  });

  test('to one that does not exist, which is said once', () => {
    expect(running().read(INVALID_111).read(INVALID_111).said).toEqual(['STATE-STEADY']);
  });

  test('to ERROR, which is the right of a driver', () => {
    expect(running().read(ERROR).said).toEqual(['SAVE-ERR (reported)']);
    expect(running().read(0x11).read(0x16).said).toEqual(['SAVE-ERR (reported)']);
    expect(running().read(0x11).read(ERROR).said).toContain('STATE-ERR-RESERVED');
  });

  test('in bits 3 to 31, which nobody compares', () => {
    expect(running().read(0x11).said).toEqual([]);
  });
});

describe('in ERROR', () => {
  const failed = (offersReset?: boolean) =>
    running(offersReset).askForFault(true).ask(STOP, EINVAL, ERROR).askForFault(false);

  test('a write that succeeds', () => {
    expect(failed().ask(RUNNING, 4, RUNNING).said).toEqual(['STATE-ERR-STICKY']);
    expect(failed().ask(RUNNING, EINVAL, ERROR).kept('STATE-ERR-STICKY')).toBe(true);
  });

  test('bits 3 to 31 that were lost', () => {
    expect(opened().read(0x11).askForFault(true).ask(0x10, EINVAL, ERROR).said).toEqual(['STATE-ERR-RESERVED']);
  });

  test('without FLAGS_RESET, which is said once', () => {
    expect(failed(false).read(ERROR).said).toEqual(['STATE-RESET-FLAG']);
    expect(failed().kept('STATE-RESET-FLAG')).toBe(true);
  });

  test('a reset that fails', () => {
    expect(failed().reset(EINVAL).said).toEqual(['STATE-RESET']);
    expect(failed().reset(EAGAIN).said).toEqual([]);
    expect(failed(false).reset(EINVAL).said).toEqual(['STATE-RESET-FLAG']);
  });

  test('a reset that leads nowhere', () => {
    expect(failed().reset().read(ERROR).said).toEqual(['STATE-RESET']);
    expect(failed().reset().read(RUNNING).kept('STATE-RESET')).toBe(true);
  });
});

describe('a reset elsewhere', () => {
  test('that is refused in the middle of a migration', () => {
    expect(inState(PRE_COPY).reset(EINVAL).said).toEqual(['RES-RESET']);
    expect(running().reset(EINVAL).said).toEqual([]);
  });

  test('that leaves the state', () => {
    expect(inState(STOP).reset().read(STOP).said).toEqual(['RES-RESET']);
  });
});

describe('an access that must not move the state', () => {
  test.each([
    ['reserved', 'MIG-RESERVED-W'],
    ['pending_bytes', 'MIG-RO-PENDING'],
    ['data_offset', 'MIG-RO-OFFSET'],
  ] as const)('a write of %s', (field, clause) => {
    expect(running().write(field).read(STOP).said).toEqual([clause]);
    expect(running().write(field).read(RUNNING).kept(clause)).toBe(true);
  });

  test('a write of another width', () => {
    expect(running().stray(0, 8).read(STOP).said).toEqual(['MIG-WIDTH']);
  });

  test('is forgotten when data_size is written', () => {
    expect(inState(RESUMING).write('reserved').write('data_size').read(RUNNING).said).toEqual(['STATE-STEADY']);
  });
});
