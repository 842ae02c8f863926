import type { Peculiarity } from '../peculiarity';
import { DATA_PLACE_FAULTS } from './data-place';
import { DEVICE_INFO_FAULTS } from './device-info';
import { DIRTY_BITMAP_FAULTS } from './dirty-bitmap';
import { DIRTY_LOG_FAULTS } from './dirty-log';
import { HANGING_FAULTS } from './hanging';
import { INDEPENDENT_HOST_FAULTS } from './independent-host';
import { INDEPENDENT_RESUMING_FAULTS } from './independent-resuming';
import { INDEPENDENT_SAVING_FAULTS } from './independent-saving';
import { INDEPENDENT_STATE_FAULTS } from './independent-state';
import { INVALID_STATE_FAULTS } from './invalid-states';
import { IOMMU_INFO_FAULTS } from './iommu-info';
import { MAPPED_SECTION_FAULTS } from './mapped-section';
import { MIGRATION_FIELD_FAULTS } from './migration-fields';
import { READING_FAULTS } from './reading';
import { REGION_FAULTS } from './regions';
import { RESETTING_FAULTS } from './resetting';
import { RESUMING_FAULTS } from './resuming';
import { SAME_STATE_FAULTS } from './same-state';
import { SAVING_FAULTS } from './saving';
import { WHOLE_SAVE_FAULTS } from './saving-whole';
import { STATE_FAULTS } from './state';
import { STEADINESS_FAULTS } from './steadiness';
import { STILLNESS_FAULTS } from './stillness';
import { TRANSITION_FAULTS } from './transitions';
import { ZPCI_FAULTS } from './zpci';

/** Every fault, family by family. */
export const FAULTS: readonly Peculiarity[] = [
  ...DEVICE_INFO_FAULTS,
  ...ZPCI_FAULTS,
  ...REGION_FAULTS,
  ...MIGRATION_FIELD_FAULTS,
  ...DATA_PLACE_FAULTS,
  ...MAPPED_SECTION_FAULTS,
  ...STATE_FAULTS,
  ...INVALID_STATE_FAULTS,
  ...SAME_STATE_FAULTS,
  ...STEADINESS_FAULTS,
  ...STILLNESS_FAULTS,
  ...TRANSITION_FAULTS,
  ...SAVING_FAULTS,
  ...READING_FAULTS,
  ...WHOLE_SAVE_FAULTS,
  ...RESUMING_FAULTS,
  ...RESETTING_FAULTS,
  ...HANGING_FAULTS,
  ...IOMMU_INFO_FAULTS,
  ...DIRTY_LOG_FAULTS,
  ...DIRTY_BITMAP_FAULTS,
  ...INDEPENDENT_STATE_FAULTS,
  ...INDEPENDENT_SAVING_FAULTS,
  ...INDEPENDENT_RESUMING_FAULTS,
  ...INDEPENDENT_HOST_FAULTS,
];
