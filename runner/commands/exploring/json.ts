/** `explore --json`. */
import { countSteps } from '../../execution/explore/step-data';
import { stepsOf } from '../../execution/explore/written-scenario';
import { jsonText } from '../support/printable';
import { commandLines } from './command-lines';
import type { Explored } from './flow';

export function explorationJson(explored: Explored): string {
  const { options, device, exploration, seconds } = explored;
  const { seed, maxSteps, runs, path } = options;
  return jsonText({
    schemaVersion: 1,
    device: device.device,
    destination: device.destination ?? null,
    seed,
    runs: path === undefined ? runs : 1,
    maxSteps,
    walks: exploration.walks,
    cases: exploration.cases,
    seconds,
    interrupted: exploration.interrupted,
    found: found(explored),
    trouble: trouble(explored),
  });
}

function found({ options, device, exploration, written }: Explored): unknown {
  const { failure } = exploration;
  if (failure?.outcome.kind !== 'found') return null;
  const { clause, level, verdict, expected, observed, step, hint } = failure.outcome.finding;
  const lines = commandLines(options, device, failure.path);
  return {
    clause,
    level,
    verdict,
    expected,
    observed,
    step,
    ...(hint === undefined ? {} : { hint }),
    ...walk(failure),
    file: written?.file ?? null,
    reproduced: written?.reproduced ?? false,
    ...(written?.instead === undefined ? {} : { instead: written.instead }),
    again: lines.again,
    ...(written ? { run: lines.run(written.file) } : {}),
  };
}

function trouble({ options, device, exploration: { failure } }: Explored): unknown {
  if (failure?.outcome.kind !== 'trouble') return null;
  const { again } = commandLines(options, device, failure.path);
  return { message: failure.outcome.message, ...walk(failure), again };
}

function walk(failure: NonNullable<Explored['exploration']['failure']>): Record<string, unknown> {
  const steps = stepsOf(failure);
  return {
    path: failure.path,
    steps,
    stepCount: countSteps(steps),
    stepsBefore: failure.stepsBefore,
    shrinks: failure.shrinks,
    fleeting: failure.fleeting,
  };
}
