import {
  VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
  VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
  vfioIommuType1Info,
} from '../../abi/structures/vfio-iommu-type1-info';
import { vfioIommuType1InfoCapMigration } from '../../abi/structures/vfio-iommu-type1-info-cap-migration';
import { fail } from '../kernel/errno';
import { CAPABILITY_HEADER_SIZE, type Capability } from '../kernel/info-chain';
import type { Type1Iommu } from '../kernel/type1-iommu';
import { override } from '../override';
import { fault, type Peculiarity } from '../peculiarity';

const MIGRATION = vfioIommuType1InfoCapMigration.fields;
const INFO_SIZE = vfioIommuType1Info.size;
const CAP_OFFSET_AT = vfioIommuType1Info.fields.cap_offset.offset;

function replace(iommu: Type1Iommu, id: number, edit: (capability: Capability) => Capability[]): void {
  override(
    iommu,
    'capabilities',
    (original) => () => original().flatMap((capability) => (capability.id === id ? edit(capability) : [capability])),
  );
}

function zeroMigrationField(iommu: Type1Iommu, field: 'pgsize_bitmap' | 'max_dirty_bitmap_size'): void {
  replace(iommu, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, (capability) => {
    const body = capability.body.slice();
    body.fill(
      0,
      MIGRATION[field].offset - CAPABILITY_HEADER_SIZE,
      MIGRATION[field].offset - CAPABILITY_HEADER_SIZE + 8,
    );
    return [{ ...capability, body }];
  });
}

export const IOMMU_INFO_FAULTS: readonly Peculiarity[] = [
  fault({
    name: 'iommu-no-dirty-page-size',
    breaks: ['IOMMU-CAP-MIG'],
    summary: 'the MIGRATION capability’s pgsize_bitmap is 0',
    iommu: (iommu) => zeroMigrationField(iommu, 'pgsize_bitmap'),
  }),
  fault({
    name: 'iommu-no-bitmap-size',
    breaks: ['IOMMU-CAP-MIG'],
    summary: 'the MIGRATION capability’s max_dirty_bitmap_size is 0',
    iommu: (iommu) => zeroMigrationField(iommu, 'max_dirty_bitmap_size'),
  }),
  fault({
    name: 'iommu-start-not-supported',
    breaks: ['IOMMU-CAP-MIG', 'DIRTY-START'],
    reason: 'logging that cannot be started reports nothing',
    summary: 'the MIGRATION capability is there, but START fails with EOPNOTSUPP',
    iommu: (iommu) => override(iommu.log, 'start', () => () => fail('EOPNOTSUPP')),
  }),
  fault({
    name: 'iommu-migration-capability-missing',
    breaks: ['IOMMU-CAP-MIG-ABSENT', 'IOMMU-CAP-MIG'],
    reason: 'dirty page logging is claimed of the device, and the capability that says so is missing',
    summary: 'dirty page logging works although the MIGRATION capability is missing',
    iommu: (iommu) => replace(iommu, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, () => []),
  }),
  fault({
    name: 'iommu-migration-version-2',
    breaks: ['IOMMU-CAP-VERSION'],
    summary: 'the MIGRATION capability says version 2',
    iommu: (iommu) =>
      replace(iommu, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, (capability) => [{ ...capability, version: 2 }]),
  }),
  fault({
    name: 'iommu-migration-cut',
    breaks: ['IOMMU-CAP-VERSION', 'IOMMU-CAP-MIG'],
    reason: 'without max_dirty_bitmap_size the capability does not say that dirty page logging works',
    summary: 'the MIGRATION capability ends before max_dirty_bitmap_size',
    iommu: (iommu) =>
      replace(iommu, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, (capability) => [
        { ...capability, body: capability.body.subarray(0, 16) },
      ]),
  }),
  fault({
    name: 'iommu-avail-version-0',
    breaks: ['IOMMU-CAP-VERSION'],
    summary: 'the DMA_AVAIL capability says version 0',
    iommu: (iommu) => replace(iommu, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, (capability) => [{ ...capability, version: 0 }]),
  }),
  fault({
    name: 'avail-not-counted',
    breaks: ['IOMMU-CAP-AVAIL'],
    summary: 'DMA_AVAIL does not fall when a mapping is made',
    iommu: (iommu) => {
      const { entryLimit } = iommu.options;
      override(iommu, 'avail', (original) => () => (original() === 0 ? 0 : entryLimit));
    },
  }),
  fault({
    name: 'avail-counts-unmaps-not-mappings',
    breaks: ['IOMMU-CAP-AVAIL'],
    summary: 'an unmap that removes several mappings raises DMA_AVAIL by one only',
    iommu: (iommu) => {
      let lost = 0;
      override(iommu, 'unmap', (original) => (request) => {
        const before = iommu.mappings.all().length;
        const answer = original(request);
        lost += Math.max(0, before - iommu.mappings.all().length - 1);
        return answer;
      });
      override(iommu, 'avail', (original) => () => original() - lost);
    },
  }),
  fault({
    name: 'map-beyond-avail',
    breaks: ['IOMMU-AVAIL-ENOSPC'],
    summary: 'at avail 0 one more mapping after the other is accepted',
    iommu: (iommu) => {
      override(iommu, 'map', (original) => (vaddr, iova, size, flags) => {
        if (iommu.avail() > 0) return original(vaddr, iova, size, flags);
        override(iommu, 'avail', () => () => 1);
        const result = original(vaddr, iova, size, flags);
        override(iommu, 'avail', () => () => 0);
        return result;
      });
    },
  }),
  fault({
    name: 'iommu-info-past-argsz',
    breaks: ['IOMMU-INFO-CHAIN'],
    summary: 'VFIO_IOMMU_GET_INFO writes the chain although argsz has no room for it',
    iommu: (iommu) =>
      override(iommu, 'writeInfo', (original) => (structure, reply) => {
        const small = structure.u32(0) < reply.needed();
        const result = original(structure, reply);
        if (small) structure.copyIn(INFO_SIZE, reply.encode(structure));
        return result;
      }),
  }),
  fault({
    name: 'iommu-chain-loops',
    breaks: ['IOMMU-INFO-CHAIN'],
    summary: 'the first capability of VFIO_IOMMU_GET_INFO points at itself',
    iommu: (iommu) =>
      override(iommu, 'writeInfo', (original) => (structure, reply) => {
        const result = original(structure, reply);
        if (structure.u32(CAP_OFFSET_AT) === INFO_SIZE && structure.u32(0) >= reply.needed())
          structure.setU32(INFO_SIZE + 4, INFO_SIZE);
        return result;
      }),
  }),
  fault({
    name: 'iommu-argsz-too-little',
    breaks: ['IOMMU-INFO-CHAIN', 'IOMMU-CAP-MIG'],
    reason: 'who asks with that argsz finds no MIGRATION capability',
    summary: 'the argsz that VFIO_IOMMU_GET_INFO asks for is 4 bytes too small to get the chain',
    iommu: (iommu) =>
      override(iommu, 'writeInfo', (original) => (structure, reply) => {
        const small = structure.u32(0) < reply.needed();
        const result = original(structure, reply);
        if (small) structure.setU32(0, reply.needed() - 4);
        return result;
      }),
  }),
];
