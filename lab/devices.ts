/** The PCI devices that QEMU gives the guest, at addresses that never change, so that a command can name them before the boot. */

export interface LabDevice {
  readonly name: 'edu' | 'e1000e' | 'nvme' | 'pci-testdev';
  /** Where the guest sees it. */
  readonly address: string;
  /** Vendor and device id, as in sysfs. */
  readonly id: string;
  /** QEMU's arguments; the slot agrees with `address`. */
  readonly qemu: readonly string[];
  readonly what: string;
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
];

export function labDevice(name: LabDevice['name']): LabDevice {
  const found = labDevices.find((device) => device.name === name);
  if (found === undefined) throw new RangeError(`no device ${name} in the lab`);
  return found;
}
