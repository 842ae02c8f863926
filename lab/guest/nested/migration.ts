/**
 * One migration between two QEMU processes, each with one of our devices, while the source's device writes to its guest's memory. What
 * QEMU says is noted; what arrived is compared in the module and in memory dumps, for QEMU's "completed" proves little.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QemuOpinion } from '../../qemu/request';
import type { MediatedDevice } from '../mediated-device';
import { NestedQemu } from './nested-qemu';

/** All of the guest's memory. Its processor sleeps: what changes, the device has written. */
const memory = 0x80_0000;
/** Where the device writes. */
const area = 0x20_0000;
const page = 4096;
/** Slow enough that the device's writes fall into the migration, and that its last round does not hide what was not reported. */
const bandwidth = 2_000_000;
/** What a migration may take before it counts as hanging. */
const migrationMs = 60_000;
const afterwardsMs = 10_000;

/** lab/driver/registers.h */
const registers = {
  control: 0x10,
  period: 0x20,
  seed: 0x40,
  dmaTarget: 0x88,
  dmaCount: 0x90,
  dmaCommand: 0x98,
  ringBase: 0xa0,
  ringSize: 0xa8,
  scratch: 0x100,
};
const ringOn = 0x1n;
/** Start, to memory, 8 bytes at the start of every page. */
const touch = 0x1n | 0x2n | 0x10n;

export interface MigrationSetup {
  readonly tools: string;
  readonly scratch: string;
  readonly source: MediatedDevice;
  readonly destination: MediatedDevice;
}

type Seen = Omit<QemuOpinion, 'seconds'>;

/** Never rejects for what QEMU or the device does. */
export async function migrate(setup: MigrationSetup): Promise<QemuOpinion> {
  const began = performance.now();
  const incoming = `${setup.scratch}/incoming`;
  rmSync(incoming, { force: true });
  const started: NestedQemu[] = [];
  try {
    const { tools, scratch } = setup;
    const source = await NestedQemu.start({ name: 'source', tools, scratch, uuid: setup.source.uuid });
    started.push(source);
    const destination = await NestedQemu.start({
      ...{ name: 'destination', tools, scratch, incoming },
      uuid: setup.destination.uuid,
    });
    started.push(destination);
    return { ...(await observe(setup, source, destination, incoming)), seconds: (performance.now() - began) / 1000 };
  } finally {
    for (const qemu of started) await qemu.stop();
  }
}

function seen(verdict: Seen['verdict'], detail: string, more: Partial<Seen> = {}): Seen {
  return { verdict, detail, wrongPages: 0, stateArrived: undefined, ...more };
}

function death(who: string, how: string): Seen {
  return how.startsWith('SIG') ? seen('dies', `the ${who} dies: ${how}`) : seen('error', `the ${who} ends: ${how}`);
}

async function observe(
  setup: MigrationSetup,
  source: NestedQemu,
  destination: NestedQemu,
  incoming: string,
): Promise<Seen> {
  for (const [who, qemu] of [
    ['source', source],
    ['destination', destination],
  ] as const) {
    if (qemu.gone !== undefined) return death(who, qemu.gone);
  }
  await prepare(source);
  if (source.gone !== undefined) return death('source', source.gone);
  const before = setup.source.fingerprint;
  if (setup.destination.fingerprint === before)
    throw new Error('both devices have the same state before anything was migrated');
  await source.execute('migrate-set-parameters', { 'max-bandwidth': bandwidth, 'downtime-limit': 1000 });
  const asked = await source.execute('migrate', { uri: `unix:${incoming}` });
  if (!asked.ok) return source.gone === undefined ? seen('error', asked.message) : death('source', source.gone);
  const ended = await follow(source);
  if (ended !== undefined) return ended;
  return compare(setup, source, destination, before);
}

/** A state that no fresh device has, and a device that keeps on writing to memory. */
async function prepare(source: NestedQemu): Promise<void> {
  await source.enableDevice();
  await source.writeRegister(registers.seed, 0x5eed_0f_c0ffeen);
  await source.writeRegister(registers.scratch, 0x1234_5678_9abc_def0n);
  await source.writeRegister(registers.ringBase, BigInt(area));
  await source.writeRegister(registers.ringSize, 0x10000n);
  await source.writeRegister(registers.period, 1n);
  await source.writeRegister(registers.control, ringOn);
  await dirty(source);
}

/** Every page behind the ring gets a new word. */
async function dirty(source: NestedQemu): Promise<void> {
  await source.writeRegister(registers.dmaTarget, BigInt(area + 0x10000));
  await source.writeRegister(registers.dmaCount, 0x80000n);
  await source.writeRegister(registers.dmaCommand, touch);
}

/** Until the source says that the migration has ended; undefined when it says completed. */
async function follow(source: NestedQemu): Promise<Seen | undefined> {
  const until = Date.now() + migrationMs;
  let last = '';
  for (let round = 0; Date.now() < until; round += 1) {
    const answer = await source.execute('query-migrate');
    if (source.gone !== undefined) return death('source', source.gone);
    if (!answer.ok) return seen('hangs', `the source does not answer: ${answer.message}`);
    last = String(answer.value.status);
    if (last === 'completed') return undefined;
    if (last === 'failed' || last === 'cancelled')
      return seen('error', String(answer.value['error-desc'] ?? 'the migration failed'));
    // Memory that changes while it is on its way: this is what the dirty log is for.
    if (round < 3) await dirty(source);
    await sleep(100);
  }
  return seen('hangs', `the migration is ${last} after ${migrationMs / 1000} s`);
}

async function compare(
  setup: MigrationSetup,
  source: NestedQemu,
  destination: NestedQemu,
  before: string,
): Promise<Seen> {
  const until = Date.now() + afterwardsMs;
  let status = '';
  while (Date.now() < until && destination.gone === undefined) {
    const answer = await destination.execute('query-status');
    status = answer.ok ? String(answer.value.status) : answer.message;
    if (status !== 'inmigrate') break;
    await sleep(100);
  }
  if (destination.gone !== undefined) return afterCompleted(`the destination has ended: ${destination.gone}`);
  if (status === 'inmigrate') return seen('hangs', 'the source has completed, the destination still waits');
  const wrongPages = await differingPages(setup.scratch, source, destination);
  if (typeof wrongPages !== 'number') return wrongPages;
  const going = await destination.execute('cont');
  if (destination.gone !== undefined) return afterCompleted(`the destination has ended: ${destination.gone}`);
  if (!going.ok) return afterCompleted(`the destination does not go on: ${going.message}`);
  const stateArrived = setup.source.fingerprint === before && setup.destination.fingerprint === before;
  const runs = setup.destination.deviceState === '001b';
  const wrong = [
    ...(stateArrived ? [] : ["the device's state differs"]),
    ...(runs ? [] : [`the device is in ${setup.destination.deviceState} and does not run`]),
    ...(wrongPages === 0 ? [] : [`${wrongPages} pages of memory differ`]),
  ];
  const verdict = wrong.length === 0 ? 'clean' : 'silently wrong';
  return seen(verdict, wrong.join(', ') || 'state and memory are the same', { wrongPages, stateArrived });
}

function afterCompleted(detail: string): Seen {
  return seen('error after completed', `the source says completed; ${detail}`);
}

/** Pages of memory that are not the same on both sides; or, in words, why one of them cannot be asked. */
async function differingPages(scratch: string, source: NestedQemu, destination: NestedQemu): Promise<number | Seen> {
  const dumps: Buffer[] = [];
  for (const [name, qemu] of [
    ['source', source],
    ['destination', destination],
  ] as const) {
    const file = `${scratch}/${name}.memory`;
    rmSync(file, { force: true });
    const answer = await qemu.execute('pmemsave', { val: 0, size: memory, filename: file });
    // It may have said that it is there, and end all the same over the data that came last.
    if (qemu.gone !== undefined) return afterCompleted(`the ${name} has ended: ${qemu.gone}`);
    if (!answer.ok) return seen('hangs', `the source says completed; the ${name} does not go on: ${answer.message}`);
    if (!existsSync(file)) throw new Error(`the ${name} has dumped no memory`);
    dumps.push(readFileSync(file));
  }
  const [a = Buffer.alloc(0), b = Buffer.alloc(0)] = dumps;
  if (a.length !== memory || b.length !== memory)
    throw new Error(`the memory dumps have ${a.length} and ${b.length} bytes`);
  if (a.subarray(area).every((byte) => byte === 0))
    throw new Error('the device wrote nothing to memory: there is nothing to compare');
  let wrong = 0;
  for (let at = 0; at < memory; at += page) {
    if (!a.subarray(at, at + page).equals(b.subarray(at, at + page))) wrong += 1;
  }
  return wrong;
}
