/** Runs the inspecting child with a deadline, and makes of its end, whatever it was, an answer or an error for people. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { CannotRun } from '../support/exit';
import type { InspectMessage, InspectReport } from './report';

/** From one word of the child to the next. A reset in an open may take a second or two; nothing else takes long. */
const DEADLINE_MS = 15_000;
/** Until the first one: the device has not been touched, and only a busy machine takes long to start a process. */
const START_MS = 60_000;

type End = 'late' | { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export interface AskOptions {
  /** Where the device is. */
  readonly host?: string;
  /** For tests of what happens to a child. */
  readonly script?: string;
  readonly deadlineMs?: number;
  readonly startMs?: number;
}

/** @throws CannotRun when the device is missing, busy or forbidden, hangs, or kills the process. */
export async function askChild(device: string, options: AskOptions = {}): Promise<InspectReport> {
  const { host = 'local', script = path.join(__dirname, 'child.js') } = options;
  const { deadlineMs = DEADLINE_MS, startMs = START_MS } = options;
  const child = spawn(process.execPath, [script, device, host], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', error: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.error += text;
  });
  const end = await new Promise<End>((resolve, reject) => {
    let deadline: NodeJS.Timeout | undefined;
    const allow = (milliseconds: number): void => {
      clearTimeout(deadline);
      deadline = setTimeout(() => {
        child.kill('SIGKILL');
        // A process inside an uninterruptible system call does not even die of that.
        setTimeout(() => resolve('late'), 1000).unref();
      }, milliseconds);
    };
    allow(startMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
      if (!child.killed) allow(deadlineMs);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      resolve(child.killed ? 'late' : { code, signal });
    });
  });
  return answer(device, messages(said.out), end, { errors: said.error, deadlineMs, startMs });
}

function answer(
  device: string,
  heard: readonly InspectMessage[],
  end: End,
  { errors, deadlineMs, startMs }: { readonly errors: string; readonly deadlineMs: number; readonly startMs: number },
): InspectReport {
  const report = heard.find((message) => message.kind === 'report');
  const doing = heard.findLast((message) => message.kind === 'doing')?.what;
  if (report) return report.report;
  const refused = heard.find((message) => message.kind === 'cannot-open');
  if (refused) {
    const { message, advice } = refused.failure;
    throw new CannotRun(message.includes(device) ? message : `${device} cannot be opened: ${message}`, advice);
  }
  const failed = heard.find((message) => message.kind === 'failed');
  if (failed) throw new CannotRun(failed.message, failed.advice);
  if (end === 'late' && doing === undefined)
    throw new CannotRun(
      `${device} was not looked at: the process for it did not start within ${startMs / 1000} s`,
      'The device was not touched. This machine may be very busy: try again.',
    );
  if (end === 'late')
    throw new CannotRun(
      `${device} did not answer within ${deadlineMs / 1000} s, at: ${doing}`,
      'The device or its driver hangs. Look into the kernel log (dmesg); the device may need a reset or the machine a restart.',
    );
  const how = end.signal === null ? `exit code ${end.code}` : end.signal;
  throw new CannotRun(`inspecting ${device} ended with ${how}, at: ${doing ?? 'starting'}`, errors.trim() || undefined);
}

/** A line cut off by a kill is no message. */
function messages(text: string): InspectMessage[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as InspectMessage];
    } catch {
      return [];
    }
  });
}
