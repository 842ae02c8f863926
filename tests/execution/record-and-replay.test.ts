/** A run that was recorded comes out the same when nothing but the recording answers; one that departs says where. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import type { CaseResult } from '../../runner/execution/case-result';
import { Replay } from '../../runner/execution/replay';
import { RECORDING_PARTS, type RunPlan } from '../../runner/execution/run-plan';
import { Workbench } from '../../runner/execution/workbench';
import type { RecordingHead } from '../../runner/host/recording/format';
import { endedBy, packRecording } from '../../runner/host/recording/recording-file';
import { loadScenario, PACKAGE_ROOT } from '../../runner/language';
import { yamlFilesUnder } from '../../runner/language/glob';
import type { Case } from '../../runner/language/scenario';
import { caseOf, casesOf, planFor } from '../support/plans';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-recording-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

interface Recorded {
  readonly file: string;
  readonly results: readonly CaseResult[];
}

function head(device: string): RecordingHead {
  const recordedAt = '2026-06-01T00:00:00.000Z';
  return { recording: 1, kitVersion: '0.1.0', recordedAt, device, seed: 1, allow: [], targets: [], filtered: false };
}

async function record(device: string, cases: readonly Case[], options: Partial<RunPlan> = {}): Promise<Recorded> {
  const file = path.join(folder, 'run.rec');
  const plan: RunPlan = { ...planFor(device), folder, record: file, ...options };
  const workbench = new Workbench(plan, { device, host: 'local' }, { hang: 'virtual' });
  const results: CaseResult[] = [];
  expect(await workbench.probe()).toMatchObject({ ok: true });
  for (const case_ of cases) results.push(await workbench.run(case_, []));
  const profile = workbench.profile?.file;
  packRecording(
    file,
    {
      ...head(device),
      seed: plan.seed,
      ...(profile ? { profile: { name: path.basename(profile), text: fs.readFileSync(profile, 'utf8') } } : {}),
    },
    path.join(folder, RECORDING_PARTS),
  );
  return { file, results };
}

function replaying(file: string): Workbench {
  const device = `replay:${file}`;
  return new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual' });
}

async function replay(file: string, cases: readonly Case[]): Promise<readonly CaseResult[]> {
  const workbench = replaying(file);
  const results: CaseResult[] = [];
  expect(await workbench.probe()).toMatchObject({ ok: true });
  for (const case_ of cases) results.push(await workbench.run(case_, []));
  return results;
}

/** All of a result but what the clock on the wall, the device's name and the profile's place put into it. */
function told({ device: _device, startedAt: _startedAt, ...rest }: CaseResult): string {
  return JSON.stringify(rest).replaceAll(
    /"file":"[^"]*\/devices\/([\w.-]+)"|"file":"([\w.-]+) in [^"]*"/g,
    '"file":"$1$2"',
  );
}

function expectSame(again: readonly CaseResult[], results: readonly CaseResult[]): void {
  expect(again.length).toBe(results.length);
  for (const [index, result] of results.entries()) {
    const replayed = again[index];
    const [one, other] = [told(result), replayed ? told(replayed) : ''];
    // The whole of both would be megabytes: what is around the first difference tells as much.
    const at = [...one].findIndex((character, place) => character !== other[place]);
    const around = (text: string): string =>
      at < 0 && one.length === other.length ? '' : text.slice(Math.max(0, at - 300), at + 100);
    expect(`${result.id} ${around(other)}`).toBe(`${result.id} ${around(one)}`);
  }
}

/** One case of every scenario of the kit. */
function everyScenario(): readonly Case[] {
  const files = yamlFilesUnder(path.join(PACKAGE_ROOT, 'scenarios')).filter(
    (file) => !/scenarios\/[^/]+$/.test(file) && !/\/(qemu|shared)\//.test(file),
  );
  return files.flatMap((file) => {
    const loaded = loadScenario(file);
    if (!loaded.ok) throw new Error(`${file} is not valid`);
    return loaded.value.cases.slice(0, 1);
  });
}

const SAVES = `scenario: It is saved
clauses: [SAVE-REGARDLESS]
needs: [migration-v1]
steps:
  - transition: stop-and-copy
  - save: whole
  - transition: stop
`;

describe('the same again', () => {
  test.each<[string, RegExp]>([
    ['reference', /./],
    ['reference:zpci', /^(zpci|dirty-pages|device-info)/],
    ['reference:pci,be,layout=partitioned', /^(saving|resuming)/],
    ['reference:ccw,layout=mmapped', /^(saving|unmap)/],
  ])(
    'every scenario on %s',
    async (device, which) => {
      const cases = everyScenario().filter((case_) => which.test(case_.id));
      expect(cases.length).toBeGreaterThan(20);
      const { file, results } = await record(device, cases);
      const again = await replay(file, cases);
      expectSame(again, results);
      expect(new Set(again.map((result) => result.device))).toEqual(new Set([`replay:${file}`]));
    },
    120_000,
  );

  test.each([
    'save-loses-scratch',
    'hang-on-pending-read',
    'sigbus-mmap-last-page',
  ])('what the fault %s shows', async (fault) => {
    const layout = fault.startsWith('sigbus') ? ',layout=mmapped' : '';
    const device = `reference:pci${layout}+${fault}`;
    const cases = everyScenario().filter((case_) => /^(saving|transitions)/.test(case_.id));
    const { file, results } = await record(device, cases);
    expect(results.some((result) => result.status === 'failed')).toBe(true);
    expectSame(await replay(file, cases), results);
  }, 60_000);

  test('another seed is taken from the recording', async () => {
    const cases = [caseOf(SAVES)];
    const { file, results } = await record('reference', cases, { seed: 77 });
    expectSame(await replay(file, cases), results);
  });

  test('a case that was run several times, in the order of its runs', async () => {
    const yaml = SAVES.replace('  - save: whole\n', '  - wait: 3ms\n  - save: whole\n');
    const cases = [caseOf(yaml), caseOf(yaml)];
    const { file, results } = await record('reference', cases);
    expectSame(await replay(file, cases), results);
  });
});

describe('departing', () => {
  test('another step: at its first access', async () => {
    const { file } = await record('reference', [caseOf(SAVES)]);
    const [result] = await replay(file, [caseOf(SAVES.replace('stop-and-copy', 'pre-copy'))]);
    expect(result).toMatchObject({ status: 'broken', findings: [] });
    expect(result?.reason).toMatch(
      /^the run departs from the recording at access \d+: the run makes pwrite of 4 bytes at 0x90000000000: 03 00 00 00; recorded was pwrite of 4 bytes at 0x90000000000: 02 00 00 00$/,
    );
    const at = Number(/access (\d+)/.exec(result?.reason ?? '')?.[1]);
    expect(result?.accesses.find((row) => row.call === 'pwrite')).toMatchObject({ sequence: at });
  });

  test('a longer run: where the recorded one had ended', async () => {
    const { file } = await record('reference', [caseOf(SAVES.replace('  - transition: stop\n', ''))]);
    const [result] = await replay(file, [caseOf(SAVES)]);
    expect(result?.status).toBe('broken');
    expect(result?.reason).toMatch(/^the run departs from the recording at access \d+: /);
  });

  test('a case that is not in it', async () => {
    const { file } = await record('reference', [caseOf(SAVES)]);
    const [, other] = casesOf(SAVES.replace('steps:', 'matrix: {x: [a, b]}\nsteps:'));
    const [result] = other ? await replay(file, [other]) : [];
    expect(result).toMatchObject({ status: 'broken', reason: expect.stringMatching(/ is not in the recording$/) });
  });

  test('another kit says so', async () => {
    const { file } = await record('reference', [caseOf(SAVES)]);
    const bytes = fs.readFileSync(file);
    const line = bytes.subarray(0, bytes.indexOf(10)).toString().replace('"0.1.0"', '"0.0.9"');
    fs.writeFileSync(file, Buffer.concat([Buffer.from(line), bytes.subarray(bytes.indexOf(10))]));
    const [result] = await replay(file, [caseOf(SAVES.replace('stop-and-copy', 'pre-copy'))]);
    expect(result?.reason).toMatch(/\(it was made with version 0\.0\.9, this is 0\.1\.0\)$/);
  });
});

describe('a process that ended while it recorded', () => {
  /** The part of a run that was ended in its n-th call. */
  async function endedIn(signal: string | undefined, yaml = SAVES): Promise<CaseResult | undefined> {
    const case_ = caseOf(yaml);
    const file = path.join(folder, 'run.rec');
    const parts = path.join(folder, RECORDING_PARTS);
    const plan: RunPlan = { ...planFor('reference'), folder, record: file };
    await new Workbench(plan, { device: 'reference', host: 'local' }, { hang: 'virtual' }).run(case_, []);
    const [name = ''] = fs.readdirSync(parts);
    const lines = fs.readFileSync(path.join(parts, name), 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('"call":"pwrite"'));
    fs.writeFileSync(path.join(parts, name), `${lines.slice(0, at + 1).join('\n')}\n{"half a li`);
    if (signal !== undefined) endedBy(parts, process.pid, signal);
    packRecording(file, head('reference'), parts);
    const workbench = replaying(file);
    return workbench.run(case_, []);
  }

  test('by its parent, because the call did not return', async () => {
    const result = await endedIn('SIGKILL');
    expect(result).toMatchObject({ status: 'failed' });
    expect(result?.findings).toEqual([
      expect.objectContaining({
        clause: 'DEV-RESPONDS',
        observed: expect.stringMatching(/^pwrite of 4 bytes at 0x9.* does not return$/),
      }),
    ]);
  });

  test('by a signal of its own', async () => {
    const result = await endedIn('SIGBUS');
    expect(result?.findings).toEqual([
      expect.objectContaining({ clause: 'DEV-RESPONDS', observed: expect.stringMatching(/^SIGBUS at byte/) }),
    ]);
  });

  test('nobody knows why: nothing is held against the device', async () => {
    const result = await endedIn(undefined);
    expect(result).toMatchObject({ status: 'broken', findings: [] });
    expect(result?.reason).toMatch(/it was cut short$/);
  });
});

describe('a recording is not to be trusted', () => {
  const recorded = async (): Promise<Buffer> => fs.readFileSync((await record('reference', [caseOf(SAVES)])).file);

  /** The file with its lines and its unpacked parts changed. */
  function changed(bytes: Buffer, change: (text: string, part: number) => string): Buffer {
    const source = path.join(folder, 'source.rec');
    fs.writeFileSync(source, bytes);
    const { recording } = Replay.open(source);
    const out = [bytes.subarray(0, bytes.indexOf(10) + 1)];
    for (const [index, { position, ...part }] of recording.parts.entries()) {
      const text = zlib.gunzipSync(bytes.subarray(position, position + part.stored)).toString();
      const made = Buffer.from(change(text, index));
      const packed = zlib.gzipSync(made);
      out.push(Buffer.from(`${JSON.stringify({ ...part, stored: packed.length, unpacked: made.length })}\n`), packed);
    }
    return Buffer.concat(out);
  }

  async function outcome(bytes: Buffer): Promise<string> {
    const file = path.join(folder, 'changed.rec');
    fs.writeFileSync(file, bytes);
    let workbench: Workbench;
    try {
      workbench = replaying(file);
    } catch (error) {
      if (error instanceof Error && /^(RecordingError|LanguageError)$/.test(error.name))
        return `refused: ${error.message}`;
      throw error;
    }
    await workbench.probe();
    const result = await workbench.run(caseOf(SAVES), []);
    if (/\n\s+at /.test(result.reason ?? '')) throw new Error(`a stack trace: ${result.reason}`);
    return `${result.status}: ${result.reason ?? ''}`;
  }

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['empty', () => Buffer.alloc(0), /^refused: .* is no recording: the first line does not end$/],
    ['another file', () => Buffer.from('scenario: S\nsteps: []\n'), /^refused: .*: the first line is no JSON$/],
    [
      'another version',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('"recording":1', '"recording":2'), 'latin1'),
      /^refused: .*the first line is not as it should be: \/recording/,
    ],
    ['cut in a part', (bytes) => bytes.subarray(0, bytes.length - 100), /^refused: .*part 2 is cut short$/],
    [
      'cut in a line',
      (bytes) => bytes.subarray(0, bytes.lastIndexOf('{"case"') + 20),
      /^refused: .*the line before part 2 does not end$/,
    ],
    [
      'more unpacked than said',
      (bytes) =>
        Buffer.from(bytes.toString('latin1').replace(/"unpacked":\d+\}(?!.*"unpacked")/s, '"unpacked":9}'), 'latin1'),
      /cannot be unpacked$/,
    ],
  ])('%s', async (_name, change, expected) => {
    expect(await outcome(change(await recorded()))).toMatch(expected);
  });

  test.each<[string, (line: string) => string, RegExp]>([
    [
      'no answer where one is needed',
      (line) => line.replace(/^\{"result":\d+/, '{"ready":[1]'),
      /the recording cannot be used: /,
    ],
    [
      'more bytes than were asked for',
      (line) => line.replace(/^\{"result":8,"data":"[^"]*"/, '{"result":9000,"data":""'),
      /bytes were read where/,
    ],
    [
      'fewer bytes than were read',
      (line) => line.replace(/^\{"result":8,"data":"[^"]*"/, '{"result":8,"data":""'),
      /it holds 0 bytes where there were 8/,
    ],
    ['bytes that never were', (line) => line.replace(/"data":"[^"]{60,}"/, '"data":4711'), /repeats bytes 4711/],
    ['no such call', (line) => line.replace('"call":"pwrite"', '"call":"exec"'), /is not as it should be/],
    ['an unknown key', (line) => line.replace(/^\{"result":0\}/, '{"result":0,"run":"rm"}'), /is not as it should be/],
    ['no JSON', (line) => line.replace('"call":"pwrite"', 'call'), /is no JSON$/],
    ['a fraction', (line) => line.replace(/^\{"result":4,/, '{"result":4.5,'), /is not as it should be/],
  ])('%s in the accesses', async (_name, change, expected) => {
    const bytes = changed(await recorded(), (text, part) =>
      part === 0 ? text : text.split('\n').map(change).join('\n'),
    );
    expect(await outcome(bytes)).toMatch(/^broken: /);
    expect(await outcome(bytes)).toMatch(expected);
  });

  test('nothing that is changed at random crashes it', async () => {
    const bytes = await recorded();
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const kinds = new Set<string>();
    for (let round = 0; round < 150; round += 1) {
      const made = changed(bytes, (text) => {
        const at = random(text.length);
        const length = random(3) === 0 ? random(200) : 1;
        const with_ = ['', '0', '-', '9999999999', '"', 'null', '{}', '[', '\n', '\u0000'][random(10)] ?? '';
        return text.slice(0, at) + with_ + text.slice(at + length);
      });
      kinds.add((await outcome(made)).split(':', 1)[0] ?? '');
      const raw = Buffer.from(bytes);
      for (let n = 0; n < 4; n += 1) raw[random(raw.length)] = random(256);
      kinds.add((await outcome(raw)).split(':', 1)[0] ?? '');
    }
    expect([...kinds].sort()).toEqual(expect.arrayContaining(['broken', 'passed', 'refused']));
  }, 60_000);
});
