/** One call of the port as it is recorded, and what it is called for people. */
import { type IoctlEncoding, ioctlName } from '../../abi';
import type { QuestionLine } from './format';

/** A QuestionLine with its bytes and 64-bit numbers, without the clock. */
export interface Question extends Omit<QuestionLine, 'sent' | 'value' | 'offset' | 'clock'> {
  readonly sent?: Uint8Array;
  readonly value?: bigint;
  readonly offset?: bigint;
}

/** readText, readLink and list ask the kernel and a program asks nobody, no driver at least: they are not counted among the accesses. */
export function isAccess({ call }: Pick<Question, 'call'>): boolean {
  return call !== 'readText' && call !== 'readLink' && call !== 'list' && call !== 'program';
}

const KEYS = [
  'call',
  'fd',
  'path',
  'access',
  'request',
  'value',
  'offset',
  'length',
  'protection',
  'memory',
  'at',
  'width',
  'timeoutMs',
] as const satisfies readonly (keyof Question)[];

/** What two calls differ in; undefined where they are the same. */
export function difference(now: Question, then: Question): string | undefined {
  for (const key of KEYS) if (now[key] !== then[key]) return key;
  if (JSON.stringify(now.command) !== JSON.stringify(then.command)) return 'command';
  if (String(now.fds ?? '') !== String(then.fds ?? '')) return 'fds';
  if (now.sent === undefined || then.sent === undefined) return now.sent === then.sent ? undefined : 'what is written';
  if (now.sent.length !== then.sent.length) return 'how much is written';
  const at = now.sent.findIndex((byte, index) => byte !== then.sent?.[index]);
  return at < 0 ? undefined : `byte ${at} of what is written`;
}

const SHOWN = 16;

/** `pwrite of 4 bytes at 0x90000000000: 02 00 00 00`. */
export function sayQuestion(question: Question, encoding: IoctlEncoding): string {
  const { call, sent, value, path, request } = question;
  const bytes = sent === undefined ? '' : `: ${hex(sent)}`;
  const number = value === undefined ? '' : `: 0x${value.toString(16)}`;
  if (question.command !== undefined) return `program ${question.command.join(' ')}`;
  if (path !== undefined) return `${call} of ${path}`;
  if (request !== undefined) return `${ioctlName(request, encoding)}${bytes}${number}`;
  const { offset, memory, at = 0, length, width, fd, fds } = question;
  const size = length ?? width ?? sent?.length;
  const much = size === undefined ? '' : ` of ${size} bytes`;
  if (memory !== undefined) return `${call}${much} at byte ${at} of memory ${memory}${bytes}${number}`;
  if (offset !== undefined) return `${call}${much} at 0x${offset.toString(16)}${bytes}`;
  if (fds !== undefined) return `${call} of descriptors ${fds.join(', ')}`;
  return fd === undefined ? `${call}${much}` : `${call}${much} on descriptor ${fd}`;
}

function hex(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, SHOWN)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > SHOWN ? `${shown} ...` : shown;
}
