/**
 * A file that stands for a device with a migration region: its fields say what they are told to say, and stay. What the kit does to it
 * goes through the whole of the port: koffi, flight recorder, access log and all oracles.
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AccessLog } from '../runner/execution/access-log';
import { FlightRecorderWriter, flightPath, removeFlight } from '../runner/host/flight-recorder';
import { createLocalHost } from '../runner/host/local/local-host';
import type { VfioHost } from '../runner/host/vfio-host';
import { type AccessListener, WatchedHost } from '../runner/host/watched-host';
import { ORACLES } from '../runner/oracles/all';
import type { Judge } from '../runner/oracles/judge';
import type { DeviceView, RegionView } from '../runner/oracles/views';
import { World } from '../runner/oracles/world';

/** Where the region starts in the file; the C programs have the same. */
export const REGION_OFFSET = 4096n;
/** Where the data section starts in the region. */
export const SECTION_OFFSET = 4096n;

/** A judge that does what the real one does when nothing breaks: count. */
export class CountingJudge implements Judge {
  private readonly counts = new Map<string, number>();
  kept(clause: string): void {
    this.counts.set(clause, (this.counts.get(clause) ?? 0) + 1);
  }
  broken(clause: string): void {
    this.kept(clause);
  }
  check(clause: string, _ok: boolean): boolean {
    this.kept(clause);
    return true;
  }
  reported(clause: string): void {
    this.kept(clause);
  }
  notApplicable(): void {}
  figure(): void {}
  note(): void {}
}

export interface BenchDeviceOptions {
  /** Bytes of the data section. */
  readonly section: number;
  /** Which listeners hang at the port. */
  readonly watched: 'all' | 'no-oracles' | 'nothing';
  /** Bits 0 to 2. */
  readonly state: number;
  readonly mappable: boolean;
}

export class BenchDevice {
  readonly host: VfioHost;
  readonly fd: number;
  readonly judge = new CountingJudge();
  /** The file, for the C program. */
  readonly file: string;
  private readonly folder: string;
  private readonly flight = flightPath();
  private readonly recorder = new FlightRecorderWriter(this.flight);

  constructor(readonly options: BenchDeviceOptions) {
    // In memory where that can be had: a disk would be measured instead of the kit.
    this.folder = mkdtempSync(path.join(memoryFolder(), 'vfio-conformance-bench-'));
    this.file = path.join(this.folder, 'device');
    const local = createLocalHost();
    this.make();
    const world = new World(
      ORACLES.map((oracle) => oracle.create(this.judge, { ...local.facts })),
      local.facts,
    );
    const little = local.facts.byteOrder === 'little';
    const log = new AccessLog(
      () => local.now(),
      little,
      () => world,
      () => 'source',
    );
    const listeners: Record<BenchDeviceOptions['watched'], AccessListener[]> = {
      all: [this.recorder, log, world],
      'no-oracles': [this.recorder, log],
      nothing: [],
    };
    this.host = new WatchedHost(local, listeners[options.watched]);
    this.fd = this.host.open(this.file, 'read-write');
    if (this.fd < 0) throw new Error(`${this.file} cannot be opened: ${this.fd}`);
    world.devices.set(this.fd, this.view());
  }

  /** Where the kit and the C program spool to. */
  get spoolFolder(): string {
    return this.folder;
  }

  end(): void {
    this.host.dispose();
    this.recorder.close();
    removeFlight(this.flight);
    rmSync(this.folder, { recursive: true });
  }

  /** struct vfio_device_migration_info: one buffer as large as the section, and more pending than anybody takes. */
  private make(): void {
    const { section, state } = this.options;
    const fields = new DataView(new ArrayBuffer(32));
    fields.setUint32(0, state, true);
    fields.setBigUint64(8, 1n << 40n, true);
    fields.setBigUint64(16, SECTION_OFFSET, true);
    fields.setBigUint64(24, BigInt(section), true);
    const made = openSync(this.file, 'w+');
    ftruncateSync(made, Number(REGION_OFFSET + SECTION_OFFSET) + section);
    writeSync(made, new Uint8Array(fields.buffer), 0, 32, Number(REGION_OFFSET));
    const noise = new Uint8Array(section).map((_, n) => (n * 2_654_435_761) >>> 24);
    writeSync(made, noise, 0, section, Number(REGION_OFFSET + SECTION_OFFSET));
    closeSync(made);
  }

  private view(): DeviceView {
    const { section, mappable, state } = this.options;
    const region: RegionView = {
      index: 9,
      flags: mappable ? 7 : 3,
      size: SECTION_OFFSET + BigInt(section),
      offset: REGION_OFFSET,
      areas: mappable ? [{ offset: SECTION_OFFSET, size: BigInt(section) }] : [],
      type: { type: 3, subtype: 1 },
    };
    return {
      fd: this.fd,
      name: 'bench',
      container: undefined,
      info: { flags: 3, numRegions: 10, numIrqs: 5 },
      regions: new Map([[9, region]]),
      migration: region,
      state,
      provoked: new Set(),
      given: 'nothing',
    };
  }
}

export function memoryFolder(): string {
  try {
    const probe = mkdtempSync('/dev/shm/vfio-conformance-bench-');
    rmSync(probe, { recursive: true });
    return '/dev/shm';
  } catch {
    return os.tmpdir();
  }
}
