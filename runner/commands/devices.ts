/** `devices`: what there is on this machine or on another, whether it can be tested now, and what to do where it cannot. */
import type { Command } from 'commander';
import type { DiscoveredDevice, Discovery } from '../host/discover';
import type { HostFacts } from '../host/vfio-host';
import type { Act } from './main';
import { CannotRun, EXIT } from './support/exit';
import { checkHost } from './support/host-option';
import { columns } from './support/layout';
import { jsonText, printable } from './support/printable';
import { type Colors, colorsFor, print } from './support/terminal';

interface Found extends Discovery {
  /** Absent where this machine cannot be looked at. */
  readonly host?: HostFacts;
}

/** A device that no machine has to have. */
const REFERENCE = {
  bus: 'simulated',
  name: 'reference',
  status: 'ready',
  reason: 'A simulated device, always there: reference[:pci|zpci|ccw|fsl-mc][,be][,page=64k][+NAME...].',
  todo: [],
} as const;

/** Already in a VFIO driver's hands: what keeps them from being opened is worth telling in full. */
const IN_REACH = new Set<DiscoveredDevice['status']>([
  'in-use',
  'forbidden',
  'group-shared',
  'no-group',
  'no-iommu',
  'failed',
]);

export function declare(command: Command, act: Act): void {
  command
    .option('--json', 'as JSON')
    .option('--host <host>', 'whose devices: local, ssh:[USER@]HOST or unix:PATH', 'local')
    .action(act(devices));
}

function devices(options: { readonly json?: true; readonly host: string }): number {
  checkHost(options.host);
  const found = discover(options.host);
  if (options.json) {
    process.stdout.write(
      jsonText({ host: found.host ?? null, notes: found.notes, devices: [...found.devices, REFERENCE] }),
    );
    return EXIT.fine;
  }
  print(asText(found, colorsFor(process.stdout)));
  return EXIT.fine;
}

/** Without koffi, or on a machine that it does not run on, there is still the reference device. */
function discover(name: string): Found {
  const { createHost } = require('../host/create-host') as typeof import('../host/create-host');
  const { discoverDevices } = require('../host/discover') as typeof import('../host/discover');
  const { HostUnavailable } = require('../host/host-unavailable') as typeof import('../host/host-unavailable');
  const { HostLost } = require('../host/vfio-host') as typeof import('../host/vfio-host');
  try {
    const host = createHost(name);
    try {
      return { host: host.facts, ...discoverDevices(host) };
    } finally {
      host.dispose();
    }
  } catch (error) {
    if (error instanceof HostLost) throw new CannotRun(error.message);
    if (!(error instanceof HostUnavailable)) throw error;
    if (name !== 'local') throw new CannotRun(error.reason, error.remedy);
    return { devices: [], notes: [`The devices of this machine cannot be looked at: ${error.message}`] };
  }
}

function asText({ devices, notes }: Found, colors: Colors): string {
  const paint = (status: string): string => (status === 'ready' ? colors.green(status) : status);
  const sorted = [...devices].sort((a, b) => rank(a) - rank(b));
  const rows = [
    ['DEVICE', 'BUS', 'ID', 'DRIVER', 'GROUP', 'STATUS'],
    ...sorted.map((device) => [
      device.name,
      device.bus,
      device.id ?? device.mdevTypeName ?? device.mdevType ?? '-',
      device.driver ?? '-',
      device.group ?? '-',
      device.status,
    ]),
    [REFERENCE.name, REFERENCE.bus, '-', '-', '-', REFERENCE.status],
  ].map((row) => row.map(printable));
  const [head = '', ...lines] = columns(rows);
  const table = lines.map((line) => line.replace(/\S+$/, paint));
  const told = sorted.filter((device) => IN_REACH.has(device.status)).map(tell);
  const bindable = sorted.find((device) => device.status === 'other-driver' || device.status === 'no-driver');
  const binding =
    bindable === undefined
      ? []
      : [
          `How to give a device to VFIO, ${printable(bindable.name)} for example (the machine itself can no longer use it then):\n${bindable.todo.map((line) => `  ${printable(line)}`).join('\n')}`,
        ];
  return [
    [colors.bold(head), ...table].join('\n'),
    ...notes.map(printable),
    ...told,
    ...binding,
    REFERENCE.reason,
  ].join('\n\n');
}

function rank(device: DiscoveredDevice): number {
  return device.status === 'ready' ? 0 : IN_REACH.has(device.status) ? 1 : 2;
}

function tell({ name, reason, todo }: DiscoveredDevice): string {
  return [`${printable(name)}: ${printable(reason)}`, ...todo.map((line) => `  ${printable(line)}`)].join('\n');
}
