/** Everything the kit knows of the headers in two tables, for the golden test and for decoding in traces. */
import { VFIO_BASE, VFIO_TYPE } from './ioctl-number';
import { isLayout, type Layout } from './layout';
import * as ccwCmdRegionFile from './structures/ccw-cmd-region';
import * as ccwCrwRegionFile from './structures/ccw-crw-region';
import * as ccwIoRegionFile from './structures/ccw-io-region';
import * as ccwSchibRegionFile from './structures/ccw-schib-region';
import * as vfioBitmapFile from './structures/vfio-bitmap';
import * as vfioDeviceFeatureFile from './structures/vfio-device-feature';
import * as vfioDeviceFeatureMigrationFile from './structures/vfio-device-feature-migration';
import * as vfioDeviceInfoFile from './structures/vfio-device-info';
import * as vfioDeviceInfoCapZpciBaseFile from './structures/vfio-device-info-cap-zpci-base';
import * as vfioDeviceInfoCapZpciGroupFile from './structures/vfio-device-info-cap-zpci-group';
import * as vfioDeviceInfoCapZpciPfipFile from './structures/vfio-device-info-cap-zpci-pfip';
import * as vfioDeviceInfoCapZpciUtilFile from './structures/vfio-device-info-cap-zpci-util';
import * as vfioDeviceMigrationInfoFile from './structures/vfio-device-migration-info';
import * as vfioExtensionsFile from './structures/vfio-extensions';
import * as vfioGroupStatusFile from './structures/vfio-group-status';
import * as vfioInfoCapHeaderFile from './structures/vfio-info-cap-header';
import * as vfioIommuType1DirtyBitmapFile from './structures/vfio-iommu-type1-dirty-bitmap';
import * as vfioIommuType1DirtyBitmapGetFile from './structures/vfio-iommu-type1-dirty-bitmap-get';
import * as vfioIommuType1DmaMapFile from './structures/vfio-iommu-type1-dma-map';
import * as vfioIommuType1DmaUnmapFile from './structures/vfio-iommu-type1-dma-unmap';
import * as vfioIommuType1InfoFile from './structures/vfio-iommu-type1-info';
import * as vfioIommuType1InfoCapIovaRangeFile from './structures/vfio-iommu-type1-info-cap-iova-range';
import * as vfioIommuType1InfoCapMigrationFile from './structures/vfio-iommu-type1-info-cap-migration';
import * as vfioIommuType1InfoDmaAvailFile from './structures/vfio-iommu-type1-info-dma-avail';
import * as vfioIovaRangeFile from './structures/vfio-iova-range';
import * as vfioIrqInfoFile from './structures/vfio-irq-info';
import * as vfioIrqSetFile from './structures/vfio-irq-set';
import * as vfioRegionInfoFile from './structures/vfio-region-info';
import * as vfioRegionInfoCapNvlink2LnkspdFile from './structures/vfio-region-info-cap-nvlink2-lnkspd';
import * as vfioRegionInfoCapNvlink2SsatgtFile from './structures/vfio-region-info-cap-nvlink2-ssatgt';
import * as vfioRegionInfoCapSparseMmapFile from './structures/vfio-region-info-cap-sparse-mmap';
import * as vfioRegionInfoCapTypeFile from './structures/vfio-region-info-cap-type';
import * as vfioRegionSparseMmapAreaFile from './structures/vfio-region-sparse-mmap-area';

const FILES: readonly object[] = [
  ccwCmdRegionFile,
  ccwCrwRegionFile,
  ccwIoRegionFile,
  ccwSchibRegionFile,
  vfioBitmapFile,
  vfioDeviceFeatureFile,
  vfioDeviceFeatureMigrationFile,
  vfioDeviceInfoFile,
  vfioDeviceInfoCapZpciBaseFile,
  vfioDeviceInfoCapZpciGroupFile,
  vfioDeviceInfoCapZpciPfipFile,
  vfioDeviceInfoCapZpciUtilFile,
  vfioDeviceMigrationInfoFile,
  vfioExtensionsFile,
  vfioGroupStatusFile,
  vfioInfoCapHeaderFile,
  vfioIommuType1DirtyBitmapFile,
  vfioIommuType1DirtyBitmapGetFile,
  vfioIommuType1DmaMapFile,
  vfioIommuType1DmaUnmapFile,
  vfioIommuType1InfoFile,
  vfioIommuType1InfoCapIovaRangeFile,
  vfioIommuType1InfoCapMigrationFile,
  vfioIommuType1InfoDmaAvailFile,
  vfioIovaRangeFile,
  vfioIrqInfoFile,
  vfioIrqSetFile,
  vfioRegionInfoFile,
  vfioRegionInfoCapNvlink2LnkspdFile,
  vfioRegionInfoCapNvlink2SsatgtFile,
  vfioRegionInfoCapSparseMmapFile,
  vfioRegionInfoCapTypeFile,
  vfioRegionSparseMmapAreaFile,
];

const layouts: Layout[] = [];
const constants = new Map<string, number | string>([
  ['VFIO_TYPE', VFIO_TYPE],
  ['VFIO_BASE', VFIO_BASE],
]);
for (const file of FILES) {
  for (const [name, value] of Object.entries(file)) {
    if (isLayout(value)) {
      layouts.push(value);
    } else if (/^[A-Z][A-Za-z0-9_]*$/.test(name) && (typeof value === 'number' || typeof value === 'string')) {
      constants.set(name, value);
    }
  }
}

/** Every structure; the two zPCI ones that grew appear once for each version. */
export const ALL_LAYOUTS: readonly Layout[] = layouts;

/** Every constant under the headers' name; ioctl numbers stand in ioctls.ts. */
export const ALL_CONSTANTS: ReadonlyMap<string, number | string> = constants;
