/** `--host ssh:` through a real sshd on the loopback: the real agent, and whole runs on a simulated machine behind it. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cli, removeWorkFolders, workFolder } from '../../commands/support/cli';
import { requirement } from '../../support/requirements';
import { scratchPath } from '../support/scratch';
import { agentProgram } from './support/agent-program';
import { type LoopbackSshd, startSshd } from './support/loopback-sshd';

const { test } = requirement('sshd', 'c-compiler');
const REFERENCE_AGENT = path.join(__dirname, 'support/reference-agent.js');
const running: LoopbackSshd[] = [];
let folders = 0;

afterEach(() => {
  for (const sshd of running.splice(0)) sshd.stop();
});
afterAll(removeWorkFolders);

/** The environment that reaches a machine whose key is bound to this command. */
async function machine(command?: string): Promise<{ readonly VFIO_CONFORMANCE_SSH: string }> {
  folders += 1;
  const sshd = await startSshd(scratchPath(`sshd-${folders}`), command);
  running.push(sshd);
  return { VFIO_CONFORMANCE_SSH: sshd.ssh };
}

function simulated(...options: readonly string[]): Promise<{ readonly VFIO_CONFORMANCE_SSH: string }> {
  return machine([process.execPath, REFERENCE_AGENT, ...options].join(' '));
}

const ON = ['--host', 'ssh:lab', '--device', '0007:00:00.0'];

test('devices: what there is on the other machine, told by the agent as it is installed', async () => {
  const env = await machine(agentProgram());
  const { code, stdout, stderr } = cli(['devices', '--host', 'ssh:lab', '--json'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { host } = JSON.parse(stdout);
  expect(host).toMatchObject({ kind: 'agent', name: os.hostname(), architecture: os.machine() });
}, 60_000);

test('inspect and run work as they do here', async () => {
  const env = await simulated('--device', 'reference:zpci,be');
  const looked = cli(['inspect', '0007:00:00.0', '--host', 'ssh:lab', '--json'], { env });
  expect(looked.stderr).toBe('');
  expect(JSON.parse(looked.stdout)).toMatchObject({
    host: { kind: 'agent', byteOrder: 'big' },
    info: { capabilities: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }] },
  });
  const profile = path.join(__dirname, '../../../../devices/reference-zpci.yaml');
  const run = cli(['run', 'certify-zpci', ...ON, '--profile', profile, '--json', 'run.json', '--no-report'], {
    env,
    cwd: workFolder(),
  });
  expect(run.stdout).toMatch(/^verdict: conformant/m);
  expect(run.code).toBe(0);
}, 120_000);

test('explore finds there what it finds here, and the scenario that it writes fails there', async () => {
  const env = await simulated('--device', 'reference:zpci+running-to-stop-refused');
  const cwd = workFolder();
  const profile = path.join(__dirname, '../../../../devices/reference-zpci.yaml');
  const where = [...ON, '--profile', profile];
  const found = cli(['explore', ...where, '--runs', '20', '--out', '.', '--json'], { env, cwd });
  expect({ code: found.code, stderr: found.stderr }).toEqual({ code: 1, stderr: '' });
  const { found: what } = JSON.parse(found.stdout);
  expect(what).toMatchObject({ clause: 'TRANS-RUN-STOP', stepCount: 1, reproduced: true });
  expect(what.run).toContain(' --host ssh:lab');
  const run = cli(['run', 'trans-run-stop.yaml', ...where, '--json', 'run.json', '--no-report'], { env, cwd });
  expect(run.code).toBe(1);
  expect(JSON.parse(fs.readFileSync(path.join(cwd, 'run.json'), 'utf8')).findings).toMatchObject([
    { clause: 'TRANS-RUN-STOP' },
  ]);
}, 120_000);

test('explore ends when the connection does, and says why', async () => {
  const mark = scratchPath(`sshd-${folders + 1}/cut`);
  const env = await simulated('--device', 'reference:zpci', '--cut', '300', '--mark', mark, '--what', 'session');
  const profile = path.join(__dirname, '../../../../devices/reference-zpci.yaml');
  const { code, stdout } = cli(['explore', ...ON, '--profile', profile, '--runs', '20'], { env });
  expect(code).toBe(3);
  expect(stdout).toMatch(/could not be finished.*\n {2}ssh:lab is lost: /);
  expect(stdout).toMatch(/Made once more, the walk did not show it again/);
}, 120_000);

/** A certification whose connection ends in the middle of a case. */
async function cutOff(what: string, wrapped = false) {
  const mark = scratchPath(`sshd-${folders + 1}/cut`);
  const env = await simulated('--device', 'reference:zpci', '--cut', '150', '--mark', mark, '--what', what);
  const cwd = workFolder({ 'ssh.sh': 'echo >> "$0.calls"; exec "$@"\n' });
  const profile = path.join(__dirname, '../../../../devices/reference-zpci.yaml');
  const run = cli(['run', 'certify-zpci', ...ON, '--profile', profile, '--json', 'run.json', '--no-report'], {
    env: { VFIO_CONFORMANCE_SSH: `${wrapped ? `sh ${cwd}/ssh.sh ` : ''}${env.VFIO_CONFORMANCE_SSH}` },
    cwd,
  });
  const record = JSON.parse(fs.readFileSync(path.join(cwd, 'run.json'), 'utf8'));
  expect({ code: run.code, verdict: record.verdict, findings: record.findings }).toEqual({
    code: 3,
    verdict: 'incomplete',
    findings: [],
  });
  // What held the device goes as soon as it notices.
  const held = `/proc/${fs.readFileSync(mark, 'utf8').trim()}`;
  for (let tries = 0; tries < 200 && fs.existsSync(held); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(fs.existsSync(held)).toBe(false);
  const { scenarios } = record as { scenarios: { status: string; reason: string }[] };
  return {
    scenarios,
    broken: scenarios.filter(({ status }) => status === 'broken'),
    /** How often ssh was called. */
    calls: wrapped ? fs.readFileSync(path.join(cwd, 'ssh.sh.calls'), 'utf8').length : 0,
  };
}

for (const what of ['session', 'ssh', 'agent'])
  test(`a connection that is cut in the middle of a case (${what}): that case is broken, the next one connects again`, async () => {
    const { scenarios, broken } = await cutOff(what);
    expect(broken).toHaveLength(1);
    expect(broken[0]?.reason).toMatch(/^ssh:lab is lost: /);
    expect(scenarios.at(-1)?.status).toBe('passed');
  }, 120_000);

test('a machine that stays away: every case from then on is broken, and the run comes to its end without waiting for it in each', async () => {
  const { scenarios, broken, calls } = await cutOff('sshd', true);
  const first = scenarios.findIndex(({ status }) => status === 'broken');
  expect(first).toBeGreaterThan(0);
  expect(scenarios.slice(first).every(({ status }) => status === 'broken')).toBe(true);
  expect(broken[0]?.reason).toMatch(/^ssh:lab is lost: /);
  expect(broken[1]?.reason).toMatch(/Connection refused/);
  expect(broken.length).toBeGreaterThan(4);
  expect(broken.at(-1)?.reason).toMatch(/ssh:lab could not be reached 3 times running/);
  // Once to look which devices there are, once for the run, and three times in vain.
  expect(calls).toBe(5);
}, 120_000);

test('a device that hangs there has failed, because its machine still answers; the next case finds the device closed', async () => {
  const env = await simulated('--device', 'reference:zpci+hang-on-error-request');
  const cwd = workFolder({
    'hang.yaml': [
      'scenario: A write that hangs',
      'clauses: [STATE-INVALID-110, DEV-RESPONDS]',
      'needs: [migration-v1]',
      'matrix: {to: [error, invalid-101]}',
      'steps:',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the scenario's own placeholder
      '  - transition: "${to}"',
      '    provoke: STATE-VALID-USER',
      '    expect: {result: either}',
      '    within: 2s',
    ].join('\n'),
  });
  const profile = path.join(__dirname, '../../../../devices/reference-zpci.yaml');
  const run = cli(['run', 'hang.yaml', ...ON, '--profile', profile, '--json', 'run.json', '--no-report'], { env, cwd });
  expect(run.code).toBe(1);
  const record = JSON.parse(fs.readFileSync(path.join(cwd, 'run.json'), 'utf8'));
  expect(record.scenarios.map(({ status }: { status: string }) => status)).toEqual(['failed', 'passed']);
  expect(record.findings).toMatchObject([{ clause: 'DEV-RESPONDS' }]);
}, 120_000);

test('a kit that is killed while a call there does not return leaves nothing behind on that machine', async () => {
  const root = scratchPath('machine');
  fs.mkdirSync(path.join(root, 'dev/vfio'), { recursive: true });
  // A plain read of it never returns: nobody writes.
  execFileSync('mkfifo', [path.join(root, 'dev/vfio/7')]);
  const env = await machine(`${agentProgram()} --root ${root}`);
  const script = `
    const { createHost } = require(${JSON.stringify(path.resolve(__dirname, '../../../runner/host/create-host.js'))});
    const host = createHost('ssh:lab');
    const fd = host.open('/dev/vfio/7', 'read-write');
    console.log('open');
    host.read(fd, new Uint8Array(8));`;
  const kit = spawn(process.execPath, ['-e', script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => kit.stdout.once('data', resolve));
  const program = agentProgram();
  const left = (): number[] =>
    fs
      .readdirSync('/proc')
      .map(Number)
      .filter((pid) => {
        try {
          return pid > 0 && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${program}\0--root\0${root}`);
        } catch {
          return false;
        }
      });
  expect(left()).toHaveLength(2);
  kit.kill('SIGKILL');
  for (const deadline = Date.now() + 10_000; left().length > 0 && Date.now() < deadline; )
    await new Promise((resolve) => setTimeout(resolve, 100));
  expect(left()).toEqual([]);
}, 60_000);

test('what is not an agent, and a machine that does not let us in', async () => {
  const env = await machine('echo Welcome to the lab, please read the rules of the house before you touch anything');
  const banner = cli(['devices', '--host', 'ssh:lab'], { env });
  expect(banner.code).toBe(3);
  expect(banner.stderr).toMatch(
    /no agent answers: ssh:lab is lost: what answers there is no agent; it said "Welcome to the lab/,
  );
  fs.writeFileSync(scratchPath(`sshd-${folders}/authorized_keys`), '');
  const refused = cli(['devices', '--host', 'ssh:lab'], { env });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(/Permission denied \(publickey/);
  expect(refused.stderr).toMatch(/agent install HOST/);
}, 60_000);

test('agent install copies the agent for that architecture and greets it', async () => {
  const built = path.join(__dirname, '../../../agent', os.machine());
  fs.mkdirSync(built, { recursive: true });
  fs.copyFileSync(agentProgram(), path.join(built, 'vfio-conformance-agent'));
  // A home of its own, so that nobody's own agent is touched.
  const home = scratchPath('home');
  fs.mkdirSync(home);
  const env = await machine(`cd ${home} && eval "$SSH_ORIGINAL_COMMAND"`);
  const { code, stdout, stderr } = cli(['agent', 'install', 'lab'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`installed as .local/bin/vfio-conformance-agent on ${os.hostname()}`);
  const installed = path.join(home, '.local/bin/vfio-conformance-agent');
  expect(fs.readFileSync(installed).equals(fs.readFileSync(agentProgram()))).toBe(true);
  expect(fs.readdirSync(path.dirname(installed))).toEqual(['vfio-conformance-agent']);
  expect(cli(['agent', 'install', '-oProxyCommand=x'], { env }).code).toBe(2);
}, 60_000);
