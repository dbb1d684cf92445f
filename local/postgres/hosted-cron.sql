-- What a hosted project grants once pg_cron is installed: the role postgres calls every function, reads every job, and
-- writes cron.job through the functions only.
do $$
begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') then
    return;
  end if;
  grant usage on schema cron to postgres with grant option;
  grant all on all functions in schema cron to postgres with grant option;
  grant all on all tables in schema cron to postgres with grant option;
  revoke all on cron.job from postgres;
  grant select on cron.job to postgres with grant option;
  revoke trigger on cron.job_run_details from postgres;
end
$$;
