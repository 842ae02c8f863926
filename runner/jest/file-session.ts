/**
 * One YAML test file on one device: which tests it has, how each is run, and what came of it. It lives outside the sandbox; the
 * environment gives it to the sandbox as the bridge.
 */
import path from 'node:path';
import type { CaseResult } from '../execution/case-result';
import type { ExecutorClient } from '../execution/executor-client';
import type { DevicePlan, FinishedCases, RunPlan } from '../execution/run-plan';
import type { Case, ClauseId } from '../language/scenario';
import type { ReplayContext } from './allure-replay';
import type { Bridge, Failure, TestEntry, TestFile, TestGroup } from './bridge';
import { brokenFileResult, brokenResult } from './broken-file';
import { describeFilter, isTaken } from './case-filter';
import type { BrokenFile, CaseGroup, Engine } from './engine';
import { failureOf, failureOfFile } from './failure-text';
import { harmless } from './harmless';
import { rerunLine } from './rerun-line';
import type { ResultsLog } from './results-log';

/** Far beyond what the executor lets a case take; only a defect of the kit can last that long. */
const CASE_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/** A finished case with what a report needs to tell about it. */
export interface Told {
  readonly result: CaseResult;
  readonly failure: Failure | undefined;
  readonly context: ReplayContext;
}

type Task = { readonly case: Case; readonly repetition: readonly [number, number] } | { readonly broken: BrokenFile };

export interface SessionParts {
  readonly plan: RunPlan;
  readonly device: DevicePlan;
  readonly engine: Engine;
  readonly log: ResultsLog;
  /** What an earlier part of the run has done, when it was taken up again. */
  readonly finished?: FinishedCases;
  /** Called when a case is over and on disk, while its test is still running. */
  readonly onResult: (told: Told) => void;
}

export class FileSession implements Bridge {
  private readonly tasks: Task[] = [];
  private client: ExecutorClient | undefined;
  private target = '';
  private title = '';
  private claims: readonly string[] = [];

  constructor(private readonly parts: SessionParts) {}

  define(file: string): TestFile {
    const loaded = this.parts.engine.load(file);
    this.target = file;
    this.title = loaded.title;
    this.claims = loaded.claims;
    const groups: TestGroup[] = loaded.broken.map((broken) => ({
      tests: [this.entry({ broken }, `${path.basename(broken.file)} is a valid file`)],
    }));
    for (const group of loaded.groups) {
      const tests = this.entries(group);
      if (tests.length > 0)
        groups.push(group.cases.length > 1 ? { title: harmless(group.scenario), tests } : { tests });
    }
    if (groups.length > 0) return { title: harmless(loaded.title), groups };
    const filter = describeFilter(this.parts.plan.filter);
    if (this.parts.finished)
      return {
        title: harmless(loaded.title),
        groups,
        nothingTaken: 'every case of it was done before the interruption',
      };
    return {
      title: harmless(loaded.title),
      groups,
      nothingTaken: filter === '' ? 'this suite holds no case' : `no case of this suite is taken by ${filter}`,
    };
  }

  /** Tests of the file, once they are defined. */
  get size(): number {
    return this.tasks.length;
  }

  async run(key: number): Promise<Failure | undefined> {
    const task = this.tasks[key];
    if (!task) throw new Error(`no test has the key ${key}`);
    if ('broken' in task) return this.tell(brokenFileResult(task.broken, this.parts.device), [1, 1], task.broken);
    return this.tell(await this.execute(task.case), task.repetition);
  }

  /** An executor that cannot be started, or breaks its promise not to reject, costs the case and goes on the record. */
  private async execute(case_: Case): Promise<CaseResult> {
    try {
      this.client ??= this.parts.engine.client();
      return await this.client.run(case_, this.claims);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return brokenResult(case_, this.parts.device, `the executor could not run the case: ${reason}`);
    }
  }

  /** Resets and closes the device; safe to call when nothing was started. */
  async stop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    this.parts.log.close();
    await client?.stop();
  }

  private tell(result: CaseResult, repetition: readonly [number, number], broken?: BrokenFile): Failure | undefined {
    const { plan, device, engine, log, onResult } = this.parts;
    const unwritten = this.write(log, result);
    const clause = (id: ClauseId) => engine.clause(id);
    const rerun = rerunLine(plan, device, this.target, result.id);
    let failure: Failure | undefined;
    if (broken) failure = failureOfFile(broken.position, broken.text);
    else if (result.status === 'failed' || result.status === 'broken') failure = failureOf(result, { clause, rerun });
    if (unwritten !== undefined) failure = { message: unwritten, frames: failure?.frames ?? [] };
    onResult({ result, failure, context: { suite: this.title, clause, repetition, rerun } });
    return failure;
  }

  /** A result that is not on record counts for nothing: the run is incomplete, and the case says why. It goes on, for disks get room again. */
  private write(log: ResultsLog, result: CaseResult): string | undefined {
    try {
      log.append(result);
      return undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return `the result (${result.status}) could not be recorded: ${why}`;
    }
  }

  private entries(group: CaseGroup): TestEntry[] {
    const { filter, repeat } = this.parts.plan;
    const entries: TestEntry[] = [];
    for (const case_ of group.cases) {
      if (!isTaken(case_, filter)) continue;
      for (let number = 1 + this.done(case_); number <= repeat; number += 1) {
        const own = group.cases.length > 1 ? ownTitle(case_) : case_.title;
        entries.push(
          this.entry(
            { case: case_, repetition: [number, repeat] },
            repeat > 1 ? `${own} (${number} of ${repeat})` : own,
          ),
        );
      }
    }
    return entries;
  }

  /** How many repetitions of a case an earlier part of the run has done. */
  private done(case_: Case): number {
    const { finished, device } = this.parts;
    return finished?.[device.device]?.[this.target]?.[case_.id] ?? 0;
  }

  private entry(task: Task, title: string): TestEntry {
    this.tasks.push(task);
    // Jest prints it as it is.
    return { title: harmless(title), key: this.tasks.length - 1, timeoutMs: CASE_TIMEOUT_MS };
  }
}

/** Below its scenario's block a case shows only what sets it apart; the full name stays what `-t` matches. */
function ownTitle(case_: Case): string {
  const rest = case_.title.startsWith(case_.scenarioName) ? case_.title.slice(case_.scenarioName.length).trim() : '';
  return rest === '' ? case_.title : rest;
}
