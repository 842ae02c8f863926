/** A worker of the self-test: takes one name after the other, so that all cores are busy to the end. */
import { PECULIARITIES } from '../../reference/registry';
import { SelfTest, type SelfTestOptions, type SelfTestRow } from './self-test';

export type WorkerRequest = { readonly name: string };
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'row'; readonly row: SelfTestRow }
  | { readonly kind: 'trouble'; readonly name: string; readonly message: string };

const [options = '{}'] = process.argv.slice(2);
const selfTest = new SelfTest(JSON.parse(options) as SelfTestOptions);
const send = (reply: WorkerReply): void => void process.send?.(reply);

process.on('message', ({ name }: WorkerRequest) => {
  const peculiarity = PECULIARITIES.get(name);
  if (!peculiarity) {
    send({ kind: 'trouble', name, message: 'there is no such fault or variation' });
    return;
  }
  selfTest.run(peculiarity).then(
    (row) => send({ kind: 'row', row }),
    (error: unknown) =>
      send({ kind: 'trouble', name, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
send({ kind: 'ready' });
