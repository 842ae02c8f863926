/**
 * Faults of each kind that walks come to: found under a clause that the fault breaks, in a few steps that fail the same way. All of
 * them: `node dist/runner/execution/explore/survey/main.js`.
 */

import { correctNames, faultNames, subjectOf } from '../../../runner/execution/explore/survey/subjects';
import { type SurveyRow, surveyOne } from '../../../runner/execution/explore/survey/survey-row';
import { intoDocument, sayTotals } from '../../../runner/execution/explore/survey/survey-text';

// A busy machine is slow, not wrong.
jest.setTimeout(600_000);

const WALKS_ON_CORRECT = 2;
/** Much to save, or in many pieces: a second each. */
const LABORIOUS = ['large-state', 'one-byte-buffers'];

async function survey(name: string, runs = 500): Promise<SurveyRow> {
  const subject = subjectOf(name);
  if (!subject) throw new Error(`there is no ${name}`);
  return surveyOne(subject, { seed: 1, runs, maxSteps: 30 });
}

test.each([
  'invalid-101-entered',
  'resuming-refused',
  'dma-goes-on-when-stopped',
  'stop-and-copy-cancel-refused',
  'resume-loses-scratch',
  'hang-on-pending-read',
  'get-without-start-empty',
  'zpci-util-lost-in-reset',
])('%s is found', async (name) => {
  const row = await survey(name);
  expect(row).toMatchObject({ name, outcome: 'found', beyond: [], reproduced: true });
  expect(row.breaks).toContain(row.clause);
  expect(row.steps).toBeLessThanOrEqual(8);
});

// A sample of `survey/main.js --correct`, which takes 500 walks on each.
test.each(correctNames())('nothing is found on %s', async (name) => {
  const walks = LABORIOUS.includes(name) ? 1 : WALKS_ON_CORRECT;
  expect(await survey(name, walks)).toMatchObject({ outcome: 'not-reached', walks });
});

test('names of faults, variations and devices', () => {
  expect(subjectOf('iommu-backed')?.breaks).toEqual([]);
  expect(subjectOf('resume-loses-scratch')).toMatchObject({ breaks: ['RES-APPLY', 'RES-ROUNDTRIP'] });
  expect(subjectOf('no-such-fault')).toBeUndefined();
  expect(faultNames()).not.toContain('iommu-backed');
  expect(correctNames()).toEqual(
    expect.arrayContaining(['reference:pci', 'reference:fsl-mc,be,page=64k,layout=partitioned', 'iommu-backed']),
  );
});

const ROW: SurveyRow = {
  name: 'a-fault',
  device: 'reference+a-fault',
  breaks: ['SAVE-ACK', 'RES-APPLY'],
  outcome: 'found',
  clause: 'SAVE-ACK',
  beyond: [],
  walks: 3,
  steps: 5,
  stepsBefore: 30,
  reproduced: true,
  message: '',
  seconds: 1,
};

test('the table of the documentation is replaced, and nothing else', () => {
  const rows: SurveyRow[] = [
    ROW,
    { ...ROW, name: 'other', outcome: 'wrong-diagnosis', clause: 'STATE-NOP', beyond: ['STATE-NOP'], steps: 9 },
    { ...ROW, name: 'far-off', outcome: 'not-reached' },
  ];
  const document = 'before\n<!-- survey: begin -->\nold\n<!-- survey: end -->\nafter\n';
  expect(intoDocument(document, rows, { seed: 1, runs: 500, maxSteps: 30 })).toBe(`before
<!-- survey: begin -->

Seed 1, at most 500 walks of at most 30 steps for each fault. 1 of 3 found, 1 of them in at most 8 steps that fail the same way when run; 1 with a wrong diagnosis, 0 in trouble, 1 not reached.

| fault | breaks | found as | walks | steps | shrunk to | remark |
| --- | --- | --- | ---: | ---: | ---: | --- |
| \`a-fault\` | SAVE-ACK, RES-APPLY | SAVE-ACK | 3 | 30 | 5 |  |
| \`other\` | SAVE-ACK, RES-APPLY | STATE-NOP | 3 | 30 | 9 | wrong diagnosis: STATE-NOP |

Not reached: \`far-off\`.

<!-- survey: end -->
after
`);
  expect(sayTotals([{ ...ROW, reproduced: false }])).toMatch(/^1 of 1 found, 0 of them in at most 8 steps/);
  expect(() => intoDocument('no marks', rows, { seed: 1, runs: 1, maxSteps: 1 })).toThrow('the document has no');
});
