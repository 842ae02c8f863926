/** AccessLog: the accesses of one case, for the tables in reports and the lines before a finding. */
import { deviceStateName, errnoName } from '../abi';
import type { Access, AccessListener, WatchedCall } from '../host/watched-host';
import type { Located, Place, World } from '../oracles/world';
import type { AccessRow } from './case-result';
import { ioctlText } from './ioctl-text';

/** A case that makes more accesses than this keeps its last ones. */
const KEPT = 4096;
/** Bytes of a transfer that are kept: enough for each structure of an ioctl. */
const KEPT_BYTES = 64;
/** Bytes of a transfer that are shown as they are. */
const SHOWN_BYTES = 24;
const MAX_VALUE = 200;

/** One access as it is kept. Slots are used again and again: a case may make millions of accesses, and none of their buffers is held on to. */
class Slot implements Located {
  sequence = 0;
  call: WatchedCall = 'open';
  startedMs = 0;
  fd = -1;
  length = 0;
  path: string | undefined = undefined;
  request: number | undefined = undefined;
  offset: bigint | undefined = undefined;
  at: number | undefined = undefined;
  value: bigint | undefined = undefined;
  result = 0;
  thrown: Error | undefined = undefined;
  place: Place = undefined;
  side = '';
  shown = 0;
  readonly bytes = new Uint8Array(KEPT_BYTES);
}

/** The slots of the case before: making thousands anew for each case would keep the garbage collector busy. */
let spare: Slot[] | undefined;

export class AccessLog implements AccessListener {
  private readonly slots: Slot[] = spare ?? [];
  private next = 0;
  /** When the case began, on the host's clock. */
  readonly began: number;
  /** Sequence number of the last access, 0 before the first. */
  last = 0;

  constructor(
    private readonly now: () => number,
    private readonly little: boolean,
    private readonly world: () => World | undefined,
    private readonly side: () => string,
  ) {
    spare = undefined;
    this.began = now();
  }

  after(access: Access): void {
    const slot = this.slot();
    slot.sequence = access.sequence;
    slot.call = access.call;
    slot.startedMs = access.startedMs;
    slot.fd = access.fd;
    slot.length = access.length;
    slot.path = access.path;
    slot.request = access.request;
    slot.offset = access.offset;
    slot.at = access.at;
    slot.value = access.value;
    slot.result = access.result;
    slot.thrown = access.thrown;
    slot.place = this.world()?.place(access);
    slot.side = this.side();
    slot.shown = 0;
    const { data, call } = access;
    if (data && (call === 'pread' || call === 'pwrite' || call === 'ioctl')) {
      slot.shown = Math.min(KEPT_BYTES, data.length);
      for (let n = 0; n < slot.shown; n += 1) slot.bytes[n] = data[n] ?? 0;
    }
    this.next += 1;
    this.last = access.sequence;
  }

  /** Milliseconds since the case began. */
  elapsed(): number {
    return this.now() - this.began;
  }

  /** The case is over, and its rows were taken: the next one may have the slots. */
  release(): void {
    for (const slot of this.slots) slot.place = undefined;
    spare = this.slots;
    this.next = 0;
  }

  /** The last accesses, oldest first. */
  rows(count = KEPT): AccessRow[] {
    const from = Math.max(0, this.next - Math.min(count, KEPT));
    const rows: AccessRow[] = [];
    for (let n = from; n < this.next; n += 1) {
      const slot = this.slots[n % KEPT];
      if (slot) rows.push(this.row(slot));
    }
    return rows;
  }

  private slot(): Slot {
    const at = this.next % KEPT;
    let slot = this.slots[at];
    if (!slot) {
      slot = new Slot();
      this.slots[at] = slot;
    }
    return slot;
  }

  private row(slot: Slot): AccessRow {
    const target = this.world()?.describe(slot, slot.place) ?? '';
    return {
      sequence: slot.sequence,
      atMs: slot.startedMs - this.began,
      side: slot.side,
      call: slot.call,
      target,
      length: slot.length,
      value: this.value(slot, target).slice(0, MAX_VALUE),
      result: slot.result,
      errno: slot.thrown ? slot.thrown.message : slot.result < 0 ? errnoName(-slot.result) : '',
    };
  }

  private value(slot: Slot, target: string): string {
    if (slot.value !== undefined) return `0x${slot.value.toString(16)}`;
    if (slot.shown === 0) return '';
    if (slot.call === 'ioctl') {
      // What was asked for is worth reading, refused or not.
      const said = ioctlText(target, slot.bytes.subarray(0, slot.shown), this.little ? 'little' : 'big');
      if (said !== undefined) return said;
    }
    if (slot.result < 0) return '';
    if (slot.call !== 'ioctl' && (slot.length === 4 || slot.length === 8)) {
      const view = new DataView(slot.bytes.buffer);
      const value = slot.length === 4 ? BigInt(view.getUint32(0, this.little)) : view.getBigUint64(0, this.little);
      const name = target === 'device_state' ? ` (${deviceStateName(Number(value))})` : '';
      return `0x${value.toString(16)}${name}`;
    }
    const shown = Math.min(slot.shown, SHOWN_BYTES);
    const more = slot.length > shown ? ' ...' : '';
    return `${Buffer.from(slot.bytes.subarray(0, shown)).toString('hex')}${more}`;
  }
}
