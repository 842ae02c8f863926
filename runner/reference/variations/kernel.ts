import { VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION } from '../../abi/structures/vfio-iommu-type1-info';
import { fail } from '../kernel/errno';
import { override } from '../override';
import { type Peculiarity, variation } from '../peculiarity';

export const KERNEL_VARIATIONS: readonly Peculiarity[] = [
  variation({
    name: 'no-dirty-log',
    summary: 'the kernel has no dirty page log: no MIGRATION capability, and its calls and flags are refused',
    reason:
      'kernels before 5.8 have none, nor has the container that iommufd imitates; nobody claims it of the device then',
    personalities: ['pci'],
    iommu: (iommu) => {
      override(
        iommu,
        'capabilities',
        (original) => () => original().filter(({ id }) => id !== VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION),
      );
      override(iommu, 'dirtyPages', () => () => fail('ENOTTY'));
      override(iommu, 'unmap', (original) => (request) => (request.flags === 0 ? original(request) : fail('EINVAL')));
    },
  }),
  variation({
    name: 'dirty-neighbours',
    summary: 'with a page the 15 around it are reported dirty',
    reason: 'pages may be reported that were only potentially dirtied',
    iommu: (iommu) =>
      override(iommu.log, 'mark', (original) => (mapping, first, count) => {
        const pages = Number(mapping.size / iommu.smallestPage());
        const start = first & ~15;
        original(mapping, start, Math.min(pages, (first + count + 15) & ~15) - start);
      }),
  }),
  variation({
    name: 'logging-not-idempotent',
    summary: 'START while logging fails with EBUSY, STOP while not logging with EINVAL',
    reason: 'START and STOP twice may succeed, and need not',
    iommu: (iommu) => {
      override(iommu.log, 'start', (original) => () => (iommu.log.enabled ? fail('EBUSY') : original()));
      override(iommu.log, 'stop', (original) => () => (iommu.log.enabled ? original() : fail('EINVAL')));
    },
  }),
  variation({
    name: 'iommu-migration-flags',
    summary: 'the MIGRATION capability has a flag that nobody knows',
    reason: 'unknown flags are passed over',
    iommu: (iommu) =>
      override(
        iommu,
        'capabilities',
        (original) => () =>
          original().map((capability) => {
            if (capability.id !== VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION) return capability;
            const body = capability.body.slice();
            new DataView(body.buffer).setUint32(0, 0x80, iommu.options.order === 'little');
            return { ...capability, body };
          }),
      ),
  }),
  variation({
    name: 'iommu-chain-reversed',
    summary: 'the capabilities of VFIO_IOMMU_GET_INFO stand in the opposite order',
    reason: 'no order is prescribed',
    iommu: (iommu) => override(iommu, 'capabilities', (original) => () => original().reverse()),
  }),
];
