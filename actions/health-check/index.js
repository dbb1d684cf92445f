import { healthCheck } from '../dist/index.js';

await healthCheck();
