/** Mediated devices of the lab's module: made by UUID, set up and looked at through sysfs. Runs in the guest. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Layout } from '../matrix/request';
import type { Peculiarity } from '../matrix/trials';

const parent = '/sys/class/mdev_bus/vfio-conformance';
const type = `${parent}/mdev_supported_types/vfio-conformance-dut`;
const moduleFolder = '/sys/module/vfio_conformance_dut';

/** One line of the module's own list of faults. */
export type ModuleFault = Peculiarity;

export interface DeviceSettings {
  readonly layout: Layout;
  readonly stateSize: number;
  /** Version of the zPCI capabilities; 0: none. */
  readonly zpci: number;
}

export class MediatedDevice {
  private constructor(readonly uuid: string) {}

  /** Makes it, or takes the one of that name. Throws when the module is not loaded. */
  static create(uuid: string): MediatedDevice {
    if (!existsSync(`/sys/bus/mdev/devices/${uuid}`)) writeFileSync(`${type}/create`, uuid);
    return new MediatedDevice(uuid);
  }

  remove(): void {
    writeFileSync(`/sys/bus/mdev/devices/${this.uuid}/remove`, '1');
  }

  /** Throws EBUSY while somebody has it open. */
  set({ layout, stateSize, zpci }: DeviceSettings): void {
    this.write('layout', layout);
    this.write('state_size', String(stateSize));
    this.write('zpci', String(zpci));
  }

  /** `none` for the correct driver. */
  set fault(name: string) {
    this.write('fault', name);
  }

  set strict(on: boolean) {
    this.write('strict', on ? '1' : '0');
  }

  /** Of the device as it is, or as it was when it was closed: a hash of its internal memory, and one of all that a migration carries. */
  get stateHash(): string {
    return this.read('state_hash');
  }

  get fingerprint(): string {
    return this.read('fingerprint');
  }

  /** `001b`; `closed` when nobody has it open. */
  get deviceState(): string {
    return this.read('device_state');
  }

  get faults(): readonly ModuleFault[] {
    return this.read('faults')
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([name = 'none']) => name !== 'none')
      .map(([name = '', breaks = '', where = '', summary = '']) => ({
        name,
        breaks: words(breaks),
        where: words(where),
        summary,
      }));
  }

  private read(name: string): string {
    return readFileSync(`/sys/bus/mdev/devices/${this.uuid}/dut/${name}`, 'utf8').trim();
  }

  private write(name: string, value: string): void {
    writeFileSync(`/sys/bus/mdev/devices/${this.uuid}/dut/${name}`, value);
  }
}

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** Which build of the module is loaded. */
export function moduleIdentity(): { readonly module: string; readonly version: string; readonly srcversion: string } {
  const text = (name: string): string => readFileSync(`${moduleFolder}/${name}`, 'utf8').trim();
  return { module: 'vfio_conformance_dut', version: text('version'), srcversion: text('srcversion') };
}
