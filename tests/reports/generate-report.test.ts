/** The report of a run, generated and opened from disk in a browser that has no network. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { generateReport } from '../../reports';
import type { RunPlan } from '../../runner/execution/run-plan';
import { writePlan } from '../../runner/jest/plan-file';
import { FIXTURES, freshFolder, testPlan } from '../jest/support/plan';
import { runSuite } from '../jest/support/run-suite';
import { browser, requirement } from '../support/requirements';
import { openReport } from './support/open-report';

jest.setTimeout(120_000);

const devices = [
  { device: 'reference', host: 'local' },
  { device: 'reference:zpci', host: 'local' },
];

/** The report of the stub suite, made once. */
let stubReport: Promise<string> | undefined;
function reportOfStubSuite(): Promise<string> {
  stubReport ??= reportOf({});
  return stubReport;
}

async function reportOf(changes: Partial<RunPlan>): Promise<string> {
  const plan = testPlan(changes);
  await runSuite(plan);
  const file = join(plan.folder, 'deeper/report.html');
  const report = await generateReport(plan.folder, file);
  expect(report).toMatchObject({ file, bytes: statSync(file).size });
  return file;
}

test('one file, and nothing in it that is loaded from elsewhere', async () => {
  const html = readFileSync(await reportOfStubSuite(), 'utf8');
  expect(html).not.toContain('googletagmanager');
  expect(html).toContain("default-src 'none'");
  expect(html.match(/<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?!data:)[^"]*"/g)).toBeNull();
});

test('a folder without results makes no report, and says why', async () => {
  const folder = freshFolder('report');
  const file = join(folder, 'report.html');
  await expect(generateReport(folder, file)).rejects.toThrow(`${folder} holds no run`);
  writePlan(testPlan({ folder }));
  await expect(generateReport(folder, file)).rejects.toThrow('holds no results to report on');
  expect(existsSync(file)).toBe(false);
});

test('an older report stands until the new one is whole', async () => {
  const folder = freshFolder('report');
  const file = join(folder, 'report.html');
  writeFileSync(file, 'old');
  writePlan(testPlan({ folder }));
  await expect(generateReport(folder, file)).rejects.toThrow();
  expect(readFileSync(file, 'utf8')).toBe('old');
});

describe('in a browser', () => {
  const need = requirement('chromium');
  let opened: Browser | undefined;
  beforeAll(async () => {
    const executablePath = browser();
    if (executablePath === undefined) return;
    // A browser refuses to start as root inside its own sandbox, as in many a container.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    opened = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await opened?.close();
  });

  const open = (file: string) => openReport(opened, file);

  need.test('the failing step and the offending access are found, without one request', async () => {
    const { page, trouble } = await open(await reportOfStubSuite());
    for (const [status, count] of [
      ['Failed', 2],
      ['Broken', 1],
      ['Passed', 2],
      ['Skipped', 2],
    ] as const) {
      await page
        .getByText(new RegExp(`^${status}\\s*${count}$`))
        .first()
        .waitFor();
    }
    await page.getByText('Drains what is pending [from=running]').first().click();
    await page.getByText('failed: the driver broke SAVE-DRAIN').first().waitFor();
    await page.getByText('Accesses of this step').click();
    await page
      .getByText(/^> #30 .* data_size /m)
      .first()
      .waitFor();
    await page.getByText('SAVE-DRAIN: expected and observed').click();
    await page
      .getByText(/^expected {2}pending_bytes 0\nobserved {2}pending_bytes 4096 after 64 buffers/m)
      .first()
      .waitFor();
    await page.getByText('All accesses').click();
    await page.frameLocator('iframe[title="HTML attachment"]').getByText('The offending access:').waitFor();
    expect(trouble).toEqual([]);
  });

  need.test('categories tell whose fault it was', async () => {
    const { page, trouble } = await open(await reportOfStubSuite());
    await page.getByText('Categories').first().click();
    for (const name of [
      'The driver broke a clause',
      'The kit or the machine broke',
      'A should clause was not kept',
      'Not judged: something is missing',
      'Not applicable to this device',
    ]) {
      await page.getByText(name).first().waitFor();
    }
    expect(trouble).toEqual([]);
  });

  need.test('several devices are environments, each with its own facts', async () => {
    const { page, trouble } = await open(await reportOf({ devices, targets: [join(FIXTURES, 'second-suite.yaml')] }));
    await page.getByText('reference:zpci', { exact: true }).first().waitFor();
    expect(trouble).toEqual([]);
  });
});
