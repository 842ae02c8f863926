/** The parts of docs/language.md that no schema holds. */

export const INTRODUCTION = `# The scenario language

<!-- Made from the schemas by \`npm run docs:language\`: change those, not this file. -->

A scenario is a YAML file that says what to do with a device. While its steps run, the kit judges every access by the clauses of the
interface, so a scenario drives, and says only what cannot be seen from the accesses alone.

\`\`\`yaml
# yaml-language-server: $schema=../../scenario.schema.json
scenario: A cancelled migration loses no interrupts
clauses: [TRANS-PRE-RUN]
needs: [migration-v1, irq]
tags: [cancel]
owner: a driver's author
severity: critical
matrix: {from: [pre-copy, stop-and-copy]}
steps:
  - irq: watch
  - transition: "\${from}"
    note: QEMU does this when a migration is asked for
  - save: {buffers: 1}
  - transition: running
    within: 2s
  - irq: raise
  - irq: expect
    judge: TRANS-PRE-RUN
finally:
  - irq: end
\`\`\`

With the first line an editor that has yaml-language-server (in Visual Studio Code: the extension redhat.vscode-yaml) completes keys, verbs,
states, fields, errno names and clause ids, explains each of them, and marks mistakes. \`vfio-conformance lint FILE\` says everything that is
wrong with a file; \`vfio-conformance run FILE --device reference\` runs it.
`;

export const SHARING = `## Shared steps

Steps that several files use lie in a file of their own, by custom in a folder called \`shared\`. \`use:\` runs them with values for
their parameters. A step in them is judged, reported and blamed like any other, at its place in its own file.

\`\`\`yaml
# yaml-language-server: $schema=../../schemas/shared.schema.json
shared: The device is saved while it is stopped
parameters:
  stream: {description: The name of the stream}
  pieces: {description: How each buffer is read, default: bulk}
steps:
  - transition: stop-and-copy
  - save: {as: "\${stream}", pieces: "\${pieces}"}
  - transition: stop
\`\`\`
`;

export const LINTS = `## What lint says of what is legal and wrong

A file that can be run may still be wrong. \`lint\` warns of it, and says why:

| code | what is wrong |
| --- | --- |
| \`unused-value\` | a value of the matrix, or a parameter, that no step uses |
| \`unused-name\` | a stream, a fingerprint or a value that is kept under a name and never used |
| \`unreachable-state\` | a state that the steps do not lead to, or a verb that does nothing in the state they lead to |
| \`missing-clean-up\` | something that the scenario does and that no later step, nor \`finally\`, undoes |
| \`duplicate-scenario\` | another scenario does the same, or has the same name |
| \`never-judged\` | with \`--deep\`: a clause that the scenario names and does not come to judge on the reference device |

\`lint --deep\` runs each scenario on the reference device, in each of its kinds, and sees which clauses were judged. \`lint --json\` writes
every complaint as data, \`lint --format github\` as annotations of a change. Warnings leave the exit code 0; errors make it 2.
`;
