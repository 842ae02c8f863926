/** Feeds an oracle with the answers of INFO ioctls, as World would. */
import {
  type ByteOrder,
  type IoctlName,
  ioctlNumber,
  vfioDeviceInfo,
  vfioIrqInfo,
  vfioRegionInfo,
} from '../../../runner/abi';
import { AccessRecord, SENT_LIMIT } from '../../../runner/host/access';
import type { HostFacts } from '../../../runner/host/vfio-host';
import type { Oracle, OracleFacts } from '../../../runner/oracles/oracle';
import { World } from '../../../runner/oracles/world';
import { type Capability, encodeChain } from '../../../runner/reference/kernel/info-chain';
import { RecordingJudge } from './recording-judge';

const GUARD = 0xa5;
const GUARD_BYTES = 64;
const CAPS = 1 << 7;
const REGION_CAPS = 1 << 3;
const DEVICE_FD = 7;

/** What the kernel makes of a call: it changes the buffer, and returns 0 or -errno. */
export type Answer = (buffer: DataView) => number;

export interface InfoOptions {
  readonly order?: ByteOrder;
  readonly architecture?: string;
  readonly claims?: readonly string[];
}

export class InfoTraffic {
  readonly judge = new RecordingJudge();
  private calls = 0;
  private readonly world: World;
  readonly order: ByteOrder;

  constructor(
    private readonly oracle: Oracle,
    { order = 'little', architecture = 'x86_64', claims = [] }: InfoOptions = {},
  ) {
    this.order = order;
    const facts: OracleFacts = { byteOrder: order, pageSize: 4096, architecture, claims };
    const host: HostFacts = {
      kind: 'reference',
      name: 'test',
      architecture,
      kernelRelease: '',
      byteOrder: order,
      pageSize: 4096,
      wordBits: 64,
      ioctlEncoding: 'generic',
    };
    this.world = new World([oracle.create(this.judge, facts)], host);
    const name = new TextEncoder().encode('device\0');
    this.ioctl('VFIO_GROUP_GET_DEVICE_FD', 3, name, name, DEVICE_FD);
  }

  /** GET_INFO with this argsz, answered so. */
  device(argsz: number, answer: Answer): this {
    return this.ask('VFIO_DEVICE_GET_INFO', argsz, vfioDeviceInfo.size, 0, answer);
  }

  region(index: number, argsz: number, answer: Answer): this {
    return this.ask('VFIO_DEVICE_GET_REGION_INFO', argsz, vfioRegionInfo.size, index, answer);
  }

  irq(index: number, answer: Answer): this {
    return this.ask('VFIO_DEVICE_GET_IRQ_INFO', vfioIrqInfo.size, vfioIrqInfo.size, index, answer);
  }

  reset(result = 0): this {
    return this.ioctl('VFIO_DEVICE_RESET', DEVICE_FD, undefined, undefined, result);
  }

  /** A correct GET_INFO of a device with these flags and capabilities. */
  deviceAnswer(flags: number, chain: readonly Capability[] = []): Answer {
    return (buffer) => {
      const little = this.order === 'little';
      const argsz = buffer.getUint32(0, little);
      buffer.setUint32(4, flags | (chain.length > 0 ? CAPS : 0), little);
      buffer.setUint32(8, 10, little);
      buffer.setUint32(12, 5, little);
      if (chain.length > 0) this.putChain(buffer, chain, vfioDeviceInfo.size, 16, argsz);
      return 0;
    };
  }

  /** A correct GET_REGION_INFO. */
  regionAnswer(size: number, chain: readonly Capability[] = [], flags = 3): Answer {
    return (buffer) => {
      const little = this.order === 'little';
      const argsz = buffer.getUint32(0, little);
      const index = buffer.getUint32(8, little);
      buffer.setUint32(4, flags | (chain.length > 0 ? REGION_CAPS : 0), little);
      buffer.setUint32(12, 0, little);
      buffer.setBigUint64(16, BigInt(size), little);
      buffer.setBigUint64(24, BigInt(index) << 40n, little);
      if (chain.length > 0) this.putChain(buffer, chain, vfioRegionInfo.size, 12, argsz);
      return 0;
    };
  }

  /** The clauses that were broken, and those that were reported on; throws for one that the oracle does not list. */
  get said(): readonly string[] {
    const judged = [...this.judge.said.map((line) => line.split(' ')[0] ?? ''), ...this.judge.keptClauses.keys()];
    const unlisted = judged.filter((clause) => !this.oracle.clauses.includes(clause));
    if (unlisted.length > 0) throw new Error(`${this.oracle.name} does not list ${unlisted.join(', ')}`);
    return [...new Set(this.judge.said)];
  }

  kept(clause: string): boolean {
    return this.judge.keptClauses.has(clause);
  }

  private putChain(
    buffer: DataView,
    chain: readonly Capability[],
    start: number,
    offsetAt: number,
    argsz: number,
  ): void {
    const little = this.order === 'little';
    const bytes = encodeChain(chain, start, this.order);
    const needed = start + bytes.length;
    if (argsz < needed) {
      buffer.setUint32(0, needed, little);
      if (argsz >= offsetAt + 4) buffer.setUint32(offsetAt, 0, little);
      return;
    }
    new Uint8Array(buffer.buffer).set(bytes, start);
    buffer.setUint32(offsetAt, start, little);
  }

  private ask(name: IoctlName, argsz: number, size: number, index: number, answer: Answer): this {
    const sent = new Uint8Array(Math.max(argsz, size) + GUARD_BYTES);
    const view = new DataView(sent.buffer);
    if (index > 0) view.setUint32(8, index, this.order === 'little');
    sent.fill(GUARD, Math.max(argsz, 12));
    view.setUint32(0, argsz, this.order === 'little');
    const data = sent.slice();
    const result = answer(new DataView(data.buffer));
    return this.ioctl(name, DEVICE_FD, sent, data, result);
  }

  private ioctl(
    name: IoctlName,
    fd: number,
    sent: Uint8Array | undefined,
    data: Uint8Array | undefined,
    result: number,
  ): this {
    this.calls += 1;
    const access = new AccessRecord(this.calls, 'ioctl', 0, fd, sent?.length ?? 0);
    access.request = ioctlNumber(name, 'generic');
    access.sent = sent?.slice(0, SENT_LIMIT);
    access.data = data;
    access.result = result;
    this.world.after(access);
    return this;
  }
}

export const EINVAL = -22;
export const refused: Answer = () => EINVAL;
