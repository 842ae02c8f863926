/** Runs the self-test in as many processes as there are cores. */
import { type ChildProcess, fork } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import type { SelfTestOptions, SelfTestRow } from './self-test';
import type { WorkerReply } from './worker';

/** A fault that hangs a worker for so long is no longer waited for. */
const ROW_MS = 600_000;

/** The rows in the order of the names; `onRow` hears of each as it is done. Rejects when a worker cannot do its work. */
export async function selfTestAll(
  names: readonly string[],
  options: SelfTestOptions,
  onRow: (row: SelfTestRow, done: number) => void,
): Promise<readonly SelfTestRow[]> {
  const queue = [...names];
  const rows = new Map<string, SelfTestRow>();
  const count = Math.max(1, Math.min(os.availableParallelism(), names.length));
  const workers = Array.from({ length: count }, () =>
    fork(path.join(__dirname, 'worker.js'), [JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  );
  try {
    await Promise.all(
      workers.map((worker) =>
        serve(worker, queue, (row) => {
          rows.set(row.name, row);
          onRow(row, rows.size);
        }),
      ),
    );
  } finally {
    for (const worker of workers) worker.kill();
  }
  return names.flatMap((name) => rows.get(name) ?? []);
}

function serve(worker: ChildProcess, queue: string[], onRow: (row: SelfTestRow) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const next = (): void => {
      clearTimeout(timer);
      const name = queue.shift();
      if (name === undefined) {
        resolve();
        return;
      }
      timer = setTimeout(
        () => reject(new Error(`the self-test of ${name} did not end within ${ROW_MS / 1000} s`)),
        ROW_MS,
      );
      worker.send({ name });
    };
    worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'trouble') {
        reject(new Error(`self-test of ${reply.name}: ${reply.message}`));
        return;
      }
      if (reply.kind === 'row') onRow(reply.row);
      next();
    });
    worker.once('error', reject);
    worker.once('exit', (code, signal) =>
      reject(new Error(`a worker of the self-test ended (${signal ?? `code ${code}`})`)),
    );
  });
}
