/** The PCI devices that QEMU gives the guest, at addresses that never change, so that a command can name them before the boot. */

export interface LabDevice {
  readonly name: 'edu' | 'e1000e' | 'nvme' | 'pci-testdev' | 'edu-2' | 'neighbour' | 'serial';
  /** Where the guest sees it. */
  readonly address: string;
  /** Vendor and device id, as in sysfs. */
  readonly id: string;
  /** QEMU's arguments; the slot agrees with `address`. */
  readonly qemu: readonly string[];
  readonly what: string;
  /** The guest's own driver keeps it: it is not given to vfio-pci. */
  readonly kept?: true;
}

export const labDevices: readonly LabDevice[] = [
  {
    name: 'edu',
    address: '0000:00:10.0',
    id: '1234:11e8',
    qemu: ['-device', 'edu,addr=0x10'],
    what: "QEMU's teaching device, with a DMA engine",
  },
  {
    name: 'e1000e',
    address: '0000:00:11.0',
    id: '8086:10d3',
    qemu: ['-netdev', 'user,id=net0,restrict=on', '-device', 'e1000e,netdev=net0,addr=0x11'],
    what: 'a network card with MSI-X and a reset',
  },
  {
    name: 'nvme',
    address: '0000:00:12.0',
    id: '1b36:0010',
    qemu: [
      '-drive',
      'if=none,id=disk0,file=null-co://,file.size=16777216,format=raw',
      '-device',
      'nvme,serial=lab,drive=disk0,addr=0x12',
    ],
    what: 'a disk controller',
  },
  {
    name: 'pci-testdev',
    address: '0000:00:13.0',
    id: '1b36:0005',
    qemu: ['-device', 'pci-testdev,addr=0x13'],
    what: 'a device with memory and port BARs and nothing else',
  },
  {
    name: 'edu-2',
    address: '0000:00:14.0',
    id: '1234:11e8',
    qemu: ['-device', 'edu,addr=0x14'],
    what: 'a second edu, for what holds of two devices in one container',
  },
  // Two functions of one slot, and nothing that isolates them: one IOMMU group, which is not viable while the guest uses the second.
  {
    name: 'neighbour',
    address: '0000:00:15.0',
    id: '1b36:0005',
    qemu: ['-device', 'pci-testdev,addr=0x15.0,multifunction=on'],
    what: 'a device whose IOMMU group it does not have for itself',
  },
  {
    name: 'serial',
    address: '0000:00:15.1',
    id: '1b36:0002',
    qemu: ['-chardev', 'null,id=serial1', '-device', 'pci-serial,chardev=serial1,addr=0x15.1'],
    what: 'a serial port that the guest itself drives',
    kept: true,
  },
];

export function labDevice(name: LabDevice['name']): LabDevice {
  const found = labDevices.find((device) => device.name === name);
  if (found === undefined) throw new RangeError(`no device ${name} in the lab`);
  return found;
}
