/** One 8-byte field read and one 4-byte state write, flight recorder, access log and all oracles on, against plain C. */
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AccessLog } from '../../runner/execution/access-log';
import { FlightRecorderWriter, flightPath, removeFlight } from '../../runner/host/flight-recorder';
import { createLocalHost } from '../../runner/host/local/local-host';
import { WatchedHost } from '../../runner/host/watched-host';
import { ORACLES } from '../../runner/oracles/all';
import type { Judge } from '../../runner/oracles/judge';
import type { DeviceView, RegionView } from '../../runner/oracles/views';
import { World } from '../../runner/oracles/world';
import { compile } from '../compile';
import type { Contest } from '../row';

const COUNT = 100_000;
/** Where the region starts in the file; the C program has the same. */
const REGION_OFFSET = 4096n;

/** A judge that does what the real one does when nothing breaks: count. */
class CountingJudge implements Judge {
  readonly counts = new Map<string, number>();
  kept(clause: string): void {
    this.counts.set(clause, (this.counts.get(clause) ?? 0) + 1);
  }
  broken(clause: string): void {
    this.kept(clause);
  }
  check(clause: string, ok: boolean): boolean {
    this.kept(clause);
    return ok;
  }
  reported(clause: string): void {
    this.kept(clause);
  }
  notApplicable(): void {}
  figure(): void {}
  note(): void {}
}

export interface FieldBench {
  readonly contests: readonly Contest[];
  readonly end: () => void;
}

export function fieldAccess(): FieldBench {
  const program = compile('field-access');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-bench-'));
  const file = path.join(folder, 'region');
  const made = openSync(file, 'w+');
  ftruncateSync(made, 64 * 1024);
  closeSync(made);
  const local = createLocalHost();
  const flight = flightPath();
  const recorder = new FlightRecorderWriter(flight);
  const world = new World(
    ORACLES.map((oracle) => oracle.create(new CountingJudge(), { ...local.facts })),
    local.facts,
  );
  const log = new AccessLog(
    () => local.now(),
    local.facts.byteOrder === 'little',
    () => world,
    () => 'source',
  );
  const host = new WatchedHost(local, [recorder, log, world]);
  const fd = host.open(file, 'read-write');
  pretendDevice(world, fd);
  const read = new Uint8Array(8);
  const write = new Uint8Array(4);
  const timed = (call: () => void): number => {
    const began = process.hrtime.bigint();
    for (let n = 0; n < COUNT; n += 1) call();
    return Number(process.hrtime.bigint() - began) / COUNT;
  };
  const inC = (what: string): number =>
    Number(execFileSync(program, [file, what, String(COUNT)], { encoding: 'utf8' }));
  return {
    contests: [
      {
        name: 'field read, 8 bytes, oracles on',
        budget: 2.5,
        unit: 'ns',
        kit: () => timed(() => host.pread(fd, read, REGION_OFFSET + 8n)),
        c: () => inC('read'),
      },
      {
        name: 'state write, 4 bytes, oracles on',
        budget: 2.5,
        unit: 'ns',
        kit: () => timed(() => host.pwrite(fd, write, REGION_OFFSET)),
        c: () => inC('write'),
      },
    ],
    end: () => {
      host.dispose();
      recorder.close();
      removeFlight(flight);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The file stands for a device whose migration region it is, so that the oracles take part. */
function pretendDevice(world: World, fd: number): void {
  const region: RegionView = {
    index: 9,
    flags: 3,
    size: 60n * 1024n,
    offset: REGION_OFFSET,
    areas: [],
    type: { type: 3, subtype: 1 },
  };
  const device: DeviceView = {
    fd,
    name: 'bench',
    container: undefined,
    info: { flags: 3, numRegions: 10, numIrqs: 5 },
    regions: new Map([[9, region]]),
    migration: region,
    state: 1,
    provoked: new Set(),
    given: 'nothing',
  };
  world.devices.set(fd, device);
}
