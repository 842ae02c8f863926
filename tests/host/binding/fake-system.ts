/** A made-up machine in a folder: sysfs and procfs as files, and a kernel that binds and unbinds as it is written to. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SystemTree } from '../../../runner/host/binding/system-tree';

export const DEVICE = '0000:00:04.0';
export const SYSFS = `/sys/bus/pci/devices/${DEVICE}`;
const PARENT = '/sys/devices/pci0000:00';
const REAL = `${PARENT}/${DEVICE}`;

export class FakeSystem extends SystemTree {
  readonly folder: string;
  readonly written: string[] = [];
  /** Files that refuse what is written to them. */
  readonly refusing = new Set<string>();
  /** Called before each write: throws to stand for a crash. */
  crash: ((file: string) => void) | undefined;

  constructor(driver: string | undefined = 'e1000e') {
    const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-system-')));
    super(folder);
    this.folder = folder;
    this.file('/proc/sys/kernel/random/boot_id', 'boot-1\n');
    this.file('/proc/self/mountinfo', '21 1 254:1 / / rw - ext4 /dev/vda1 rw\n');
    this.file('/proc/swaps', 'Filename Type Size Used Priority\n');
    this.file('/proc/net/route', 'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n');
    this.file('/sys/bus/pci/drivers_probe', '');
    for (const name of ['e1000e', 'vfio-pci'])
      for (const end of ['bind', 'unbind']) this.file(`/sys/bus/pci/drivers/${name}/${end}`, '');
    this.device(DEVICE, '7', driver);
  }

  device(name: string, group: string, driver?: string): void {
    this.file(`${PARENT}/${name}/class`, '0x020000\n');
    this.file(`${PARENT}/${name}/driver_override`, '(null)\n');
    this.file(`/sys/kernel/iommu_groups/${group}/type`, 'DMA\n');
    this.link(`/sys/bus/pci/devices/${name}`, `${PARENT}/${name}`);
    this.link(`${PARENT}/${name}/iommu_group`, `/sys/kernel/iommu_groups/${group}`);
    this.link(`/sys/kernel/iommu_groups/${group}/devices/${name}`, `${PARENT}/${name}`);
    if (driver !== undefined) this.link(`${PARENT}/${name}/driver`, `/sys/bus/pci/drivers/${driver}`);
  }

  /** A path below the device. */
  below(rest: string): string {
    return `${REAL}/${rest}`;
  }

  file(name: string, text: string): void {
    const file = this.inside(name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }

  /** A device of a class, below the device under test. */
  member(klass: string, name: string, below: string): void {
    fs.mkdirSync(this.inside(this.below(below)), { recursive: true });
    this.link(`/sys/class/${klass}/${name}`, this.below(below));
  }

  link(name: string, target: string): void {
    const file = this.inside(name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { force: true });
    fs.symlinkSync(this.inside(target), file);
  }

  driver(): string | undefined {
    const link = this.readLink(`${SYSFS}/driver`);
    return typeof link === 'string' ? path.basename(link) : undefined;
  }

  override(): string {
    return fs.readFileSync(this.inside(`${SYSFS}/driver_override`), 'utf8').trim();
  }

  override write(name: string, text: string): void {
    this.crash?.(name);
    if (this.refusing.has(name)) throw new Error(`EBUSY: ${name}`);
    this.written.push(`${text.trim()} > ${name}`);
    super.write(name, text);
    const link = this.inside(`${REAL}/driver`);
    const driver = /^\/sys\/bus\/pci\/drivers\/([^/]+)\/(bind|unbind)$/.exec(name);
    if (name.endsWith('/driver_override')) this.file(name, text);
    else if (driver?.[2] === 'unbind') fs.rmSync(link);
    else if (driver?.[2] === 'bind') this.link(`${REAL}/driver`, `/sys/bus/pci/drivers/${driver[1]}`);
    else if (name.endsWith('drivers_probe') && this.driver() === undefined)
      this.link(`${REAL}/driver`, `/sys/bus/pci/drivers/${this.override() === '' ? 'e1000e' : this.override()}`);
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
