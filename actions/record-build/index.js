import { recordBuild } from '../dist/index.js';

await recordBuild();
