/** Feeds one oracle with the traffic of a migration region, as World would. */
import type { MigrationField } from '../../../runner/abi';
import type { Oracle, OracleHooks } from '../../../runner/oracles/oracle';
import type { DeviceView, MappableArea } from '../../../runner/oracles/views';
import { RecordingJudge } from './recording-judge';

export const EIO = -5;
export const EINVAL = -22;
const FACTS = { byteOrder: 'little', pageSize: 4096, architecture: 'x86_64' } as const;

export interface TrafficOptions {
  readonly size?: bigint;
  readonly areas?: readonly MappableArea[];
}

export class LoopTraffic {
  readonly judge = new RecordingJudge();
  readonly device: DeviceView;
  private readonly hooks: OracleHooks;

  constructor(oracle: Oracle, { size = 0x10000n, areas = [] }: TrafficOptions = {}) {
    this.hooks = oracle.create(this.judge, FACTS);
    this.device = {
      fd: 7,
      name: 'device',
      container: undefined,
      regions: new Map(),
      migration: { index: 9, flags: 3, size, offset: 0n, areas },
      state: 0b001,
      provoked: new Set(),
      given: 'nothing',
    };
    this.hooks.deviceOpened?.(this.device);
  }

  /** device_state by read-modify-write, read back. */
  go(state: number): this {
    const before = this.device.state ?? 0;
    this.hooks.fieldRead?.(this.device, { field: 'device_state', result: 4, value: BigInt(before), width: 4 });
    this.hooks.fieldWrite?.(this.device, { field: 'device_state', result: 4, value: BigInt(state), width: 4 });
    return this.look(state);
  }

  /** A write of device_state fails, and is not looked after. */
  refused(state: number): this {
    this.hooks.fieldWrite?.(this.device, { field: 'device_state', result: EINVAL, value: BigInt(state), width: 4 });
    return this;
  }

  /** device_state is read. */
  look(state = this.device.state ?? 0): this {
    this.hooks.fieldRead?.(this.device, { field: 'device_state', result: 4, value: BigInt(state), width: 4 });
    this.device.state = state;
    return this;
  }

  /** A field is read: its value, or a negative result. */
  read(field: MigrationField, value: number, result?: number): this {
    const width = field === 'reserved' ? 4 : 8;
    this.hooks.fieldRead?.(this.device, { field, result: result ?? width, value: BigInt(value), width });
    return this;
  }

  write(field: MigrationField, value: number | bigint, result?: number): this {
    const width = field === 'reserved' ? 4 : 8;
    this.hooks.fieldWrite?.(this.device, { field, result: result ?? width, value: BigInt(value), width });
    return this;
  }

  /** The data section is read by read(), or through a mapping; every byte has the value `fill`. */
  data(offset: number, length: number, { result = length, via = 'read' as 'read' | 'mmap', fill = 1 } = {}): this {
    const bytes = new Uint8Array(length).fill(fill);
    this.hooks.sectionRead?.(this.device, { offset: BigInt(offset), length, result, via, bytes });
    return this;
  }

  give(offset: number, length: number, { result = length, via = 'read' as 'read' | 'mmap', fill = 1 } = {}): this {
    const bytes = new Uint8Array(length).fill(fill);
    this.hooks.sectionWrite?.(this.device, { offset: BigInt(offset), length, result, via, bytes });
    return this;
  }

  stray(offset: number, length: number, result = EINVAL): this {
    this.hooks.strayAccess?.(this.device, { write: false, offset: BigInt(offset), length, result });
    return this;
  }

  /** A part of the region is mapped: 0, or -errno. */
  mapped(offset: number, length: number, result = 0): this {
    this.hooks.sectionMapped?.(this.device, BigInt(offset), length, result);
    return this;
  }

  reset(): this {
    this.hooks.deviceReset?.(this.device, 0);
    this.device.provoked.clear();
    this.device.state = 0b001;
    return this;
  }

  provoke(clause: string): this {
    this.device.provoked.add(clause);
    return this;
  }

  /** Steps a to e for one buffer, without fault. */
  buffer(pending: number, offset: number, size: number, fill = 1): this {
    return this.read('pending_bytes', pending)
      .read('data_offset', offset)
      .read('data_size', size)
      .data(offset, size, { fill });
  }

  get said(): readonly string[] {
    return this.judge.said;
  }

  kept(clause: string): number {
    return this.judge.keptClauses.get(clause) ?? 0;
  }
}
