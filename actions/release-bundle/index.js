import { releaseBundle } from '../dist/index.js';

await releaseBundle();
