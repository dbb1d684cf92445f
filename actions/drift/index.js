import { drift } from '../dist/index.js';

await drift();
