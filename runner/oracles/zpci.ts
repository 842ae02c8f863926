/** Judges the zPCI capabilities of a device info (header diff, lines 21-28; <linux/vfio_zdev.h>). */
import {
  type ByteOrder,
  type Capability,
  decodeZpciPfip,
  decodeZpciUtil,
  type SizedBytes,
  VFIO_DEVICE_FLAGS_CAPS,
  VFIO_DEVICE_FLAGS_PCI,
  VFIO_DEVICE_INFO_CAP_ZPCI_BASE,
  VFIO_DEVICE_INFO_CAP_ZPCI_GROUP,
  VFIO_DEVICE_INFO_CAP_ZPCI_PFIP,
  VFIO_DEVICE_INFO_CAP_ZPCI_UTIL,
  VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH,
  vfioDeviceInfoCapZpciBase,
  vfioDeviceInfoCapZpciBaseV1,
  vfioDeviceInfoCapZpciGroup,
  vfioDeviceInfoCapZpciGroupV1,
  walkCapabilityChain,
} from '../abi';
import type { ClauseId } from '../language/scenario';
import { u32 } from './info-reply';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { DeviceView, InfoExchange } from './views';

const NAMES: ReadonlyMap<number, { readonly name: string; readonly clause: ClauseId }> = new Map([
  [VFIO_DEVICE_INFO_CAP_ZPCI_BASE, { name: 'BASE', clause: 'ZPCI-BASE' }],
  [VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, { name: 'GROUP', clause: 'ZPCI-GROUP' }],
  [VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, { name: 'UTIL', clause: 'ZPCI-UTIL' }],
  [VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, { name: 'PFIP', clause: 'ZPCI-PFIP' }],
]);

/** What every zPCI function carries. */
const REQUIRED: readonly number[] = [VFIO_DEVICE_INFO_CAP_ZPCI_BASE, VFIO_DEVICE_INFO_CAP_ZPCI_GROUP];

/** Version 2 ends behind its last field; the compiler's padding after it need not be there. */
const BASE_V2_END = 36;
const GROUP_V1_END = 39;
const GROUP_V2_END = 42;

class ZpciOracle implements OracleHooks {
  /** The capabilities as first seen in this session, by id, in hex. */
  private readonly first = new Map<DeviceView, Map<number, string>>();
  /** The argsz that the device asked for. */
  private readonly needed = new Map<DeviceView, number>();
  /** What is missing is said once: every question would show it again. */
  private readonly told = new Set<DeviceView>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  deviceInfo(device: DeviceView, exchange: InfoExchange): void {
    const wanted = u32(exchange.answer, 0, this.facts) ?? 0;
    const given = u32(exchange.sent, 0, this.facts) ?? 0;
    const flags = u32(exchange.answer, 4, this.facts) ?? 0;
    if (exchange.result < 0 || given < 20) return;
    if (wanted > given) this.needed.set(device, Math.max(wanted, this.needed.get(device) ?? 0));
    // With more room than was asked for, where the last capability ends cannot be told.
    if (wanted > given || given > (this.needed.get(device) ?? given)) return;
    const hasChain = (flags & VFIO_DEVICE_FLAGS_CAPS) !== 0;
    const start = hasChain ? (u32(exchange.answer, 16, this.facts) ?? 0) : 0;
    // A chain that is announced and not given is a finding of its own, and so is a broken one: what it lacks cannot be told.
    if (hasChain && start === 0) return;
    const chain = walkCapabilityChain(exchange.answer, this.facts.byteOrder, { start, headSize: 20, end: wanted });
    if (chain.problems.length > 0) return;
    const known = chain.capabilities.filter((capability) => NAMES.has(capability.id));
    const ids = known.map((capability) => capability.id);
    // What was there before and is gone is not missing, but unsteady.
    const shown = this.first.has(device);
    if (this.claimed && !shown && !this.told.has(device)) this.judgePresent(device, ids);
    if (!shown) this.judgeAbsence(ids);
    if (ids.length === 0 && !shown) return;
    this.judgeUnique(flags, known);
    for (const capability of known) this.judgeOne(capability);
    this.judgeStable(device, known);
  }

  deviceClosed(device: DeviceView): void {
    this.first.delete(device);
  }

  private get claimed(): boolean {
    return this.facts.claims?.includes('zpci') === true;
  }

  private judgePresent(device: DeviceView, ids: readonly number[]): void {
    const missing = REQUIRED.filter((id) => !ids.includes(id)).map((id) => NAMES.get(id)?.name);
    if (missing.length > 0) this.told.add(device);
    this.judge.check('ZPCI-PRESENT', missing.length === 0, () => ({
      expected: 'a device that is claimed to be a zPCI function shows BASE and GROUP',
      observed: `${missing.join(' and ')} missing; zPCI capability ids: ${ids.join(', ') || 'none'}`,
    }));
  }

  /** What is not there cannot be judged; under the claim that it has to be there, that is no excuse. */
  private judgeAbsence(ids: readonly number[]): void {
    if (ids.length === 0 && this.claimed) return;
    for (const [id, { name, clause }] of NAMES) {
      if (ids.includes(id) || (this.claimed && REQUIRED.includes(id))) continue;
      this.judge.notApplicable(clause, `the device shows no zPCI ${name} capability (${ids.length} zPCI capabilities)`);
    }
    if (ids.length > 0) return;
    for (const clause of ['ZPCI-UNIQUE', 'ZPCI-PRESENT', 'ZPCI-GROUP-RESERVED', 'ZPCI-STABLE'])
      this.judge.notApplicable(clause, 'the device shows no zPCI capabilities, and nobody claims that it has any');
  }

  private judgeUnique(flags: number, known: readonly Capability[]): void {
    const ids = known.map((capability) => capability.id);
    const twice = ids.filter((id, n) => ids.indexOf(id) !== n);
    const right = this.facts.architecture === 's390x' && (flags & VFIO_DEVICE_FLAGS_PCI) !== 0;
    this.judge.check('ZPCI-UNIQUE', right && twice.length === 0, () => ({
      expected: 'capability ids 1 to 4 on an s390 PCI device only, each at most once',
      observed: right
        ? `id ${twice.join(', ')} more than once`
        : `ids ${ids.join(', ')} on ${this.facts.architecture}, flags 0x${flags.toString(16)}`,
    }));
  }

  private judgeOne(capability: Capability): void {
    switch (capability.id) {
      case VFIO_DEVICE_INFO_CAP_ZPCI_BASE:
        this.judgeBase(capability);
        break;
      case VFIO_DEVICE_INFO_CAP_ZPCI_GROUP:
        this.judgeGroup(capability);
        break;
      case VFIO_DEVICE_INFO_CAP_ZPCI_UTIL:
        this.judgeString('ZPCI-UTIL', 'UTIL', capability, decodeZpciUtil);
        break;
      default:
        this.judgeString('ZPCI-PFIP', 'PFIP', capability, decodeZpciPfip);
    }
  }

  private judgeBase({ version, bytes }: Capability): void {
    const needed = version >= 2 ? BASE_V2_END : vfioDeviceInfoCapZpciBaseV1.size;
    if (!this.judgeRoom('ZPCI-BASE', 'BASE', version, bytes, needed)) return;
    const base = vfioDeviceInfoCapZpciBaseV1.decode(bytes, this.facts.byteOrder);
    this.judge.check('ZPCI-BASE', base.start_dma <= base.end_dma, () => ({
      expected: 'start_dma is not above end_dma',
      observed: `start_dma 0x${base.start_dma.toString(16)}, end_dma 0x${base.end_dma.toString(16)}`,
    }));
  }

  private judgeGroup({ version, bytes }: Capability): void {
    const needed = version >= 2 ? GROUP_V2_END : GROUP_V1_END;
    if (!this.judgeRoom('ZPCI-GROUP', 'GROUP', version, bytes, needed)) return;
    this.judge.kept('ZPCI-GROUP');
    if (version > 2) return;
    const { fields } = vfioDeviceInfoCapZpciGroup;
    const flags = vfioDeviceInfoCapZpciGroupV1.getField(bytes, 'flags', this.facts.byteOrder);
    const reserved = version === 2 ? (bytes[fields.reserved.offset] ?? 0) : 0;
    const clean = (flags & ~BigInt(VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH)) === 0n && reserved === 0;
    this.judge.check('ZPCI-GROUP-RESERVED', clean, () => ({
      expected: 'no flag but REFRESH, and a reserved byte of 0',
      observed: `flags 0x${flags.toString(16)}, reserved 0x${reserved.toString(16)}`,
    }));
  }

  private judgeString(
    clause: ClauseId,
    name: string,
    capability: Capability,
    decode: (bytes: Uint8Array, order: ByteOrder) => SizedBytes,
  ): void {
    if (!this.judgeRoom(clause, name, capability.version, capability.bytes, 12)) return;
    const string = decode(capability.bytes, this.facts.byteOrder);
    this.judge.check(clause, string.fits, () => ({
      expected: `${name}: the ${string.size} bytes that its size names lie inside the capability`,
      observed: `there are ${capability.bytes.length - 12}`,
    }));
  }

  private judgeRoom(clause: ClauseId, name: string, version: number, bytes: Uint8Array, needed: number): boolean {
    if (bytes.length >= needed && version >= 1) return true;
    this.judge.broken(clause, {
      expected: `${name}: a version from 1 on, and the ${needed} bytes that it has`,
      observed: `version ${version}, ${bytes.length} bytes up to the next capability or the end`,
    });
    return false;
  }

  private judgeStable(device: DeviceView, known: readonly Capability[]): void {
    const now = new Map(known.map((capability) => [capability.id, stableBytes(capability, this.facts.byteOrder)]));
    const before = this.first.get(device);
    if (!before) {
      this.first.set(device, now);
      return;
    }
    const changed = [...new Set([...before.keys(), ...now.keys()])].filter((id) => before.get(id) !== now.get(id));
    this.judge.check('ZPCI-STABLE', changed.length === 0, () => ({
      expected: 'the zPCI capabilities read the same on every call of one session',
      observed: changed
        .map((id) => `${NAMES.get(id)?.name}: ${before.get(id) ?? 'not there'}, now ${now.get(id) ?? 'not there'}`)
        .join('; '),
    }));
  }
}

/** The content without the header's next, and without fh, which the platform may renew. */
function stableBytes(capability: Capability, order: ByteOrder): string {
  const length = contentLength(capability, order);
  const copy = Buffer.from(capability.bytes.subarray(0, length));
  copy.fill(0, 4, 8);
  if (capability.id === VFIO_DEVICE_INFO_CAP_ZPCI_BASE) copy.fill(0, vfioDeviceInfoCapZpciBase.fields.fh.offset);
  return copy.toString('hex');
}

/** `bytes` runs to the next header: what lies between the structure and that is nobody's content. */
function contentLength({ id, version, bytes }: Capability, order: ByteOrder): number {
  if (id === VFIO_DEVICE_INFO_CAP_ZPCI_BASE) return Math.min(bytes.length, version >= 2 ? BASE_V2_END : 32);
  if (id === VFIO_DEVICE_INFO_CAP_ZPCI_GROUP) return Math.min(bytes.length, version >= 2 ? GROUP_V2_END : GROUP_V1_END);
  // A string is as long as its size says; behind the last one lies whatever room the caller gave.
  const size = bytes.length >= 12 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, order === 'little') : 0;
  // One whose size is wild has a finding already.
  return 12 + size <= bytes.length ? 12 + size : Math.min(bytes.length, 12);
}

export const oracle: Oracle = {
  name: 'zpci',
  clauses: [
    'ZPCI-UNIQUE',
    'ZPCI-PRESENT',
    'ZPCI-BASE',
    'ZPCI-GROUP',
    'ZPCI-GROUP-RESERVED',
    'ZPCI-UTIL',
    'ZPCI-PFIP',
    'ZPCI-STABLE',
  ],
  create: (judge, facts) => new ZpciOracle(judge, facts),
};
