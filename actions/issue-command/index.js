import { issueCommand } from '../dist/index.js';

await issueCommand();
