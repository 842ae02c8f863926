/** Text that comes from files, devices and sysfs, made fit for a terminal: nothing in it can steer the terminal or turn text round. */

/** Control characters, line and paragraph separators, invisible formatting (bidirectional marks among it) and lone surrogates. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** What JSON.stringify leaves as it is. */
const STEERING_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line: steering characters are shown as escapes, `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return text.replaceAll(STEERING, escaped);
}

/** The same, line breaks kept. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON for standard output, two spaces deep; a bigint becomes a decimal string. Ends with a newline. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item), 2);
  return `${text.replaceAll(STEERING_IN_JSON, (character) => [...units(character)].map((unit) => `\\u${hex(unit, 4)}`).join(''))}\n`;
}

function escaped(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default: {
      const code = character.codePointAt(0) ?? 0;
      return code <= 0xff ? `\\x${hex(code, 2)}` : code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`;
    }
  }
}

function* units(text: string): Generator<number> {
  for (let index = 0; index < text.length; index += 1) yield text.charCodeAt(index);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
