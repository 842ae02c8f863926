/** The real yaml-language-server over its standard streams: as an editor drives it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export interface Complaint {
  readonly range: { readonly start: Position; readonly end: Position };
  readonly severity?: number;
  readonly message: string;
}
export interface Position {
  readonly line: number;
  readonly character: number;
}
export interface Completion {
  readonly label: string;
  readonly insertText?: string;
  readonly documentation?: string | { readonly value: string };
}

/** Longest wait for one answer: the machine may be busy. */
const PATIENCE_MS = 60_000;

export class LanguageServer {
  private readonly child: ChildProcessWithoutNullStreams;
  private buffer = Buffer.alloc(0);
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly complaints = new Map<string, (complaints: readonly Complaint[]) => void>();
  private lastId = 0;
  private settings: Readonly<Record<string, unknown>> = {};

  constructor() {
    const root = path.dirname(require.resolve('yaml-language-server/package.json'));
    this.child = spawn(process.execPath, [path.join(root, 'bin', 'yaml-language-server'), '--stdio']);
    this.child.stdout.on('data', (data: Buffer) => this.take(data));
    this.child.stderr.resume();
  }

  /** `settings` is the `yaml` part of an editor's settings. */
  async start(folder: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
    this.settings = settings;
    const rootUri = pathToFileURL(folder).href;
    const markdown = ['markdown', 'plaintext'];
    await this.ask('initialize', {
      processId: process.pid,
      rootUri,
      workspaceFolders: [{ uri: rootUri, name: 'kit' }],
      capabilities: {
        textDocument: {
          hover: { contentFormat: markdown },
          completion: { completionItem: { documentationFormat: markdown, snippetSupport: true } },
        },
      },
    });
    this.tell('initialized', {});
    this.tell('workspace/didChangeConfiguration', { settings: { yaml: settings } });
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    await this.ask('shutdown', null);
    this.tell('exit', null);
    this.child.stdin.end();
    await ended;
  }

  /** Opens a text as if the editor had the file open, and waits for what is said of it. */
  async open(file: string, text: string): Promise<readonly Complaint[]> {
    const uri = pathToFileURL(file).href;
    const told = this.patiently<readonly Complaint[]>(`complaints about ${file}`, (resolve) => {
      this.complaints.set(uri, resolve);
    });
    this.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    return told;
  }

  close(file: string): void {
    this.tell('textDocument/didClose', { textDocument: { uri: pathToFileURL(file).href } });
  }

  async hover(file: string, position: Position): Promise<string> {
    const result = (await this.ask('textDocument/hover', place(file, position))) as {
      contents?: { value?: string };
    } | null;
    return result?.contents?.value ?? '';
  }

  async complete(file: string, position: Position): Promise<readonly Completion[]> {
    const result = (await this.ask('textDocument/completion', place(file, position))) as
      | { readonly items: readonly Completion[] }
      | readonly Completion[]
      | null;
    return result === null ? [] : 'items' in result ? result.items : result;
  }

  private async ask(method: string, params: unknown): Promise<unknown> {
    this.lastId += 1;
    const id = this.lastId;
    const answer = await this.patiently<Message>(method, (resolve) => {
      this.waiting.set(id, resolve);
      this.send({ id, method, params });
    });
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  private tell(method: string, params: unknown): void {
    this.send({ method, params });
  }

  private send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  private take(data: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const end = this.buffer.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(this.buffer.subarray(0, Math.max(end, 0)).toString())?.[1]);
      if (end < 0 || Number.isNaN(length) || this.buffer.length < end + 4 + length) return;
      const body = this.buffer.subarray(end + 4, end + 4 + length).toString('utf8');
      this.buffer = this.buffer.subarray(end + 4 + length);
      this.handle(JSON.parse(body) as Message);
    }
  }

  private handle(message: Message): void {
    const { id, method, params } = message;
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: readonly Complaint[] };
      this.complaints.get(uri)?.(diagnostics);
    } else if (id !== undefined && method !== undefined) this.answer(id, method, params);
    else if (id !== undefined) {
      this.waiting.get(id)?.(message);
      this.waiting.delete(id);
    }
  }

  /** What the server asks of an editor: its settings. */
  private answer(id: number, method: string, params: unknown): void {
    const items = (params as { items?: readonly unknown[] } | null)?.items ?? [];
    const known = (section: unknown) => (section === 'yaml' ? this.settings : null);
    const result = items.map((item) => known((item as { section?: unknown }).section));
    this.send({ id, result: method === 'workspace/configuration' ? result : null });
  }

  private patiently<T>(what: string, begin: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), PATIENCE_MS);
      begin((value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  }
}

function place(file: string, position: Position): object {
  return { textDocument: { uri: pathToFileURL(file).href }, position };
}
