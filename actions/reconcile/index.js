import { reconcile } from '../dist/index.js';

await reconcile();
