/** Certificates of real runs on the reference device, as a person makes and checks them. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CertificateFile } from '../../reports/certificate/schema';
import { contentsOf } from '../../runner/commands/certifying/contents';
import { redacted } from '../../runner/commands/certifying/redact';
import { judgeStoredRun, readStoredRun } from '../../runner/commands/running/stored-run';
import { cli, removeWorkFolders, workFolder } from './support/cli';
import { PROJECT } from './support/scenarios';

afterAll(removeWorkFolders);
jest.setTimeout(120_000);

/** Keys as openssl makes them. */
function keys(cwd: string, name: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(path.join(cwd, `${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(path.join(cwd, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
}

/** A run of the small project, with its certificate not made yet. */
function ran(device: string, more: readonly string[] = []): { cwd: string; code: number | null } {
  const cwd = workFolder(PROJECT);
  const { code } = cli(['run', 'both', '-d', device, '--no-report', '--out', 'run', ...more], { cwd });
  return { cwd, code };
}

function certificateOf(cwd: string): CertificateFile {
  return JSON.parse(readFileSync(path.join(cwd, 'run/certificate.json'), 'utf8')) as CertificateFile;
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

test('a conformant run: both files, signed, verified, and a changed byte is told', () => {
  const { cwd, code } = ran('reference');
  expect(code).toBe(0);
  keys(cwd, 'mine');
  keys(cwd, 'other');
  const made = cli(['certificate', 'run', '--sign', 'mine.pem'], { cwd });
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(
    /^verdict: conformant\nrun\/certificate\.html\nrun\/certificate\.json\nsigned with the key [0-9a-f]{64}\n$/,
  );
  expect(certificateOf(cwd)).toMatchObject({
    verdict: 'conformant',
    results: { cases: 3 },
    devices: [
      { device: 'reference', cases: { passed: 3, expected: 3 }, clauses: [{ verdict: 'kept' }, { verdict: 'kept' }] },
    ],
  });
  const verify = (...words: string[]) => cli(['certificate', 'verify', ...words], { cwd });
  expect(verify('run', '--key', 'mine.pub')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^run\/certificate\.json: as it was made, verdict conformant, signed with the key of --key.*\nrun\/certificate\.html: as it was made, signed/,
    ),
  });
  expect(verify('run/certificate.html').code).toBe(0);
  expect(verify('run', '--key', 'other.pub')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('certificate.json: NOT VALID: it is signed with another key'),
  });
  // Anybody can check the signature with openssl.
  const { seal } = certificateOf(cwd);
  writeFileSync(path.join(cwd, 'line'), `vfio-conformance certificate sha256:${seal.digest}\n`);
  writeFileSync(path.join(cwd, 'signature'), Buffer.from(seal.signature?.value ?? '', 'base64'));
  const openssl = [
    'pkeyutl',
    '-verify',
    '-pubin',
    '-inkey',
    'mine.pub',
    '-rawin',
    '-in',
    'line',
    '-sigfile',
    'signature',
  ];
  expect(execFileSync('openssl', openssl, { cwd, encoding: 'utf8' })).toContain('Signature Verified Successfully');

  edit(path.join(cwd, 'run/certificate.html'), 'Every must clause', 'Every must Clause');
  expect(verify('run')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('certificate.html: NOT VALID: it was changed after it was made'),
  });
  edit(path.join(cwd, 'run/certificate.json'), '"passed": 3', '"passed": 4');
  expect(verify('run/certificate.json').code).toBe(1);
});

test('the page belongs to its own certificate.json, and both to their results', () => {
  const { cwd } = ran('reference');
  cli(['certificate', 'run'], { cwd });
  const page = readFileSync(path.join(cwd, 'run/certificate.html'));
  cli(['certificate', 'run'], { cwd });
  writeFileSync(path.join(cwd, 'run/certificate.html'), page);
  edit(path.join(cwd, 'run/results.jsonl'), '"status":"passed"', '"status":"failed"');
  expect(cli(['certificate', 'verify', 'run'], { cwd })).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /certificate\.html: NOT VALID: it was made with another certificate\.json\n.*results\.jsonl: NOT VALID: /,
    ),
  });
});

test('a run that was changed afterwards is not certified', () => {
  const { cwd, code } = ran('reference+running-to-stop-refused');
  expect(code).toBe(1);
  const file = path.join(cwd, 'run/results.jsonl');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, before.replaceAll('"verdict":"broken"', '"verdict":"reported"'));
  expect(cli(['certificate', 'run'], { cwd })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('run was changed after the run: its results are not those that it ended with'),
  });
  writeFileSync(file, before);
  edit(path.join(cwd, 'run/run.json'), '"verdict": "non-conformant"', '"verdict": "conformant"');
  expect(cli(['certificate', 'run'], { cwd })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('its results bear the verdict non-conformant, and it ended with conformant'),
  });
});

test('a broken clause, with what was seen; the exit code is the verdict', () => {
  const { cwd } = ran('reference+running-to-stop-refused');
  expect(cli(['certificate', 'run'], { cwd }).code).toBe(1);
  expect(certificateOf(cwd)).toMatchObject({
    verdict: 'non-conformant',
    reasons: ['TRANS-RUN-STOP is broken (driver)'],
    devices: [{ findings: [{ clause: 'TRANS-RUN-STOP', verdict: 'broken', case: 'stops#to=stop', times: 1 }] }],
  });
});

test('a part of a suite, and a run that was killed, are incomplete', () => {
  const { cwd } = ran('reference', ['--case', 'runs']);
  expect(cli(['certificate', 'run'], { cwd }).code).toBe(3);
  expect(certificateOf(cwd)).toMatchObject({ verdict: 'incomplete', run: { filtered: true } });
  expect(readFileSync(path.join(cwd, 'run/certificate.html'), 'utf8')).toContain('<span>INCOMPLETE</span>');

  const killed = ran('reference').cwd;
  const file = path.join(killed, 'run/run.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...record, finished: false, verdict: 'incomplete' }));
  // Every case has its result: even so nothing but the run itself can say that it came to its end.
  expect(cli(['certificate', 'run'], { cwd: killed }).code).toBe(3);
  expect(certificateOf(killed)).toMatchObject({
    verdict: 'incomplete',
    reasons: ['the run did not come to its end'],
    run: { endedAt: null },
  });
});

test('waivers stand with their reasons, used or not', () => {
  const cwd = workFolder({
    ...PROJECT,
    'p.yaml':
      'device: With an erratum\nmatch: {reference: pci}\nwaivers:\n  - {clause: TRANS-RUN-STOP, reason: erratum 12, until: 2999-01-01}\n  - {clause: SAVE-ACK, reason: erratum 13, until: 2999-01-01}\n  - {clause: SAVE-DRAIN, reason: erratum 14, until: 2020-01-01}\n',
  });
  const words = [
    'run',
    'both',
    '-d',
    'reference+running-to-stop-refused',
    '--profile',
    'p.yaml',
    '--no-report',
    '--out',
    'run',
  ];
  expect(cli(words, { cwd }).code).toBe(0);
  // What the profile says later does not change a verdict that was given.
  writeFileSync(path.join(cwd, 'p.yaml'), 'device: Without\nmatch: {reference: pci}\n');
  expect(cli(['certificate', 'run'], { cwd }).code).toBe(0);
  expect(certificateOf(cwd)).toMatchObject({
    verdict: 'conformant',
    waived: 1,
    devices: [
      {
        waivers: [
          { clause: 'TRANS-RUN-STOP', reason: 'erratum 12', until: '2999-01-01', state: 'used' },
          { clause: 'SAVE-ACK', state: 'not-needed' },
          { clause: 'SAVE-DRAIN', state: 'expired' },
        ],
      },
    ],
  });
});

test('--redact leaves out who and where, and nothing of the verdict', () => {
  const { cwd } = ran('reference');
  const stored = readStoredRun(path.join(cwd, 'run'));
  const [description] = stored.descriptions;
  const [first] = stored.results;
  if (!description || !first) throw new Error('the run left nothing');
  const observed = `host labbox.example says /home/alice/x.bin serial number: SN12345 of ${os.hostname()}, labbox, and 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001`;
  const run: typeof stored = {
    ...stored,
    plan: { ...stored.plan, devices: [{ device: 'reference', host: 'ssh:alice@labbox.example' }] },
    descriptions: [{ ...description, host: { ...description.host, kind: 'agent', name: 'labbox.example' } }],
    results: [
      {
        ...first,
        findings: [
          {
            ...position(first),
            clause: 'TRANS-RUN-STOP',
            verdict: 'warned',
            level: 'must',
            who: 'driver',
            expected: '',
            observed,
          },
        ],
      },
      ...stored.results.slice(1),
    ],
  };
  const whole = contentsOf(run, judgeStoredRun(run), new Date());
  expect(JSON.stringify(whole)).toContain('labbox.example');
  const left = redacted(whole, run);
  const text = JSON.stringify(left);
  for (const name of ['labbox', 'alice', 'SN12345', '83b8f4f2', '/home', ` of ${os.hostname()},`])
    expect(text).not.toContain(name);
  expect(text).toContain('x.bin');
  expect(left.redacted).toContain('host names');
  expect(left.verdict).toBe(whole.verdict);
  expect(left.results).toEqual(whole.results);
  expect(left.devices[0]?.clauses).toEqual(whole.devices[0]?.clauses);
  expect(cli(['certificate', 'run', '--redact'], { cwd }).code).toBe(0);
  expect(cli(['certificate', 'verify', 'run'], { cwd }).code).toBe(0);
});

function position(result: { file: string; line: number; column: number; scenario: string; id: string }) {
  const { file, line, column, scenario, id } = result;
  return { file, line, column, scenario, case: id, step: 'step 1', accesses: [] };
}

test('wrong usage is exit 2, with what to do', () => {
  const { cwd } = ran('reference');
  writeFileSync(path.join(cwd, 'bad.pem'), 'nonsense');
  for (const [words, told] of [
    [['certificate'], 'say which run'],
    [['certificate', 'run', '--sign', 'bad.pem'], 'bad.pem: it is not a private key in PEM'],
    [['certificate', 'verify', 'nowhere'], 'there is no nowhere'],
    [['certificate', 'verify', 'run'], 'there is no certificate in run'],
  ] as const)
    expect(cli(words, { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining(told) });
});
