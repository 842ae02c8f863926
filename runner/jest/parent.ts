/** What a Jest process does when the process that started it is gone: nobody is left to say what came of the run, so it ends as well. */

let watching = false;

/**
 * Ends this process when the channel to its parent breaks, as it does when the parent is killed. The case that runs is given up without
 * a result; its executor hears of it the same way, resets and closes the device. Does nothing where there is no such channel (a plain
 * `npx jest`).
 */
export function endWithParent(): void {
  if (watching || !process.connected || !process.channel) return;
  watching = true;
  const { channel } = process;
  process.on('disconnect', () => process.exit(1));
  // Listening alone must not keep this process from ending; a worker is kept by waiting for its parent's messages, while it does.
  const release = (): void => {
    if (process.listenerCount('message') === 0) channel.unref();
  };
  release();
  process.on('removeListener', (event) => {
    if (event === 'message') release();
  });
}
