import { type Peculiarity, variation } from '../peculiarity';

export const DEVICE_VARIATIONS: readonly Peculiarity[] = [
  variation({
    name: 'iommu-backed',
    summary: 'a device behind an IOMMU: every mapped page is reported dirty, every time',
    reason: 'type1 cannot see what such a device writes, and says so by reporting all mapped pages',
    model: (model) => ({ ...model, mediated: false }),
  }),
  variation({
    name: 'mediated',
    summary: 'a mediated device, whose writes go through the kernel: dirty pages are exact, any address may be mapped',
    reason: 'any bus can be offered by a mediated device',
    model: (model) => ({ ...model, mediated: true }),
  }),
];
