import { expect, it } from 'vitest';
import { createConcurrency, type Ticket } from '../../../local/workflows/engine/concurrency.ts';

/** Tickets that write down what happens to them. */
function tickets(queue: Ticket['queue'] = 'single') {
  const concurrency = createConcurrency();
  const heard: string[] = [];
  const join = (name: string, group = 'g', cancelInProgress = false): Ticket => {
    const ticket: Ticket = {
      group,
      queue,
      cancelInProgress,
      start: () => heard.push(`${name} starts`),
      cancel: () => heard.push(`${name} is cancelled`),
    };
    concurrency.join(ticket);
    return ticket;
  };
  return { concurrency, heard, join };
}

it('keeps one running and one waiting, whatever the case of its name', () => {
  const { concurrency, heard, join } = tickets();
  const a = join('a', 'Deploy');
  join('b', 'deploy');
  const c = join('c', 'DEPLOY');
  concurrency.leave(a);
  concurrency.leave(c);
  join('d', 'deploy');

  expect(heard).toEqual(['a starts', 'b is cancelled', 'c starts', 'd starts']);
});

it('lets a hundred wait with queue: max, and not one more', () => {
  const { concurrency, heard, join } = tickets('max');
  const all = Array.from({ length: 102 }, (_, index) => join(String(index)));
  expect(heard).toEqual(['0 starts', '101 is cancelled']);

  for (const ticket of all.slice(0, 101)) concurrency.leave(ticket);
  expect(heard.filter((each) => each.endsWith('starts'))).toEqual(
    all.slice(0, 101).map((_, index) => `${index} starts`),
  );
});

it('forgets who gave up waiting', () => {
  const { concurrency, heard, join } = tickets();
  const a = join('a');
  const b = join('b');
  concurrency.leave(b);
  concurrency.leave(a);
  join('c');

  expect(heard).toEqual(['a starts', 'c starts']);
});

it('ends the one that runs for one that asks for it, but starts only when it has left', () => {
  const { concurrency, heard, join } = tickets();
  const a = join('a');
  join('b', 'g', true);
  expect(heard).toEqual(['a starts', 'a is cancelled']);
  concurrency.leave(a);
  expect(heard.at(-1)).toBe('b starts');
});
