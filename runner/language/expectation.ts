/** `expect:` beside a verb: what should happen when that is not plain success. */
import type { CheckedDocument } from './document';
import type { ReaderHost } from './reader';
import type { Expectation } from './scenario';
import type { ExpectationMap } from './schemas';
import { quote } from './suggest';
import type { Entry, ScalarTree, Tree } from './tree';
import type { VerbEntry } from './vocabulary';

/** Undefined where it is wrong, which was said. */
export function readExpectation(
  verb: VerbEntry,
  { value, keyRange }: Entry,
  document: CheckedDocument,
  host: ReaderHost,
): Expectation | undefined {
  if (!verb.takesExpect) {
    host.complain(keyRange, {
      code: 'no-expectation',
      message: `${verb.name} takes no expect`,
      cause: 'it either works or the case is broken',
    });
    return undefined;
  }
  if (value.kind === 'scalar' && (value.unknown || alone(value, document))) return undefined;
  const tree: Tree =
    value.kind === 'scalar' && value.value !== null
      ? { kind: 'map', range: value.range, entries: [{ key: 'result', keyRange, value }] }
      : value;
  const { vocabulary } = document.surroundings;
  const read = document.read(
    vocabulary.documents.expectation,
    vocabulary.validator('expectation'),
    tree,
    { name: 'expect', owner: keyRange },
    host,
  );
  const { errno, state, result } = (read ?? {}) as ExpectationMap;
  if (errno && result === 'success') {
    host.complain(keyRange, {
      code: 'contradiction',
      message: 'a step that succeeds has no errno',
      cause: 'leave out `result`, or write `either`',
    });
  }
  return {
    position: document.complaints.position(keyRange),
    ...(errno === undefined ? {} : { errno }),
    ...(state === undefined ? {} : { state }),
    ...(result === undefined ? {} : { result }),
  };
}

/** `expect: EINVAL`: clear enough to say what to write, and not a second way to write it. */
function alone(value: ScalarTree, document: CheckedDocument): boolean {
  const properties = document.surroundings.vocabulary.documents.expectation.properties ?? {};
  const text = value.text;
  const errno = properties.errno?.anyOf?.[0]?.enum?.includes(text) ? `{errno: ${text}}` : undefined;
  const state = properties.state?.anyOf?.[0]?.['x-values']?.includes(text) ? `{state: ${text}}` : undefined;
  if (errno === undefined && state === undefined) return false;
  document.complain(value.range, {
    code: 'unknown-value',
    message: `${quote(text)} alone does not say what is expected of it`,
    cause: 'the short form is success, failure or either',
    suggestion: errno ?? state ?? '',
  });
  return true;
}
