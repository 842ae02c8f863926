/** Makes certifications with injections, one after the other, in a process of its own. */
import { Certifications, type RunReport, type RunRequest } from './certification';

export type WorkerReply =
  | { readonly kind: 'done'; readonly report: RunReport }
  | { readonly kind: 'trouble'; readonly message: string };

const certifications = new Certifications('certify');

process.on('message', (request: RunRequest) => {
  certifications.run(request).then(
    (report) => process.send?.({ kind: 'done', report } satisfies WorkerReply),
    (error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ kind: 'trouble', message: `${JSON.stringify(request)}: ${message}` } satisfies WorkerReply);
    },
  );
});
process.on('disconnect', () => process.exit(0));
