import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Peculiarity } from '../../runner/reference/peculiarity';
import { FAULTS, VARIATIONS } from '../../runner/reference/registry';
import { Lab } from './support/reference-lab';
import { transcript } from './support/transcript';

const shown = new Map<string, string>();
const correct = new Map<string, string>();

/** A transcript in one short line, so that a failure stays readable. */
function seen(device: string): string {
  return createHash('sha256').update(transcript(device).join('\n')).digest('hex');
}

/** A plain device on which this one can show. */
function baseOf({ layouts, personalities }: Peculiarity): string {
  return `reference:${personalities?.[0] ?? 'pci'},layout=${layouts?.[0] ?? 'trapped'}`;
}

function correctlySeen(base: string): string {
  const known = correct.get(base) ?? seen(base);
  correct.set(base, known);
  return known;
}

test('a transcript is repeatable', () => {
  expect(transcript('reference')).toEqual(transcript('reference'));
});

test('there are enough of them, with names and breaks that a table can show', () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(120);
  expect(VARIATIONS.length).toBeGreaterThanOrEqual(15);
  for (const { name, summary, breaks, reason, benign } of [...FAULTS, ...VARIATIONS]) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(summary.length).toBeGreaterThan(10);
    expect(breaks.length).toBeLessThanOrEqual(3);
    expect(breaks.length === 0).toBe(benign);
    if (benign || breaks.length > 1) expect(reason).not.toBe('');
  }
  expect(new Set(FAULTS.map((fault) => fault.summary)).size).toBe(FAULTS.length);
});

test('every must and should clause of drivers and kernels is the primary clause of a fault', () => {
  const text = readFileSync(join(__dirname, '../../../scenarios/clauses.yaml'), 'utf8');
  const { clauses } = parse(text) as { clauses: { id: string; who: string; level: string }[] };
  const known = new Set(clauses.map((clause) => clause.id));
  expect(FAULTS.flatMap((fault) => fault.breaks).filter((id) => !known.has(id))).toEqual([]);
  const primary = new Set(FAULTS.map((fault) => fault.breaks[0]));
  const judged = clauses.filter(({ who, level }) => who !== 'user' && (level === 'must' || level === 'should'));
  expect(judged.map((clause) => clause.id).filter((id) => !primary.has(id))).toEqual([]);
});

test.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s can be seen', (name, fault) => {
  const base = baseOf(fault);
  const trace = seen(`${base}+${name}`);
  expect(trace).not.toBe(correctlySeen(base));
  // Two faults that nobody can tell apart would be one.
  expect(shown.get(base + trace)).toBeUndefined();
  shown.set(base + trace, name);
});

const WITHOUT_TRACE = new Set(['large-state']);

describe.each(VARIATIONS.map((variation) => [variation.name, variation] as const))('%s', (name, variation) => {
  const base = baseOf(variation);

  test('is a variation, and can be seen', () => {
    if (WITHOUT_TRACE.has(name)) return;
    expect(seen(`${base}+${name}`)).not.toBe(correctlySeen(base));
  });

  test('migrates, with a cancelled save before', () => {
    const lab = new Lab({ device: `${base}+${name}` });
    const { source, destination } = lab;
    const go = (state: number): number => source.go(state | (source.state() & ~7));
    source.setRegister('scratch', 99);
    expect(go(3)).toBe(4);
    source.save(2);
    expect(go(1)).toBe(4);
    source.setRegister('mutate', 3);
    expect(go(3)).toBe(4);
    const early = source.save(2);
    expect(go(2)).toBe(4);
    const stream = [...early, ...source.save(100_000)];
    expect(go(0)).toBe(4);
    destination.go(4 | (destination.state() & ~7));
    for (const buffer of stream) give(destination, buffer);
    expect(destination.go(1 | (destination.state() & ~7))).toBe(4);
    expect(destination.register('scratch')).toBe(99n);
    expect(destination.register('digest')).toBe(source.register('digest'));
  });
});

/** Writes in as many calls as the device wants. */
function give(device: Lab['source'], buffer: Uint8Array): void {
  const offset = Number(device.field('data_offset'));
  for (let at = 0; at < buffer.length; ) {
    const wrote = device.rawWrite(offset + at, buffer.subarray(at));
    if (wrote <= 0) throw new Error(`write: ${wrote}`);
    at += wrote;
  }
  expect(device.setField('data_size', BigInt(buffer.length))).toBe(8);
}
