/** struct vfio_region_info_cap_type: says what a device-specific region is, and the types and subtypes there are. */
import { defineLayout, type LayoutValues, struct, u32 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';

/** Set in `type` for a PCI vendor's own; the vendor id is in the low 16 bits. */
export const VFIO_REGION_TYPE_PCI_VENDOR_TYPE = 0x8000_0000;
export const VFIO_REGION_TYPE_PCI_VENDOR_MASK = 0xffff;
export const VFIO_REGION_TYPE_GFX = 1;
export const VFIO_REGION_TYPE_CCW = 2;
export const VFIO_REGION_TYPE_MIGRATION = 3;

export const VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION = 1;
export const VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG = 2;
export const VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG = 3;
export const VFIO_REGION_SUBTYPE_NVIDIA_NVLINK2_RAM = 1;
export const VFIO_REGION_SUBTYPE_IBM_NVLINK2_ATSD = 1;
export const VFIO_REGION_SUBTYPE_GFX_EDID = 1;
export const VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD = 1;
export const VFIO_REGION_SUBTYPE_CCW_SCHIB = 2;
export const VFIO_REGION_SUBTYPE_CCW_CRW = 3;
export const VFIO_REGION_SUBTYPE_MIGRATION = 1;

export const vfioRegionInfoCapType = defineLayout(
  'vfio_region_info_cap_type',
  { header: struct(0, vfioInfoCapHeader), type: u32(8), subtype: u32(12) },
  16,
);
export type VfioRegionInfoCapType = LayoutValues<typeof vfioRegionInfoCapType>;

/** `migration/migration`, `ccw/schib`, `pci-vendor 8086/1`, `7/2`: type and subtype for people. */
export function regionTypeName(type: number, subtype: number): string {
  if (type >= VFIO_REGION_TYPE_PCI_VENDOR_TYPE) {
    const vendor = (type & VFIO_REGION_TYPE_PCI_VENDOR_MASK).toString(16).padStart(4, '0');
    return `pci-vendor ${vendor}/${subtype}`;
  }
  const known = KNOWN_TYPES.get(type);
  return known ? `${known.name}/${known.subtypes.get(subtype) ?? subtype}` : `${type}/${subtype}`;
}

const KNOWN_TYPES: ReadonlyMap<number, { readonly name: string; readonly subtypes: ReadonlyMap<number, string> }> =
  new Map([
    [VFIO_REGION_TYPE_GFX, { name: 'gfx', subtypes: new Map([[VFIO_REGION_SUBTYPE_GFX_EDID, 'edid']]) }],
    [
      VFIO_REGION_TYPE_CCW,
      {
        name: 'ccw',
        subtypes: new Map([
          [VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD, 'async-cmd'],
          [VFIO_REGION_SUBTYPE_CCW_SCHIB, 'schib'],
          [VFIO_REGION_SUBTYPE_CCW_CRW, 'crw'],
        ]),
      },
    ],
    [
      VFIO_REGION_TYPE_MIGRATION,
      { name: 'migration', subtypes: new Map([[VFIO_REGION_SUBTYPE_MIGRATION, 'migration']]) },
    ],
  ]);
