/** How `inspect` hears its child, whatever becomes of it: children that hang, crash or talk nonsense take the place of the real one. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { askChild } from '../../runner/commands/inspection/ask-child';
import { removeWorkFolders, workFolder } from './support/cli';

afterAll(removeWorkFolders);

/** A script that stands in for the child; `say` writes one message. */
function child(script: string): string {
  const file = path.join(workFolder(), 'child.js');
  writeFileSync(
    file,
    `const say = (message) => require('node:fs').writeSync(1, JSON.stringify(message) + '\\n');\n${script}`,
  );
  return file;
}

async function failure(
  script: string,
  deadlineMs = 20_000,
): Promise<{ message: string; advice?: string; exitCode: number }> {
  const error: unknown = await askChild('dev0', { script: child(script), deadlineMs }).catch(
    (caught: unknown) => caught,
  );
  const { message, advice, exitCode } = error as { message: string; advice?: string; exitCode: number };
  return { message, exitCode, ...(advice === undefined ? {} : { advice }) };
}

const DOING = "say({ kind: 'doing', what: 'VFIO_DEVICE_GET_REGION_INFO of region 3' });";

test('a device that does not answer', async () => {
  expect(await failure(`${DOING} for (;;) ;`, 1_000)).toEqual({
    message: 'dev0 did not answer within 1 s, at: VFIO_DEVICE_GET_REGION_INFO of region 3',
    advice:
      'The device or its driver hangs. Look into the kernel log (dmesg); the device may need a reset or the machine a restart.',
    exitCode: 3,
  });
});

test('a process that does not start has not touched the device', async () => {
  const error: unknown = await askChild('dev0', { script: child('for (;;) ;'), startMs: 500 }).catch((e: unknown) => e);
  expect(error).toMatchObject({
    message: 'dev0 was not looked at: the process for it did not start within 0.5 s',
    advice: expect.stringContaining('try again'),
    exitCode: 3,
  });
});

test('a device that kills the process', async () => {
  expect(await failure(`${DOING} process.kill(process.pid, 'SIGBUS'); for (;;) ;`)).toMatchObject({
    message: 'inspecting dev0 ended with SIGBUS, at: VFIO_DEVICE_GET_REGION_INFO of region 3',
    exitCode: 3,
  });
});

test('a device that cannot be opened', async () => {
  const said = "{ kind: 'busy', message: '/dev/vfio/7: open: EBUSY', advice: 'Stop the virtual machine.' }";
  expect(await failure(`say({ kind: 'cannot-open', failure: ${said} });`)).toEqual({
    message: 'dev0 cannot be opened: /dev/vfio/7: open: EBUSY',
    advice: 'Stop the virtual machine.',
    exitCode: 3,
  });
});

test('a refusal that names the device is told as it is', async () => {
  const said = "{ kind: 'busy', message: 'dev0 is busy', advice: 'Wait.' }";
  expect((await failure(`say({ kind: 'cannot-open', failure: ${said} });`)).message).toBe('dev0 is busy');
});

test('a defect of the child is told with what it said', async () => {
  expect(await failure(`${DOING} console.error('RangeError: out of range'); process.exit(1);`)).toEqual({
    message: 'inspecting dev0 ended with exit code 1, at: VFIO_DEVICE_GET_REGION_INFO of region 3',
    advice: 'RangeError: out of range',
    exitCode: 3,
  });
});
