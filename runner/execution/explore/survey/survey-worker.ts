/** A worker of the survey: takes one name after the other. */
import { subjectOf } from './subjects';
import { type SurveyOptions, type SurveyRow, surveyOne } from './survey-row';

export type SurveyReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'row'; readonly row: SurveyRow }
  | { readonly kind: 'trouble'; readonly message: string };

const [options = '{}'] = process.argv.slice(2);
const send = (reply: SurveyReply): void => void process.send?.(reply);

process.on('message', ({ name }: { readonly name: string }) => {
  const subject = subjectOf(name);
  if (!subject) {
    send({ kind: 'trouble', message: `there is no fault or variation ${name}` });
    return;
  }
  surveyOne(subject, JSON.parse(options) as SurveyOptions).then(
    (row) => send({ kind: 'row', row }),
    (error: unknown) =>
      send({ kind: 'trouble', message: `${name}: ${error instanceof Error ? error.stack : String(error)}` }),
  );
});
process.on('disconnect', () => process.exit(0));
send({ kind: 'ready' });
