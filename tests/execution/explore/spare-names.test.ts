import { scenarioText } from '../../../runner/execution/explore/scenario-text';
import { withoutSpareNames } from '../../../runner/execution/explore/spare-names';
import { lintFiles } from '../../../runner/language';
import { scratchFile } from '../../host/support/scratch';

test('names that nothing takes go, the others stay', () => {
  const steps = withoutSpareNames([
    { mark: { as: 'mark-1' } },
    { fingerprint: { as: 'fresh' } },
    { map: { as: 'memory-1', pages: 1 } },
    { save: { as: 'saved-1', poll: 2 }, judge: 'SAVE-ACK' },
    { save: { as: 'saved-2' } },
    {
      on: 'destination',
      steps: [{ save: 'offered-1' }, { save: 'offered-2' }, { restore: { from: ['saved-2'], equals: 'mark-1' } }],
    },
    { transition: 'resuming' },
    { resume: 'offered-2' },
  ]);
  expect(steps).toEqual([
    { mark: { as: 'mark-1' } },
    { fingerprint: {} },
    { map: { as: 'memory-1', pages: 1 } },
    { save: { poll: 2 }, judge: 'SAVE-ACK' },
    { save: { as: 'saved-2' } },
    {
      on: 'destination',
      steps: [{ save: {} }, { save: 'offered-2' }, { restore: { from: ['saved-2'], equals: 'mark-1' } }],
    },
    { transition: 'resuming' },
    { resume: 'offered-2' },
  ]);
});

test('what is left lints clean', () => {
  const steps = withoutSpareNames([
    { mark: { as: 'mark-1' } },
    { fingerprint: { as: 'fresh' } },
    { transition: 'stop-and-copy' },
    { save: { as: 'saved-1' } },
  ]);
  const file = scratchFile(
    'spare.yaml',
    scenarioText({ name: 'Spare', clauses: ['TRANS-RUN-SC'], steps, comment: ['x'] }),
  );
  expect(lintFiles([file])).toEqual([]);
});
