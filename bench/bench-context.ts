/** A StepContext for measuring the engine's loops without a scenario around them: what a loop does not need is not there. */
import { vfioRegionInfo } from '../runner/abi';
import type { DeviceSession } from '../runner/steps/device-session';
import type { StepContext } from '../runner/steps/step-context';
import type { StreamSpool } from '../runner/steps/stream-spool';
import { Device } from '../runner/vfio/device';
import { DEFAULT_LIMITS, HARD_MAX_STATE_BYTES } from '../runner/vfio/limits';
import { MigrationRegion } from '../runner/vfio/migration-region';
import { Region } from '../runner/vfio/region';
import type { RegionInfo } from '../runner/vfio/region-info';
import { type BenchDevice, REGION_OFFSET, SECTION_OFFSET } from './bench-device';

export interface BenchStep {
  readonly context: StepContext;
  readonly migration: MigrationRegion;
}

export function benchStep(device: BenchDevice, spool: StreamSpool): BenchStep {
  const { host, fd, options, judge } = device;
  const limits = { ...DEFAULT_LIMITS, maxStateBytes: HARD_MAX_STATE_BYTES };
  const size = SECTION_OFFSET + BigInt(options.section);
  const mappableAreas = options.mappable ? [{ offset: SECTION_OFFSET, size: BigInt(options.section) }] : [];
  const info: RegionInfo = {
    values: vfioRegionInfo.decode(new Uint8Array(vfioRegionInfo.size), host.facts.byteOrder),
    chain: { capabilities: [], problems: [] },
    bytes: new Uint8Array(0),
    rounds: [],
    problems: [],
    index: 9,
    readable: true,
    writable: true,
    mappable: options.mappable,
    size,
    offset: REGION_OFFSET,
    type: { type: 3, subtype: 1 },
    msixMappable: false,
    mappableAreas,
  };
  const migration = new MigrationRegion(new Region(host, fd, info, limits));
  const absent = (what: string) => (): never => {
    throw new Error(`the bench has no ${what}`);
  };
  const session: DeviceSession = {
    side: 'source',
    name: 'bench',
    device: new Device(host, fd, 'bench', limits),
    get dma(): never {
      return absent('memory for a device')();
    },
    profile: undefined,
    iommuBacked: false,
    migration,
    savingSession: 0,
    savingEntry: 'running',
    savedSegments: 0,
    irqs: new Map(),
    reopen: absent('second opening'),
  };
  const context: StepContext = {
    step: { verb: 'bench', args: {}, title: 'bench', position: { file: 'bench', line: 1, column: 1 } },
    host,
    judge,
    session,
    profile: undefined,
    memory: {
      streams: new Map(),
      spool,
      fingerprints: new Map(),
      values: new Map(),
      capturing: undefined,
      plainlyRestored: new Set(),
    },
    seed: 1,
    allow: [],
    deadlineMs: 10_000,
    run: absent('nested steps'),
    onSide: absent('other side'),
    fail: (reason) => {
      throw new Error(`${reason.expected}; ${reason.observed}`);
    },
    giveUp: (message) => {
      throw new Error(message);
    },
    skip: (_kind, _need, reason) => {
      throw new Error(reason);
    },
    attach: () => undefined,
    showBitmap: () => undefined,
    declareGiven: () => undefined,
    declareFaultAsked: () => undefined,
  };
  return { context, migration };
}
