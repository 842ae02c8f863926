import { parseCommandLine, usage } from '../../lab/command-line';
import { LabFailure } from '../../lab/failure';
import { shellQuote } from '../../lab/session';

describe('the lab command line', () => {
  it('without anything is what CI runs, on the default kernel', () => {
    expect(parseCommandLine([])).toEqual({
      subcommand: 'ci',
      args: [],
      kernel: '6.12',
      kernels: ['6.12'],
      modules: [],
      refresh: false,
      wait: false,
      memoryMiB: 1536,
      processors: 1,
      timeoutSeconds: 1800,
      fault: undefined,
      oneLayout: false,
      everyLayout: false,
      minutes: undefined,
      noFaults: false,
    });
  });

  it('full goes through every kernel and takes its time, unless it is told otherwise', () => {
    expect(parseCommandLine(['full'])).toMatchObject({ kernels: ['6.12', '6.1'], timeoutSeconds: 86_400 });
    const command = parseCommandLine(['--kernel', '6.1', '--timeout', '60', '--one-layout', 'full']);
    expect(command).toMatchObject({ kernels: ['6.1'], timeoutSeconds: 60, oneLayout: true });
    expect(() => parseCommandLine(['--one-layout'])).toThrow(/--one-layout/);
  });

  it('takes minutes for full, and leaves out faults for the CI form only', () => {
    expect(parseCommandLine(['--minutes', '10', 'full']).minutes).toBe(10);
    expect(parseCommandLine(['--no-faults']).noFaults).toBe(true);
    expect(() => parseCommandLine(['--minutes', '10'])).toThrow(/--minutes is for full/);
    expect(() => parseCommandLine(['--minutes', 'x', 'full'])).toThrow(/whole number/);
    expect(() => parseCommandLine(['--no-faults', 'full'])).toThrow(/--no-faults/);
  });

  it('takes a fault for the CI form, and for no other', () => {
    expect(parseCommandLine(['--fault', 'save-loses-scratch']).fault).toBe('save-loses-scratch');
    expect(() => parseCommandLine(['--fault', 'save-loses-scratch', 'full'])).toThrow(/--fault/);
  });

  it('passes everything after run on as it is, options of the same name included', () => {
    const command = parseCommandLine(['--kernel', '6.1', 'run', 'run', 'smoke', '--kernel', 'x', '--help', '--', '-q']);
    expect(command.kernel).toBe('6.1');
    expect(command.subcommand).toBe('run');
    expect(command.args).toEqual(['run', 'smoke', '--kernel', 'x', '--help', '--', '-q']);
  });

  it('takes several modules, in their order', () => {
    expect(parseCommandLine(['--module', 'a', '--module=b', 'exec', 'true']).modules).toEqual(['a', 'b']);
  });

  it('reads numbers', () => {
    const command = parseCommandLine([
      '--memory',
      '2048',
      '--cpus=2',
      '--timeout',
      '60',
      '--wait',
      '--refresh',
      'shell',
    ]);
    expect(command).toMatchObject({ memoryMiB: 2048, processors: 2, timeoutSeconds: 60, wait: true, refresh: true });
  });

  it.each([
    [['--bogus'], /--bogus/],
    [['frobnicate'], /no lab subcommand "frobnicate"/],
    [['--kernel', '5.10'], /no kernel "5.10"/],
    [['--kernel', 'constructor'], /no kernel/],
    [['--memory', '1.5g'], /--memory/],
    [['--cpus', '0'], /--cpus/],
    [['--timeout'], /--timeout/],
    [['run'], /something to run/],
    [['exec'], /something to run/],
    [['module'], /one folder/],
    [['clean', 'everything'], /takes no arguments/],
    [['shell', '--kernel', '6.1'], /takes no arguments/],
  ])('refuses %j with exit code 2', (argv, message) => {
    let failure: unknown;
    try {
      parseCommandLine(argv);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(LabFailure);
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  });

  it('shows help wherever --help stands among the options', () => {
    expect(parseCommandLine(['--help']).subcommand).toBe('help');
    expect(parseCommandLine(['-h', 'ci']).subcommand).toBe('help');
    expect(usage).toContain('--kernel 6.12|6.1');
  });
});

describe('words for the guest shell', () => {
  it.each([
    ['plain-word_1.2,3:4/5=6', 'plain-word_1.2,3:4/5=6'],
    ['two words', "'two words'"],
    ["it's", "'it'\\''s'"],
    ['$HOME', "'$HOME'"],
    ['', "''"],
  ])('%j is written %s', (word, quoted) => {
    expect(shellQuote(word)).toBe(quoted);
  });
});
