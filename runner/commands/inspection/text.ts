/** An InspectReport for people. */
import type { DeviceIdentity } from '../../vfio/host-devices';
import { columns } from '../support/layout';
import { printable } from '../support/printable';
import type { Colors } from '../support/terminal';
import { otherCapabilityLines } from './info-capabilities';
import type { InspectedIommu, InspectedMigration, InspectReport } from './report';

export function inspectText(report: InspectReport, colors: Colors): string {
  const { host, info } = report;
  const section = (title: string, lines: readonly string[]): string =>
    [colors.bold(title), ...lines.map((line) => `  ${printable(line)}`)].join('\n');
  const problems = allProblems(report);
  return [
    section('Device', [
      ...columns([
        ['name', report.device],
        [
          'host',
          `${host.name}: ${host.kernelRelease}, ${host.architecture}, ${host.byteOrder} endian, pages of ${host.pageSize}`,
        ],
        ...identityRows(report.identity),
        ...(info.error === undefined
          ? [
              ['flags', `${info.flags} (${info.flagNames?.join(', ') || 'none'})`],
              ['regions', String(info.numRegions)],
              ['interrupts', String(info.numIrqs)],
            ]
          : [['info', info.error]]),
      ]),
    ]),
    ...(info.capabilities ?? []).map((capability) =>
      section(
        `Capability ${capability.id}, version ${capability.version}, at ${capability.offset}`,
        capabilityLines(capability.decoded),
      ),
    ),
    section('Regions', regionLines(report)),
    section('Interrupts', irqLines(report)),
    section('Migration', migrationLines(report.migration)),
    section('IOMMU', iommuLines(report.iommu)),
    ...(problems.length > 0 ? [section(colors.red('Problems'), problems)] : []),
  ].join('\n\n');
}

function identityRows(identity: DeviceIdentity): string[][] {
  const ids = [identity.vendorId, identity.deviceId].filter((id) => id !== undefined).join(':');
  const subsystem = [identity.subsystemVendorId, identity.subsystemDeviceId].filter((id) => id !== undefined).join(':');
  const module = [identity.module, identity.moduleVersion, identity.moduleSrcversion].filter(
    (part) => part !== undefined,
  );
  const rows: [string, string | undefined][] = [
    ['in sysfs', `${identity.bus} ${identity.name}`],
    ['IOMMU group', identity.group === undefined ? undefined : String(identity.group)],
    ['driver', identity.driver],
    ['module', module.join(' ') || undefined],
    ['ids', ids === '' ? undefined : `${ids}${subsystem === '' ? '' : `, subsystem ${subsystem}`}`],
    ['class', identity.classCode],
    ['mdev type', identity.mdevType],
    ['mdev API', identity.mdevApi],
    ['parent', identity.parent && `${identity.parent}${identity.parentDriver ? ` (${identity.parentDriver})` : ''}`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** The name, then each field with its value beside it. */
function capabilityLines([name = '', ...fields]: readonly string[]): string[] {
  const rows = fields.map((field) => {
    const space = field.indexOf(' ');
    return space < 0 ? [field] : [field.slice(0, space), field.slice(space + 1)];
  });
  return [name, ...columns(rows, '  ')];
}

function regionLines({ regions }: InspectReport): string[] {
  if (regions.length === 0) return ['none'];
  const rows = regions.flatMap((region) => {
    const head = [String(region.index), region.name ?? '-'];
    if (region.error !== undefined) return [[...head, '-', '-', region.error]];
    const flags = region.flags?.join(' ') || 'no access';
    const areas = (region.areas ?? []).map((area) => ['', '  mappable part', area.size, area.offset, '']);
    return [[...head, region.size ?? '', region.offset ?? '', flags], ...areas];
  });
  const others = regions.flatMap(({ index, capabilities }) => {
    const lines = otherCapabilityLines(capabilities);
    return lines.length === 0 ? [] : [`region ${index}:`, ...lines.map((line) => `  ${line}`)];
  });
  return [...columns([['INDEX', 'NAME', 'SIZE', 'OFFSET', 'ACCESS'], ...rows]), ...others];
}

function irqLines({ irqs }: InspectReport): string[] {
  if (irqs.length === 0) return ['none'];
  const rows = irqs.map((irq) => [
    String(irq.index),
    irq.name ?? '-',
    irq.error === undefined ? String(irq.count) : '-',
    irq.error ?? (irq.flags?.join(' ') || '-'),
  ]);
  return columns([['INDEX', 'NAME', 'COUNT', 'FLAGS'], ...rows]);
}

function migrationLines({ version1, version2, without }: InspectedMigration): string[] {
  const lines =
    version1 === undefined
      ? [`version 1: ${without ?? 'no'}`]
      : [
          `version 1: region ${version1.region}`,
          ...columns(
            version1.fields.map(({ name, offset, value, remark }) => [name, `at ${offset}`, value ?? remark ?? '']),
            '  ',
          ),
        ];
  lines.push(version2 === undefined ? 'version 2: no' : `version 2: flags ${version2}`);
  if (version1 === undefined && version2 !== undefined)
    lines.push('This device offers version 2 migration only; the kit certifies version 1.');
  return lines;
}

function iommuLines(iommu: InspectedIommu): string[] {
  if (iommu.error !== undefined) return [iommu.error];
  const { dirtyLogging, iovaRanges, dmaAvail } = iommu;
  const rows = columns([
    ['page sizes', iommu.pageSizes ?? '-'],
    ...(iovaRanges ?? []).map(({ start, end }, index) => [index === 0 ? 'addresses' : '', `${start} to ${end}`]),
    [
      'dirty log',
      dirtyLogging
        ? `page sizes ${dirtyLogging.pageSizes}, bitmaps up to ${dirtyLogging.maxBitmapBytes} bytes`
        : 'not offered',
    ],
    ...(dmaAvail === undefined ? [] : [['mappings left', String(dmaAvail)]]),
  ]);
  return [...rows, ...otherCapabilityLines(iommu.capabilities)];
}

function allProblems({ info, regions, irqs, iommu }: InspectReport): string[] {
  const from = (where: string, problems: readonly string[] | undefined): string[] =>
    (problems ?? []).map((problem) => `${where}: ${problem}`);
  return [
    ...from('device info', info.problems),
    ...regions.flatMap((region) => from(`region ${region.index}`, region.problems)),
    ...irqs.flatMap((irq) => from(`IRQ index ${irq.index}`, irq.problems)),
    ...from('IOMMU info', iommu.problems),
  ];
}
