/** A report of a real run with nights before it, opened from disk: what a developer with one red case looks for is there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../runner/language';
import { freshFolder } from '../jest/support/plan';
import { browser, requirement } from '../support/requirements';
import { openReport } from './support/open-report';

jest.setTimeout(240_000);

const KIT = join(PACKAGE_ROOT, 'bin', 'vfio-conformance.js');
const NIGHTS = 11;

/** The kit's command line; its exit code. */
function kit(...words: readonly string[]): number {
  const { status, stderr } = spawnSync(process.execPath, [KIT, ...words], { cwd: PACKAGE_ROOT, encoding: 'utf8' });
  if (status === null || status > 1) throw new Error(`exit code ${status}: ${stderr}`);
  return status;
}

/** A run in which one scenario fails and one passes, with nights before it: of one night the report was made, too. */
function runWithNights(): string {
  const results = freshFolder('in-browser');
  const targets = ['scenarios/dirty-pages/writes.yaml', 'scenarios/transitions/live-migration.yaml'];
  const before = join(results, 'night-00');
  kit('run', ...targets, '--device', 'reference', '--out', before, '--report');
  const folder = join(results, 'tonight');
  const exit = kit('run', ...targets, '--device', 'reference+bits-one-page-late', '--out', folder, '--no-report');
  expect(exit).toBe(1);
  const record = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
  const started = Date.parse(record.startedAt);
  for (let n = 1; n < NIGHTS - 1; n += 1) {
    const night = join(results, `night-${String(n).padStart(2, '0')}`);
    mkdirSync(night);
    const figures = { 'downtime ms': n < 6 ? 0.2 : 0.4 };
    const startedAt = new Date(started - (NIGHTS - n) * 86_400_000).toISOString();
    const devices = [{ device: 'reference', verdict: 'conformant' }];
    const scenarios = [{ device: 'reference', status: 'passed', figures }];
    writeFileSync(join(night, 'run.json'), JSON.stringify({ suite: record.suite, startedAt, devices, scenarios }));
  }
  kit('report', folder);
  return join(folder, 'report.html');
}

const need = requirement('chromium');
let opened: Browser | undefined;
let file = '';
beforeAll(async () => {
  const executablePath = browser();
  if (executablePath === undefined) return;
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  opened = await chromium.launch({ executablePath, args });
  file = runWithNights();
});
afterAll(async () => {
  await opened?.close();
});

const failing = 'No write is too small';

/** The picture that stands below an attachment's line; loaded, and not empty. */
async function pictureBelow(page: Page, name: string): Promise<void> {
  await page.getByText(name, { exact: true }).first().click();
  await page.waitForFunction(
    'Array.from(document.images).some((image) => image.complete && image.naturalWidth >= 800)',
  );
  await page.getByText(name, { exact: true }).first().click();
}

need.test('from the failing case to the failing step, its offending access, and the clause that it broke', async () => {
  const { page, trouble } = await openReport(opened, file);
  await page.getByText(failing).first().click();
  await page.getByText('failed: the kernel broke DIRTY-RANGE').first().waitFor();
  await page.getByText('run it again: npx vfio-conformance run').first().waitFor();
  // The step is open already: it failed.
  await page.getByText('Accesses of this step').click();
  const offending = page.getByText(/^> #\d+ .* VFIO_IOMMU_DIRTY_PAGES .* flags GET_BITMAP, iova 0x/m).first();
  await offending.waitFor();
  await page.getByText('DIRTY-RANGE: expected and observed').click();
  await page
    .getByText(/^expected {2}.*\nobserved {2}.* missing: /m)
    .first()
    .waitFor();
  await page.getByText('All accesses').click();
  const table = page.frameLocator('iframe[title="HTML attachment"]');
  await table.getByText('The offending access:').waitFor();
  expect(await table.locator('tr.m').first().innerText()).toContain('VFIO_IOMMU_DIRTY_PAGES');
  await page.getByRole('link', { name: 'DIRTY-RANGE (must)' }).click();
  const clause = page.locator('#vfio-clause');
  await clause.getByText('Bit n of the bitmap stands for the page at iova plus n times pgsize').waitFor();
  await clause.getByText(/^broken, \d+ findings?, outside the suite's list/).waitFor();
  await page.keyboard.press('Escape');
  expect(await clause.isVisible()).toBe(false);
  expect(trouble).toEqual([]);
});

need.test('pictures of a failing case and of a passing one', async () => {
  const pictures: readonly (readonly [string, readonly string[]])[] = [
    [failing, ['Dirty bitmap']],
    [
      'A running device is migrated live',
      ['device_state over time', 'The migration: phases and downtime', 'pending_bytes over the save'],
    ],
  ];
  for (const [title, names] of pictures) {
    const { page, trouble } = await openReport(opened, file);
    // Families in which all passed are folded.
    if (title !== failing)
      for (const group of ['transitions', 'TRANS-RUN-PRE'])
        await page.getByTestId('tree-section-title').getByText(group, { exact: true }).click();
    await page.getByText(title).first().click();
    for (const name of names) await pictureBelow(page, name);
    expect(trouble).toEqual([]);
  }
});

need.test('the night that changed is pointed at, and the case knows its own history, light and dark', async () => {
  for (const scheme of ['light', 'dark'] as const) {
    const { page, trouble } = await openReport(opened, file, scheme);
    await page.getByText('Global Attachments').first().click();
    await page.getByText('Transition grid').first().waitFor();
    await pictureBelow(page, 'Trends over nights');
    await page.getByText('Results').first().click();
    await page.getByText(failing).first().click();
    await page
      .getByText(/^History\s*1$/)
      .first()
      .click();
    await page
      .getByText(/^\d+\/\d+\/\d{4} at \d+:/)
      .first()
      .waitFor();
    expect(trouble).toEqual([]);
  }
});
