import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  booleanInput,
  environmentInput,
  integerInput,
  readInputs,
} from '../../../actions/_shared/io/inputs.ts';

const Schema = z.strictObject({
  environment: environmentInput,
  dryRun: booleanInput(false),
  allowDeletes: integerInput(1).optional(),
});

describe('inputs of an action', () => {
  it('come from the variables the runner sets, kebab-case to camelCase', () => {
    const inputs = readInputs(Schema, {
      INPUT_ENVIRONMENT: ' production ',
      'INPUT_DRY-RUN': 'true',
      'INPUT_ALLOW-DELETES': '12',
    });

    expect(inputs).toEqual({ environment: 'production', dryRun: true, allowDeletes: 12 });
  });

  it('count as not given when they are empty', () => {
    expect(
      readInputs(Schema, { INPUT_ENVIRONMENT: 'x', 'INPUT_DRY-RUN': '', 'INPUT_ALLOW-DELETES': ' ' }),
    ).toEqual({
      environment: 'x',
      dryRun: false,
    });
  });

  it.each([
    [{}, 'input environment: is required'],
    [{ INPUT_ENVIRONMENT: 'Pro duction' }, 'input environment: must be a name'],
    [{ INPUT_ENVIRONMENT: 'x', 'INPUT_DRY-RUN': 'yes' }, 'input dry-run: give true or false'],
    [
      { INPUT_ENVIRONMENT: 'x', 'INPUT_ALLOW-DELETES': '0' },
      'input allow-deletes: give a whole number of 1 or more',
    ],
    [
      { INPUT_ENVIRONMENT: 'x', 'INPUT_ALLOW-DELETES': '-1' },
      'input allow-deletes: give a whole number of 1 or more',
    ],
    [
      { INPUT_ENVIRONMENT: 'x', 'INPUT_ALLOW-DELETES': '1e9' },
      'input allow-deletes: give a whole number of 1 or more',
    ],
  ])('never become a default in silence: %j', (environment, message) => {
    expect(() => readInputs(Schema, environment)).toThrow(message);
  });

  it('are all named when several are wrong', () => {
    expect(() => readInputs(Schema, { 'INPUT_DRY-RUN': 'maybe' })).toThrow(/environment[\s\S]*dry-run/);
  });
});
