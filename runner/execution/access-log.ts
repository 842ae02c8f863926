/** AccessLog: the accesses of one case, for the tables in reports and the lines before a finding. */
import { deviceStateName, errnoName } from '../abi';
import type { Access, AccessListener } from '../host/watched-host';
import type { World } from '../oracles/world';
import type { AccessRow } from './case-result';

/** A case that makes more accesses than this keeps its last ones. */
const KEPT = 4096;
/** Bytes of a transfer that are shown. */
const SHOWN_BYTES = 24;
const MAX_VALUE = 200;

interface Entry {
  readonly access: Access;
  readonly target: string;
  readonly bytes: Uint8Array | undefined;
  readonly side: string;
}

export class AccessLog implements AccessListener {
  private entries: (Entry | undefined)[] = [];
  private next = 0;
  private readonly began: number;

  constructor(
    private readonly now: () => number,
    private readonly little: boolean,
    private readonly world: () => World | undefined,
    private readonly side: () => string,
  ) {
    this.began = now();
  }

  /** Sequence number of the last access, 0 before the first. */
  last = 0;

  after(access: Access): void {
    const interesting = access.call === 'pread' || access.call === 'pwrite' || access.call === 'ioctl';
    this.entries[this.next % KEPT] = {
      access,
      target: this.world()?.describe(access) ?? '',
      bytes: interesting && access.data ? access.data.slice(0, SHOWN_BYTES) : undefined,
      side: this.side(),
    };
    this.next += 1;
    this.last = access.sequence;
  }

  /** Milliseconds since the case began. */
  elapsed(): number {
    return this.now() - this.began;
  }

  rows(count = KEPT): AccessRow[] {
    const from = Math.max(0, this.next - Math.min(count, KEPT));
    const rows: AccessRow[] = [];
    for (let n = from; n < this.next; n += 1) {
      const entry = this.entries[n % KEPT];
      if (entry) rows.push(this.row(entry));
    }
    return rows;
  }

  private row({ access, target, bytes, side }: Entry): AccessRow {
    return {
      sequence: access.sequence,
      atMs: access.startedMs - this.began,
      side,
      call: access.call,
      target,
      length: access.length,
      value: this.value(access, target, bytes).slice(0, MAX_VALUE),
      result: access.result,
      errno: access.thrown ? access.thrown.message : access.result < 0 ? errnoName(-access.result) : '',
    };
  }

  private value(access: Access, target: string, bytes: Uint8Array | undefined): string {
    if (access.value !== undefined) return `0x${access.value.toString(16)}`;
    if (!bytes || access.result < 0) return '';
    if (access.call !== 'ioctl' && (bytes.length === 4 || bytes.length === 8) && access.length === bytes.length) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const value = bytes.length === 4 ? BigInt(view.getUint32(0, this.little)) : view.getBigUint64(0, this.little);
      const name = target === 'device_state' ? ` (${deviceStateName(Number(value))})` : '';
      return `0x${value.toString(16)}${name}`;
    }
    const more = access.length > bytes.length ? ' ...' : '';
    return `${Buffer.from(bytes).toString('hex')}${more}`;
  }
}
