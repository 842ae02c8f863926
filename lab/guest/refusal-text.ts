/** Whether the kit's message about a device that it cannot have is one that helps. */

export interface GuestCheck {
  readonly check: string;
  readonly held: boolean;
  readonly seen: string;
}

/** What is the matter, what to do about it, and where the run's record is: no more. */
const mostLines = 12;

/** `says` has to fit a line of what was said, `advises` the text: nothing of it may look like a crash. */
export function saysWell(text: string, says: RegExp, advises: RegExp): Omit<GuestCheck, 'check'> {
  const lines = text.split('\n');
  const complaints = [
    ...(lines.some((line) => says.test(line)) ? [] : [`no line fits ${says}`]),
    ...(advises.test(text) ? [] : [`no advice fits ${advises}`]),
    ...(lines.length > mostLines ? [`${lines.length} lines`] : []),
    ...(/^\s+at .*[:)]\d*/m.test(text) ? ['a stack trace'] : []),
  ];
  return { held: complaints.length === 0, seen: [...complaints, text].join('\n') };
}
