/** Work on forked processes: each takes one piece after the other. */
import { fork } from 'node:child_process';

/**
 * The answers in the order of the work. `onDone` hears of each as it comes. Work that wants the same process again and again (what it
 * has built up is used once more) has the same `key`.
 */
export async function spread<Work, Answer>(
  script: string,
  work: readonly Work[],
  processes: number,
  key: (work: Work) => string,
  onDone: (answer: Answer, done: number) => void,
): Promise<readonly Answer[]> {
  const answers = new Map<Work, Answer>();
  const shares = share(work, Math.max(1, Math.min(processes, work.length)), key);
  await Promise.all(
    shares.map((queue) =>
      serve<Work, Answer>(script, queue, (piece, answer) => {
        answers.set(piece, answer);
        onDone(answer, answers.size);
      }),
    ),
  );
  return work.flatMap((piece) => answers.get(piece) ?? []);
}

/** Whole groups, the largest first, each to whoever has least. */
function share<Work>(work: readonly Work[], count: number, key: (work: Work) => string): readonly Work[][] {
  const groups = new Map<string, Work[]>();
  for (const piece of work) groups.set(key(piece), [...(groups.get(key(piece)) ?? []), piece]);
  const shares: Work[][] = Array.from({ length: count }, () => []);
  for (const group of [...groups.values()].sort((a, b) => b.length - a.length)) {
    const least = shares.reduce((a, b) => (b.length < a.length ? b : a));
    least.push(...group);
  }
  return shares.filter((queue) => queue.length > 0);
}

function serve<Work, Answer>(
  script: string,
  queue: readonly Work[],
  onDone: (piece: Work, answer: Answer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(script, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let at = 0;
    const next = (): void => {
      const piece = queue[at];
      if (piece !== undefined) worker.send(piece as object);
      else {
        worker.removeAllListeners('exit');
        worker.once('exit', () => resolve());
        worker.disconnect();
      }
    };
    worker.on('message', (answer: Answer) => {
      const piece = queue[at];
      at += 1;
      if (piece !== undefined) onDone(piece, answer);
      next();
    });
    worker.once('error', reject);
    worker.once('exit', (code, signal) => reject(new Error(`a worker ended (${signal ?? `code ${code}`})`)));
    next();
  });
}
