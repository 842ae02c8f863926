/** Processes of a run whose first process is gone: they close the device in their own time, and until then nobody else can have it. */
import fs from 'node:fs';

/** Longer than an executor takes to clean up after its parent is gone. */
const PATIENCE_MS = 25_000;
const LOOK_AGAIN_MS = 100;

/** Waits until no Jest and no executor of the run in `folder` is left; resolves to the process ids of those that do not end. */
export async function waitForLeftBehind(folder: string, patienceMs: number = PATIENCE_MS): Promise<readonly number[]> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0 || Date.now() >= until) return left;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Executors carry the plan among their arguments, Jest the path of its configuration. */
function processesOf(folder: string): number[] {
  const found: number[] = [];
  for (const name of fs.readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const words = argumentsOf(pid);
    const ours = words.some(
      (word) => word.includes(`"folder":${JSON.stringify(folder)}`) || word === `${folder}/jest.config.json`,
    );
    if (ours) found.push(pid);
  }
  return found;
}

function argumentsOf(pid: number): readonly string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It ended meanwhile, or is another user's.
    return [];
  }
}
