/** struct vfio_device_feature_migration: what VFIO_DEVICE_FEATURE_MIGRATION gets of a device that speaks migration version 2. */
import { defineLayout, type LayoutValues, u64 } from '../layout';

export const VFIO_MIGRATION_STOP_COPY = 1 << 0;
export const VFIO_MIGRATION_P2P = 1 << 1;
/** Since Linux 6.2. */
export const VFIO_MIGRATION_PRE_COPY = 1 << 2;

export const vfioDeviceFeatureMigration = defineLayout('vfio_device_feature_migration', { flags: u64(0) }, 8);
export type VfioDeviceFeatureMigration = LayoutValues<typeof vfioDeviceFeatureMigration>;
