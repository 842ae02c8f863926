/**
 * Watches the kit itself: the clauses that bind the user. A breach here is a bug of the kit, unless a step provokes it on purpose;
 * after any provocation nothing of the kind is looked at until the device has been reset or opened anew.
 */
import { VFIO_DEVICE_STATE_IS_ERROR, VFIO_DEVICE_STATE_MASK, VFIO_DEVICE_STATE_VALID } from '../abi';
import type { ClauseId } from '../language/scenario';
import type { Judge } from './judge';
import { ResumingManners } from './kit-manners-resuming';
import { SavingManners } from './kit-manners-saving';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import { TransactionLog } from './transactions';
import type {
  ContainerView,
  DeviceView,
  FieldAccess,
  InfoExchange,
  IoctlExchange,
  SectionAccess,
  StrayAccess,
} from './views';
import { ZeroedBitmaps } from './zeroed-bitmaps';

/** Says that the kit broke a clause, unless it was told to. */
export type Breach = (device: DeviceView, clause: ClauseId, expected: string, observed: string) => void;

interface Memory {
  /** device_state as read just before a write, for the read-modify-write. */
  lastRead: number | undefined;
  writeFailed: boolean;
  inError: boolean;
  readonly saving: SavingManners;
  readonly resuming: ResumingManners;
}

class KitMannersOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, Memory>();
  private readonly log = new TransactionLog();

  private readonly bitmaps: ZeroedBitmaps;

  constructor(
    private readonly judge: Judge,
    facts: OracleFacts,
  ) {
    this.bitmaps = new ZeroedBitmaps(judge, facts);
  }

  memoryAllocated(address: bigint, length: number): void {
    this.bitmaps.allocated(address, length);
  }

  memoryWritten(address: bigint, length: number): void {
    this.bitmaps.written(address, length);
  }

  memoryFreed(address: bigint): void {
    this.bitmaps.freed(address);
  }

  iommuCall(container: ContainerView, exchange: IoctlExchange): void {
    this.bitmaps.iommuCall(container, exchange);
  }

  /** A kernel that answers has known the number and the structure; that both are the header's is what the golden test shows. */
  deviceInfo(_device: DeviceView, exchange: InfoExchange): void {
    if (exchange.result >= 0) this.judge.kept('ABI');
  }

  fieldRead(device: DeviceView, access: FieldAccess): void {
    const memory = this.memory(device);
    this.judge.kept('MIG-ACCESS-USER');
    memory.saving.fieldRead(device, access);
    memory.resuming.fieldRead(device, access);
    if (access.field !== 'device_state') {
      this.checkReread(device, memory, `it read ${access.field}`);
      return;
    }
    if (memory.writeFailed) this.judge.kept('STATE-REREAD');
    memory.writeFailed = false;
    if (access.result !== 4) return;
    memory.lastRead = Number(access.value);
    memory.inError = VFIO_DEVICE_STATE_IS_ERROR(memory.lastRead);
    this.judge.kept('STATE-MACROS');
  }

  strayAccess(device: DeviceView, access: StrayAccess): void {
    this.breach(
      device,
      'MIG-ACCESS-USER',
      'each field is reached by one access of its own width at its own place',
      `${access.length} bytes at offset ${access.offset} were ${access.write ? 'written' : 'read'}`,
    );
  }

  sectionRead(device: DeviceView, access: SectionAccess): void {
    this.memory(device).saving.sectionRead(device, access);
  }

  sectionWrite(device: DeviceView, access: SectionAccess): void {
    this.memory(device).resuming.sectionWrite(device, access);
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    const memory = this.memory(device);
    this.checkReread(device, memory, `it wrote ${access.field}`);
    memory.saving.fieldWrite(device, access);
    memory.resuming.fieldWrite(device, access);
    if (access.field === 'pending_bytes' || access.field === 'data_offset')
      this.breach(device, 'MIG-ACCESS-USER', `${access.field} is read only`, 'the kit wrote it');
    else this.judge.kept('MIG-ACCESS-USER');
    if (access.field === 'device_state') this.stateWrite(device, access, memory);
  }

  private checkReread(device: DeviceView, memory: Memory, observed: string): void {
    if (!memory.writeFailed) return;
    this.breach(device, 'STATE-REREAD', 'after a write of device_state that failed the user reads it again', observed);
  }

  private stateWrite(device: DeviceView, access: FieldAccess, memory: Memory): void {
    const written = Number(access.value);
    const before = memory.lastRead;
    const preserved = before !== undefined && ((before ^ written) & ~VFIO_DEVICE_STATE_MASK) === 0;
    if (preserved) this.judge.kept('STATE-RESERVED-RMW');
    else
      this.breach(
        device,
        'STATE-RESERVED-RMW',
        'device_state is changed by read-modify-write',
        `0x${written.toString(16)} was written over ${before === undefined ? 'a value that was not read' : `0x${before.toString(16)}`}`,
      );
    if (VFIO_DEVICE_STATE_VALID(written)) this.judge.kept('STATE-VALID-USER');
    else this.breach(device, 'STATE-VALID-USER', 'the user asks for valid states only', `0x${written.toString(16)}`);
    if (memory.inError)
      this.breach(
        device,
        'STATE-RESET-USER',
        'the user leaves the error state by VFIO_DEVICE_RESET only',
        `0x${written.toString(16)} was written to device_state`,
      );
    memory.writeFailed = access.result !== 4;
    memory.lastRead = undefined;
  }

  deviceReset(device: DeviceView, result: number): void {
    if (result >= 0 && this.memory(device).inError) this.judge.kept('STATE-RESET-USER');
    if (result >= 0) this.memories.delete(device);
  }

  deviceClosed(device: DeviceView): void {
    this.memories.delete(device);
  }

  private breach(device: DeviceView, clause: ClauseId, expected: string, observed: string): void {
    if (device.provoked.size > 0) return;
    this.judge.broken(clause, {
      expected,
      observed,
      hint: 'this is a fault of the kit or of the scenario: a step that means it says `provoke:`',
    });
  }

  private memory(device: DeviceView): Memory {
    let memory = this.memories.get(device);
    if (!memory) {
      const breach: Breach = (...what) => this.breach(...what);
      memory = {
        lastRead: undefined,
        writeFailed: false,
        inError: false,
        saving: new SavingManners(this.judge, breach, this.log),
        resuming: new ResumingManners(this.judge, breach, this.log),
      };
      this.memories.set(device, memory);
    }
    return memory;
  }
}

export const oracle: Oracle = {
  name: 'kit-manners',
  clauses: [
    'ABI',
    'MIG-ACCESS-USER',
    'STATE-REREAD',
    'ERR-NEXT',
    'STATE-MACROS',
    'STATE-VALID-USER',
    'STATE-RESERVED-RMW',
    'STATE-RESET-USER',
    'SAVE-SEQUENCE-USER',
    'SAVE-NO-EARLY-ACK',
    'SAVE-PENDING-ZERO',
    'SAVE-DRAIN-USER',
    'RES-SEQUENCE-USER',
    'RES-ORDER',
    'DIRTY-ZEROED',
    'UNMAP-ZEROED',
  ],
  create: (judge, facts) => new KitMannersOracle(judge, facts),
};
