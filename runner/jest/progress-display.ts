/** What a run prints while it goes on, apart from where the results come from: plain lines, or a progress line in a terminal. */
import { createColors } from 'picocolors';
import type { CaseResult } from '../execution/case-result';
import { harmless } from './harmless';

/** The terminal is written to at most this often, in milliseconds. */
const REFRESH_MS = 100;
/** Failures of one run that are told in full; each has its line as well. */
const FAILURES_TOLD = 20;
const STATUS_WORD = { passed: 'ok', failed: 'FAILED', broken: 'BROKEN', skipped: 'skipped' } as const;

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export class ProgressDisplay {
  private readonly live: boolean;
  private readonly quiet: boolean;
  private readonly colors: ReturnType<typeof createColors>;
  private readonly counts = { passed: 0, failed: 0, broken: 0, skipped: 0, warned: 0 };
  private failuresTold = 0;
  private startedAt = 0;
  private drawnAt = 0;
  private drawn = false;

  constructor(
    private readonly output: Output,
    environment: Readonly<Record<string, string | undefined>>,
    private readonly expected: number | undefined,
    live = true,
  ) {
    const terminal = output.isTTY === true;
    const ci = isSet(environment.CI);
    this.live = live && terminal && !ci && environment.TERM !== 'dumb';
    this.quiet = ci;
    this.colors = createColors(
      isSet(environment.FORCE_COLOR) || (terminal && !isSet(environment.NO_COLOR) && environment.TERM !== 'dumb'),
    );
  }

  start(now: number): void {
    this.startedAt = now;
  }

  result(result: CaseResult, now: number): void {
    this.counts[result.status] += 1;
    const warned = result.findings.some((finding) => finding.verdict === 'warned' || finding.verdict === 'waived');
    if (warned && result.status === 'passed') this.counts.warned += 1;
    if (this.isWorthALine(result, warned)) this.line(this.describe(result, warned));
    this.draw(result, now);
  }

  /** Text of Jest's about the failures of one file; a device that breaks everything must not bury the rest of the output. */
  failures(text: string): void {
    const blocks = text.split(/\n(?=\S* {2}● )/);
    const told = blocks.slice(0, Math.max(0, FAILURES_TOLD - this.failuresTold));
    this.failuresTold += told.length;
    const left = blocks.length - told.length;
    const rest = left > 0 ? `\n  and ${left} more, told in the report\n` : '';
    this.line(`\n${told.join('\n').trimEnd()}${told.length > 0 ? '\n' : ''}${rest}`);
  }

  end(now: number, interrupted: boolean): void {
    this.erase();
    const { counts } = this;
    const colors = this.colors;
    const parts = [
      colors.green(
        `${counts.passed} passed${counts.warned > 0 ? ` (${counts.warned} with a warning or a waiver)` : ''}`,
      ),
      ...(counts.failed > 0 ? [colors.red(`${counts.failed} failed`)] : []),
      ...(counts.broken > 0 ? [colors.magenta(`${counts.broken} broken`)] : []),
      ...(counts.skipped > 0 ? [colors.yellow(`${counts.skipped} skipped`)] : []),
    ];
    this.output.write(
      `${parts.join(', ')} in ${((now - this.startedAt) / 1000).toFixed(1)} s${interrupted ? ', interrupted' : ''}\n`,
    );
  }

  private isWorthALine(result: CaseResult, warned: boolean): boolean {
    if (result.status === 'failed' || result.status === 'broken') return true;
    return this.live || this.quiet ? warned : true;
  }

  private describe(result: CaseResult, warned: boolean): string {
    const colors = this.colors;
    const paint = { passed: colors.green, failed: colors.red, broken: colors.magenta, skipped: colors.yellow }[
      result.status
    ];
    const word = result.status === 'passed' && warned ? colors.yellow('warned') : paint(STATUS_WORD[result.status]);
    const pad = ' '.repeat(
      Math.max(0, 8 - (result.status === 'passed' && warned ? 6 : STATUS_WORD[result.status].length)),
    );
    const why = reasonOf(result);
    return `${word}${pad}${harmless(result.title)}${colors.dim(` (${result.device}, ${Math.round(result.durationMs)} ms)`)}${why === '' ? '' : `: ${harmless(why)}`}`;
  }

  private line(text: string): void {
    this.erase();
    this.output.write(`${text}\n`);
  }

  private draw(result: CaseResult, now: number): void {
    if (!this.live || (this.drawn && now - this.drawnAt < REFRESH_MS)) return;
    const counts = this.counts;
    const expected = this.expected;
    const done = counts.passed + counts.failed + counts.broken + counts.skipped;
    const seconds = Math.max(0.001, (now - this.startedAt) / 1000);
    const rate = done / seconds;
    const left = expected !== undefined && expected > done ? `  ${clock((expected - done) / rate)} left` : '';
    const bad = counts.failed + counts.broken;
    const family = result.clauses[0]?.split('-')[0] ?? '';
    const text = `${done}${expected === undefined ? '' : `/${expected}`}  ${rate.toFixed(1)}/s${left}${bad > 0 ? `  ${bad} bad` : ''}  ${family}  ${harmless(result.title)}`;
    this.erase();
    this.output.write(text.slice(0, (this.output.columns ?? 80) - 1));
    this.drawn = true;
    this.drawnAt = now;
  }

  private erase(): void {
    if (!this.drawn) return;
    this.output.write('\r\x1b[2K');
    this.drawn = false;
  }
}

function reasonOf(result: CaseResult): string {
  if (result.status === 'skipped')
    return result.skip ? `${result.skip.kind}: ${result.skip.reason}` : (result.reason ?? '');
  if (result.status === 'passed') {
    const told = result.findings.filter((finding) => finding.verdict === 'warned' || finding.verdict === 'waived');
    return told.map((finding) => `${finding.clause} ${finding.verdict}: ${finding.observed}`).join('; ');
  }
  return result.reason?.split('\n', 1)[0] ?? '';
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
