/** `certificate RUNDIR`: makes the certificate of a run; `certificate verify FILE...` checks one. */
import type { Command } from 'commander';
import type { Act } from './main';

export interface MakeOptions {
  readonly latest?: true;
  readonly output?: string;
  readonly sign?: string;
  readonly redact?: true;
}
export interface VerifyOptions {
  readonly key?: string;
}

export function declare(command: Command, act: Act): void {
  command
    .argument('[rundir]', "a run's folder, as `run` names it at its end")
    .option('--latest', 'the newest run below results/ in this folder')
    .option('-o, --output <dir>', "where to write certificate.html and certificate.json (default: the run's folder)")
    .option('--sign <key>', 'sign both with this Ed25519 private key, in PEM')
    .option('--redact', 'leave out host and user names, serial numbers, UUIDs and folders')
    .addHelpText('after', '\nExit codes as those of `run`: 0 conformant, 1 non-conformant, 3 incomplete.')
    .action(act(make));
  command
    .command('verify')
    .summary('check that a certificate is as it was made, and who signed it')
    .description('Checks every byte of a certificate, and who signed it.')
    .argument('<files...>', 'certificate.html, certificate.json, or a folder with both')
    .option('--key <key>', 'the Ed25519 public key, in PEM, that must have signed them')
    .addHelpText('after', '\nExit codes: 0 as it was made, 1 changed, or not signed with that key.')
    .action(act(verify));
}

function make(named: string | undefined, options: MakeOptions): number {
  const { makeCertificate } = require('./certifying/make') as typeof import('./certifying/make');
  return makeCertificate(named, options);
}

function verify(files: readonly string[], options: VerifyOptions): number {
  const { verifyCertificates } = require('./certifying/verify') as typeof import('./certifying/verify');
  return verifyCertificates(files, options);
}
