/**
 * The kit's own manners: a polite user is obeyed, and each rude one is caught at it unless the scenario means it. The same judges follow
 * every call of every certification, where what they catch breaks the case.
 *
 * Proves: MIG-ACCESS-USER, STATE-REREAD, STATE-RESET-USER, STATE-MACROS, STATE-VALID-USER, STATE-RESERVED-RMW, SAVE-SEQUENCE-USER, SAVE-PENDING-ZERO, SAVE-NO-EARLY-ACK, SAVE-DRAIN-USER, ERR-NEXT, RES-SEQUENCE-USER, RES-ORDER.
 */
import { oracle } from '../../runner/oracles/kit-manners';
import { EINVAL, EIO, LoopTraffic } from './support/loop-traffic';

const STOP = 0b000;
const RUNNING = 0b001;
const STOP_AND_COPY = 0b010;
const PRE_COPY = 0b011;
const RESUMING = 0b100;
const ERROR = 0b110;

const traffic = () => new LoopTraffic(oracle);
/** Two buffers, told apart by what they hold. */
const saved = () =>
  traffic()
    .go(STOP_AND_COPY)
    .buffer(300, 64, 200, 1)
    .buffer(100, 64, 100, 2)
    .read('pending_bytes', 0)
    .go(STOP)
    .go(RUNNING);
const give = (to: LoopTraffic, length: number, fill: number) =>
  to.read('data_offset', 64).give(64, length, { fill }).write('data_size', length);

test('a migration by the text keeps all of it', () => {
  const user = saved().go(RESUMING);
  give(user, 200, 1);
  give(user, 100, 2).go(RUNNING);
  expect(user.said).toEqual([]);
  for (const clause of [
    'MIG-ACCESS-USER',
    'STATE-MACROS',
    'STATE-VALID-USER',
    'STATE-RESERVED-RMW',
    'SAVE-SEQUENCE-USER',
    'SAVE-PENDING-ZERO',
    'SAVE-NO-EARLY-ACK',
    'SAVE-DRAIN-USER',
    'RES-SEQUENCE-USER',
    'RES-ORDER',
  ])
    expect([clause, user.kept(clause) > 0]).toEqual([clause, true]);
});

test('a state that is read again after a write that failed, and an error after which the user looks at the state', () => {
  const user = traffic().look().refused(STOP).look().go(STOP_AND_COPY).read('pending_bytes', 0, EIO).look();
  expect(user.said).toEqual([]);
  expect([user.kept('STATE-REREAD'), user.kept('ERR-NEXT')]).toEqual([1, 1]);
});

type Rude = readonly [clause: string, what: string, act: (user: LoopTraffic) => unknown];

const saving = (user: LoopTraffic) => user.go(STOP_AND_COPY).read('pending_bytes', 300);

const RUDE: readonly Rude[] = [
  ['MIG-ACCESS-USER', 'half of a field is read', (user) => user.stray(8, 4)],
  ['MIG-ACCESS-USER', 'pending_bytes is written', (user) => user.write('pending_bytes', 0)],
  ['MIG-ACCESS-USER', 'data_offset is written', (user) => user.write('data_offset', 64)],
  ['STATE-RESERVED-RMW', 'a reserved bit is set', (user) => user.go(0x8 | STOP)],
  ['STATE-REREAD', 'a field is read after it', (user) => user.look().refused(STOP).read('pending_bytes', 0)],
  ['STATE-REREAD', 'it is written once more', (user) => user.look().refused(STOP).refused(STOP)],
  ['STATE-VALID-USER', '101b is asked for', (user) => user.go(0b101)],
  ['STATE-RESET-USER', 'the error state is left by a write', (user) => user.look(ERROR).go(RUNNING)],
  ['SAVE-SEQUENCE-USER', 'pending_bytes is read in running', (user) => user.read('pending_bytes', 0)],
  ['SAVE-SEQUENCE-USER', 'data_offset is read first', (user) => user.go(STOP_AND_COPY).read('data_offset', 64)],
  ['SAVE-SEQUENCE-USER', 'data_size is read before data_offset', (user) => saving(user).read('data_size', 100)],
  [
    'SAVE-SEQUENCE-USER',
    'data_offset is read again after the data',
    (user) => user.go(STOP_AND_COPY).buffer(300, 64, 100).read('data_offset', 64),
  ],
  ['SAVE-SEQUENCE-USER', 'data_size is written while saving', (user) => saving(user).write('data_size', 100)],
  ['SAVE-SEQUENCE-USER', 'data_size is read in resuming', (user) => user.go(RESUMING).read('data_size', 100)],
  [
    'SAVE-NO-EARLY-ACK',
    'pending_bytes is read before the data',
    (user) => saving(user).read('data_offset', 64).read('data_size', 100).read('pending_bytes', 300),
  ],
  [
    'SAVE-NO-EARLY-ACK',
    'pending_bytes is read after half of the data',
    (user) => saving(user).read('data_offset', 64).read('data_size', 100).data(64, 50).read('pending_bytes', 300),
  ],
  [
    'SAVE-PENDING-ZERO',
    'data_offset is read with nothing pending',
    (user) => user.go(STOP_AND_COPY).read('pending_bytes', 0).read('data_offset', 64),
  ],
  [
    'ERR-NEXT',
    'the saving loop goes on after an error',
    (user) => saving(user).read('data_offset', 0, EIO).read('data_size', 100),
  ],
  [
    'ERR-NEXT',
    'the saving loop goes on after data could not be read',
    (user) =>
      saving(user)
        .read('data_offset', 64)
        .read('data_size', 100)
        .data(64, 100, { result: EIO })
        .read('pending_bytes', 0),
  ],
  [
    'ERR-NEXT',
    'the resuming loop goes on after an error',
    (user) =>
      user.go(RESUMING).read('data_offset', 64).give(64, 0).write('data_size', 0, EINVAL).read('data_offset', 64),
  ],
  ['RES-SEQUENCE-USER', 'data is written first', (user) => user.go(RESUMING).give(64, 100)],
  [
    'RES-SEQUENCE-USER',
    'data is written in front of data_offset',
    (user) => user.go(RESUMING).read('data_offset', 64).give(40, 8),
  ],
  ['RES-SEQUENCE-USER', 'data_size is written first', (user) => user.go(RESUMING).write('data_size', 100)],
  [
    'RES-SEQUENCE-USER',
    'data_size is more than the data',
    (user) => user.go(RESUMING).read('data_offset', 64).give(64, 100).write('data_size', 101),
  ],
  ['RES-SEQUENCE-USER', 'data_size is written twice', (user) => give(user.go(RESUMING), 0, 0).write('data_size', 0)],
];

test.each(RUDE)('%s: %s', (clause, _what, act) => {
  const user = traffic();
  act(user);
  expect(user.said).toContain(clause);
});

test.each(RUDE)('%s: %s, on purpose', (_clause, _what, act) => {
  const user = traffic().provoke('MIG-OUT-OF-SEQUENCE');
  act(user);
  expect(user.said).toEqual([]);
});

describe('the order of a stream', () => {
  test('shuffled', () => {
    const user = saved().go(RESUMING);
    expect(give(user, 100, 2).said).toEqual(['RES-ORDER']);
  });

  test('one buffer left out', () => {
    const user = traffic().go(STOP_AND_COPY).buffer(30, 64, 10, 1).buffer(20, 64, 10, 2).buffer(10, 64, 10, 3);
    user.read('pending_bytes', 0).go(STOP).go(RUNNING).go(RESUMING);
    give(user, 10, 1);
    expect(give(user, 10, 3).said).toEqual(['RES-ORDER']);
  });

  test('a byte changed', () => {
    const user = saved().go(RESUMING);
    expect(give(user, 200, 9).said).toEqual(['RES-ORDER']);
  });

  test('cut into other sizes', () => {
    const user = saved().go(RESUMING);
    expect(give(user, 100, 1).said).toEqual(['RES-ORDER']);
  });

  test('in pieces, and read twice', () => {
    const user = traffic().go(STOP_AND_COPY).read('pending_bytes', 100).read('data_offset', 64).read('data_size', 100);
    user.data(64, 60).data(124, 40).data(64, 100).read('pending_bytes', 0).go(STOP).go(RUNNING).go(RESUMING);
    user.read('data_offset', 64).give(64, 1).give(65, 99).write('data_size', 100).go(RUNNING);
    expect(user.said).toEqual([]);
  });

  test('not to its end', () => {
    const user = saved().go(RESUMING);
    expect(give(user, 200, 1).go(RUNNING).said).toEqual(['SAVE-DRAIN-USER']);
  });

  test('of a save that was not drained', () => {
    const user = traffic().go(STOP_AND_COPY).buffer(300, 64, 200, 1).read('pending_bytes', 100).go(STOP).go(RUNNING);
    expect(give(user.go(RESUMING), 200, 1).go(RUNNING).said).toEqual(['SAVE-DRAIN-USER']);
  });

  test('over pre-copy and stop-and-copy, left in the middle of a buffer', () => {
    const user = traffic().go(PRE_COPY).buffer(300, 64, 100, 1).read('pending_bytes', 200);
    user.read('data_offset', 64).read('data_size', 100).data(64, 50, { fill: 2 }).go(STOP_AND_COPY);
    user.buffer(200, 64, 200, 3).read('pending_bytes', 0).go(STOP).go(RUNNING).go(RESUMING);
    give(user, 100, 1);
    expect(give(user, 200, 3).go(RUNNING).said).toEqual([]);
  });

  test('the section may be overwritten once data_size has returned', () => {
    const user = give(saved().go(RESUMING), 200, 1).give(64, 200, { fill: 0xee });
    expect(give(user, 100, 2).go(RUNNING).said).toEqual([]);
  });
});

test('after a reset the manners begin anew', () => {
  const user = traffic().go(STOP_AND_COPY).read('pending_bytes', 300).read('data_offset', 64).reset();
  expect(user.go(STOP_AND_COPY).buffer(300, 64, 300).read('pending_bytes', 0).said).toEqual([]);
});

test('every clause that it can break is listed', () => {
  for (const [clause] of RUDE) expect(oracle.clauses).toContain(clause);
});
