/** The oracles, in the order in which they hear of an access. */
import { oracle as deviceInfo } from './device-info';
import { oracle as deviceState } from './device-state';
import { oracle as dirtyPages } from './dirty-pages';
import { oracle as iommuInfo } from './iommu-info';
import { oracle as kitManners } from './kit-manners';
import { oracle as migrationLayout } from './migration-layout';
import type { Oracle } from './oracle';
import { oracle as regionInfo } from './region-info';
import { oracle as responsiveness } from './responsiveness';
import { oracle as resumingLoop } from './resuming-loop';
import { oracle as savingLoop } from './saving-loop';
import { oracle as zpci } from './zpci';

export const ORACLES: readonly Oracle[] = [
  responsiveness,
  deviceInfo,
  zpci,
  regionInfo,
  migrationLayout,
  deviceState,
  savingLoop,
  resumingLoop,
  iommuInfo,
  dirtyPages,
  kitManners,
];
