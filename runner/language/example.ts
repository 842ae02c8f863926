/** An example of a verb as a whole scenario: what stands in the documentation, and what the tests run. */

/** The steps of an example, each line as it stands in a scenario's `steps:`, two spaces deep. */
export function exampleSteps(example: string): string {
  const lines = example.trimEnd().split('\n');
  const listed = example.trimStart().startsWith('- ')
    ? lines
    : lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
  return listed.map((line) => `  ${line}\n`).join('');
}

export function exampleScenario(verb: string, example: string): string {
  return `scenario: An example of ${verb}\nclauses: [DEV-RESPONDS]\nsteps:\n${exampleSteps(example)}`;
}
