import { recordBuildPost } from '../dist/index.js';

await recordBuildPost();
