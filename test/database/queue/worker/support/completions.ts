import type { Sql } from 'postgres';

/**
 * Note every end of a job as the database sees it: under which lease, and how. A job that ended twice has two rows.
 */
export async function recordCompletions(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create table public.completions (
      job_id bigint not null, lease_token bigint, status text not null, at timestamptz not null default clock_timestamp()
    );
    create function public.record_completion() returns trigger language plpgsql set search_path = '' as $$
    begin
      insert into public.completions (job_id, lease_token, status)
      select old.id, (select max(l.token) from ops.job_leases l where l.held @> old.id),
        case tg_op when 'DELETE' then 'succeeded' else new.status end;
      return null;
    end $$;
    create trigger record_completion after update on ops.queued_jobs
    for each row when (old.finished_at is null and new.finished_at is not null) execute function public.record_completion();
    create trigger record_deletion after delete on ops.queued_jobs
    for each row when (old.finished_at is null) execute function public.record_completion();`);
}
