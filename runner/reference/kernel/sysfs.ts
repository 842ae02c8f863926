import { DEVICE_ID, VENDOR_ID } from '../device/config-space';
import type { PersonalityName } from '../device/device-model';
import type { ReferenceEndpoint } from '../topology';
import { PathTree } from './path-tree';

/** The module that the reference's vendor driver would be. */
export const DRIVER_MODULE = 'vfio_reference';
export const DRIVER_VERSION = '1.0';

/** /sys and /dev as a program that looks for VFIO devices finds them. */
export function buildPathTree(
  endpoints: readonly ReferenceEndpoint[],
  personality: PersonalityName,
  entryLimit: number,
): PathTree {
  const tree = new PathTree();
  tree.addText('/dev/vfio/vfio', '');
  tree.addText(`/sys/module/${DRIVER_MODULE}/version`, `${DRIVER_VERSION}\n`);
  tree.addText('/sys/module/vfio_iommu_type1/parameters/dma_entry_limit', `${entryLimit}\n`);
  for (const endpoint of endpoints) addDevice(tree, endpoint, personality);
  return tree;
}

function addDevice(tree: PathTree, endpoint: ReferenceEndpoint, personality: PersonalityName): void {
  const { bus, group, name, path } = endpoint;
  const driver = `/sys/bus/${bus}/drivers/${DRIVER_MODULE}`;
  const groupPath = `/sys/kernel/iommu_groups/${group}`;
  tree.addText(`/dev/vfio/${group}`, '');
  tree.addDirectory(driver);
  if (typeof tree.readLink(`${driver}/module`) === 'number')
    tree.addLink(`${driver}/module`, relative(driver, `/sys/module/${DRIVER_MODULE}`));
  tree.addLink(`${driver}/${name}`, relative(driver, path));
  tree.addLink(`/sys/bus/${bus}/devices/${name}`, relative(`/sys/bus/${bus}/devices`, path));
  tree.addLink(`${groupPath}/devices/${name}`, relative(`${groupPath}/devices`, path));
  tree.addLink(`${path}/driver`, relative(path, driver));
  tree.addLink(`${path}/iommu_group`, relative(path, groupPath));
  tree.addLink(`${path}/subsystem`, relative(path, `/sys/bus/${bus}`));
  if (bus === 'mdev') addMediated(tree, path, personality);
  if (bus === 'pci') addPci(tree, path);
  if (bus === 'fsl-mc') tree.addText(`${path}/modalias`, 'fsl-mc:v00001957ddprc\n');
}

function addMediated(tree: PathTree, path: string, personality: PersonalityName): void {
  const parent = path.slice(0, path.lastIndexOf('/'));
  const type = `${parent}/mdev_supported_types/${DRIVER_MODULE}-v1`;
  tree.addText(`${type}/name`, 'reference\n');
  tree.addText(`${type}/device_api`, personality === 'ccw' ? 'vfio-ccw\n' : 'vfio-pci\n');
  tree.addText(`${type}/available_instances`, '0\n');
  tree.addLink(`${path}/mdev_type`, relative(path, type));
}

function addPci(tree: PathTree, path: string): void {
  tree.addText(`${path}/vendor`, `0x${VENDOR_ID.toString(16).padStart(4, '0')}\n`);
  tree.addText(`${path}/device`, `0x${DEVICE_ID.toString(16).padStart(4, '0')}\n`);
  tree.addText(`${path}/subsystem_vendor`, `0x${VENDOR_ID.toString(16).padStart(4, '0')}\n`);
  tree.addText(`${path}/subsystem_device`, '0x0001\n');
  tree.addText(`${path}/class`, '0xff0000\n');
  tree.addText(`${path}/revision`, '0x01\n');
}

/** The way from a directory to a path, as the kernel writes its links. */
function relative(from: string, to: string): string {
  const start = from.split('/').slice(1);
  const end = to.split('/').slice(1);
  let common = 0;
  while (common < start.length && common < end.length && start[common] === end[common]) common++;
  return [...start.slice(common).map(() => '..'), ...end.slice(common)].join('/');
}
