import { join } from 'node:path';
import { loadOrder, moduleName } from '../../lab/initramfs/kernel-modules';
import { isElfX86, nativeAddons } from '../../lab/initramfs/native-addons';
import { sharedLibraries } from '../../lab/initramfs/node-runtime';
import { pickMirror } from '../../lab/kernel/apt-archive';
import { rebaseMakefile } from '../../lab/kernel/unpacked-headers';
import { projectRoot } from '../../lab/paths';
import { missingPackages } from '../../lab/requirements';

describe('the mirror of this machine', () => {
  it("is the one whose release file is Debian's own, not a third party's and not the security archive", () => {
    const lines = [
      'http://packages.example/node|Vendor|Vendor',
      'http://mirror.example/debian-security/|Debian|Debian-Security',
      'http://mirror.example/debian/|Debian|Debian',
    ];
    expect(pickMirror(lines.join('\n'))).toBe('http://mirror.example/debian/');
  });

  it('is unknown while apt has no lists', () => {
    expect(pickMirror('http://mirror.example/debian/||\n')).toBeUndefined();
    expect(pickMirror('')).toBeUndefined();
  });
});

describe('unpacked headers', () => {
  it('include their common part by a path relative to themselves', () => {
    expect(rebaseMakefile('include /usr/src/linux-headers-6.12.95+deb12-common/Makefile\n')).toBe(
      'include $(dir $(lastword $(MAKEFILE_LIST)))../linux-headers-6.12.95+deb12-common/Makefile\n',
    );
  });

  it('keep other includes', () => {
    expect(rebaseMakefile('-include local.mk\nx = /usr/src/y\n')).toBe('-include local.mk\nx = /usr/src/y\n');
  });
});

describe('kernel modules', () => {
  it('are named alike however the file is called', () => {
    expect(moduleName('kernel/drivers/vfio/pci/vfio-pci.ko.xz')).toBe('vfio_pci');
    expect(moduleName('9pnet_virtio')).toBe('9pnet_virtio');
  });

  it('are loaded after what they depend on, each once', () => {
    const dependencies: Record<string, string[]> = {
      vfio_pci: ['vfio-pci-core'],
      vfio_pci_core: ['vfio', 'irqbypass'],
      vfio_iommu_type1: ['vfio'],
    };
    expect(loadOrder(['vfio-pci', 'vfio_iommu_type1'], (name) => dependencies[name] ?? [])).toEqual([
      'vfio',
      'irqbypass',
      'vfio_pci_core',
      'vfio_pci',
      'vfio_iommu_type1',
    ]);
  });

  it('cannot depend on themselves', () => {
    expect(() => loadOrder(['a'], (name) => (name === 'a' ? ['b'] : ['a']))).toThrow(/circle/);
  });
});

describe('the libraries of a program', () => {
  it('are those that ldd found, with the loader, without the vdso', () => {
    const ldd = [
      '\tlinux-vdso.so.1 (0x00007f3b1fb1a000)',
      '\tlibstdc++.so.6 => /lib/x86_64-linux-gnu/libstdc++.so.6 (0x00007f3b1f800000)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f3b1fb1c000)',
    ].join('\n');
    expect(sharedLibraries(ldd)).toEqual(['/lib/x86_64-linux-gnu/libstdc++.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });

  it('are none for a static program', () => {
    expect(sharedLibraries('\tnot a dynamic executable\n')).toEqual([]);
  });
});

describe('compiled addons', () => {
  it('are told from other machines by their ELF header', () => {
    const x86 = Buffer.from('7f454c4602010100000000000000000003003e00', 'hex');
    const arm = Buffer.from('7f454c460201010000000000000000000300b700', 'hex');
    expect(isElfX86(x86)).toBe(true);
    expect(isElfX86(arm)).toBe(false);
    expect(isElfX86(x86.subarray(0, 19))).toBe(false);
    expect(isElfX86(Buffer.from('MZ and whatever else there is'))).toBe(false);
  });

  it('include the one without which the kit cannot make a system call', () => {
    expect(nativeAddons(join(projectRoot(), 'node_modules'))).toContainEqual(expect.stringMatching(/koffi\.node$/));
  });

  it('are none where nothing is installed', () => {
    expect(nativeAddons('/nowhere')).toEqual([]);
  });
});

describe('missing packages', () => {
  it('are those that are unknown to dpkg, or known but not installed', () => {
    const query = 'qemu-system-x86:installed\ncpio:not-installed\nlibelf-dev:config-files\n';
    expect(missingPackages(['qemu-system-x86', 'cpio', 'libelf-dev', 'kmod'], query)).toEqual([
      'cpio',
      'libelf-dev',
      'kmod',
    ]);
  });
});
