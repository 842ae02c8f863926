/** Files that say the same: the second one is told of. */
import path from 'node:path';
import type { Case, DeviceProfile, Diagnostic, Scenario, SourcePosition, Step, Suite } from './scenario';
import { quote } from './suggest';

/** What is known of the files that were looked at so far. */
export class Duplicates {
  private readonly names = new Map<string, string>();
  private readonly contents = new Map<string, string>();

  scenario(scenario: Scenario): readonly Diagnostic[] {
    const { position, name, cases } = scenario;
    const said = [
      this.seen('scenario', name, position, `another scenario is called ${quote(name)}`),
      this.seenContent(JSON.stringify(cases.map(contentOf), plain), position),
    ];
    return said.filter((one) => one !== undefined);
  }

  suite({ position, name }: Suite): readonly Diagnostic[] {
    const said = this.seen('suite', name, position, `another suite is called ${quote(name)}`);
    return said ? [said] : [];
  }

  profile({ position, match, assume }: DeviceProfile): readonly Diagnostic[] {
    const said = this.seen(
      'profile',
      JSON.stringify([match, assume]),
      position,
      'another profile is for the same devices, and only one can be found for a device',
    );
    return said ? [said] : [];
  }

  private seen(kind: string, name: string, position: SourcePosition, message: string): Diagnostic | undefined {
    const key = `${kind} ${name}`;
    const first = this.names.get(key);
    if (first === undefined) this.names.set(key, position.file);
    return first === undefined || first === position.file ? undefined : duplicate(kind, position, message, first);
  }

  private seenContent(content: string, position: SourcePosition): Diagnostic | undefined {
    const first = this.contents.get(content);
    if (first === undefined) this.contents.set(content, position.file);
    return first === undefined || first === position.file
      ? undefined
      : duplicate('scenario', position, 'another scenario does the same', first);
  }
}

function duplicate(kind: string, position: SourcePosition, message: string, first: string): Diagnostic {
  return {
    ...position,
    code: `duplicate-${kind}`,
    message,
    cause: `it is ${path.relative(process.cwd(), first)}`,
    severity: 'warning',
  };
}

/** What a case does, without its words and places. */
function contentOf({ steps, finallySteps, needs }: Case): unknown {
  return [steps.map(doing), finallySteps.map(doing), [...needs].sort()];
}

function doing({ verb, args, expect, judge, provoke, within }: Step): unknown {
  const told = Object.entries(args).map(([key, value]) => [key, isSteps(value) ? value.map(doing) : value]);
  return [verb, told, expect && [expect.errno, expect.state, expect.result], judge, provoke, within];
}

function isSteps(value: unknown): value is readonly Step[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof one === 'object' && one !== null && 'verb' in one)
  );
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
