/** Feeds the device-state oracle with device_state as it crosses the port, as World would. */
import type { ClauseId } from '../../../runner/language/scenario';
import type { Oracle, OracleHooks } from '../../../runner/oracles/oracle';
import type { DeviceView, Given } from '../../../runner/oracles/views';
import { RecordingJudge } from './recording-judge';

export const EINVAL = -22;
export const EAGAIN = -11;
const PCI = 0x2;
const WITH_RESET = PCI | 0x1;

export class StateTraffic {
  readonly judge = new RecordingJudge();
  device: DeviceView;
  private readonly hooks: OracleHooks;
  private readonly blamed = new Set<ClauseId>();

  /** A device that was opened; `offersReset`: its flags have RESET. */
  constructor(
    private readonly oracle: Oracle,
    private readonly offersReset = true,
  ) {
    this.hooks = oracle.create(this.judge, { byteOrder: 'little', pageSize: 4096, architecture: 'x86_64' });
    this.device = this.open();
  }

  /** device_state is read. */
  read(state: number): this {
    this.hooks.fieldRead?.(this.device, { field: 'device_state', result: 4, value: BigInt(state), width: 4 });
    this.device.state = state;
    return this;
  }

  /** A write of device_state, what it returned, and what is read then. */
  ask(state: number, result: number, then: number): this {
    this.hooks.fieldWrite?.(this.device, { field: 'device_state', result, value: BigInt(state), width: 4 });
    return this.read(then);
  }

  /** A transition that works. */
  go(state: number): this {
    return this.ask(state, 4, state);
  }

  write(field: 'reserved' | 'pending_bytes' | 'data_offset' | 'data_size'): this {
    const width = field === 'reserved' ? 4 : 8;
    this.hooks.fieldWrite?.(this.device, { field, result: width, value: 1n, width });
    return this;
  }

  stray(offset: number, length: number): this {
    this.hooks.strayAccess?.(this.device, { write: true, offset: BigInt(offset), length, result: EINVAL });
    return this;
  }

  reset(result = 0): this {
    this.hooks.deviceReset?.(this.device, result);
    if (result >= 0) this.device.provoked.clear();
    return this;
  }

  reopen(): this {
    this.hooks.deviceClosed?.(this.device);
    this.device = this.open();
    return this;
  }

  given(given: Given): this {
    this.device.given = given;
    return this;
  }

  blame(clause: ClauseId): this {
    // Whatever a step says it is about.
    this.blamed.add(clause);
    this.device.blame = clause;
    return this;
  }

  provoke(clause: ClauseId): this {
    this.device.provoked.add(clause);
    return this;
  }

  askForFault(asked: boolean): this {
    this.device.faultAsked = asked;
    return this;
  }

  /** The clauses that were broken, and those that were reported on; throws for one that the oracle does not list. */
  get said(): readonly string[] {
    const judged = [...this.judge.said.map((line) => line.split(' ')[0] ?? ''), ...this.judge.keptClauses.keys()];
    const unlisted = judged.filter((clause) => !this.oracle.clauses.includes(clause) && !this.blamed.has(clause));
    if (unlisted.length > 0) throw new Error(`${this.oracle.name} does not list ${unlisted.join(', ')}`);
    return this.judge.said;
  }

  kept(clause: ClauseId): boolean {
    return this.judge.keptClauses.has(clause);
  }

  private open(): DeviceView {
    const device: DeviceView = {
      fd: 7,
      name: 'device',
      container: undefined,
      info: { flags: this.offersReset ? WITH_RESET : PCI, numRegions: 10, numIrqs: 5 },
      regions: new Map(),
      migration: { index: 9, flags: 3, size: 0x10000n, offset: 0n, areas: [] },
      provoked: new Set(),
      given: 'nothing',
    };
    this.hooks.deviceOpened?.(device);
    return device;
  }
}
