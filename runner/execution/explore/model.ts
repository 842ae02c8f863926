/**
 * What a walk knows of the device: where it stands, what was saved of it and given to it, and therefore what the user may do next and
 * may expect. It is told what happened; where the text leaves that open, it is told what was read back.
 */
import type { ClauseId } from '../../language/scenario';
import type { Abilities } from './abilities';

export type ValidState = 'stop' | 'running' | 'stop-and-copy' | 'pre-copy' | 'resuming';
export type State = ValidState | 'error';

/** From leaving the states without _SAVING to returning to one of them. */
export interface SavingSession {
  /** Began in pre-copy. */
  readonly live: boolean;
  /** The streams so far, in order. */
  readonly streams: string[];
  /** pending_bytes got to 0 in stop-and-copy. */
  drained: boolean;
  /** The last look at pending_bytes in pre-copy gave 0, and nothing was changed since. */
  emptied: boolean;
  /** Left between data_offset and the end of the data: only a transition or a reset may follow. */
  inBuffer: boolean;
  /** What was done beside the plain loop, as the clauses that say it does no harm. */
  readonly liberties: Set<ClauseId>;
}

/** A whole save. */
export interface Stream {
  readonly from: readonly string[];
  /** The fingerprint of the device when it was saved, where there is one. */
  readonly content: string | undefined;
  readonly liberties: ReadonlySet<ClauseId>;
}

/** What was given in _RESUMING. */
export type Given = 'nothing' | 'partial' | 'whole' | 'wrong';

export class Model {
  state: State = 'running';
  session: SavingSession | undefined;
  /** The last whole save of this device. */
  saved: Stream | undefined;
  /** The one that the destination has taken. */
  delivered: Stream | undefined;
  /** A whole save of the destination, for this device to take. */
  offered: Stream | undefined;
  /** The destination was left in stop-and-copy. */
  destinationStopped = false;
  given: Given = 'nothing';
  /** What `given` whole is. */
  taking: Stream | undefined;
  /** The name of the fingerprint that the device has. */
  content: string | undefined;
  /** What happened since `content` was last seen, as the clauses that say it does no harm. */
  readonly doubts = new Set<ClauseId>();
  /** The fingerprint of the device straight after a reset, and whether the device is as it left it. */
  fresh: string | undefined;
  isFresh = false;
  /** The clause that says that the device runs, since it was last set running; undefined when nothing new is to be seen. */
  started: ClauseId | undefined;
  /** Since the last reset: saving sessions, and states taken over. */
  sessions = 0;
  resumed = false;
  /** Since the last reset: a save was given up within a buffer. */
  cutOff = false;
  watchesIrq = false;
  /** Memory that the device may reach, by name: whether it was mapped while the log ran, and written since the log began. */
  readonly mappings = new Map<string, { whileLogging: boolean; written: boolean }>();
  logging = false;
  /** A write to older memory was reported since the log began. */
  logWorks = false;
  stoppedLogging = false;
  /** A transfer may be under way: what is saved now would go on with it elsewhere. */
  busy = false;
  /** The device was in ERROR since it was opened. */
  failed = false;
  /** Writes that must have had no effect: nothing makes up for one that had. */
  readonly pokes = new Set<ClauseId>();
  /** A transition was refused, and none has worked since. */
  refused = false;
  /** The user did what is wrong, on purpose: until the device is reset the oracles leave it alone. */
  provoked = false;
  /** Buffers were read in one piece each. */
  readWhole = false;
  /** The user did what a device may resent: until it is reset nothing is promised. */
  spoilt = false;
  /** Steps so far, nested ones too. */
  steps = 0;
  private readonly names = new Map<string, number>();

  constructor(
    readonly abilities: Abilities,
    readonly maxSteps: number,
  ) {}

  get isSaving(): boolean {
    return this.state === 'pre-copy' || this.state === 'stop-and-copy';
  }

  get runs(): boolean {
    return this.state === 'running' || this.state === 'pre-copy';
  }

  get stands(): boolean {
    return this.state === 'stop' || this.state === 'stop-and-copy' || this.state === 'resuming';
  }

  /** The device runs, and nothing is half read: registers may be written. */
  get mayStimulate(): boolean {
    return this.runs && !this.spoilt && this.session?.inBuffer !== true;
  }

  /** `saved-1`, `saved-2`: a name that the walk has not used. */
  name(word: string): string {
    const count = (this.names.get(word) ?? 0) + 1;
    this.names.set(word, count);
    return `${word}-${count}`;
  }

  /** Something happened that must not change the device's state or what is being saved. */
  doubt(clause: ClauseId): void {
    this.doubts.add(clause);
    this.session?.liberties.add(clause);
  }

  /** device_state has moved, as was asked for and read back. */
  move(to: State): void {
    const from = this.state;
    if (from === to) return;
    this.refused = false;
    const saved = this.isSaving;
    this.state = to;
    if (this.isSaving && !saved) this.beginSession(from);
    if (saved && !this.isSaving) {
      if (this.session?.inBuffer === true) this.cutOff = true;
      this.session = undefined;
    }
    if (to === 'resuming') this.given = 'nothing';
    if (to === 'error') {
      this.forget();
      this.failed = true;
    }
    if (this.session) this.session.inBuffer = false;
    if (from === 'pre-copy' && this.session?.emptied === false) this.session.liberties.add('SAVE-REGARDLESS');
    this.started = STARTS.get(`${from}>${to}`);
    if (from === 'stop' && to === 'running') this.doubts.add('TRANS-STOP-RUN');
    if (saved && to === 'running') this.doubts.add('TRANS-PRE-RUN');
    if (from === 'resuming') this.leaveResuming(to);
  }

  /** Reset, opened anew, or its own destination: a device like new. */
  renew(): void {
    this.forget();
    this.state = 'running';
    this.session = undefined;
    this.given = 'nothing';
    this.isFresh = true;
    this.sessions = 0;
    this.resumed = false;
    this.cutOff = false;
    this.started = undefined;
    this.watchesIrq = false;
    this.busy = false;
    this.refused = false;
    this.provoked = false;
    this.spoilt = false;
  }

  /** Nothing is known of what the device holds. */
  forget(): void {
    this.content = undefined;
    this.isFresh = false;
    this.doubts.clear();
    this.taking = undefined;
  }

  private beginSession(from: State): void {
    const liberties = new Set<ClauseId>();
    if (from === 'stop') liberties.add('TRANS-STOP-SC');
    if (this.sessions > 0) liberties.add(this.cutOff ? 'TRANS-PRE-RUN' : 'SAVE-STABLE');
    if (this.resumed) liberties.add('RES-ROUNDTRIP');
    if (this.failed) liberties.add('STATE-RESET');
    for (const doubt of [...this.doubts, ...this.pokes]) liberties.add(doubt);
    this.sessions += 1;
    this.session = {
      live: this.state === 'pre-copy',
      streams: [],
      drained: false,
      emptied: false,
      inBuffer: false,
      liberties,
    };
  }

  private leaveResuming(to: State): void {
    const { taking, given } = this;
    this.taking = undefined;
    if (to === 'running' && given === 'nothing') return;
    this.forget();
    if (to !== 'running' || given !== 'whole') return;
    this.resumed = true;
    this.content = taking?.content;
    this.doubts.add('RES-APPLY');
    for (const liberty of taking?.liberties ?? []) this.doubts.add(liberty);
  }
}

const STARTS: ReadonlyMap<string, ClauseId> = new Map([
  ['stop>running', 'TRANS-STOP-RUN'],
  ['running>pre-copy', 'TRANS-RUN-PRE'],
  ['pre-copy>running', 'TRANS-PRE-RUN'],
  ['stop-and-copy>running', 'TRANS-PRE-RUN'],
  ['resuming>running', 'TRANS-RES-RUN'],
]);

/**
 * The clause that is blamed when the device turns out to have lost something: the first of what was tried out, the most particular
 * first. A walk that was shrunk has tried out one thing.
 */
const MOST_PARTICULAR_FIRST: readonly ClauseId[] = [
  'MIG-RO-PENDING',
  'MIG-RO-OFFSET',
  'MIG-RESERVED-W',
  'MIG-WIDTH',
  'STATE-INVALID-101',
  'STATE-INVALID-110',
  'STATE-INVALID-111',
  'STATE-REACHABLE',
  'STATE-AFTER-ERR',
  'TRANS-NO-CONSUME',
  'STATE-NOP',
  'RES-CONSUME',
  'RES-WRITE',
  'SAVE-PENDING-PURE',
  'SAVE-REREAD',
  'SAVE-READ-PIECES',
  'SAVE-READ',
  'STATE-RESET',
  'RES-APPLY',
  'RES-ROUNDTRIP',
  'SAVE-REGARDLESS',
  'SAVE-STABLE',
  'TRANS-STOP-SC',
  'TRANS-PRE-RUN',
  'TRANS-STOP-RUN',
];

export function blame(...sets: readonly Iterable<ClauseId>[]): ClauseId | undefined {
  const all = new Set(sets.flatMap((set) => [...set]));
  return MOST_PARTICULAR_FIRST.find((clause) => all.has(clause));
}
