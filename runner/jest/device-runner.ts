/**
 * Jest's runner for suites: the files of one device one after the other in one worker, several devices side by side. Jest alone would
 * give two suites of one device to two workers, and a device can be open only once.
 */
import { projectOptions } from './environment-options';
import { jestRunner } from './jest-parts';

interface Test {
  readonly path: string;
  readonly context: {
    readonly config: { readonly id: string; readonly testEnvironmentOptions: Readonly<Record<string, unknown>> };
  };
}
interface RunOptions {
  readonly serial: boolean;
}
interface Runner {
  readonly supportsEventEmitters: true;
  runTests(tests: readonly Test[], watcher: unknown, options: RunOptions): Promise<void>;
  on(event: string, listener: (data: never) => void | Promise<void>): () => void;
}
type RunnerClass = new (globalConfig: GlobalConfig, context: unknown, options?: RunnerOptions) => Runner;
interface GlobalConfig {
  readonly maxWorkers: number;
  readonly detectOpenHandles?: boolean;
}

/** `runnerOptions` of a project. */
export interface RunnerOptions {
  /** Test files in the order in which they run; others come after them. */
  readonly order?: readonly string[];
}

export default class DeviceRunner implements Runner {
  readonly supportsEventEmitters = true;
  private readonly listeners: (readonly [string, (data: never) => void | Promise<void>])[] = [];

  constructor(
    private readonly globalConfig: GlobalConfig,
    private readonly context: unknown,
    private readonly options: RunnerOptions = {},
  ) {}

  on(event: string, listener: (data: never) => void | Promise<void>): () => void {
    const entry = [event, listener] as const;
    this.listeners.push(entry);
    return () => {
      this.listeners.splice(this.listeners.indexOf(entry), 1);
    };
  }

  async runTests(tests: readonly Test[], watcher: unknown): Promise<void> {
    const groups = this.group(tests);
    const { maxWorkers, detectOpenHandles } = this.globalConfig;
    // One device needs no worker: Jest's own process serves, and a fork is spared. Jest's guess that few or quick files are better off in one
    // process does not hold for devices, so only what was asked for (--runInBand, --detectOpenHandles) puts several devices in one.
    if (groups.length <= 1 || maxWorkers <= 1 || detectOpenHandles) {
      for (const group of groups) await this.runner().runTests(group, watcher, { serial: true });
      return;
    }
    await Promise.all(groups.map((group) => this.runner().runTests(group, watcher, { serial: false })));
  }

  private runner(): Runner {
    const { default: TestRunner } = require(jestRunner()) as { default: RunnerClass };
    const runner = new TestRunner({ ...this.globalConfig, maxWorkers: 1 }, this.context, this.options);
    for (const [event, listener] of this.listeners) runner.on(event, listener);
    return runner;
  }

  private group(tests: readonly Test[]): readonly (readonly Test[])[] {
    const groups = new Map<string, Test[]>();
    for (const test of tests) {
      const { id, testEnvironmentOptions } = test.context.config;
      const { plan = '', device } = projectOptions(testEnvironmentOptions);
      const key = device === undefined ? id : `${plan}\0${device}`;
      const group = groups.get(key);
      if (group) group.push(test);
      else groups.set(key, [test]);
    }
    const rank = new Map((this.options.order ?? []).map((file, index) => [file, index]));
    const last = rank.size;
    for (const group of groups.values()) group.sort((a, b) => (rank.get(a.path) ?? last) - (rank.get(b.path) ?? last));
    return [...groups.values()];
  }
}
