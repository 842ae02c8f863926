import { fork } from 'node:child_process';
import fs, { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS_FILE } from '../../runner/execution/run-plan';
import { brokenResult } from '../../runner/jest/broken-file';
import { ResultsLog } from '../../runner/jest/results-log';
import { ResultsTail } from '../../runner/jest/results-tail';
import { freshFolder } from './support/plan';

const result = (id: string, reason = 'because') =>
  brokenResult(
    {
      id,
      title: id,
      scenarioName: id,
      file: '/x.yaml',
      position: { file: '/x.yaml', line: 1, column: 1 },
      matrix: {},
      clauses: [],
      tags: [],
    },
    { device: 'reference', host: 'local' },
    reason,
  );
const lines = (folder: string): string[] => readFileSync(join(folder, RESULTS_FILE), 'utf8').split('\n');

test('every result is one line', () => {
  const folder = freshFolder('log');
  const log = new ResultsLog(folder);
  log.append(result('a', 'two\nlines'));
  log.append(result('b'));
  log.close();
  expect(
    lines(folder)
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).id),
  ).toEqual(['a', 'b']);
});

test('half a line of a killed run does not swallow the next result', () => {
  const folder = freshFolder('log');
  appendFileSync(join(folder, RESULTS_FILE), '{"id":"half');
  const log = new ResultsLog(folder);
  log.append(result('whole'));
  log.close();
  expect(lines(folder)[0]).toBe('{"id":"half');
  expect(JSON.parse(lines(folder)[1] ?? '').id).toBe('whole');
  expect(new ResultsTail(folder, false).read().map(({ id }) => id)).toEqual(['whole']);
});

test('a short write is written again as a whole line', () => {
  const folder = freshFolder('log');
  const log = new ResultsLog(folder);
  const whole = fs.writeSync;
  const spy = jest
    .spyOn(fs, 'writeSync')
    .mockImplementationOnce((fd: number, data: unknown) => whole(fd, (data as Uint8Array).subarray(0, 9)));
  log.append(result('whole'));
  spy.mockRestore();
  log.append(result('next'));
  log.close();
  expect(new ResultsTail(folder, false).read().map(({ id }) => id)).toEqual(['whole', 'next']);
});

test('a full disk is said, and the part of a line that it took does not swallow the next result', () => {
  const folder = freshFolder('log');
  const log = new ResultsLog(folder);
  const whole = fs.writeSync;
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const spy = jest
    .spyOn(fs, 'writeSync')
    .mockImplementationOnce((fd: number, data: unknown) => whole(fd, (data as Uint8Array).subarray(0, 9)))
    .mockImplementationOnce(() => {
      throw full;
    });
  expect(() => log.append(result('lost'))).toThrow('ENOSPC');
  spy.mockRestore();
  log.append(result('next'));
  log.close();
  expect(new ResultsTail(folder, false).read().map(({ id }) => id)).toEqual(['next']);
});

test('several processes append at once and every line stays whole', async () => {
  const folder = freshFolder('log');
  const writer = join(__dirname, 'fixtures/log-writer.js');
  await Promise.all(
    ['a', 'b', 'c'].map(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const child = fork(writer, [folder, name, '60']);
          child.on('error', reject);
          child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the writer ended with ${code}`))));
        }),
    ),
  );
  const ids = lines(folder)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).id as string);
  expect(ids).toHaveLength(180);
  expect(new Set(ids).size).toBe(180);
});

test('the tail tells only what is new and waits for a line to be whole', () => {
  const folder = freshFolder('log');
  const file = join(folder, RESULTS_FILE);
  const tail = new ResultsTail(folder, true);
  expect(tail.read()).toEqual([]);
  const text = `${JSON.stringify(result('a', 'naïve'))}\n${JSON.stringify(result('b'))}\n`;
  const bytes = Buffer.from(text);
  // Cut in the middle of a character of two bytes.
  const cut = bytes.indexOf(0xc3) + 1;
  appendFileSync(file, bytes.subarray(0, cut));
  expect(tail.read()).toEqual([]);
  appendFileSync(file, bytes.subarray(cut));
  expect(tail.read().map(({ id, reason }) => [id, reason])).toEqual([
    ['a', 'naïve'],
    ['b', 'because'],
  ]);
  expect(tail.read()).toEqual([]);
  expect(new ResultsTail(folder, true).read()).toEqual([]);
});

test('a result larger than a read comes whole', () => {
  const folder = freshFolder('log');
  const log = new ResultsLog(folder);
  log.append(result('big', 'x'.repeat(300_000)));
  log.close();
  expect(new ResultsTail(folder, false).read()[0]?.reason).toHaveLength(300_000);
});
