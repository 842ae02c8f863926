/** What `preset: 'vfio-conformance'` in a jest.config finds, by the package's exports. */
import { preset } from './preset';

export = preset;
