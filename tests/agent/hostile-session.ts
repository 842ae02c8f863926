/** Gives a hostile session to an agent, and says what is wrong with what came of it. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BUSY, REPLY_HEAD } from '../../runner/host/agent/protocol';
import { SANITIZER_OPTIONS } from '../host/agent/support/agent-program';
import type { Session } from './hostile-frames';
import { MemoryModel, type SentRequest } from './memory-model';

/** A session of a thousand frames takes a fraction of a second. */
const DEADLINE_MS = 60_000;

/** The files that the agent finds. */
export function makeRoot(root: string): void {
  for (const folder of ['dev/vfio/devices', 'sys/bus/pci/devices/x', 'sys/module'])
    mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, 'sys/bus/pci/devices/x/class'), '0x020000\n');
  for (const file of ['dev/vfio/vfio', 'dev/vfio/7', 'dev/vfio/devices/vfio0', 'dev/iommu'])
    writeFileSync(path.join(root, file), Buffer.alloc(10_000, 0x5a));
}

/** Undefined when the agent answered every whole frame in order, and ended as it should. */
export function runHostileSession(program: string, root: string, session: Session): Promise<string | undefined> {
  return new Promise((resolve) => {
    const agent = spawn(program, ['--root', root], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ASAN_OPTIONS: SANITIZER_OPTIONS, UBSAN_OPTIONS: 'print_stacktrace=1' },
    });
    const reader = new ReplyReader(session.requests);
    let errors = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      agent.kill('SIGKILL');
    }, DEADLINE_MS);
    agent.stdin.on('error', () => undefined);
    agent.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    agent.stdout.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      // Only then: an end of the input is the end of the kit, after which nothing has to be answered.
      if (reader.complete && session.end !== 'nonsense') agent.stdin.end();
    });
    agent.on('close', (code, signal) => {
      clearTimeout(timer);
      const wanted = session.end === 'nonsense' ? 2 : 0;
      if (late) resolve(`it hangs after ${reader.count} of ${session.requests.length} answers`);
      else if (errors !== '') resolve(errors);
      else if (reader.problem !== undefined) resolve(reader.problem);
      else if (!reader.complete) resolve(`${reader.count} of ${session.requests.length} frames were answered`);
      else if (code !== wanted) resolve(`it ended with ${signal ?? code}, not ${wanted}`);
      else resolve(undefined);
    });
    agent.stdin.write(session.bytes);
  });
}

class ReplyReader {
  count = 0;
  problem: string | undefined;
  private pending: Buffer = Buffer.alloc(0);
  private readonly memory = new MemoryModel();
  /** Of a payload that is on its way. */
  private skip = 0;

  constructor(private readonly requests: readonly SentRequest[]) {}

  get complete(): boolean {
    return this.count >= this.requests.length && this.skip === 0;
  }

  push(chunk: Buffer): void {
    let rest = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
    for (;;) {
      const skipped = Math.min(this.skip, rest.length);
      this.skip -= skipped;
      rest = rest.subarray(skipped);
      if (rest.length < REPLY_HEAD) break;
      const id = rest.readUInt32LE(4);
      this.skip = rest.readUInt32LE(0);
      const result = rest.readInt32LE(8);
      rest = rest.subarray(REPLY_HEAD);
      const request = this.requests[this.count];
      if (id === BUSY || request === undefined) continue;
      if (id !== request.id) this.problem ??= `answer ${this.count} has the id ${id}`;
      this.problem ??= this.memory.answered(request, result, this.skip);
      this.count += 1;
    }
    this.pending = Buffer.from(rest);
  }
}
