/** Small scenarios for tests of the command line. */

export const RUNS = `scenario: The device runs at first
clauses: [STATE-DEFAULT]
needs: [migration-v1]
tags: [quick]
steps:
  - state: running
`;

export const STOPS = `scenario: It stops
clauses: [TRANS-RUN-STOP]
needs: [migration-v1]
tags: [thorough]
matrix: {to: [stop, stop-and-copy]}
steps:
  - transition: "\${to}"
`;

export const TYPO = `scenario: A typo
clauses: [STATE-DEFAULT]
steps:
  - tranistion: stop
`;

export const BOTH = `suite: both
description: Two scenarios of a test
claims: [migration-v1]
clauses: [STATE-DEFAULT, TRANS-RUN-STOP]
scenarios: [../scenarios/runs.yaml, ../scenarios/stops.yaml]
`;

/** A project with a suite of two scenarios, as a vendor keeps one. */
export const PROJECT = { 'scenarios/runs.yaml': RUNS, 'scenarios/stops.yaml': STOPS, 'suites/both.yaml': BOTH };
