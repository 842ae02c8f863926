import { fail } from './errno';

type Node =
  | { kind: 'text'; text: string }
  | { kind: 'link'; target: string }
  | { kind: 'directory'; names: Set<string> };

const MAX_LINKS = 40;

/** The small part of /sys and /dev that tells which devices there are: directories, small files and symbolic links. */
export class PathTree {
  private readonly nodes = new Map<string, Node>([['/', { kind: 'directory', names: new Set() }]]);

  addText(path: string, text: string): void {
    this.add(path, { kind: 'text', text });
  }

  /** `target` is written into the link as it is; a relative one counts from the link's directory. */
  addLink(path: string, target: string): void {
    this.add(path, { kind: 'link', target });
  }

  addDirectory(path: string): void {
    if (!this.nodes.has(path)) this.add(path, { kind: 'directory', names: new Set() });
  }

  readText(path: string): string | number {
    const node = this.resolve(path);
    if (typeof node === 'number') return node;
    return node.kind === 'text' ? node.text : fail('EISDIR');
  }

  readLink(path: string): string | number {
    const { parent, name } = split(path);
    const directory = this.realPath(parent);
    if (typeof directory === 'number') return directory;
    const node = this.nodes.get(join(directory, name));
    if (node === undefined) return fail('ENOENT');
    return node.kind === 'link' ? node.target : fail('EINVAL');
  }

  list(path: string): string[] | number {
    const node = this.resolve(path);
    if (typeof node === 'number') return node;
    return node.kind === 'directory' ? [...node.names].sort() : fail('ENOTDIR');
  }

  private add(path: string, node: Node): void {
    const { parent, name } = split(path);
    this.addDirectory(parent);
    const directory = this.nodes.get(parent);
    if (directory?.kind === 'directory') directory.names.add(name);
    this.nodes.set(path, node);
  }

  private resolve(path: string): Node | number {
    const real = this.realPath(path);
    return typeof real === 'number' ? real : (this.nodes.get(real) ?? fail('ENOENT'));
  }

  /** The path with every link followed, or -errno. */
  private realPath(path: string): string | number {
    let links = 0;
    let rest = path.split('/').filter((part) => part !== '');
    let at = '/';
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (part === '.') continue;
      if (part === '..') {
        at = split(at).parent;
        continue;
      }
      const next = join(at, part);
      const node = this.nodes.get(next);
      if (node === undefined) return fail('ENOENT');
      if (node.kind !== 'link') {
        if (node.kind === 'text' && rest.length > 0) return fail('ENOTDIR');
        at = next;
        continue;
      }
      if (++links > MAX_LINKS) return fail('ELOOP');
      if (node.target.startsWith('/')) at = '/';
      rest = [...node.target.split('/').filter((step) => step !== ''), ...rest];
    }
    return at;
  }
}

function split(path: string): { parent: string; name: string } {
  const at = path.lastIndexOf('/');
  return { parent: at <= 0 ? '/' : path.slice(0, at), name: path.slice(at + 1) };
}

function join(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}
