#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// A command line is started again and again: what was compiled once is kept in this checkout's ignored folder.
enableCompileCache(fileURLToPath(new URL('../.opsroom/compiled', import.meta.url)));
const { opsroom } = await import('./dist/index.js');
await opsroom();
