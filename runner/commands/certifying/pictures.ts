/** The pictures of a certificate: the transitions of the whole run, one migration as it usually went, and a dirty bitmap. */
import type { Picture } from '../../../reports/certificate';
import type { CaseResult, Course } from '../../execution/case-result';

interface Chosen {
  readonly result: CaseResult;
  readonly course: Course;
}

/** Of one device's results. Pictures for which nothing was seen are left out. */
export function picturesOf(results: readonly CaseResult[]): readonly Picture[] {
  // The charting library is loaded only where something is drawn.
  const draw = require('../../../reports/pictures') as typeof import('../../../reports/pictures');
  const found: Picture[] = [];
  const add = (svg: string | undefined, title: string): void => {
    if (svg !== undefined) found.push({ title, svg });
  };
  if (results.some(({ course }) => (course?.states.length ?? 0) > 0))
    add(draw.transitionGrid(draw.gridFacts(results)), 'Every write of device_state in the run');
  const usual = withCourse(draw.typicalMigration(results));
  if (usual) {
    const of = `in the migration with the middle downtime: ${usual.result.title}`;
    add(draw.migrationPhases(usual.course), `Pre-copy, stop-and-copy and downtime ${of}`);
    add(draw.pendingBytes(usual.course), `pending_bytes and the buffers ${of}`);
    add(draw.stateTimeline(usual.course), `device_state ${of}`);
  }
  const dirty = mostTelling(results);
  if (dirty) add(draw.dirtyStrips(dirty.course)[0], `A dirty bitmap: ${dirty.result.title}`);
  return found;
}

function withCourse(result: CaseResult | undefined): Chosen | undefined {
  return result?.course ? { result, course: result.course } : undefined;
}

/** A bitmap with missing pages, or else with pages too many, or else the one with the most pages written. */
function mostTelling(results: readonly CaseResult[]): Chosen | undefined {
  const weight = ({ bitmaps }: Course): number =>
    Math.max(
      0,
      ...bitmaps.map(({ missing, extra, written }) =>
        missing.length > 0 ? 1e9 + missing.length : extra.length > 0 ? 1e6 + extra.length : written.length,
      ),
    );
  let chosen: Chosen | undefined;
  for (const result of results) {
    const one = withCourse(result);
    if (one && weight(one.course) > (chosen ? weight(chosen.course) : 0)) chosen = one;
  }
  return chosen;
}
