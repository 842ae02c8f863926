/**
 * The process that makes Allure's report. It is one of its own because Allure keeps the whole report in memory, may end its process
 * when a report grows too large, and is an ES module that Jest cannot load. Standard input is an AllureJob in JSON.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DEVICE_LABEL } from '../runner/jest/allure-labels';
import type { CategoryRule } from './categories';
import type { ReportFacts } from './report-facts';

export interface AllureJob {
  /** Folder of Allure results. */
  readonly results: string;
  /** Folder of results that belong to the run and to no case. */
  readonly globals: string;
  /** File of Allure's history: the nights before; this one is added to it. */
  readonly history: string;
  /** Nights in that file. */
  readonly nights: number;
  /** Folder that the report is written into; it must be empty. */
  readonly output: string;
  readonly facts: ReportFacts;
  readonly categories: readonly CategoryRule[];
}

interface Core {
  resolveConfig(config: object, override: object): Promise<object>;
  readonly AllureReport: new (
    config: object,
  ) => {
    start(): Promise<void>;
    readDirectory(folder: string): Promise<void>;
    done(): Promise<void>;
  };
}
interface Awesome {
  readonly default: new (options: object) => object;
}

/** Charts that say something about conformance; Allure has others. */
const CHARTS = [
  { type: 'currentStatus', title: 'Cases by status' },
  {
    type: 'testResultSeverities',
    title: 'Cases by severity',
    levels: ['blocker', 'critical', 'normal', 'minor', 'trivial'],
  },
  { type: 'durations', title: 'How long cases took', groupBy: 'none' },
];

/** Charts that need the nights before. */
const TREND_CHARTS = [
  { type: 'statusDynamics', title: 'Cases by status over nights', limit: 20 },
  { type: 'statusTransitions', title: 'What broke and what was mended over nights', limit: 20 },
  { type: 'durationDynamics', title: 'How long runs took over nights', limit: 20 },
];

/** Labels that repeat what stands elsewhere on a case's page, or tell of the machine that made the report. */
const HIDDEN_LABELS = ['language', 'framework', 'thread', 'host', 'parentSuite', 'subSuite', 'story'];

async function main(): Promise<void> {
  // Loading takes most of a second, in which the job may still be in the making.
  const [core, awesome] = await loadAllure();
  const job = JSON.parse(await readInput()) as AllureJob;
  const several = job.facts.devices.length > 1;
  const options = {
    singleFile: true,
    reportName: job.facts.title,
    groupBy: [...(several ? [DEVICE_LABEL] : []), 'epic', 'feature'],
    charts: job.nights > 0 ? [...TREND_CHARTS, ...CHARTS] : CHARTS,
    sections: ['charts', 'timeline'],
    theme: 'auto',
    reportLanguage: 'en',
    defaultSortBy: 'status,asc',
  };
  const config = await core.resolveConfig(
    {
      name: job.facts.title,
      output: job.output,
      historyPath: job.history,
      categories: { rules: job.categories },
      hideLabels: HIDDEN_LABELS,
      variables: several ? job.facts.common : merged(job.facts),
      ...(several ? { environments: environments(job.facts) } : {}),
    },
    { cwd: path.dirname(job.results), plugins: {} },
  );
  const plugins = [{ id: 'awesome', enabled: true, options, plugin: new awesome.default(options) }];
  const report = new core.AllureReport({ ...config, plugins });
  await report.start();
  await report.readDirectory(job.results);
  await report.readDirectory(job.globals);
  await report.done();
}

async function loadAllure(): Promise<[Core, Awesome]> {
  const fromAllure = createRequire(require.resolve('allure'));
  const load = (name: string): Promise<unknown> => import(pathToFileURL(fromAllure.resolve(name)).href);
  const core = (await load('@allurereport/core')) as Core;
  return [core, (await load('@allurereport/plugin-awesome')) as Awesome];
}

/** The verdict, then the device, then what is less asked for: the page shows the first ones at once. */
function merged({ common, devices }: ReportFacts): object {
  const { verdict, because } = common;
  return { verdict, ...(because === undefined ? {} : { because }), ...devices[0]?.facts, ...common };
}

/** Each device is an environment of Allure's, with its own facts. */
function environments(facts: ReportFacts): object {
  return Object.fromEntries(
    facts.devices.map(({ device, facts: variables }, index) => [
      `device-${index + 1}`,
      {
        name: device,
        variables,
        matcher: ({ labels }: { labels: readonly { name: string; value?: string }[] }) =>
          labels.some((label) => label.name === DEVICE_LABEL && label.value === device),
      },
    ]),
  );
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
