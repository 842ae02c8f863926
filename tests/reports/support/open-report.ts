/** Opens a report from disk in a browser that has no network, and keeps account of whatever it asks for or complains about. */
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';

export interface OpenReport {
  readonly page: Page;
  /** Requests, console messages and errors; empty for a good page. */
  readonly trouble: readonly string[];
}

export async function openReport(
  browser: Browser | undefined,
  file: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<OpenReport> {
  if (!browser) throw new Error('no browser');
  const context = await browser.newContext({ offline: true, colorScheme, viewport: { width: 1400, height: 1400 } });
  const page = await context.newPage();
  const trouble: string[] = [];
  const own = pathToFileURL(file).href;
  page.on('request', (request) => {
    const url = request.url();
    if (url !== own && !/^(data|blob|about):/.test(url)) trouble.push(`request ${url}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(`console ${message.text()}`);
  });
  page.on('pageerror', (error) => trouble.push(`error ${error.message}`));
  await page.goto(own);
  await page.getByText('Total').first().waitFor();
  return { page, trouble };
}
