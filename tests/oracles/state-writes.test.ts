/** Writes of device_state as they cross the port: each answer is judged by what is read then. */
import { oracle } from '../../runner/oracles/device-state';
import { EINVAL, StateTraffic } from './support/state-traffic';

const STOP = 0b000;
const RUNNING = 0b001;
const STOP_AND_COPY = 0b010;
const PRE_COPY = 0b011;
const RESUMING = 0b100;
const INVALID_101 = 0b101;
const ERROR = 0b110;
const INVALID_111 = 0b111;
const VALID = [STOP, RUNNING, STOP_AND_COPY, PRE_COPY, RESUMING];

const opened = () => new StateTraffic(oracle);
const running = () => opened().read(RUNNING);
/** In any state, without judging how it came there. */
const inState = (state: number) => (state === RUNNING ? running() : running().go(state));

describe('a write that succeeds', () => {
  test('and does nothing', () => {
    expect(running().ask(STOP, 4, RUNNING).said).toEqual(['STATE-WRITE-OK']);
  });

  test('and is followed by ERROR did not make its transition', () => {
    expect(running().ask(STOP, 4, ERROR).said).toEqual(['SAVE-ERR (reported)', 'TRANS-RUN-STOP']);
  });

  test('with a short count, when the state is there', () => {
    expect(running().ask(STOP, 2, STOP).said).toEqual(['STATE-WRITE-OK']);
    expect(running().ask(RUNNING, 2, RUNNING).said).toEqual(['STATE-WRITE-OK']);
  });

  test('on an arc that the diagram does not show is only told', () => {
    expect(running().go(RESUMING).go(STOP).said).toEqual(['TRANS-OTHER (reported)']);
  });
});

describe('a write that fails', () => {
  test.each([
    [RUNNING, STOP, 'TRANS-RUN-STOP'],
    [RUNNING, STOP_AND_COPY, 'TRANS-RUN-SC'],
    [RUNNING, PRE_COPY, 'TRANS-RUN-PRE'],
    [RUNNING, RESUMING, 'TRANS-RUN-RES'],
    [RUNNING, RUNNING, 'STATE-NOP'],
    [STOP, RUNNING, 'TRANS-STOP-RUN'],
    [STOP, STOP_AND_COPY, 'TRANS-STOP-SC'],
    [STOP_AND_COPY, STOP, 'TRANS-SC-STOP'],
    [STOP_AND_COPY, RUNNING, 'TRANS-PRE-RUN'],
    [PRE_COPY, STOP_AND_COPY, 'TRANS-PRE-SC'],
    [PRE_COPY, RUNNING, 'TRANS-PRE-RUN'],
  ])('from %i to %i breaks %s', (from, to, clause) => {
    expect(inState(from).ask(to, EINVAL, from).said).toEqual([clause]);
  });

  test('on any other arc between valid states is only told', () => {
    const shown = new Map([
      [RUNNING, VALID],
      [STOP, [STOP, RUNNING, STOP_AND_COPY]],
      [PRE_COPY, [PRE_COPY, STOP_AND_COPY, RUNNING]],
      [STOP_AND_COPY, [STOP_AND_COPY, STOP, RUNNING]],
      [RESUMING, [RESUMING, RUNNING]],
    ]);
    for (const [from, arcs] of shown)
      for (const to of VALID.filter((state) => !arcs.includes(state)))
        expect(inState(from).ask(to, EINVAL, from).said).toEqual(['TRANS-OTHER (reported)']);
  });

  test('with a count in place of an errno', () => {
    expect(inState(STOP).ask(PRE_COPY, 0, STOP).said).toEqual(['STATE-WRITE-ERR', 'TRANS-OTHER (reported)']);
  });

  test('and leads to the state that was asked for', () => {
    expect(inState(STOP).ask(PRE_COPY, EINVAL, PRE_COPY).said).toEqual(['STATE-AFTER-ERR']);
  });

  test('and stops half way is warned', () => {
    expect(inState(PRE_COPY).ask(STOP, EINVAL, STOP_AND_COPY).said).toEqual(['STATE-AFTER-ERR (should)']);
  });

  test('and leads to a state that does not exist, which is said once', () => {
    const traffic = inState(STOP)
      .ask(PRE_COPY, EINVAL, INVALID_111)
      .read(INVALID_111)
      .ask(RUNNING, EINVAL, INVALID_111);
    expect(traffic.said).toEqual(['STATE-AFTER-ERR']);
  });

  test('and leads to ERROR is answered by the text', () => {
    const traffic = inState(STOP).ask(PRE_COPY, EINVAL, ERROR);
    expect(traffic.said).toEqual(['TRANS-OTHER (reported)']);
    expect(traffic.kept('STATE-AFTER-ERR')).toBe(true);
  });

  test('as the kit asked it to says nothing of the arc', () => {
    expect(running().askForFault(true).ask(STOP, EINVAL, RUNNING).said).toEqual([]);
  });

  test('behind a provocation says nothing of the arc', () => {
    expect(running().provoke('MIG-ACCESS-USER').ask(STOP, EINVAL, RUNNING).said).toEqual([]);
    expect(running().provoke('STATE-VALID-USER').ask(STOP, EINVAL, RUNNING).said).toEqual(['TRANS-RUN-STOP']);
  });

  test('breaks the clause that the step is about', () => {
    expect(inState(STOP_AND_COPY).blame('TRANS-NO-CONSUME').ask(STOP, EINVAL, STOP_AND_COPY).said).toEqual([
      'TRANS-NO-CONSUME',
    ]);
  });

  test('although bits 3 to 31 were kept', () => {
    expect(opened().read(0x101).ask(0x100, EINVAL, 0x101).said).toEqual(['STATE-RESERVED', 'TRANS-RUN-STOP']);
  });
});

describe('_RESUMING to _RUNNING', () => {
  test.each([
    ['whole', ['TRANS-RES-RUN']],
    ['nothing', []],
    ['partial', []],
    ['wrong', []],
    ['in-question', []],
  ] as const)('refused after %s data', (given, said) => {
    expect(inState(RESUMING).given(given).ask(RUNNING, EINVAL, RESUMING).said).toEqual(said);
  });
});

describe('after a refusal', () => {
  test('an arc that worked before and fails now', () => {
    const traffic = running().go(STOP).go(RUNNING).ask(INVALID_111, EINVAL, RUNNING).read(RUNNING);
    expect(traffic.ask(STOP, EINVAL, RUNNING).said).toEqual(['STATE-REACHABLE']);
  });

  test('an arc that never worked is not owed to it', () => {
    expect(running().ask(INVALID_111, EINVAL, RUNNING).ask(STOP, EINVAL, RUNNING).said).toEqual(['TRANS-RUN-STOP']);
  });

  test('an arc that works', () => {
    expect(running().ask(INVALID_111, EINVAL, RUNNING).read(RUNNING).go(STOP).kept('STATE-REACHABLE')).toBe(true);
  });
});

describe('a state that is invalid, or the driver’s to report', () => {
  test.each([
    [INVALID_101, 'STATE-INVALID-101'],
    [ERROR, 'STATE-INVALID-110'],
    [INVALID_111, 'STATE-INVALID-111'],
  ])('%i', (state, clause) => {
    for (const from of VALID) {
      expect(inState(from).ask(state, 4, from).said).toEqual([clause]);
      expect(inState(from).ask(state, EINVAL, from === STOP ? RUNNING : STOP).said).toEqual([clause]);
      const refused = inState(from).ask(state, EINVAL, from);
      expect(refused.said).toEqual([]);
      for (const kept of [clause, 'STATE-AFTER-ERR', 'STATE-WRITE-ERR'])
        expect([kept, refused.kept(kept)]).toEqual([kept, true]);
    }
  });

  test('may be answered with ERROR where it is ERROR, and only there', () => {
    expect(running().ask(ERROR, EINVAL, ERROR).said).toEqual([]);
    expect(running().ask(INVALID_101, EINVAL, ERROR).said).toEqual(['STATE-INVALID-101']);
  });

  test('that is entered is said once', () => {
    expect(running().ask(INVALID_101, 4, INVALID_101).read(INVALID_101).said).toEqual(['STATE-INVALID-101']);
  });

  test('that fails and leads to one that does not exist', () => {
    expect(running().ask(INVALID_111, EINVAL, INVALID_111).said).toEqual(['STATE-AFTER-ERR']);
  });
});

test('other bits 3 to 31 than were read: any answer, but a state that exists', () => {
  expect(running().ask(0x9, EINVAL, RUNNING).said).toEqual(['STATE-RESERVED-OTHER (reported)']);
  expect(running().ask(0x8, 4, STOP).said).toEqual(['STATE-RESERVED-OTHER (reported)']);
  expect(running().ask(0x9, EINVAL, INVALID_111).said).toEqual(['STATE-RESERVED-OTHER (reported)', 'STATE-AFTER-ERR']);
});
