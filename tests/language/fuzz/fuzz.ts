/** Mutants of every scenario, suite, profile and file of shared steps that the kit brings, looked at one by one. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { formatDiagnostic, PACKAGE_ROOT, vocabulary } from '../../../runner/language';
import { yamlFilesUnder } from '../../../runner/language/glob';
import { checkAny } from '../../../runner/language/lint';
import type { Diagnostic } from '../../../runner/language/scenario';
import { makeSource, readSource, type Source } from '../../../runner/language/source';
import { cpuMs } from '../../support/cpu-time';
import { compare } from './compare';
import { mutate, type Stock } from './mutate';
import { Random } from './random';

/** Milliseconds of processor time that any file may take. */
export const LIMIT_MS = 1000;

export interface Wrong {
  readonly number: number;
  readonly file: string;
  readonly what: string;
  readonly text: string;
}

export interface FuzzResult {
  readonly mutants: number;
  readonly accepted: number;
  readonly slowestMs: number;
  readonly wrong: readonly Wrong[];
}

/** Files of the kit, without the catalogue and the conditions, which nobody writes anew. */
export function seedFiles(): readonly Source[] {
  const files = ['scenarios', 'suites', 'devices'].flatMap((folder) => yamlFilesUnder(path.join(PACKAGE_ROOT, folder)));
  return files
    .filter((file) => !/scenarios\/(clauses|conditions)\.yaml$/.test(file))
    .map((file) => {
      const source = readSource(file);
      if ('code' in source) throw new Error(`${file}: ${source.message}`);
      return source;
    });
}

export function fuzz(mutants: number, seed: number, onMutant?: (number: number, wrong: number) => void): FuzzResult {
  const sources = seedFiles();
  const stock = stockOf(sources);
  const wrong: Wrong[] = [];
  let accepted = 0;
  let slowestMs = 0;
  for (let number = 0; number < mutants && wrong.length < 20; number += 1) {
    // Each mutant has a seed of its own, so that one can be made again without the others.
    const random = new Random(seed * 1_000_003 + number);
    const { file, text } = random.of(sources);
    const mutant = mutate(text, random, stock);
    const used = cpuMs();
    const looked = look(makeSource(file, mutant));
    const took = used();
    slowestMs = Math.max(slowestMs, took);
    if (looked.accepted) accepted += 1;
    const problems = took > LIMIT_MS ? [...looked.problems, `it took ${took.toFixed(0)} ms`] : looked.problems;
    for (const what of problems) wrong.push({ number, file, what, text: mutant });
    onMutant?.(number, wrong.length);
  }
  return { mutants, accepted, slowestMs, wrong };
}

/** What is wrong with how a file is answered; the file itself may be anything. */
export function look(source: Source): { readonly accepted: boolean; readonly problems: readonly string[] } {
  try {
    const { kind, checked } = checkAny(source);
    const said = checked.ok ? checked.warnings : checked.errors;
    const problems = said.flatMap((one) => problemsOf(one, source));
    if (!checked.ok) {
      if (checked.errors.length === 0) problems.push('it is refused without a word');
      if (checked.errors.length > 200) problems.push(`${checked.errors.length} complaints`);
      return { accepted: false, problems };
    }
    if (kind === undefined) return { accepted: true, problems: [...problems, 'it is accepted as nothing'] };
    for (const { what, read, meant } of compare(kind, checked.value, source.text, vocabulary()))
      if (!isDeepStrictEqual(read, meant)) problems.push(`${what} is read as ${show(read)} and means ${show(meant)}`);
    return { accepted: true, problems };
  } catch (error) {
    return { accepted: false, problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}

function problemsOf(diagnostic: Diagnostic, source: Source): readonly string[] {
  const { file, line, column, endColumn, code, message, cause } = diagnostic;
  const problems: string[] = [];
  const at = `${line}:${column} ${code}: ${message}`;
  if (code === 'internal-error' || code === 'schema') problems.push(at);
  if (
    /\n\s+at |TypeError|RangeError|undefined|\[object /.test(`${message} ${cause ?? ''}`) &&
    !source.text.includes('undefined')
  )
    problems.push(`it speaks of the program: ${at}`);
  if (file === source.file) {
    const text = source.text.slice(source.lineStarts[line - 1] ?? source.text.length);
    const width = /^[^\n]*/.exec(text)?.[0].length ?? 0;
    if (line < 1 || line > source.lineStarts.length || column < 1 || column > width + 1)
      problems.push(`there is no such place: ${at}`);
    if (endColumn !== undefined && (endColumn < column || endColumn > width + 1))
      problems.push(`the caret runs past the line: ${at}`);
  }
  if (message.length + (cause?.length ?? 0) > 2000) problems.push(`it says too much: ${at.slice(0, 200)}`);
  formatDiagnostic(diagnostic, source.text);
  return problems;
}

function stockOf(sources: readonly Source[]): Stock {
  const lines = sources.flatMap(({ text }) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  const language = vocabulary();
  const words = new Set(lines.flatMap((line) => line.match(/[A-Za-z][\w-]*/g) ?? []));
  for (const verb of language.verbs.values()) {
    words.add(verb.name);
    for (const key of Object.keys(verb.arguments.properties ?? {})) words.add(key);
  }
  return { lines, words: [...words] };
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
}
