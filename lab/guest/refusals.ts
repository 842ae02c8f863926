/**
 * What the kit says of a device that cannot be had, run inside the guest: one that is busy, that no VFIO driver has, that belongs to
 * a group which is not viable, or that this user may not open. Each has to be told in one clear message with what to do, exit code 3,
 * and nothing may stay open. One JSON object on standard output; exit code 0 when every check held.
 *
 *     node dist/lab/guest/refusals.js
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { labDevice } from '../devices';
import { type GuestCheck, saysWell } from './refusal-text';

const nobody = 65_534;
const deadlineMs = 240_000;
const runFolder = '/tmp/refused-run';

const checks: GuestCheck[] = [];

/** One way in which a device is out of reach. */
interface Situation {
  readonly name: string;
  readonly address: string;
  /** What the message has to say, and what the advice. */
  readonly says: RegExp;
  readonly advises: RegExp;
  /** As `vfio-conformance devices` calls it. */
  readonly status: string;
  readonly asNobody?: true;
  /** A whole run is tried; else `inspect`, which opens the device in the same way and starts in half the time. */
  readonly run?: true;
}

const pci = (address: string): string => `/sys/bus/pci/devices/${address}`;
const groupOf = (address: string): string => `/dev/vfio/${basename(readlinkSync(`${pci(address)}/iommu_group`))}`;

const edu = labDevice('edu').address;
const bare = labDevice('pci-testdev').address;
const serial = labDevice('serial').address;
const neighbour = labDevice('neighbour').address;

const situations: readonly Situation[] = [
  {
    name: 'busy',
    address: edu,
    says: /is busy: .* has \/dev\/vfio\/\d+ open/,
    advises: /fuser/,
    status: 'in-use',
    run: true,
  },
  {
    name: 'bound to no driver',
    address: bare,
    says: /not bound to a VFIO driver.*no driver/,
    advises: /driver_override/,
    status: 'no-driver',
  },
  {
    name: "bound to the guest's own driver",
    address: serial,
    says: /not bound to a VFIO driver.*\bserial\b/,
    advises: /driver_override/,
    status: 'other-driver',
  },
  {
    name: 'in a group that is not viable',
    address: neighbour,
    says: /group \d+ .*not viable/,
    advises: new RegExp(`${serial} \\(serial\\)`),
    status: 'group-shared',
  },
  { name: 'forbidden', address: edu, says: /forbidden.*EACCES/, advises: /chown/, status: 'ready', asNobody: true },
  { name: 'not there', address: '0000:00:1e.7', says: /there is no PCI device/, advises: /devices/, status: '' },
];

/** Descriptors of VFIO that any process but this one holds. */
function heldElsewhere(): readonly string[] {
  const held: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
        if (target.includes('vfio')) held.push(`${pid}: ${target}`);
      }
    } catch {
      // The process, or the descriptor, has gone meanwhile.
    }
  }
  return held;
}

function kit(words: readonly string[], asNobody = false): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ['bin/vfio-conformance.js', ...words], {
    encoding: 'utf8',
    timeout: deadlineMs,
    ...(asNobody ? { uid: nobody, gid: nobody, env: { ...process.env, HOME: '/tmp' } } : {}),
  });
}

function tryOne({ name, address, says, advises, asNobody, ...situation }: Situation): void {
  const words = situation.run ? ['run', 'smoke', '--no-report', '--out', runFolder] : ['inspect'];
  const device = situation.run ? ['--device', address] : [address];
  const { status, stdout, stderr } = kit([...words, ...device], asNobody);
  checks.push({ check: `${name}: exit code 3`, held: status === 3, seen: String(status) });
  checks.push({ check: `${name}: one clear message`, ...saysWell(`${stdout}${stderr}`.trim(), says, advises) });
  if (situation.run) {
    const record = join(runFolder, 'run.json');
    const verdict = existsSync(record)
      ? (JSON.parse(readFileSync(record, 'utf8')) as { verdict?: string }).verdict
      : '';
    checks.push({ check: `${name}: the record says incomplete`, held: verdict === 'incomplete', seen: `${verdict}` });
  }
  const held = heldElsewhere();
  checks.push({ check: `${name}: nothing is left open`, held: held.length === 0, seen: held.join(', ') });
}

/** `devices` and a run have to agree. */
function compareWithDevices(): void {
  const { stdout } = kit(['devices', '--json']);
  const { devices } = JSON.parse(stdout) as { devices: { name: string; status: string }[] };
  for (const { name, address, status, asNobody } of situations) {
    if (status === '' || asNobody) continue;
    const seen = devices.find((device) => device.name === address)?.status;
    checks.push({ check: `${name}: \`devices\` says ${status}`, held: seen === status, seen: String(seen) });
  }
}

function run(): void {
  writeFileSync(`${pci(bare)}/driver_override`, '\n');
  writeFileSync('/sys/bus/pci/drivers/vfio-pci/unbind', bare);
  const busy = openSync(groupOf(edu), 'r+');
  let open = true;
  try {
    compareWithDevices();
    for (const situation of situations) {
      if (situation.asNobody && open) {
        closeSync(busy);
        open = false;
      }
      tryOne(situation);
    }
  } finally {
    if (open) closeSync(busy);
    writeFileSync(`${pci(bare)}/driver_override`, 'vfio-pci');
    writeFileSync('/sys/bus/pci/drivers_probe', bare);
  }
  closeSync(openSync(groupOf(edu), 'r+'));
  checks.push({ check: 'the device can be had again', held: true, seen: groupOf(edu) });
}

let error: string | undefined;
try {
  run();
} catch (thrown) {
  error = thrown instanceof Error ? thrown.message : String(thrown);
}
const passed = error === undefined && checks.every(({ held }) => held);
console.log(JSON.stringify({ passed, checks, error }, null, 2));
process.exitCode = passed ? 0 : 1;
