/** `npm run agent:fuzz [-- --frames N --seed N]`: malformed frames into the agent under AddressSanitizer and UBSan. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sanitizedAgent } from '../host/agent/support/agent-program';
import { hostileSession } from './hostile-frames';
import { makeRoot, runHostileSession } from './hostile-session';

const FRAMES_PER_SESSION = 1000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { frames: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  const program = sanitizedAgent();
  const root = mkdtempSync(path.join(tmpdir(), 'vfio-conformance-fuzz-'));
  const began = performance.now();
  let frames = 0;
  let failed = 0;
  try {
    makeRoot(root);
    for (let seed = Number(values.seed); frames < Number(values.frames); seed += 1) {
      const session = hostileSession(seed, FRAMES_PER_SESSION);
      const problem = await runHostileSession(program, root, session);
      frames += session.requests.length;
      if (problem === undefined) continue;
      failed += 1;
      console.error(`seed ${seed}: ${problem}`);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${frames} frames in ${seconds} s: ${failed === 0 ? 'no crash, no hang, no access outside its own memory' : `${failed} sessions failed`}`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
