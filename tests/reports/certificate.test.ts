/** The certificate's seal, page and schema. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Ajv from 'ajv';
import { type Browser, chromium } from 'playwright-core';
import {
  type CertificateContents,
  certificatePage,
  checkSeal,
  fingerprintOf,
  HTML_CARRIER,
  JSON_CARRIER,
  privateKeyFrom,
  publicKeyFrom,
  sealed,
} from '../../reports/certificate';
import { certificateTexts } from '../../runner/commands/certifying/make';
import { PACKAGE_ROOT } from '../../runner/language';
import { browser, requirement } from '../support/requirements';

const HASH = 'a'.repeat(64);
const EVIL = '<script>document.title="caught"</script>"\'& \u202e <img src=x onerror=alert(1)>';

/** A certificate in which every text that a device or a file can say is as bad as it can be. */
function contents(changes: Partial<CertificateContents> = {}): CertificateContents {
  return {
    schemaVersion: 1,
    kind: 'vfio-conformance certificate',
    verdict: 'incomplete',
    waived: 1,
    reasons: [EVIL, 'SAVE-ACK was not judged: no fingerprint'],
    issuedAt: '2026-01-02T03:04:05.000Z',
    kit: { name: 'vfio-conformance', version: '0.1.0', catalogue: HASH, node: 'v20.9.0' },
    run: {
      suite: EVIL,
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: null,
      resumedAt: ['2026-01-02T03:05:05.000Z'],
      seed: 1,
      repeat: 1,
      strict: true,
      grade: 'text',
      filtered: true,
    },
    results: { sha256: HASH, cases: 3 },
    redacted: ['host names'],
    devices: [
      {
        device: EVIL,
        verdict: 'incomplete',
        waived: 1,
        reasons: [EVIL],
        identity: { driver: EVIL, name: EVIL },
        host: { host: EVIL, kernel: EVIL },
        shows: [EVIL],
        assumptions: { arch: EVIL },
        cases: { passed: 1, failed: 1, broken: 0, skipped: 1, expected: 4 },
        clauses: [
          {
            id: 'SAVE-DRAIN',
            family: EVIL,
            text: EVIL,
            lines: ['1'],
            level: 'must',
            who: 'driver',
            verdict: 'waived',
            reason: EVIL,
            cases: 1,
            findings: 1,
          },
        ],
        findings: [
          { clause: 'SAVE-DRAIN', verdict: 'waived', case: EVIL, step: EVIL, expected: EVIL, observed: EVIL, times: 2 },
        ],
        waivers: [{ clause: 'SAVE-DRAIN', reason: EVIL, until: '2027-01-01', state: 'used' }],
        notJudged: [{ reason: EVIL, clauses: ['SAVE-ACK'] }],
        notApplicable: [{ reason: EVIL, clauses: ['ZPCI-BASE'] }],
        figures: [{ name: EVIL, unit: 'ms', count: 1, least: 1, median: 1, most: 1 }],
      },
    ],
    ...changes,
  };
}

const { privateKey } = generateKeyPairSync('ed25519');

describe.each([
  ['json', JSON_CARRIER],
  ['html', HTML_CARRIER],
] as const)('the seal of %s', (kind, carrier) => {
  test.each([
    ['signed', privateKey],
    ['not signed', undefined],
  ] as const)('%s: every changed byte is detected, and every missing and every added one', (_what, key) => {
    const file = Buffer.from(certificateTexts(contents(), key)[kind]);
    const whole = checkSeal(file, carrier);
    expect(whole.ok).toBe(true);
    if (whole.ok) expect(whole.signedBy && fingerprintOf(whole.signedBy)).toBe(key && fingerprintOf(key));
    // The seal byte by byte, what it covers here and there.
    const places = new Set<number>();
    for (let at = file.lastIndexOf(carrier.before) - 40; at < file.length; at += 1) places.add(at);
    for (let at = 0; at < file.length; at += 97) places.add(at);
    for (const at of places)
      for (const bit of [0x01, 0x20]) {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ bit;
        if (checkSeal(changed, carrier).ok) throw new Error(`byte ${at} was changed (${bit}), and nobody saw`);
      }
    expect(checkSeal(file.subarray(0, -1), carrier).ok).toBe(false);
    expect(checkSeal(Buffer.concat([file, Buffer.from('\n')]), carrier).ok).toBe(false);
    expect(checkSeal(Buffer.concat([Buffer.from(' '), file]), carrier).ok).toBe(false);
    expect(checkSeal(Buffer.alloc(0), carrier).ok).toBe(false);
  });
});

test('a signature by another key is another signature', () => {
  const other = generateKeyPairSync('ed25519').privateKey;
  const mine = sealed('{\n  "a": 1', JSON_CARRIER, privateKey);
  const theirs = sealed('{\n  "a": 1', JSON_CARRIER, other);
  const signature = (text: string): string =>
    (JSON.parse(text) as { seal: { signature: { value: string } } }).seal.signature.value;
  const forged = mine.replace(signature(mine), signature(theirs));
  expect(checkSeal(Buffer.from(forged), JSON_CARRIER)).toEqual({
    ok: false,
    message: 'its signature is not that of the key that it names',
  });
});

test('keys that cannot be used are told as what they are', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  expect(() => privateKeyFrom(String(rsa))).toThrow('it is a key for rsa; an Ed25519 key is wanted');
  expect(() => privateKeyFrom('nonsense')).toThrow('it is not a private key in PEM');
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  expect(() => privateKeyFrom(String(locked))).toThrow('the key is encrypted');
  expect(() => publicKeyFrom('nonsense')).toThrow('it is not a public key in PEM');
});

test('what is written fits the published schema, and the schema lets nothing else pass', () => {
  const file = path.join(PACKAGE_ROOT, 'schemas/certificate.schema.json');
  const validate = new Ajv().compile(JSON.parse(readFileSync(file, 'utf8')) as object);
  const written = JSON.parse(certificateTexts(contents(), privateKey).json) as Record<string, unknown>;
  expect(validate(written) ? [] : validate.errors).toEqual([]);
  expect(validate({ ...written, verdict: 'fine' })).toBe(false);
  expect(validate({ ...written, more: 1 })).toBe(false);
  expect(validate({ ...written, devices: [] })).toBe(false);
});

test('the page says incomplete across it, and only an incomplete one does', () => {
  const page = (verdict: CertificateContents['verdict']): string =>
    certificatePage({ contents: contents({ verdict }), jsonDigest: HASH });
  expect(page('incomplete')).toContain('<span>INCOMPLETE</span>');
  expect(page('incomplete')).not.toMatch(/<strong>Conformant/);
  for (const verdict of ['conformant', 'non-conformant'] as const) expect(page(verdict)).not.toContain('INCOMPLETE');
});

test('nothing that a device or a file says is HTML', () => {
  const page = certificatePage({ contents: contents(), jsonDigest: HASH });
  expect(page).not.toMatch(/<(?:script|img)\b/);
  expect(page).not.toContain('\u202e');
  expect(page).toContain('&lt;script&gt;document.title=&quot;caught&quot;&lt;/script&gt;');
});

describe('in a browser', () => {
  const need = requirement('chromium');
  let opened: Browser | undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'vfio-conformance-certificate-'));
  beforeAll(async () => {
    const executablePath = browser();
    if (executablePath === undefined) return;
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    opened = await chromium.launch({ executablePath, args });
  }, 120_000);
  afterAll(async () => {
    await opened?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  need.test(
    'it opens from disk in light and dark and prints, with no request and no complaint',
    async () => {
      if (!opened) throw new Error('no browser');
      const file = path.join(folder, 'certificate.html');
      writeFileSync(file, certificateTexts(contents(), privateKey).html);
      const own = pathToFileURL(file).href;
      const trouble: string[] = [];
      const papers: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await (await opened.newContext({ offline: true, colorScheme })).newPage();
        page.on('request', (request) => {
          if (request.url() !== own) trouble.push(`request ${request.url()}`);
        });
        page.on('console', (message) => trouble.push(`console ${message.text()}`));
        page.on('pageerror', (error) => trouble.push(`error ${error.message}`));
        page.on('dialog', (dialog) => trouble.push(`dialog ${dialog.message()}`));
        await page.goto(own);
        expect(await page.title()).toContain('Certificate: ');
        await page.getByText('Incomplete', { exact: true }).waitFor();
        await page.getByText('INCOMPLETE', { exact: true }).waitFor();
        // A long word must not push the page wider than it is.
        expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
        papers.push(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
        const pdf = await page.pdf({ preferCSSPageSize: true });
        expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
        // A4 in points.
        expect(pdf.toString('latin1')).toMatch(/\/MediaBox \[0 0 59[45](?:\.\d+)? 84[12](?:\.\d+)?\]/);
      }
      expect(papers).toEqual(['rgb(255, 255, 255)', 'rgb(23, 29, 37)']);
      expect(trouble).toEqual([]);
    },
    120_000,
  );
});
