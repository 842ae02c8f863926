/** The lines that `explore` prints run the same device, wherever it is. */
import { commandLines } from '../../../runner/commands/exploring/command-lines';
import { checkExploreOptions } from '../../../runner/commands/exploring/options';

test('of a device on another machine, with all that was asked for', () => {
  const options = checkExploreOptions({ device: '0000:00:04.0', host: 'ssh:root@lab', seed: '7', maxSteps: '12' });
  const device = {
    device: '0000:00:04.0',
    host: 'ssh:root@lab',
    destination: 'self',
    profile: '/lab/my card.yaml',
  };
  const lines = commandLines(options, device, '3', '/lab');
  const where = `--device 0000:00:04.0 --destination self --profile 'my card.yaml' --host ssh:root@lab`;
  expect(lines.again).toBe(`vfio-conformance explore ${where} --seed 7 --path 3 --max-steps 12`);
  expect(lines.run('/lab/out/save-ack.yaml')).toBe(`vfio-conformance run out/save-ack.yaml ${where}`);
});

test('of a device here: no more than is needed', () => {
  const options = checkExploreOptions({ device: 'reference', host: 'local' });
  const lines = commandLines(options, { device: 'reference', host: 'local' }, '0', '/');
  expect(lines.again).toBe('vfio-conformance explore --device reference --seed 1 --path 0');
});
