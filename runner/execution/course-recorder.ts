/** CourseRecorder: listens where the oracles listen, judges nothing, and keeps what pictures are made of. */
import { DEVICE_STATE_BITS, errnoName, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { OracleHooks } from '../oracles/oracle';
import type { DeviceView, FieldAccess } from '../oracles/views';
import type { BitmapSeen } from '../steps/bitmap-seen';
import type { BitmapMoment, Course, StateMoment } from './course';
import { SaveWatch } from './save-watch';

const STATES_KEPT = 256;
const SAVES_KEPT = 64;
const BITMAPS_KEPT = 16;

export interface CourseClock {
  /** Milliseconds since the case began. */
  elapsed(): number;
  /** When the access that is being told of began, on the same clock. */
  began(): number;
  side(): string;
}

type OpenMoment = { -readonly [Key in keyof StateMoment]: StateMoment[Key] };

/** What is known of one side. */
interface Side {
  state: number | undefined;
  /** The write or reset whose outcome the next read tells. */
  open: OpenMoment | undefined;
  save: SaveWatch | undefined;
}

export class CourseRecorder implements OracleHooks {
  private readonly states: OpenMoment[] = [];
  private readonly saves: SaveWatch[] = [];
  private readonly bitmaps: BitmapMoment[] = [];
  private readonly sides = new Map<string, Side>();
  private omitted = 0;

  constructor(private readonly clock: CourseClock) {}

  fieldWrite(device: DeviceView, { field, value, result }: FieldAccess): void {
    if (field !== 'device_state') return;
    const asked = Number(value) & VFIO_DEVICE_STATE_MASK;
    const provoked = isProvoked(device, this.side().state);
    this.happened({ asked, ...failure(result, 4), ...(provoked ? { provoked } : {}) });
  }

  fieldRead(_device: DeviceView, { field, value, result, width }: FieldAccess): void {
    if (result !== width) return;
    if (field === 'device_state') this.stateRead(Number(value) & VFIO_DEVICE_STATE_MASK);
    else if (field === 'pending_bytes') this.save()?.pending(rounded(this.clock.began()), Number(value));
    else if (field === 'data_size') this.save()?.size(Number(value));
  }

  deviceReset(_device: DeviceView, result: number): void {
    this.happened({ reset: true, ...failure(result, 0) });
    if (result >= 0) this.side().state = undefined;
  }

  showBitmap(bitmap: BitmapSeen): void {
    if (this.bitmaps.length < BITMAPS_KEPT) this.bitmaps.push({ atMs: rounded(this.clock.elapsed()), ...bitmap });
  }

  /** Undefined where nothing happened that a picture could show. */
  course(): Course | undefined {
    const { states, bitmaps, omitted } = this;
    const saves = this.saves.flatMap((save) => save.course() ?? []);
    const moved = states.some((moment) => moment.asked !== undefined);
    if (!moved && saves.length === 0 && bitmaps.length === 0) return undefined;
    return { states, ...(omitted > 0 ? { statesOmitted: omitted } : {}), saves, bitmaps };
  }

  private happened(what: Pick<StateMoment, 'asked' | 'reset' | 'errno' | 'provoked'>): void {
    const side = this.side();
    const began = this.clock.began();
    side.open = {
      atMs: rounded(began),
      tookMs: rounded(this.clock.elapsed() - began),
      side: this.clock.side(),
      ...(side.state === undefined ? {} : { from: side.state }),
      ...what,
    };
    side.save = undefined;
    this.keep(side.open);
  }

  private stateRead(state: number): void {
    const side = this.side();
    if (side.open) side.open.state = state;
    else if (side.state !== state) {
      const from = side.state === undefined ? {} : { from: side.state };
      this.keep({ atMs: rounded(this.clock.began()), tookMs: 0, side: this.clock.side(), ...from, state });
      side.save = undefined;
    }
    side.open = undefined;
    side.state = state;
  }

  private keep(moment: OpenMoment): void {
    if (this.states.length < STATES_KEPT) this.states.push(moment);
    else this.omitted += 1;
  }

  /** The save under way on this side; undefined where the device is in no saving state. */
  private save(): SaveWatch | undefined {
    const side = this.side();
    const phase = phaseOf(side.state);
    if (side.save || side.open || !phase || this.saves.length >= SAVES_KEPT) return side.save;
    side.save = new SaveWatch(this.clock.side(), phase, rounded(this.clock.began()));
    this.saves.push(side.save);
    return side.save;
  }

  private side(): Side {
    const name = this.clock.side();
    let side = this.sides.get(name);
    if (!side) {
      side = { state: undefined, open: undefined, save: undefined };
      this.sides.set(name, side);
    }
    return side;
  }
}

/** _RESUMING may be left with an error, too, when the device was not given all that belongs to a stream. */
function isProvoked({ provoked, faultAsked, given }: DeviceView, state: number | undefined): boolean {
  const incomplete = given !== 'whole' && given !== 'in-question';
  return provoked.size > 0 || faultAsked === true || (state === DEVICE_STATE_BITS.resuming && incomplete);
}

function phaseOf(state: number | undefined): 'pre-copy' | 'stop-and-copy' | undefined {
  if (state === DEVICE_STATE_BITS['pre-copy']) return 'pre-copy';
  return state === DEVICE_STATE_BITS['stop-and-copy'] ? 'stop-and-copy' : undefined;
}

function failure(result: number, wanted: number): { errno?: string } {
  if (result < 0) return { errno: errnoName(-result) || `errno ${-result}` };
  return result === wanted ? {} : { errno: `${result} of ${wanted} bytes` };
}

/** Microseconds are as fine as a system call gets. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
