/** Pictures of a run, each a function of facts that gives SVG text: in Allure's report and in the certificate the same. */
export { dirtyStrip, dirtyStrips } from './dirty-strip';
export { type CellOutcome, type GridCell, type GridFacts, gridFacts } from './grid-facts';
export { migrationPhases, typicalMigration } from './migration-phases';
export { pendingBytes } from './pending-bytes';
export { stateTimeline } from './state-timeline';
export { transitionGrid } from './transition-grid';
export { type Trend, trendsOf, trendsOverNights } from './trends';
