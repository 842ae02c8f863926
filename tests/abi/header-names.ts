/** How the installed kernel headers differ in names from the interface text, each difference with its reason. */

/**
 * Version 1 names that kernels since 5.18 keep under another name. The first one that the header defines is compared; the plain
 * name comes last, because newer headers use it for version 2 (as an enum with other values).
 */
export const HEADER_NAMES: Readonly<Record<string, readonly string[]>> = {
  VFIO_DEVICE_STATE_STOP: ['VFIO_DEVICE_STATE_V1_STOP', 'VFIO_DEVICE_STATE_STOP'],
  VFIO_DEVICE_STATE_RUNNING: ['VFIO_DEVICE_STATE_V1_RUNNING', 'VFIO_DEVICE_STATE_RUNNING'],
  VFIO_DEVICE_STATE_SAVING: ['VFIO_DEVICE_STATE_V1_SAVING', 'VFIO_DEVICE_STATE_SAVING'],
  VFIO_DEVICE_STATE_RESUMING: ['VFIO_DEVICE_STATE_V1_RESUMING', 'VFIO_DEVICE_STATE_RESUMING'],
  VFIO_REGION_TYPE_MIGRATION: ['VFIO_REGION_TYPE_MIGRATION_DEPRECATED', 'VFIO_REGION_TYPE_MIGRATION'],
  VFIO_REGION_SUBTYPE_MIGRATION: ['VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED', 'VFIO_REGION_SUBTYPE_MIGRATION'],
};

/** Names that a header may lack, and why that is no mistake here. Any other missing name fails the golden test. */
export const MAY_LACK: Readonly<Record<string, string>> = {
  VFIO_DEVICE_FLAGS_CDX: 'added in Linux 6.4',
  VFIO_MIGRATION_PRE_COPY: 'added in Linux 6.2',
};

/** Names that are enumerators in the header, which the preprocessor cannot look for. */
export const ENUMERATORS: ReadonlySet<string> = new Set([
  'VFIO_PCI_BAR0_REGION_INDEX',
  'VFIO_PCI_BAR1_REGION_INDEX',
  'VFIO_PCI_BAR2_REGION_INDEX',
  'VFIO_PCI_BAR3_REGION_INDEX',
  'VFIO_PCI_BAR4_REGION_INDEX',
  'VFIO_PCI_BAR5_REGION_INDEX',
  'VFIO_PCI_ROM_REGION_INDEX',
  'VFIO_PCI_CONFIG_REGION_INDEX',
  'VFIO_PCI_VGA_REGION_INDEX',
  'VFIO_PCI_NUM_REGIONS',
  'VFIO_PCI_INTX_IRQ_INDEX',
  'VFIO_PCI_MSI_IRQ_INDEX',
  'VFIO_PCI_MSIX_IRQ_INDEX',
  'VFIO_PCI_ERR_IRQ_INDEX',
  'VFIO_PCI_REQ_IRQ_INDEX',
  'VFIO_PCI_NUM_IRQS',
  'VFIO_CCW_CONFIG_REGION_INDEX',
  'VFIO_CCW_NUM_REGIONS',
  'VFIO_CCW_IO_IRQ_INDEX',
  'VFIO_CCW_CRW_IRQ_INDEX',
  'VFIO_CCW_REQ_IRQ_INDEX',
  'VFIO_CCW_NUM_IRQS',
]);

/** Sizes that differ from header to header. Every other size must be equal. */
export const OTHER_SIZES: Readonly<Record<string, { readonly sizes: readonly number[]; readonly why: string }>> = {
  vfio_device_info: { sizes: [24], why: 'Linux 6.6 added `pad` behind cap_offset' },
};

/** Version 1 layouts of structures that grew: they end where the first field of version 2 begins, rounded up to the alignment. */
export const FIRST_FIELD_OF_VERSION_2: Readonly<Record<string, string>> = {
  vfio_device_info_cap_zpci_base: 'fh',
  vfio_device_info_cap_zpci_group: 'reserved',
};

/** Every constant, structure and ioctl that the interface text adds. */
export const ADDED_BY_THE_INTERFACE_TEXT: readonly string[] = [
  'VFIO_DEVICE_FLAGS_FSL_MC',
  'VFIO_DEVICE_FLAGS_CAPS',
  'VFIO_DEVICE_INFO_CAP_ZPCI_BASE',
  'VFIO_DEVICE_INFO_CAP_ZPCI_GROUP',
  'VFIO_DEVICE_INFO_CAP_ZPCI_UTIL',
  'VFIO_DEVICE_INFO_CAP_ZPCI_PFIP',
  'VFIO_REGION_TYPE_MIGRATION',
  'VFIO_REGION_SUBTYPE_CCW_SCHIB',
  'VFIO_REGION_SUBTYPE_CCW_CRW',
  'VFIO_REGION_SUBTYPE_MIGRATION',
  'vfio_device_migration_info',
  'VFIO_DEVICE_STATE_STOP',
  'VFIO_DEVICE_STATE_RUNNING',
  'VFIO_DEVICE_STATE_SAVING',
  'VFIO_DEVICE_STATE_RESUMING',
  'VFIO_DEVICE_STATE_MASK',
  'VFIO_CCW_CRW_IRQ_INDEX',
  'VFIO_CCW_REQ_IRQ_INDEX',
  'VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION',
  'vfio_iommu_type1_info_cap_migration',
  'VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL',
  'vfio_iommu_type1_info_dma_avail',
  'vfio_bitmap',
  'VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP',
  'vfio_iommu_type1_dma_unmap',
  'vfio_iommu_type1_dirty_bitmap',
  'VFIO_IOMMU_DIRTY_PAGES_FLAG_START',
  'VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP',
  'VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP',
  'vfio_iommu_type1_dirty_bitmap_get',
  'VFIO_IOMMU_DIRTY_PAGES',
];
