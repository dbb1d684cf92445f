#!/usr/bin/env node
import { opsroom } from './dist/index.js';

// A command line is started again and again: what was compiled once is kept in this checkout's ignored folder.
await opsroom(`${import.meta.dirname}/../.opsroom/compiled`);
