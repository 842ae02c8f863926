/** A QEMU in the guest with one mediated device, led by QMP and, for the device's registers, by qtest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { LineSocket } from './line-socket';

const answerMs = 20_000;
const startMs = 60_000;
/** Slot 4, function 0, on bus 0, through the PC's configuration ports. */
const configAddress = 0x8000_0000 | (4 << 11);
const bar0 = 0xe000_0000;
/** From the reset vector on: cli, hlt, and back to the hlt. */
const sleeping = [0xfa, 0xf4, 0xeb, 0xfd];
const firmwareBytes = 0x1_0000;
const resetVector = 0xfff0;

export interface NestedOptions {
  readonly name: string;
  /** Folder with bin, lib, modules and firmware. */
  readonly tools: string;
  readonly uuid: string;
  /** Folder for sockets and dumps. */
  readonly scratch: string;
  /** The socket on which a migration comes in. */
  readonly incoming?: string;
}

/** What QEMU answered to a QMP command. */
export type Answer =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly message: string };

export class NestedQemu {
  private stderr = '';
  private ending: string | undefined;

  private qmp: LineSocket | undefined;
  private qtest: LineSocket | undefined;

  private constructor(private readonly process: ChildProcess) {
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-4000);
    });
    process.once('close', (code, signal) => {
      const said = this.stderr.trim().split('\n').at(-1) ?? '';
      this.ending = signal ?? `exit code ${code}${said === '' ? '' : `: ${said}`}`;
    });
    process.once('error', (error) => {
      this.ending = error.message;
    });
  }

  /** Started, and talking; `gone` says so when it is not. */
  static async start(options: NestedOptions): Promise<NestedQemu> {
    const { name, tools, uuid, scratch, incoming } = options;
    const [qmpPath, qtestPath] = [`${scratch}/${name}.qmp`, `${scratch}/${name}.qtest`];
    const firmware = Buffer.alloc(firmwareBytes, 0xf4);
    firmware.set(sleeping, resetVector);
    writeFileSync(`${scratch}/${name}.firmware`, firmware);
    const child = spawn(
      `${tools}/bin/qemu-system-x86_64`,
      [
        ...['-L', `${tools}/firmware`, '-accel', 'tcg', '-machine', 'pc', '-cpu', 'qemu64', '-m', '8'],
        // QEMU 7.2 under emulation loses pages that the guest's processor writes: this one never writes any.
        ...['-bios', `${scratch}/${name}.firmware`],
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none'],
        ...['-qmp', `unix:${qmpPath},server=on,wait=off`],
        ...['-qtest', `unix:${qtestPath},server=on,wait=off`, '-qtest-log', 'none'],
        ...['-device', `vfio-pci,sysfsdev=/sys/bus/mdev/devices/${uuid},x-enable-migration=on,addr=4.0,id=dut`],
        ...(incoming === undefined ? [] : ['-S', '-incoming', `unix:${incoming}`]),
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, LD_LIBRARY_PATH: `${tools}/lib`, QEMU_MODULE_DIR: `${tools}/modules` },
      },
    );
    const qemu = new NestedQemu(child);
    const alive = (): boolean => qemu.ending === undefined;
    qemu.qmp = await LineSocket.open(qmpPath, startMs, alive);
    qemu.qtest = await LineSocket.open(qtestPath, answerMs, alive);
    if (qemu.qmp) {
      await qemu.qmp.line(answerMs);
      await qemu.execute('qmp_capabilities');
    }
    return qemu;
  }

  /** How it ended, or undefined while it lives: `SIGSEGV`, `exit code 1: what it said last`. */
  get gone(): string | undefined {
    return this.ending;
  }

  /** One QMP command. An answer that does not come in time is a failure like another. */
  async execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<Answer> {
    this.qmp?.send(JSON.stringify({ execute: command, ...(args === undefined ? {} : { arguments: args }) }));
    const until = Date.now() + answerMs;
    for (;;) {
      const line = await this.qmp?.line(Math.max(0, until - Date.now()));
      if (line === undefined) await this.settle();
      if (line === undefined)
        return { ok: false, message: this.ending ?? `no answer to ${command} within ${answerMs} ms` };
      const said = JSON.parse(line) as Record<string, unknown>;
      if ('event' in said) continue;
      if ('error' in said) return { ok: false, message: String((said.error as { desc?: unknown }).desc) };
      return { ok: true, value: (said.return ?? {}) as Readonly<Record<string, unknown>> };
    }
  }

  /** Gives the device its BAR and lets it master the bus: there is no firmware that would. */
  async enableDevice(): Promise<void> {
    await this.config(0x10, bar0);
    await this.config(0x14, 0);
    await this.config(0x04, 0x6);
  }

  async writeRegister(at: number, value: bigint): Promise<void> {
    await this.ask(`writeq 0x${(bar0 + at).toString(16)} 0x${value.toString(16)}`);
  }

  async readRegister(at: number): Promise<bigint | undefined> {
    const [, value] = /^OK (0x[0-9a-f]+)/i.exec((await this.ask(`readq 0x${(bar0 + at).toString(16)}`)) ?? '') ?? [];
    return value === undefined ? undefined : BigInt(value);
  }

  /** Ends it, bounded in time. */
  async stop(): Promise<void> {
    this.qmp?.end();
    this.qtest?.end();
    if (this.ending === undefined) this.process.kill('SIGKILL');
    for (let tries = 0; this.ending === undefined && tries < 100; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** A socket that closed may tell of an end before the process does. */
  private async settle(): Promise<void> {
    for (let tries = 0; this.ending === undefined && tries < 20; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  private async config(register: number, value: number): Promise<void> {
    await this.ask(`outl 0xcf8 0x${((configAddress | register) >>> 0).toString(16)}`);
    await this.ask(`outl 0xcfc 0x${value.toString(16)}`);
  }

  /** qtest answers one line to each line; interrupts are told in lines of their own. */
  private async ask(command: string): Promise<string | undefined> {
    this.qtest?.send(command);
    for (;;) {
      const line = await this.qtest?.line(answerMs);
      if (line === undefined || !line.startsWith('IRQ')) return line;
    }
  }
}
