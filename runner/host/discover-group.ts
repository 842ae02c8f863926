/** An IOMMU group: who is in it, and whether this process may have it. */
import { ERRNO, errnoName } from '../abi/errno';
import type { SystemFiles } from './holders';
import type { VfioHost } from './vfio-host';

export interface GroupMember {
  readonly name: string;
  readonly sysfs: string;
  readonly driver?: string;
  /** Does not keep VFIO from the group: no driver, a bridge, or a driver that does no DMA. */
  readonly harmless: boolean;
  /** A VFIO driver has it, as far as can be told. */
  readonly vfio: boolean;
}

export interface GroupCheck {
  readonly status: 'ready' | 'in-use' | 'forbidden' | 'failed';
  readonly reason: string;
  readonly todo: readonly string[];
}

/** The drivers that the kernel lets stay in a group that VFIO has (drivers/vfio: driver_allowed; later driver_managed_dma). */
const HARMLESS_DRIVERS: readonly string[] = ['pci-stub', 'pcieport'];

/** @param group the name in /dev/vfio */
export function groupMembers(host: SystemFiles, group: string): readonly GroupMember[] {
  const folder = `/sys/kernel/iommu_groups/${group.replace('noiommu-', '')}/devices`;
  const names = host.list(folder);
  if (typeof names === 'number') {
    return [];
  }
  return names.map((name) => {
    const sysfs = `${folder}/${name}`;
    const link = host.readLink(`${sysfs}/driver`);
    if (typeof link === 'number') {
      return { name, sysfs, harmless: true, vfio: false };
    }
    const driver = link.split('/').at(-1) ?? link;
    const classCode = host.readText(`${sysfs}/class`);
    const bridge = typeof classCode === 'string' && classCode.startsWith('0x06');
    const harmless = bridge || HARMLESS_DRIVERS.includes(driver);
    return { name, sysfs, driver, harmless, vfio: looksLikeVfio(host, driver, sysfs) };
  });
}

/** `vfio-dev` is there since Linux 6.1; before, drivers were told by their names alone. */
export function looksLikeVfio(host: SystemFiles, driver: string | undefined, sysfs: string): boolean {
  if (driver === undefined) return false;
  const nodes = host.list(`${sysfs}/vfio-dev`);
  return driver.includes('vfio') || (typeof nodes !== 'number' && nodes.length > 0);
}

/** Opens the group and closes it at once. */
export function checkGroup(host: VfioHost, group: string): GroupCheck {
  const path = `/dev/vfio/${group}`;
  const fd = host.open(path, 'read-write');
  if (fd >= 0) {
    host.close(fd);
    return { status: 'ready', reason: `${path} can be opened.`, todo: [] };
  }
  switch (-fd) {
    case ERRNO.EBUSY:
      return {
        status: 'in-use',
        reason: `${path} is open in another process.`,
        todo: [`Find it with \`fuser -v ${path}\`: a virtual machine, or another run.`],
      };
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return group.startsWith('noiommu-')
        ? {
            status: 'forbidden',
            reason: `${path} is without an IOMMU and needs CAP_SYS_RAWIO.`,
            todo: ['Run the kit as root; the device can then write to all of memory.'],
          }
        : {
            status: 'forbidden',
            reason: `${path} may not be opened (${errnoName(fd)}).`,
            todo: [`chown "$USER" ${path}`, `In a container: allow the device ${path} as well as /dev/vfio/vfio.`],
          };
    default:
      return { status: 'failed', reason: `Opening ${path} answers ${errnoName(fd)}.`, todo: [] };
  }
}
