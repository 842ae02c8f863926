/** A trace tells every access while it happens, and one that never returns by its beginning. */
import fs from 'node:fs';
import path from 'node:path';
import { AccessTrace } from '../../runner/execution/access-trace';
import { Workbench } from '../../runner/execution/workbench';
import { PACKAGE_ROOT } from '../../runner/language';
import { caseOf, planFor } from '../support/plans';

const SAVES = `scenario: It is saved
clauses: [SAVE-REGARDLESS]
needs: [migration-v1]
steps:
  - transition: stop-and-copy
  - save: whole
`;

async function trace(device: string, yaml = SAVES): Promise<{ text: string; pieces: string[]; accesses: number }> {
  const pieces: string[] = [];
  const options = { hang: 'virtual', trace: (text: string) => pieces.push(text), rowsOfAPass: 4096 } as const;
  const workbench = new Workbench(planFor(device), { device, host: 'local' }, options);
  const result = await workbench.run(caseOf(yaml), []);
  return { text: pieces.join(''), pieces, accesses: result.accesses.length };
}

test('every access is one line, decoded', async () => {
  const { text, accesses } = await trace('reference');
  const lines = text.split('\n').filter((line) => /^ +\d+\.\d{3} /.test(line));
  expect(lines.length).toBe(accesses);
  expect(lines.map((line) => line.slice(12))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^source +open\(\/dev\/vfio\/vfio\) = 3$/),
      expect.stringMatching(/^source +ioctl\(3, VFIO_GET_API_VERSION\) = 0$/),
      expect.stringMatching(
        /^source +ioctl\(5, VFIO_DEVICE_GET_REGION_INFO, \{argsz=48, .*index=9, .*\}\) = 0 \{.*size=0x6000, .*type=3, subtype=1 \(migration\/migration\)\}\}$/,
      ),
      expect.stringMatching(/^source +pwrite\(5, device_state, 4\) 0x2 \(stop-and-copy\) = 4$/),
      expect.stringMatching(/^source +pread\(5, pending_bytes, 8\) = 8 0x[0-9a-f]+$/),
      expect.stringMatching(/^source +pread\(5, migration \+ 0x[0-9a-f]+, \d+\) = \d+ [0-9a-f ]+ \.\.\.$/),
    ]),
  );
  expect(text).toContain('\nstep 1 "transition: stop-and-copy"\n');
  expect(text).toMatch(/\npassed\n$/);
});

test('an error is named', async () => {
  const { text } = await trace('reference+pre-copy-refused', SAVES.replace('stop-and-copy', 'pre-copy'));
  expect(text).toMatch(/pwrite\(5, device_state, 4\) 0x3 \(pre-copy\) = -1 EINVAL\n/);
  expect(text).toMatch(/\nfailed: TRANS-RUN-PRE at step 1/);
});

test('the call is out before it is made', async () => {
  const { pieces } = await trace('reference+hang-on-pending-read');
  const hung = pieces.findIndex((piece) => piece.includes('does not return'));
  expect(pieces[hung - 1]).toMatch(/pread\(5, pending_bytes, 8\)$/);
});

test('memory that is mapped and the dirty bitmap are told by their fields', async () => {
  const yaml = fs.readFileSync(path.join(PACKAGE_ROOT, 'scenarios/dirty-pages/argsz.yaml'), 'utf8');
  const { text } = await trace('reference', yaml);
  expect(text).toMatch(/VFIO_IOMMU_MAP_DMA, \{argsz=32, flags=3, vaddr=0x[0-9a-f]+, iova=/);
  expect(text).toMatch(/VFIO_IOMMU_DIRTY_PAGES, \{.*bitmap=\{pgsize=0x1000, size=8, data=0x/);
});

test('without a sink nothing listens, so that it costs nothing', async () => {
  const listening = jest.spyOn(AccessTrace.prototype, 'before');
  const workbench = new Workbench(planFor('reference'), { device: 'reference', host: 'local' }, { hang: 'virtual' });
  expect((await workbench.run(caseOf(SAVES), [])).status).toBe('passed');
  expect(listening).not.toHaveBeenCalled();
  await trace('reference');
  expect(listening).toHaveBeenCalled();
});
