/** Who tries things in the matrix: the columns of expected.ts, in its order. */
import type { Caller } from './session.ts';

/** Users of the matrix, and the organisations they are in. */
export const people = {
  outsider: '0a000000-0000-7000-8000-000000000001',
  memberA: '0a000000-0000-7000-8000-00000000000a',
  memberB: '0a000000-0000-7000-8000-00000000000b',
  admin: '0a000000-0000-7000-8000-0000000000ad',
} as const;

/** The organisation whose rows are seeded, and the other one. */
export const orgs = {
  a: '0b000000-0000-7000-8000-00000000000a',
  b: '0b000000-0000-7000-8000-00000000000b',
} as const;

/** One column of the matrix. */
export interface Actor {
  readonly name: string;
  readonly caller: Caller;
}

/** anon; signed in without an organisation; member of org A; owner of org B; admin of the control room; service_role. */
export const actors: readonly Actor[] = [
  { name: 'anon', caller: { role: 'anon' } },
  { name: 'a user without org', caller: { role: 'authenticated', userId: people.outsider } },
  { name: 'member of A', caller: { role: 'authenticated', userId: people.memberA } },
  { name: 'owner of B', caller: { role: 'authenticated', userId: people.memberB } },
  { name: 'admin', caller: { role: 'authenticated', userId: people.admin } },
  { name: 'service_role', caller: { role: 'service_role' } },
];

/** Rows that others refer to, in organisation A. */
export const rows = {
  competitor: '0c000000-0000-7000-8000-000000000001',
  project: '0c000000-0000-7000-8000-000000000002',
  branch: '0c000000-0000-7000-8000-000000000003',
  otherBranch: '0c000000-0000-7000-8000-000000000013',
  build: '0c000000-0000-7000-8000-000000000004',
  advisory: '0c000000-0000-7000-8000-000000000005',
  /** Started by the member of A, waiting for approval. */
  run: '0c000000-0000-7000-8000-000000000006',
  /** Started by the member of A, ended. */
  endedRun: '0c000000-0000-7000-8000-000000000007',
} as const;
