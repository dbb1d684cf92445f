import { advisoryScan } from '../dist/index.js';

await advisoryScan();
