import { newTaints, scanKernelLog } from '../../lab/kernel-log';

/** As a 6.12 guest wrote them, shortened; addresses are made up. */
const warning = `[    3.40] vfio-pci 0000:00:10.0: resetting
[    3.502584] ------------[ cut here ]------------
[    3.502668] the driver's own words
[    3.502946] WARNING: CPU: 0 PID: 172 at driver.c:6 set+0xa7/0xd0 [driver]
[    3.503163] Modules linked in: driver(OE) vfio_pci vfio
[    3.503560] CPU: 0 UID: 0 PID: 172 Comm: sh Tainted: G           OE      6.12.95+deb12-amd64 #1
[    3.503749] RIP: 0010:set+0xa7/0xd0 [driver]
[    3.503815] Code: 89 d8 5b c3 cc cc cc cc
[    3.503887] RAX: 0000000000000000 RBX: 0000000000000000 RCX: c0000000fffdffff
[    3.503965] FS:  00000000288043c0(0000) GS:ff45a417d6a00000(0000) knlGS:0000000000000000
[    3.503987] CR2: 0000000000559c5a CR3: 0000000002d82000 CR4: 0000000000751ef0
[    3.504109] Call Trace:
[    3.510043]  <TASK>
[    3.510223]  param_attr_store+0x98/0xf0
[    3.510544] RIP: 0033:0x47b7a0
[    3.510781]  </TASK>
[    3.510817] ---[ end trace 0000000000000000 ]---
[    3.600000] vfio-pci 0000:00:10.0: reset done
`;

const oops = `[    3.341183] BUG: kernel NULL pointer dereference, address: 0000000000000000
[    3.341983] #PF: supervisor write access in kernel mode
[    3.342465] PGD 453d9067 P4D 45f07067 PUD 45f03067 PMD 0
[    3.342826] Oops: Oops: 0002 [#1] PREEMPT SMP NOPTI
[    3.344126] RIP: 0010:set+0x4b/0xd0 [driver]
[    3.353024] Call Trace:
[    3.353727]  param_attr_store+0x98/0xf0
[    3.359561] ---[ end trace 0000000000000000 ]---
`;

describe('the scan of a kernel log', () => {
  it('finds nothing in a boot that only taints by loading an out-of-tree module', () => {
    const log = `[    0.000000] Linux version 6.12.95+deb12-amd64
[    2.1] driver: loading out-of-tree module taints kernel.
[    2.2] driver: module verification failed: signature and/or required key missing - tainting kernel
[    2.3] DMAR: IOMMU enabled
[    2.4] vfio-pci 0000:00:12.0: not ready 1023ms after FLR; waiting
`;
    expect(scanKernelLog(log)).toEqual([]);
  });

  it("quotes a warning from its cut-here line to its end, with the driver's words and the call trace, without registers", () => {
    const [finding, ...others] = scanKernelLog(warning);
    expect(others).toEqual([]);
    expect(finding?.kind).toBe('warning');
    expect(finding?.line).toContain('WARNING: CPU: 0 PID: 172 at driver.c:6');
    expect(finding?.quote.map((line) => line.replace(/^\[\s*[\d.]+\] /, ''))).toEqual([
      '------------[ cut here ]------------',
      "the driver's own words",
      'WARNING: CPU: 0 PID: 172 at driver.c:6 set+0xa7/0xd0 [driver]',
      'Modules linked in: driver(OE) vfio_pci vfio',
      'CPU: 0 UID: 0 PID: 172 Comm: sh Tainted: G           OE      6.12.95+deb12-amd64 #1',
      'RIP: 0010:set+0xa7/0xd0 [driver]',
      'Call Trace:',
      ' <TASK>',
      ' param_attr_store+0x98/0xf0',
      'RIP: 0033:0x47b7a0',
      ' </TASK>',
      '---[ end trace 0000000000000000 ]---',
    ]);
  });

  it('reads the console as well: carriage returns do not hide anything', () => {
    const [finding] = scanKernelLog(oops.replaceAll('\n', '\r\n'));
    expect(finding?.kind).toBe('oops');
    expect(finding?.quote).toHaveLength(8);
  });

  it('keeps reports apart that follow each other', () => {
    expect(scanKernelLog(warning + oops + warning).map(({ kind }) => kind)).toEqual(['warning', 'oops', 'warning']);
  });

  it.each([
    ['panic', '[    3.1] Kernel panic - not syncing: Fatal exception'],
    ['oops', '[    3.1] BUG: unable to handle page fault for address: ffffb1d2c0a00000'],
    ['oops', '[    3.1] Oops: general protection fault, probably for non-canonical address 0x6b6b6b6b6b6b6b6b'],
    ['bug', '[    3.1] kernel BUG at drivers/vfio/driver.c:6!'],
    ['bug', '[    3.1] BUG: sleeping function called from invalid context at kernel/locking/mutex.c:585'],
    ['bug', '[    3.1] BUG: scheduling while atomic: node/123/0x00000002'],
    ['bug', '[    3.1] UBSAN: array-index-out-of-bounds in driver.c:6:1'],
    ['bug', '[    3.1] list_add corruption. prev->next should be next (ffff)'],
    ['bug', '[    3.1] BUG: Bad page state in process node  pfn:12345'],
    ['bug', '[    3.1] refcount_t: underflow; use-after-free.'],
    ['lockup', '[    3.1] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [node:123]'],
    ['lockup', '[    3.1] INFO: task node:123 blocked for more than 120 seconds.'],
    ['lockup', '[    3.1] rcu: INFO: rcu_preempt self-detected stall on CPU'],
    ['lockup', '[    3.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:'],
    [
      'leak',
      '[    3.1] BUG driver_cache (Tainted: G OE): Objects remaining in driver_cache on __kmem_cache_shutdown()',
    ],
  ] as const)('calls it a %s: %s', (kind, line) => {
    expect(scanKernelLog(`${line}\n`)).toEqual([{ kind, line, quote: [line] }]);
  });

  it('cuts a quote that does not end', () => {
    const endless = `${oops.split('\n').slice(0, 6).join('\n')}\n${'[    3.4]  frame+0x1/0x2\n'.repeat(200)}`;
    expect(scanKernelLog(endless)[0]?.quote).toHaveLength(40);
  });
});

describe('taints', () => {
  const [outOfTree, unsigned, warned, died] = [1 << 12, 1 << 13, 1 << 9, 1 << 7];

  it('of an ordinary out-of-tree module are expected', () => {
    expect(newTaints(0, outOfTree | unsigned)).toEqual([]);
  });

  it('that came while the command ran are named', () => {
    expect(newTaints(outOfTree | unsigned, outOfTree | unsigned | warned | died)).toEqual([
      'D kernel died recently, i.e. there was an OOPS or BUG',
      'W kernel issued warning',
    ]);
  });

  it('that were there before are not held against the command', () => {
    expect(newTaints(warned, warned)).toEqual([]);
  });
});
