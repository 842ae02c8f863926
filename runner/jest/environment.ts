/**
 * The Jest environment of YAML suites: allure-jest's own, told exactly how each case came out.
 *
 * allure-jest guesses failed against broken from the wording of a message, and Jest decides about skipping before a test runs. Both
 * are set here from the CaseResult instead. That leans on two things which their makers do not promise, so both are pinned and tested:
 * `runtime` and `runContext` of allure-jest 3.12's environment, and jest-circus 30 asking the environment about `test_done` before it
 * counts the test.
 */
import path from 'node:path';
import AllureEnvironment from 'allure-jest/node';
import type { TestResult as AllureResult } from 'allure-js-commons';
import { Stage } from 'allure-js-commons';
import type { RuntimeMessage } from 'allure-js-commons/sdk';
import type { Writer } from 'allure-js-commons/sdk/reporter';
import { ALLURE_RESULTS } from '../execution/run-plan';
import { allureDetails } from './allure-details';
import { allureIdentity } from './allure-identity';
import { ALLURE_STATUS, replay } from './allure-replay';
import { AllureWriter } from './allure-writer';
import { BRIDGE } from './bridge';
import type { EngineModule } from './engine';
import { PLAN_VARIABLE, projectOptions } from './environment-options';
import { FileSession, type Told } from './file-session';
import { endWithParent } from './parent';
import { PictureChoice } from './picture-choice';
import { devicePlan, readFinished, readPlan } from './plan-file';
import { ResultsLog } from './results-log';

type Parameters_ = ConstructorParameters<typeof AllureEnvironment>;
type Config = Parameters_[0];

/** The part of jest-circus' events that matters here. */
interface CircusTest {
  status?: string | null;
}
interface CircusEvent {
  readonly name: string;
  readonly test?: CircusTest;
}
type Handler = (event: CircusEvent, state: unknown) => void | Promise<void>;

/** What allure-jest's environment has and its types do not show. */
interface AllureInsides {
  handleTestEvent: Handler;
  readonly runtime: { writer: Writer; updateTest(uuid: string, update: (result: AllureResult) => void): void };
  readonly runContext: { readonly executables: readonly string[] };
  handleAllureRuntimeMessage(message: RuntimeMessage): void;
}

const ENGINE = path.join(__dirname, 'kit-engine.js');

export default class SuiteEnvironment extends AllureEnvironment {
  private readonly session: FileSession;
  private readonly pictures = new PictureChoice(() => this.session.size);
  private readonly told = new WeakMap<CircusTest, Told>();
  private current: CircusTest | undefined;

  constructor(config: Config, context: Parameters_[1]) {
    const options = projectOptions(config.projectConfig.testEnvironmentOptions);
    const planFile = options.plan ?? process.env[PLAN_VARIABLE];
    if (planFile === undefined) {
      throw new Error(
        `no plan: run the suite with vfio-conformance run, or with the preset 'vfio-conformance', or set ${PLAN_VARIABLE} to a plan.json`,
      );
    }
    const plan = readPlan(planFile);
    const results = path.join(plan.folder, ALLURE_RESULTS);
    super(withResultsFolder(config, results), context);
    const device = devicePlan(plan, options.device, planFile);
    const engine = (require(options.engine ?? ENGINE) as EngineModule).createEngine(plan, device);
    this.session = new FileSession({
      plan,
      device,
      engine,
      log: new ResultsLog(plan.folder),
      ...(plan.resumedAt === undefined ? {} : { finished: readFinished(plan.folder) }),
      onResult: (told) => this.tellAllure(told),
    });
    Object.assign(this.global, { [BRIDGE]: this.session });
    endWithParent();
    const insides = this.insides();
    insides.runtime.writer = new AllureWriter(results);
    const allure = insides.handleTestEvent;
    insides.handleTestEvent = (event, state) => this.handle(event, state, allure);
  }

  /** Here and not in an afterAll hook: the device is closed even when Jest gives up on the file, and no hook clutters the report. */
  override async teardown(): Promise<void> {
    await this.session.stop();
    await super.teardown();
  }

  private handle(event: CircusEvent, state: unknown, allure: Handler): void | Promise<void> {
    switch (event.name) {
      // Tests that -t leaves out are no part of the report: Allure hears of a test only once it really starts.
      case 'test_start':
      case 'test_skip':
        return undefined;
      case 'test_started':
        return allure({ ...event, name: 'test_start' }, state);
      case 'test_fn_start':
        this.current = event.test;
        return allure(event, state);
      case 'test_done':
        if (event.test) this.settle(event.test);
        this.current = undefined;
        return allure(event, state);
      default:
        return allure(event, state);
    }
  }

  private tellAllure(told: Told): void {
    if (!this.current) throw new Error('a case ended outside a Jest test');
    this.told.set(this.current, told);
    const insides = this.insides();
    const pictures = this.pictures.picturesOf(told.result);
    for (const message of replay(told.result, { ...told.context, pictures }))
      insides.handleAllureRuntimeMessage(message);
  }

  /** allure-jest and jest-circus have formed their opinion by now; the CaseResult has the last word, just before the result is written. */
  private settle(test: CircusTest): void {
    const told = this.told.get(test);
    if (!told) return;
    const { result, failure } = told;
    const { runtime, runContext } = this.insides();
    const uuid = runContext.executables.at(-1);
    if (uuid === undefined) throw new Error('allure-jest has no open test; vfio-conformance needs allure-jest 3.12.2');
    runtime.updateTest(uuid, (allure) => {
      Object.assign(allure, allureIdentity(told, allure.labels));
      allure.status = ALLURE_STATUS[result.status];
      allure.stage = Stage.FINISHED;
      allure.statusDetails = allureDetails(told);
    });
    if (result.status === 'skipped' && !failure) test.status = 'skip';
  }

  private insides(): AllureInsides {
    const insides = this as unknown as AllureInsides;
    if (typeof insides.handleTestEvent !== 'function' || !insides.runtime || !insides.runContext) {
      throw new Error('this is not the environment of allure-jest 3.12.2, which vfio-conformance needs');
    }
    return insides;
  }
}

function withResultsFolder(config: Config, resultsDir: string): Config {
  const { projectConfig } = config;
  return {
    ...config,
    projectConfig: {
      ...projectConfig,
      testEnvironmentOptions: { ...projectConfig.testEnvironmentOptions, resultsDir },
    },
  };
}
