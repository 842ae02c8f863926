/** What a scenario may need of the device, the kernel and the profile, and what a suite may claim. */

/** Each need with the words that editors show; a case whose need is not met is skipped with the evidence. */
export const NEEDS = {
  'migration-v1': 'the device has a v1 migration region',
  destination: 'a second device that takes the saved state',
  reset: 'VFIO_DEVICE_RESET is offered',
  pci: 'the device is a PCI device',
  zpci: 'the device shows zPCI capabilities, or the host is s390x',
  ccw: 'the device is a CCW device',
  iommu: 'the container is TYPE1v2 and maps memory',
  'dirty-pages': 'the IOMMU offers dirty page logging',
  'dma-avail': 'the IOMMU says how many mappings are left',
  dma: 'the profile says how to make the device write to memory',
  fingerprint: 'the profile says what identifies the state of the device',
  mark: 'the profile says how to put a value into the device that its fingerprint shows',
  second: 'a second device that can share the container of the first',
  counter: 'the profile names a register that moves while the device runs',
  irq: 'the profile says how to make the device raise an interrupt',
  error: 'the profile says how to bring the device into ERROR',
  failing: 'the profile says how to make a transition fail',
  faulting: 'the profile says how to make a read of the saving loop fail',
  'data-mmap': 'a part of the migration data section can be mapped',
} as const;
export type Need = keyof typeof NEEDS;
export const NEED_NAMES = Object.keys(NEEDS) as readonly Need[];

/** What a suite, a profile or the command line may claim of a device: then its absence is the device's failure. */
export const CLAIMS = {
  'migration-v1': 'the device supports v1 migration',
  zpci: 'the device is a zPCI device',
  ccw: 'the device is a CCW device',
  'dirty-pages': 'dirty pages are logged',
} as const;
export type Claim = keyof typeof CLAIMS;
export const CLAIM_NAMES = Object.keys(CLAIMS) as readonly Claim[];
