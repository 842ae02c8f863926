/**
 * A case happened in another process; this tells Allure about it afterwards, with the real times. Messages are allure-js-commons' own
 * runtime messages, sent through the runtime that allure-jest put into the sandbox.
 */
import { Status } from 'allure-js-commons';
import type { RuntimeMessage } from 'allure-js-commons/sdk';
import type { AccessRow, Attachment, CaseResult, StepResult } from '../execution/case-result';
import { excerpt, summary, wholeTable } from './access-attachment';
import { markAccesses } from './access-table';
import { type LabelContext, linksOf, parametersOf } from './allure-labels';
import { type DescriptionContext, describeCase } from './case-description';
import { failingStep, field } from './failure-text';

export const ALLURE_STATUS = {
  passed: Status.PASSED,
  failed: Status.FAILED,
  broken: Status.BROKEN,
  skipped: Status.SKIPPED,
} as const satisfies Record<CaseResult['status'], Status>;

export type ReplayContext = LabelContext & DescriptionContext & { readonly pictures?: readonly Attachment[] };

/** The messages of one case, in the order in which Allure wants them. */
export function replay(result: CaseResult, context: ReplayContext): RuntimeMessage[] {
  const messages: RuntimeMessage[] = [
    {
      type: 'metadata',
      data: {
        displayName: result.title,
        description: describeCase(result, context),
        parameters: parametersOf(result, context),
        links: linksOf(result, context),
      },
    },
  ];
  const started = Date.parse(result.startedAt);
  const rows = markedRows(result);
  const failing = failingStep(result.steps);
  for (const step of result.steps) replayStep(step, { started, rows, failing, result, messages });
  const unwell = result.status === 'failed' || result.status === 'broken';
  if (unwell && failing === undefined)
    for (const finding of findingAttachments(result, undefined)) messages.push(attach(finding));
  for (const picture of context.pictures ?? []) messages.push(attach(picture));
  if (rows.length > 0) {
    messages.push(attach(unwell ? wholeTable('All accesses', rows) : summary('Accesses', rows)));
  }
  return messages;
}

interface Replaying {
  readonly started: number;
  readonly rows: readonly AccessRow[];
  readonly failing: StepResult | undefined;
  readonly result: CaseResult;
  readonly messages: RuntimeMessage[];
}

function replayStep(step: StepResult, replaying: Replaying): void {
  const { started, rows, failing, result, messages } = replaying;
  // Allure counts in whole milliseconds.
  const start = Math.round(started + step.startMs);
  messages.push({ type: 'step_start', data: { name: step.title, start } });
  for (const attachment of step.attachments) messages.push(attach(attachment));
  for (const inner of step.steps) replayStep(inner, replaying);
  if (step === failing) {
    for (const attachment of findingAttachments(result, step)) messages.push(attach(attachment));
    const own = rowsOfStep(step, rows);
    if (own.length > 0) messages.push(attach(excerpt('Accesses of this step', own)));
  }
  const { message, expected, observed } = step;
  messages.push({
    type: 'step_stop',
    data: {
      stop: Math.round(started + step.startMs + step.durationMs),
      status: ALLURE_STATUS[step.status],
      ...(message !== undefined || expected !== undefined || observed !== undefined
        ? {
            statusDetails: {
              ...(message === undefined ? {} : { message }),
              ...(expected === undefined ? {} : { expected }),
              ...(observed === undefined ? {} : { actual: observed }),
            },
          }
        : {}),
    },
  });
}

/** Expected and observed, one above the other, for every clause that was seen broken. */
function findingAttachments(result: CaseResult, step: StepResult | undefined): Attachment[] {
  const broken = result.findings.filter((finding) => finding.verdict === 'broken');
  if (broken.length > 0) {
    return broken.map((finding) => ({
      name: `${finding.clause}: expected and observed`,
      type: 'text/plain',
      body: [
        ...field('expected', finding.expected),
        ...field('observed', finding.observed),
        ...(finding.hint === undefined ? [] : field('hint', finding.hint)),
      ]
        .map((line) => line.slice(2))
        .join('\n'),
    }));
  }
  if (step?.expected === undefined && step?.observed === undefined) return [];
  const lines = [
    ...field('expected', step.expected ?? 'success'),
    ...field('observed', step.observed ?? step.message ?? ''),
  ];
  return [{ name: 'Expected and observed', type: 'text/plain', body: lines.map((line) => line.slice(2)).join('\n') }];
}

function rowsOfStep(step: StepResult, rows: readonly AccessRow[]): readonly AccessRow[] {
  if (!step.accesses) return [];
  const [first, last] = step.accesses;
  return rows.filter((row) => row.sequence >= first && row.sequence <= last);
}

function markedRows(result: CaseResult): readonly AccessRow[] {
  const marked = new Set<number>();
  for (const finding of result.findings) {
    if (finding.verdict !== 'broken') continue;
    for (const row of finding.accesses) if (row.marked) marked.add(row.sequence);
  }
  return markAccesses(result.accesses, marked);
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'text/plain': 'txt',
  'text/html': 'html',
  'text/csv': 'csv',
  'application/json': 'json',
  'image/svg+xml': 'svg',
};

function attach({ name, type, body }: Attachment): RuntimeMessage {
  const fileExtension = EXTENSIONS[type];
  return {
    type: 'attachment_content',
    data: {
      name,
      content: body,
      encoding: 'utf8',
      contentType: type,
      ...(fileExtension === undefined ? {} : { fileExtension }),
    },
  };
}
