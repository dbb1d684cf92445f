#!/usr/bin/env node
import { opsroom } from './dist/index.js';

await opsroom();
