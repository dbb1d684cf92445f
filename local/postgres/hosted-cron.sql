-- What a hosted project grants once pg_cron is installed: the role postgres calls every function, reads every job, and
-- writes cron.job through the functions only.
do $$
begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') then
    return;
  end if;
  grant usage on schema cron to postgres with grant option;
  grant execute on function
    cron.schedule(text, text), cron.schedule(text, text, text), cron.unschedule(bigint),
    cron.schedule_in_database(text, text, text, text, text, boolean),
    cron.alter_job(bigint, text, text, text, text, boolean)
    to postgres with grant option;
  -- The argument's type is name before pg_cron 1.5.
  if to_regprocedure('cron.unschedule(text)') is not null then
    grant execute on function cron.unschedule(text) to postgres with grant option;
  else
    grant execute on function cron.unschedule(name) to postgres with grant option;
  end if;
  grant all on cron.job_run_details to postgres with grant option;
  revoke all on cron.job from postgres;
  grant select on cron.job to postgres with grant option;
  revoke trigger on cron.job_run_details from postgres;
end
$$;
