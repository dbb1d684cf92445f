-- Why      Succeeded work is kept for a while and then forgotten, in bounded batches: one delete of millions of rows
--          holds its locks, and its job's only connection, for as long as it takes.
-- Objects  function ops.prune_job_queue; index job_queue_ended.
-- Locks    A short lock on ops.job_queue for the index. Rollback: drop both; succeeded work piles up.

create index job_queue_ended on ops.job_queue (updated_at) where status = 'succeeded';

create function ops.prune_job_queue(p_keep interval default '14 days', p_batch integer default 10000)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_deleted integer;
begin
  delete from ops.job_queue q
  where q.id in (
    select x.id
    from ops.job_queue x
    where x.status = 'succeeded' and x.updated_at < now() - p_keep
    order by x.updated_at
    limit p_batch
    for update skip locked
  );
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;
comment on function ops.prune_job_queue(interval, integer) is
  'Delete work that succeeded longer than p_keep ago, oldest first, at most p_batch rows. Returns how many.';
select ops.restrict_function('ops.prune_job_queue(interval, integer)');
