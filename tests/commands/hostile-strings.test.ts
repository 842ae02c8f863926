/** Text of others, end to end: what steers a terminal or is markup reaches no terminal, no HTML and no XML as it is. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { ebcdicToText } from '../../runner/abi/ebcdic';
import { inspectText } from '../../runner/commands/inspection/text';
import { colorsFor } from '../../runner/commands/support/terminal';
import { openReport } from '../reports/support/open-report';
import { browser, requirement } from '../support/requirements';
import { type Answer, cli, removeWorkFolders, workFolder } from './support/cli';

afterAll(removeWorkFolders);
const need = requirement('chromium');

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const ESCAPES = '\\e[2J\\e]0;owned\\a\\u009b31m\\u202e';
const FILE = 'a\x1b[2Jb<img src=x onerror=alert(1)>.yaml';
const SCENARIO = `scenario: "${ESCAPES}${MARKUP}"
clauses: [TRANS-RUN-STOP]
needs: [migration-v1]
steps:
  - note: "${ESCAPES}${MARKUP}"
  - transition: stop
`;
const PROFILE = `device: "${ESCAPES}${MARKUP}"
match: {pci: "1234:11e8"}
waivers: [{clause: SAVE-READ, reason: "${ESCAPES}${MARKUP}", until: 2099-01-01}]
`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const HOSTILE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/u;

function expectTame({ stdout, stderr }: Answer): void {
  expect(HOSTILE.exec(stdout)).toBeNull();
  expect(HOSTILE.exec(stderr)).toBeNull();
}

/** Everything below a folder that a browser or a reader of XML opens. */
function pages(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(html|xml|svg)$/.test(name))
    .map((name) => path.join(folder, name));
}

describe('a scenario, a file name and a profile', () => {
  const cwd = workFolder({ [FILE]: SCENARIO, 'profile.yaml': PROFILE });
  let ran: Answer;
  beforeAll(() => {
    const words = ['-d', 'reference+running-to-stop-refused', '--profile', 'profile.yaml', '--out', 'out', '--trace'];
    ran = cli(['run', FILE, ...words, '--junit', 'junit.xml', '--report'], { cwd });
  }, 60_000);

  test('the run fails as it should, and steers no terminal', () => {
    expect([ran.code, ran.stderr.includes('error:')]).toEqual([1, false]);
    expect(ran.stdout).toMatch(/alert\(2\)/);
    expectTame(ran);
  });

  test.each([
    ['lint', [FILE]],
    ['run', [FILE, '-d', 'reference', '--list']],
    ['run', [FILE, '-d', 'reference', '--plan']],
    ['run', [`${FILE}x`, '-d', 'reference']],
    ['run', [FILE, '-d', '\x1b[2J04.0']],
    ['compare', ['out', 'out']],
    ['report', ['out']],
    ['certificate', ['out']],
    ['explain', ['\x1b[2J']],
    ['inspect', ['\x1b]0;x\x07']],
  ])('%s %j steers no terminal', (command, words) => {
    expectTame(cli([command, ...words], { cwd }));
  });

  test('the pages and the XML that came of it hold no markup of theirs, and no control characters', () => {
    const found = pages(cwd);
    expect(found.map((file) => path.basename(file))).toEqual(
      expect.arrayContaining(['report.html', 'junit.xml', 'certificate.html']),
    );
    for (const file of found) {
      const text = readFileSync(file, 'utf8');
      // In XML a section of character data holds markup as what it is: text.
      const markup = text.replaceAll(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
      expect([file, markup.includes('<script>alert(2)'), markup.includes('<img src=x')]).toEqual([file, false, false]);
      // The libraries' own code has escapes in its strings; what is ours comes packed or escaped.
      if (!file.endsWith('report.html')) expect([file, HOSTILE.exec(text)]).toEqual([file, null]);
    }
  });

  need.test(
    'the report, opened in a browser, runs nothing of theirs',
    async () => {
      const executablePath = browser();
      const opened = await chromium.launch({
        ...(executablePath === undefined ? {} : { executablePath }),
        args: ['--no-sandbox'],
      });
      try {
        const { page, trouble } = await openReport(opened, path.join(cwd, 'out', 'report.html'));
        let dialogs = 0;
        page.on('dialog', (dialog) => {
          dialogs += 1;
          void dialog.dismiss();
        });
        await page.getByText('alert(2)').first().click();
        await page.getByText('TRANS-RUN-STOP').first().waitFor();
        // Those that ran before anybody listened would still stand in the page.
        const scripts = await page.evaluate(
          `[...document.scripts].filter((one) => one.text.trim() === 'alert(2)').length`,
        );
        expect(scripts).toBe(0);
        expect([dialogs, trouble, await page.locator('img[src=x]').count()]).toEqual([0, [], 0]);
      } finally {
        await opened.close();
      }
    },
    60_000,
  );
});

test('an EBCDIC string of a device steers no terminal', () => {
  const seen = JSON.parse(cli(['inspect', 'reference:zpci', '--json']).stdout) as Parameters<typeof inspectText>[0];
  // 0x27 is ESC, 0x2f BEL, 0x15 a line break in EBCDIC.
  const hostile = ebcdicToText(Uint8Array.of(0x27, 0xad, 0xf2, 0xd1, 0x2f, 0x15, 0x4c));
  const swapped = JSON.parse(
    JSON.stringify(seen).replaceAll('VFIO REFERENCE', JSON.stringify(`VFIO${hostile}${MARKUP}\x1b[2J`).slice(1, -1)),
  );
  const told = inspectText(swapped, colorsFor(process.stdout));
  expect(told).toContain('alert(2)');
  expect(HOSTILE.exec(told.replaceAll('\n', ''))).toBeNull();
});
