import { dispatchBuilds } from '../dist/index.js';

await dispatchBuilds();
