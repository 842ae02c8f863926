/** The pictures of one case, as attachments. */
import type { Attachment, CaseResult } from '../runner/execution/case-result';
import { dirtyStrips, migrationPhases, pendingBytes, stateTimeline } from './pictures';

export function casePictures({ course }: CaseResult): Attachment[] {
  if (!course) return [];
  const drawn: readonly (readonly [string, string | undefined])[] = [
    ['device_state over time', stateTimeline(course)],
    ['The migration: phases and downtime', migrationPhases(course)],
    ['pending_bytes over the save', pendingBytes(course)],
    ...dirtyStrips(course).map(
      (svg, n, all) => [all.length > 1 ? `Dirty bitmap ${n + 1}` : 'Dirty bitmap', svg] as const,
    ),
  ];
  return drawn.flatMap(([name, body]) => (body === undefined ? [] : [{ name, type: 'image/svg+xml', body }]));
}
