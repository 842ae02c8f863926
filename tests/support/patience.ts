/** A busy machine is slow, not wrong: what a test measures it measures itself, and Jest's own limit is only for what hangs. */
jest.setTimeout(60_000);
