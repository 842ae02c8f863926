/**
 * Which cases of a file get pictures. Each takes some 10 ms to draw, and a certification has hundreds of cases: those that did not
 * come out well have them, and of the others the first of each family that has something to show.
 */
import type { Attachment, CaseResult } from '../execution/case-result';

/** Where a device breaks a clause in every case, the pictures of the first cases say it all. */
const UNWELL_OF_A_CLAUSE = 6;
const UNWELL_IN_ALL = 48;
/** A file with so few cases is run to be looked at: each of them has pictures. */
const FEW_CASES = 8;

type Draw = (result: CaseResult) => Attachment[];

export class PictureChoice {
  private unwell = 0;
  private readonly unwellOf = new Map<string, number>();
  private readonly shown = new Set<string>();

  constructor(
    /** Cases of the file; asked once the file has told its tests. */
    private readonly cases: () => number,
    private readonly draw: Draw = drawPictures,
  ) {}

  picturesOf(result: CaseResult): readonly Attachment[] {
    if (!result.course || !this.isChosen(result)) return [];
    try {
      return this.draw(result);
    } catch (error) {
      // A picture is no reason to lose a case's result.
      const reason = error instanceof Error ? error.message : String(error);
      return [{ name: 'Pictures', type: 'text/plain', body: `They could not be drawn: ${reason}\n` }];
    }
  }

  private isChosen({ status, course, clauses, findings }: CaseResult): boolean {
    if (status === 'failed' || status === 'broken')
      return this.isChosenUnwell(findings.find(({ verdict }) => verdict === 'broken')?.clause ?? status);
    if (status !== 'passed') return false;
    if (this.cases() <= FEW_CASES) return true;
    const family = clauses[0]?.split('-', 1)[0] ?? '';
    const rich = (course?.bitmaps.length ?? 0) > 0 || course?.saves.some((save) => save.buffers > 0) === true;
    if (!rich || this.shown.has(family)) return false;
    this.shown.add(family);
    return true;
  }

  private isChosenUnwell(clause: string): boolean {
    const before = this.unwellOf.get(clause) ?? 0;
    if (before >= UNWELL_OF_A_CLAUSE || this.unwell >= UNWELL_IN_ALL) return false;
    this.unwellOf.set(clause, before + 1);
    this.unwell += 1;
    return true;
  }
}

/** Loaded when the first picture is drawn: a run that draws none does not pay for it. */
function drawPictures(result: CaseResult): Attachment[] {
  const { casePictures } = require('../../reports/case-pictures') as typeof import('../../reports/case-pictures');
  return casePictures(result);
}
