/** QEMU's command line for the lab's machine: a q35 with an emulated Intel IOMMU, so that real VFIO works on emulated devices. */
import type { LabDevice } from '../devices';

export interface Machine {
  /** bzImage. */
  readonly kernel: string;
  readonly initramfs: string;
  readonly memoryMiB: number;
  readonly processors: number;
  readonly devices: readonly LabDevice[];
  /** The folder that the guest sees read-only as /kit. */
  readonly kit: string;
  /** The folder that the guest sees writable as /results. */
  readonly results: string;
  /** The folder that the guest sees writable as /queue, shared with other guests. */
  readonly queue?: string;
  /** Everything that the serial console said, whoever reads it live. */
  readonly serialLog: string;
  /** Added to the kernel's command line. */
  readonly kernelParameters?: readonly string[];
}

/** QEMU's options are comma-separated lists in which a comma is written twice. */
function quoted(path: string): string {
  return path.replaceAll(',', ',,');
}

/**
 * `no_timer_check`: under plain emulation on a busy machine the kernel's timer test fails now and then and stops the boot.
 * `panic=-1` with -no-reboot turns a panic into QEMU's end. `log_buf_len`: a long run's messages must all be there at its end.
 * `loglevel=5`: the kernel's warnings reach the console too, which is all that is left when a guest has to be killed.
 */
const kernelParameters = [
  'console=ttyS0',
  'panic=-1',
  'intel_iommu=on',
  'loglevel=5',
  'no_timer_check',
  'log_buf_len=4M',
];

export function qemuArguments(machine: Machine): string[] {
  const share = (id: string, path: string, readOnly: boolean): string[] => [
    '-virtfs',
    `local,path=${quoted(path)},mount_tag=${id},security_model=none,id=${id},multidevs=remap${readOnly ? ',readonly=on' : ''}`,
  ];
  return [
    ...[
      '-accel',
      'tcg,thread=multi',
      '-cpu',
      'max',
      '-smp',
      String(machine.processors),
      '-m',
      String(machine.memoryMiB),
    ],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-machine', 'q35,kernel-irqchip=split', '-device', 'intel-iommu,intremap=on,caching-mode=on'],
    ...['-chardev', `stdio,id=console,signal=off,logfile=${quoted(machine.serialLog)}`, '-serial', 'chardev:console'],
    ...['-kernel', machine.kernel, '-initrd', machine.initramfs],
    ...['-append', [...kernelParameters, ...(machine.kernelParameters ?? [])].join(' ')],
    ...share('kit', machine.kit, true),
    ...share('results', machine.results, false),
    ...(machine.queue === undefined ? [] : share('queue', machine.queue, false)),
    ...machine.devices.flatMap((device) => device.qemu),
  ];
}
