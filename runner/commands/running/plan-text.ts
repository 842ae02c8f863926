/** `run --plan`: what a run would open, bind, reset and write. Looks into sysfs and procfs, and makes no system call on a device. */
import path from 'node:path';
import type { DevicePlan, RunPlan } from '../../execution/run-plan';
import { BindingRefused, planBinding } from '../../host/binding/bind';
import { usesOf } from '../../host/binding/host-uses';
import { JOURNAL_FOLDER } from '../../host/binding/journal';
import { SystemTree } from '../../host/binding/system-tree';
import { groupMembers, looksLikeVfio } from '../../host/discover-group';
import { holdersOf, sayHolders } from '../../host/holders';
import type { Step } from '../../language/scenario';
import { parseDeviceAddress } from '../../vfio/device-address';
import { counted } from '../support/layout';
import { printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import type { RunTarget } from './targets';

export interface PlanTextOptions {
  readonly bind: boolean;
  readonly outputs: readonly string[];
}

/** Each line printable. */
export function planText(
  plan: RunPlan,
  targets: readonly RunTarget[],
  { bind, outputs }: PlanTextOptions,
  tree: SystemTree = new SystemTree(),
): string {
  const cases = plan.repeat * targets.reduce((sum, target) => sum + target.taken.length, 0);
  const lines = [`${targets.map(({ title }) => title).join(', ')}: ${counted(cases, 'case')} on each device`];
  for (const device of plan.devices) {
    const second = device.destination;
    lines.push(...ofDevice(tree, device, device.device, bind));
    if (second !== undefined && second !== 'self') lines.push(...ofDevice(tree, device, second, bind));
  }
  lines.push(
    'reset',
    '  every device above (VFIO_DEVICE_RESET): after each case, and first of all when an earlier run left it open',
    'written to the devices',
    `  ${verbs(targets)}`,
    'written to this machine',
    `  ${shownPath(plan.folder)}/ (results, report)`,
    ...outputs.map((file) => `  ${shownPath(path.resolve(file))}`),
    '  locks of the devices and their groups (/run/lock), a recording of the last accesses (/dev/shm), large states (temporary files)',
    ...(bind ? [`  ${JOURNAL_FOLDER}/ (what has to be given back)`] : []),
    'nothing of this was done; no device was opened',
  );
  return lines.map(printable).join('\n');
}

function ofDevice(tree: SystemTree, { host }: DevicePlan, name: string, bind: boolean): string[] {
  const parsed = parseDeviceAddress(name);
  if (!parsed.ok || parsed.value.kind === 'reference') return [name, '  no device of this machine: nothing is opened'];
  if (host !== 'local')
    return [name, `  on ${host}: what is there is not looked at; the agent opens it and its group there`];
  const { kind, name: device } = parsed.value;
  const sysfs = `/sys/bus/${kind}/devices/${device}`;
  if (!tree.exists(sysfs)) return [device, '  is not there: the run would end with exit code 3'];
  const driver = lastOf(tree.readLink(`${sysfs}/driver`));
  const group = lastOf(tree.readLink(`${sysfs}/iommu_group`));
  return [
    `${device}, driver ${driver ?? 'none'}, IOMMU group ${group ?? 'none'}`,
    ...opened(tree, device, group),
    ...bound(tree, device, sysfs, driver, bind),
  ];
}

function opened(tree: SystemTree, device: string, group: string | undefined): string[] {
  if (group === undefined) return ['  opened: nothing; without an IOMMU group the run would end with exit code 3'];
  const node = `/dev/vfio/${group}`;
  const strangers = groupMembers(tree, group).filter((one) => one.name !== device && !one.harmless && !one.vfio);
  const holders = holdersOf(tree, node);
  return [
    `  opened: /dev/vfio/vfio, ${node}, ${device} of it`,
    ...(strangers.length === 0
      ? []
      : [
          `  refused: the group also holds ${strangers.map((one) => `${one.name} (${one.driver ?? 'no driver'})`).join(', ')}`,
        ]),
    ...(holders.length === 0 ? [] : [`  refused: ${sayHolders(holders)} has ${node} open`]),
  ];
}

function bound(tree: SystemTree, device: string, sysfs: string, driver: string | undefined, bind: boolean): string[] {
  const vfio = sysfs.includes('/mdev/') || looksLikeVfio(tree, driver, sysfs);
  if (!bind)
    return vfio
      ? ['  bound: nothing']
      : [
          '  bound: nothing, and no VFIO driver has it: the run would end with exit code 3 (--bind binds it)',
          ...uses(tree, sysfs),
        ];
  try {
    const plan = planBinding(tree, device);
    if (!plan.needed) return ['  bound: nothing, a VFIO driver has it'];
    return [
      '  bound to vfio-pci, by writing',
      ...plan.writes.map(({ file, text }) => `    ${text.trim()} > ${file}`),
      `  afterwards given back to ${plan.driver ?? 'no driver'}`,
    ];
  } catch (error) {
    if (!(error instanceof BindingRefused)) throw error;
    return [`  refused: ${error.message}`, `    ${error.advice}`];
  }
}

function uses(tree: SystemTree, sysfs: string): string[] {
  return usesOf(tree, sysfs).map((use) => `  in use by this machine: ${use}`);
}

/** How often each verb stands in the cases; a step in a loop counts once. */
function verbs(targets: readonly RunTarget[]): string {
  const counts = new Map<string, number>();
  const count = (steps: readonly Step[]): void => {
    for (const step of steps) counts.set(step.verb, (counts.get(step.verb) ?? 0) + 1);
  };
  for (const { taken } of targets)
    for (const one of taken) {
      count(one.steps);
      count(one.finallySteps);
    }
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return sorted.length === 0
    ? 'nothing'
    : `what these steps write: ${sorted.map(([verb, n]) => `${verb} (${n})`).join(', ')}`;
}

function lastOf(link: string | number): string | undefined {
  return typeof link === 'string' ? link.split('/').at(-1) : undefined;
}
