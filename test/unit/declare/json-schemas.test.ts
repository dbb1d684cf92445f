import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchemas } from '../../../actions/_shared/declare/json-schemas.ts';
import { FULL_JOB, ROOT, realFiles, SQL_JOB } from './samples.ts';

const schemas = jsonSchemas();

function schemaOf(path: string): string {
  if (path.startsWith('runbooks/cron/')) return 'runbooks/schemas/cron.schema.json';
  return path.replace('runbooks/', 'runbooks/schemas/').replace('.yaml', '.schema.json');
}

function valid(path: string, text: string): boolean {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(schemas[schemaOf(path)] ?? ''));
  return validate(parse(text)) === true;
}

describe('the JSON Schemas for editors', () => {
  it.each(Object.entries(schemas))(
    '%s is current (else: node actions/_shared/declare/json-schemas.ts)',
    (path, text) => {
      expect(readFileSync(`${ROOT}${path}`, 'utf8')).toBe(text);
    },
  );

  it.each(
    Object.entries({
      ...realFiles(),
      'runbooks/cron/full.yaml': FULL_JOB,
      'runbooks/cron/sql.yaml': SQL_JOB,
    }),
  )('%s is valid', (path, text) => {
    expect(valid(path, text)).toBe(true);
  });

  it.each([
    ['an unknown key', `${SQL_JOB}shedule: x\n`],
    ['a wrong word', `${SQL_JOB}overlap: never\n`],
    ['two calls', SQL_JOB.replace('  timeout', '  function: sync\n  timeout')],
    ['no schedule', SQL_JOB.replace(/^schedule.*\n/, '')],
    ['a number for a duration', SQL_JOB.replace('2m', '120')],
  ])('%s is not', (_, text) => {
    expect(valid('runbooks/cron/x.yaml', text)).toBe(false);
  });

  it('every file names its schema in its first line', () => {
    for (const [path, text] of Object.entries(realFiles())) {
      const relative = path.startsWith('runbooks/cron/') ? '../schemas/' : 'schemas/';
      const name = schemaOf(path).split('/').at(-1);
      expect(text.split('\n')[0], path).toBe(`# yaml-language-server: $schema=${relative}${name}`);
    }
  });

  it('every key is explained or explains itself by its values', () => {
    const cron = JSON.parse(schemas['runbooks/schemas/cron.schema.json'] ?? '');
    for (const key of [
      'description',
      'owner',
      'schedule',
      'timezone',
      'call',
      'expect',
      'alert',
      'environments',
    ]) {
      expect(cron.properties[key].description, key).toMatch(/\S/);
    }
  });
});
