/** What the machine itself uses a device for. A device with any of it is not taken from its driver. */
import type { SystemTree } from './system-tree';

/** Sentences for people; that it cannot be told is one of them, and as good a reason not to take the device. */
export function usesOf(tree: SystemTree, sysfs: string): readonly string[] {
  const device = tree.realPath(sysfs);
  if (device === undefined) return [`${sysfs} cannot be followed, so that nobody knows what it is used for`];
  const places = [device, ...nvmeSubsystems(tree, device)];
  const below = (name: string): boolean => {
    const real = tree.realPath(name);
    return real !== undefined && places.some((place) => real.startsWith(`${place}/`));
  };
  return [
    ...storage(tree, below),
    ...network(tree, below),
    ...consoles(tree, device, below),
    ...functions(tree, device),
  ];
}

type Below = (name: string) => boolean;

/** A disk with several paths hangs below its subsystem and not below the controller. */
function nvmeSubsystems(tree: SystemTree, device: string): readonly string[] {
  const folder = '/sys/class/nvme-subsystem';
  return names(tree, folder).flatMap((subsystem) => {
    const members = names(tree, `${folder}/${subsystem}`);
    const ours = members.some((name) => tree.realPath(`${folder}/${subsystem}/${name}`)?.startsWith(`${device}/`));
    const real = tree.realPath(`${folder}/${subsystem}`);
    return ours && real !== undefined ? [real] : [];
  });
}

function storage(tree: SystemTree, below: Below): string[] {
  const disks = names(tree, '/sys/class/block').filter((name) => below(`/sys/class/block/${name}`));
  if (disks.length === 0) return [];
  const all = withHolders(tree, '/sys/class/block', disks, (name) => names(tree, `/sys/class/block/${name}/holders`));
  const numbers = new Map([...all].map((name) => [text(tree, `/sys/class/block/${name}/dev`) ?? name, name]));
  const found: string[] = [];
  const tables = mountTables(tree);
  if (tables.length === 0)
    return ['it has disks, and /proc/self/mountinfo cannot be read: what is mounted cannot be told'];
  for (const line of new Set(tables.flatMap((table) => table.split('\n')))) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , number = '', , place = ''] = before.split(' ');
    const source = baseName(tree, after.split(' ')[1] ?? '');
    const disk = numbers.get(number) ?? (source !== undefined && all.has(source) ? source : undefined);
    if (disk !== undefined) found.push(`the filesystem on ${disk} is mounted at ${place}`);
  }
  const swaps = tree.readText('/proc/swaps');
  for (const line of typeof swaps === 'string' ? swaps.split('\n').slice(1) : []) {
    const name = baseName(tree, line.split(/\s/)[0] ?? '');
    if (name !== undefined && all.has(name)) found.push(`${name} is swap space in use`);
  }
  return [...new Set(found)];
}

/** One of each mount namespace: what is mounted in a container only is mounted. */
function mountTables(tree: SystemTree): readonly string[] {
  const seen = new Set<string>();
  const own = tree.readText('/proc/self/mountinfo');
  const tables = typeof own === 'string' ? [own] : [];
  if (tables.length === 0) return [];
  for (const process of names(tree, '/proc')) {
    if (!/^\d+$/.test(process)) continue;
    const namespace = tree.readLink(`/proc/${process}/ns/mnt`);
    if (typeof namespace !== 'string' || seen.has(namespace)) continue;
    seen.add(namespace);
    const table = tree.readText(`/proc/${process}/mountinfo`);
    if (typeof table === 'string') tables.push(table);
  }
  return tables;
}

function network(tree: SystemTree, below: Below): string[] {
  const cards = names(tree, '/sys/class/net').filter((name) => below(`/sys/class/net/${name}`));
  if (cards.length === 0) return [];
  const upper = (name: string): string[] =>
    names(tree, `/sys/class/net/${name}`).flatMap((entry) => (entry.startsWith('upper_') ? [entry.slice(6)] : []));
  const all = withHolders(tree, '/sys/class/net', cards, upper);
  const v4 = tree.readText('/proc/net/route');
  if (typeof v4 !== 'string') return ['it has network interfaces, and /proc/net/route cannot be read'];
  const v6 = tree.readText('/proc/net/ipv6_route');
  const found = v4.split('\n').flatMap((line) => {
    const [card = '', destination, , , , , , mask] = line.split(/\s+/);
    return destination === '00000000' && mask === '00000000' && all.has(card)
      ? [`the default route goes over ${card}`]
      : [];
  });
  for (const line of typeof v6 === 'string' ? v6.split('\n') : []) {
    const words = line.trim().split(/\s+/);
    const card = words.at(-1) ?? '';
    if (/^0{32}$/.test(words[0] ?? '') && words[1] === '00' && all.has(card))
      found.push(`the default route (IPv6) goes over ${card}`);
  }
  return [...new Set(found)];
}

function consoles(tree: SystemTree, device: string, below: Below): string[] {
  const found: string[] = [];
  const active = (text(tree, '/sys/class/tty/console/active') ?? '').split(' ').filter((name) => name !== '');
  for (const name of active) if (below(`/sys/class/tty/${name}`)) found.push(`${name} is a console of the system`);
  if (active.some((name) => name.startsWith('hvc')))
    for (const port of names(tree, '/sys/class/virtio-ports'))
      if (below(`/sys/class/virtio-ports/${port}`))
        found.push(`${port} may be the system's console (${active.join(' ')})`);
  if (text(tree, `${device}/boot_vga`) === '1') found.push('it is the graphics card that the machine was started with');
  for (const name of names(tree, '/sys/class/graphics'))
    if (/^fb\d+$/.test(name) && below(`/sys/class/graphics/${name}`)) found.push(`${name} shows the console`);
  for (const name of names(tree, '/sys/class/drm'))
    if (below(`/sys/class/drm/${name}`) && text(tree, `/sys/class/drm/${name}/enabled`) === 'enabled')
      found.push(`a screen is in use at ${name}`);
  return found;
}

/** Taking the physical function away takes its virtual functions from whoever has them. */
function functions(tree: SystemTree, device: string): string[] {
  const count = Number(text(tree, `${device}/sriov_numvfs`) ?? '0');
  return count > 0 ? [`${count} virtual functions of it are switched on`] : [];
}

/** What stands on these, and on those: LVM and RAID on disks, bonds and bridges on cards. */
function withHolders(
  tree: SystemTree,
  folder: string,
  first: readonly string[],
  above: (name: string) => readonly string[],
): ReadonlySet<string> {
  const all = new Set<string>();
  const todo = [...first];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (all.has(name) || !tree.exists(`${folder}/${name}`)) continue;
    all.add(name);
    todo.push(...above(name));
  }
  return all;
}

/** `/dev/mapper/swap` is a link to `../dm-1`. */
function baseName(tree: SystemTree, path: string): string | undefined {
  if (!path.startsWith('/dev/')) return undefined;
  return (tree.realPath(path) ?? path).split('/').at(-1);
}

function names(tree: SystemTree, folder: string): readonly string[] {
  const answer = tree.list(folder);
  return typeof answer === 'number' ? [] : answer;
}

function text(tree: SystemTree, name: string): string | undefined {
  const answer = tree.readText(name);
  return typeof answer === 'number' ? undefined : answer.trim();
}
