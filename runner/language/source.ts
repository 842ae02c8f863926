/** A file's text with the means to turn offsets into lines and columns. */
import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Diagnostic } from './scenario';

/** Largest file that is read, in bytes: far above any scenario, far below what would stall the reader. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** Half-open range of offsets into `Source.text`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface Source {
  readonly file: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
}

export function makeSource(file: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts };
}

/** Line and column of an offset, 1-based, columns in UTF-16 units as editors count them. */
export function positionAt(source: Source, offset: number): { line: number; column: number } {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1 };
}

/** The part of a range that lies on its first line: what a caret can underline. */
export function firstLine(source: Source, range: TextRange): TextRange {
  const newline = source.text.indexOf('\n', range.start);
  let end = newline >= 0 && newline < range.end ? newline : range.end;
  if (source.text[end - 1] === '\r') end -= 1;
  return { start: range.start, end: Math.max(end, range.start) };
}

/** A diagnostic about a file that could not be read as text at all. */
function unreadable(file: string, code: string, message: string, cause: string, line = 1, column = 1): Diagnostic {
  return { file, line, column, code, message, cause, severity: 'error' };
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'it may not be read by this user',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links go round in a circle',
};

/** Reads a regular file of valid UTF-8; everything else is one diagnostic. Never blocks on a pipe or a device. */
export function readSource(file: string): Source | Diagnostic {
  let bytes: Buffer;
  try {
    // O_NONBLOCK: a named pipe without a writer must not block.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) {
        const what = status.isDirectory() ? 'a folder' : 'not a regular file';
        return unreadable(file, 'cannot-read', `cannot read ${file}`, `it is ${what}`);
      }
      if (status.size > MAX_FILE_BYTES) {
        return unreadable(
          file,
          'file-too-large',
          `the file has ${status.size} bytes`,
          `files of this language have at most ${MAX_FILE_BYTES} bytes (1 MiB)`,
        );
      }
      bytes = readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return unreadable(file, 'cannot-read', `cannot read ${file}`, READ_ERRORS[code] ?? code);
  }
  return decode(file, bytes);
}

/** Text from bytes: UTF-8 without a byte order mark and without control characters. */
export function decode(file: string, bytes: Uint8Array): Source | Diagnostic {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return unreadable(
      file,
      'byte-order-mark',
      'the file begins with a byte order mark',
      'save it as UTF-8 without BOM (in many editors: "UTF-8", not "UTF-8 with BOM")',
    );
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return unreadable(file, 'not-utf8', 'the file is UTF-16', 'save it as UTF-8');
  }
  if (!isUtf8(bytes)) {
    const at = firstInvalidByte(bytes);
    const before = makeSource(file, Buffer.from(bytes.subarray(0, at)).toString('utf8'));
    const { line, column } = positionAt(before, before.text.length);
    const byte = (bytes[at] ?? 0).toString(16).padStart(2, '0');
    return unreadable(
      file,
      'not-utf8',
      `byte 0x${byte} is not valid UTF-8 here`,
      'save the file as UTF-8',
      line,
      column,
    );
  }
  const source = makeSource(file, Buffer.from(bytes).toString('utf8'));
  const control = /(?![\t\n\r])[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/u.exec(source.text);
  if (control) {
    const { line, column } = positionAt(source, control.index);
    const unit = control[0].charCodeAt(0);
    const name =
      unit === 0 ? 'a NUL byte' : `the control character U+${unit.toString(16).toUpperCase().padStart(4, '0')}`;
    return unreadable(
      file,
      'control-character',
      `${name} stands here`,
      'remove it: the file is plain text',
      line,
      column,
    );
  }
  return source;
}

/** Offset of the first byte that does not belong to a well-formed sequence; there is one. */
function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length > 1 && !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}
