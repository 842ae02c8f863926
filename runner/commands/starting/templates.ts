/** What `new` writes: files that are valid, and scenarios that pass on the reference device, as they stand. */

export interface Template {
  readonly name: string;
  /** When to take it. */
  readonly summary: string;
  /** Clauses when none are named. */
  readonly clauses: readonly string[];
  /** Below `scenario:` and `clauses:`. */
  readonly body: string;
}

/** Scenarios, the simplest first. */
export const SCENARIOS: readonly Template[] = [
  {
    name: 'state',
    summary: 'a device goes from one state to another',
    clauses: ['TRANS-RUN-STOP'],
    body: `needs: [migration-v1]
steps:
  # One write of device_state; the kit reads it back, and judges what the device answers.
  - transition: stop
  - state: stop
  - transition: running
`,
  },
  {
    name: 'refused',
    summary: 'something that the device must refuse, and what it is in afterwards',
    clauses: ['STATE-INVALID-101'],
    body: `needs: [migration-v1]
steps:
  # The kit itself keeps the interface: a step that breaks a clause of the user's on purpose says which one.
  - transition: invalid-101
    provoke: STATE-VALID-USER
    expect: {result: failure}
  - state: running
`,
  },
  {
    name: 'cancel',
    summary: 'a migration is begun and given up, and the device goes on as before',
    clauses: ['TRANS-PRE-RUN'],
    body: `needs: [migration-v1, counter]
# One case for each way in.
matrix: {at: [pre-copy, stop-and-copy]}
steps:
  - counter: moving
  - transition: "\${at}"
  - save: {buffers: 1}
  - transition: running
  # Here goes what the cancelled migration must not have changed.
  - counter: moving
`,
  },
  {
    name: 'save',
    summary: 'a device is saved in both phases, buffer by buffer',
    clauses: ['SAVE-PROGRESS'],
    body: `needs: [migration-v1]
steps:
  - transition: pre-copy
  # So many buffers, or all that there are before the device is stopped.
  - save: {buffers: 2}
  - transition: stop-and-copy
  - save: {}
  - transition: stop
`,
  },
  {
    name: 'migrate',
    summary: 'what was saved arrives on a second device',
    clauses: ['RES-APPLY'],
    body: `needs: [migration-v1, destination, fingerprint, mark]
steps:
  # Puts a value into the device by which its state is known again.
  - mark: {as: before}
  - transition: stop-and-copy
  - save: {as: state}
  - transition: stop
  - on: destination
    steps:
      - transition: resuming
      - resume: {from: state}
      - transition: running
      - fingerprint: {equals: before}
`,
  },
  {
    name: 'dirty',
    summary: 'pages that the device writes are in the dirty bitmap',
    clauses: ['DIRTY-COMPLETE'],
    body: `needs: [dirty-pages, dma]
steps:
  - map: {as: ram, pages: 64}
  - dirty: start
  - dirty: get
  # By the \`dma:\` of the device's profile.
  - dma: {to: ram, page: [3, 40]}
  # Reads the bitmap again, and compares it with what the device wrote since.
  - dirty: expect
  - dirty: stop
`,
  },
  {
    name: 'interrupt',
    summary: 'the device raises an interrupt',
    clauses: ['TRANS-PRE-RUN'],
    body: `needs: [migration-v1, irq]
steps:
  - transition: pre-copy
  - transition: running
  - irq: watch
  # By the \`irq:\` of the device's profile.
  - irq: raise
  - irq: expect
finally:
  - irq: end
`,
  },
];

export function suiteText(name: string, scenarios: readonly string[], clauses: readonly string[]): string {
  return `suite: ${name}
description: Say here what a device that passes it is good for
# What the device is held to show: migration-v1, dirty-pages, zpci, ccw. Without claims, what it lacks does not apply.
claims: []
# What the verdict rests on: ids, or families such as "SAVE-*".
clauses: [${clauses.map(quoted).join(', ')}]
scenarios: [${scenarios.map(quoted).join(', ')}]
`;
}

export function profileText(device: string, match: string): string {
  return `device: ${device}
# All that is given must fit: pci: "8086:10d3", driver: (of a mediated device), mdev-type:
match: {${match}}
# What the device is held to show. What is claimed and missing is a failure.
claims: []

# Without the keys below, what they make judgeable is not judged. Take them in one by one; docs/profile.md tells how.
#
# Make the device write \${size} bytes to its address \${iova}, and wait for the end of it.
# dma:
#   - write: {region: config, at: 0x4, u16: 0x6}
#   - write: {region: bar0, at: 0x88, u64: "\${iova}"}
#   - wait: {region: bar0, at: 0x98, mask: 0x1, is: 0, within: 1s}
# dma-most: 4KiB
#
# Put \${value} where the fingerprint shows it, and what identifies the device's state.
# mark:
#   - write: {region: bar0, at: 0x4, u32: "\${value}"}
# fingerprint:
#   - read: {region: bar0, at: 0x4, width: 4}
#
# A register that moves while the device runs.
# counter: {region: bar0, at: 0x8, width: 4}
# quiet: 100ms
#
# Make the device raise an interrupt, and which one that is.
# irq:
#   - write: {region: bar0, at: 0x60, u32: 0x1}
# irq-index: 1
`;
}

/** A YAML flow scalar needs quotes where it has characters of YAML's own. */
function quoted(text: string): string {
  return /^[A-Za-z0-9][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}
