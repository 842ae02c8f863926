/** Where commands write to. Colour only for a terminal, unless FORCE_COLOR; none with NO_COLOR or TERM=dumb. */
import { createColors } from 'picocolors';

export type Colors = ReturnType<typeof createColors>;

const NARROWEST = 60;
const WIDEST = 110;

/** Text as it is: whoever builds it has put what came from outside through `printable`. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function colorsFor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Colors {
  return createColors(wantsColor(stream, environment));
}

/** Columns for running text. */
export function textWidth(): number {
  return Math.min(WIDEST, Math.max(NARROWEST, process.stdout.columns ?? WIDEST));
}

function wantsColor(stream: { readonly isTTY?: boolean }, environment: Readonly<Record<string, string | undefined>>) {
  if (isSet(environment.FORCE_COLOR)) return true;
  return stream.isTTY === true && !isSet(environment.NO_COLOR) && environment.TERM !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
