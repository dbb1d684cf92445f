-- Why      Logs and samples only grow. In partitions by time, yesterday's writes stay in a small index and last year's
--          rows go as one file, not row by row.
-- Objects  table ops.partitioned_tables; functions ops.id_time, ops.partition_start, ops.partition_end,
--          ops.partition_key, ops.list_partitions, ops.create_partition, ops.create_partitions, ops.expire_partitions,
--          ops.maintain_partitions, ops.register_partitions.
-- Locks    New objects only. Later, a partition for the future takes SHARE UPDATE EXCLUSIVE on its table and ACCESS EXCLUSIVE
--          on the default partition, both for a moment; one for rows that are being written also stops writers while it
--          takes them over. Dropping one takes ACCESS EXCLUSIVE, waits for it 2 seconds and else tries the next day.
--          Rollback: drop them after the tables they look after; rows then gather in the default partitions.

create table ops.partitioned_tables (
  name text primary key,
  key_type text not null check (key_type in ('uuid', 'timestamptz')),
  step interval not null check (step in ('1 day', '1 week', '1 month')),
  ahead smallint not null default 2 check (ahead between 1 and 24),
  keep interval not null check (keep >= interval '1 day'),
  on_expiry text not null default 'drop' check (on_expiry in ('drop', 'detach'))
);
comment on table ops.partitioned_tables is
  'Tables of ops that ops.maintain_partitions looks after. Changing a row changes what the next pass does.';
comment on column ops.partitioned_tables.key_type is 'Of the partition key: a point in time, or a version 7 uuid, which holds one.';
comment on column ops.partitioned_tables.ahead is 'How many partitions stand ready after the current one.';
comment on column ops.partitioned_tables.keep is 'A partition goes when all of it is older than this.';
comment on column ops.partitioned_tables.on_expiry is 'detach keeps the rows as a table of their own, for an archive.';
select ops.restrict_table('ops.partitioned_tables', 'select');

create function ops.id_time(p_id uuid)
returns timestamptz
language sql
immutable
parallel safe
set search_path = ''
as $$
  select timestamptz 'epoch' + ('x' || left(replace(p_id::text, '-', ''), 12))::bit(48)::bigint * interval '1 millisecond'
$$;
comment on function ops.id_time(uuid) is 'When a version 7 uuid was made, to the millisecond: the inverse of ops.id_floor.';
select ops.restrict_function('ops.id_time(uuid)', 'authenticated', 'service_role');

-- Stable: which day a point in time belongs to is asked in UTC, and date_trunc with a zone is stable for its own reasons.
create function ops.partition_start(p_at timestamptz, p_step interval)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select date_trunc(
    case p_step when interval '1 day' then 'day' when interval '1 week' then 'week' else 'month' end, p_at, 'UTC'
  )
$$;
comment on function ops.partition_start(timestamptz, interval) is 'Start of the day, week (Monday) or month in UTC that holds a point in time.';
select ops.restrict_function('ops.partition_start(timestamptz, interval)');

create function ops.partition_end(p_start timestamptz, p_step interval)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  -- A month is as long as the calendar in UTC says, whatever the session's time zone.
  select (p_start at time zone 'UTC' + p_step) at time zone 'UTC'
$$;
comment on function ops.partition_end(timestamptz, interval) is 'Where the partition that starts here ends, and the next one starts.';
select ops.restrict_function('ops.partition_end(timestamptz, interval)');

create function ops.partition_key(p_at timestamptz, p_key_type text)
returns text
language sql
stable
set search_path = ''
as $$
  select case p_key_type
    when 'uuid' then ops.id_floor(p_at)::text
    else to_char(p_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')
  end
$$;
comment on function ops.partition_key(timestamptz, text) is 'A point in time as a bound of a partition.';
select ops.restrict_function('ops.partition_key(timestamptz, text)');

create function ops.list_partitions(p_table text)
returns table (name text, starts_at timestamptz, ends_at timestamptz, is_default boolean)
language sql
stable
set search_path = ''
set datestyle = 'ISO'
as $$
  select c.relname::text,
    case t.key_type when 'uuid' then ops.id_time(b.bounds[1]::uuid) else b.bounds[1]::timestamptz end,
    case t.key_type when 'uuid' then ops.id_time(b.bounds[2]::uuid) else b.bounds[2]::timestamptz end,
    b.bounds is null
  from ops.partitioned_tables t
  join pg_catalog.pg_inherits i on i.inhparent = to_regclass(format('ops.%I', t.name))
  join pg_catalog.pg_class c on c.oid = i.inhrelid
  cross join lateral (
    select regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FOR VALUES FROM \(''(.*)''\) TO \(''(.*)''\)') as bounds
  ) b
  where t.name = p_table
  order by 2 nulls last
$$;
comment on function ops.list_partitions(text) is
  'Partitions of a registered table, oldest first: [starts_at, ends_at), the default one last, with neither.';
select ops.restrict_function('ops.list_partitions(text)', 'service_role');

create function ops.create_partition(p_table text, p_start timestamptz, p_end timestamptz, out made text, out moved bigint)
language plpgsql
set search_path = ''
-- Behind a long reader of the default partition everybody else would queue; the next pass tries again.
set lock_timeout = '5s'
as $$
declare
  v_default text := p_table || '_default';
  v_key text;
  v_from text;
  v_to text;
  v_in_use boolean;
begin
  select a.attname, ops.partition_key(p_start, r.key_type), ops.partition_key(p_end, r.key_type)
  into strict v_key, v_from, v_to
  from ops.partitioned_tables r
  join pg_catalog.pg_partitioned_table t on t.partrelid = format('ops.%I', r.name)::regclass
  join pg_catalog.pg_attribute a on a.attrelid = t.partrelid and a.attnum = t.partattrs[0]
  where r.name = p_table;
  made := p_table || '_p' || to_char(p_start at time zone 'UTC', 'YYYYMMDD');

  -- Made apart and attached: CREATE TABLE ... PARTITION OF would stop every reader and writer of the table.
  execute format('create table ops.%I (like ops.%I including all excluding identity)', made, p_table);
  execute format('comment on table ops.%I is %L', made, format('Partition of ops.%s from %s on.', p_table, p_start at time zone 'UTC'));
  perform ops.restrict_table(format('ops.%I', made)::regclass);
  execute format(
    'select exists (select from ops.%1$I where %2$I >= %3$L and %2$I < %4$L)', v_default, v_key, v_from, v_to
  ) into v_in_use;
  if v_in_use or p_start <= now() then
    -- A writer who is already on the way to the default partition would find that its row no longer belongs there.
    execute format('lock table ops.%I in share row exclusive mode', p_table);
  end if;
  -- Nothing may slip in between the move and the attaching.
  execute format('lock table ops.%I in access exclusive mode', v_default);
  execute format(
    'with moved as (delete from ops.%1$I where %2$I >= %3$L and %2$I < %4$L returning *) insert into ops.%5$I select * from moved',
    v_default, v_key, v_from, v_to, made
  );
  get diagnostics moved = row_count;
  execute format('alter table ops.%I attach partition ops.%I for values from (%L) to (%L)', p_table, made, v_from, v_to);
end
$$;
comment on function ops.create_partition(text, timestamptz, timestamptz) is
  'Make one partition, with what the default partition holds of it. Returns its name and the number of rows moved.';
select ops.restrict_function('ops.create_partition(text, timestamptz, timestamptz)');

create function ops.create_partitions(p_table ops.partitioned_tables, p_now timestamptz)
returns table (made text, moved bigint)
language plpgsql
set search_path = ''
as $$
declare
  v_periods timestamptz[];
  v_start timestamptz;
  v_end timestamptz;
  v_last timestamptz := ops.partition_start(p_now, p_table.step);
  v_strays timestamptz[];
begin
  v_periods := array[v_last];
  for i in 1..p_table.ahead loop
    v_last := ops.partition_end(v_last, p_table.step);
    v_periods := v_periods || v_last;
  end loop;
  -- Rows that came while no partition was there for them; what is older than kept, or from a wrong clock, gets none.
  execute format(
    'select array_agg(distinct ops.partition_start(k.at, $1)) from (select %s as at from ops.%I d) k where k.at >= $2 and k.at < $3',
    case p_table.key_type when 'uuid' then 'ops.id_time(d.' else '(d.' end || quote_ident((
      select a.attname
      from pg_catalog.pg_partitioned_table t
      join pg_catalog.pg_attribute a on a.attrelid = t.partrelid and a.attnum = t.partattrs[0]
      where t.partrelid = format('ops.%I', p_table.name)::regclass
    )) || ')',
    p_table.name || '_default'
  )
  into v_strays
  using p_table.step, p_now - p_table.keep, ops.partition_end(v_last, p_table.step);

  for v_start, v_last in
    select distinct p.at, ops.partition_end(p.at, p_table.step) from unnest(v_periods || v_strays) as p (at) where p.at is not null order by 1
  loop
    -- Partitions of a former step may cover parts of this period: what is left between them becomes new ones.
    while v_start < v_last loop
      select l.ends_at into v_end
      from ops.list_partitions(p_table.name) l
      where l.starts_at <= v_start and l.ends_at > v_start;
      if not found then
        select coalesce(min(l.starts_at), v_last) into v_end
        from ops.list_partitions(p_table.name) l
        where l.starts_at > v_start and l.starts_at < v_last;
        return query select c.made, c.moved from ops.create_partition(p_table.name, v_start, v_end) c;
      end if;
      v_start := v_end;
    end loop;
  end loop;
end
$$;
comment on function ops.create_partitions(ops.partitioned_tables, timestamptz) is
  'Make the current partition of a table and those ahead, and older ones for rows that wait in the default partition.';
select ops.restrict_function('ops.create_partitions(ops.partitioned_tables, timestamptz)');

create function ops.expire_partitions(p_table ops.partitioned_tables, p_now timestamptz)
returns table (expired text, skipped text)
language plpgsql
set search_path = ''
-- Writers queue behind a waiting ACCESS EXCLUSIVE: rather try again tomorrow.
set lock_timeout = '2s'
as $$
declare
  v_name text;
begin
  for v_name in select l.name from ops.list_partitions(p_table.name) l where l.ends_at <= p_now - p_table.keep loop
    begin
      if p_table.on_expiry = 'detach' then
        execute format('alter table ops.%I detach partition ops.%I', p_table.name, v_name);
      else
        execute format('drop table ops.%I', v_name);
      end if;
      return query select v_name, null::text;
    exception
      when lock_not_available or deadlock_detected then
        return query select null::text, v_name;
    end;
  end loop;
end
$$;
comment on function ops.expire_partitions(ops.partitioned_tables, timestamptz) is
  'Drop or detach the partitions of a table that are older than it keeps; those that are in use are named as skipped.';
select ops.restrict_function('ops.expire_partitions(ops.partitioned_tables, timestamptz)');

create function ops.maintain_partitions(p_table text default null, p_now timestamptz default now())
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_table ops.partitioned_tables;
  v_report jsonb := '{}';
  v_made jsonb;
  v_moved bigint;
  v_expired jsonb;
  v_skipped jsonb;
  v_strays bigint;
begin
  -- One at a time: two would make the same partition.
  perform pg_advisory_xact_lock(hashtextextended('ops.maintain_partitions', 0));
  for v_table in select t.* from ops.partitioned_tables t where p_table is null or t.name = p_table order by t.name loop
    select coalesce(jsonb_agg(c.made order by c.made), '[]'), coalesce(sum(c.moved), 0)
    into v_made, v_moved
    from ops.create_partitions(v_table, p_now) c;
    select coalesce(jsonb_agg(e.expired) filter (where e.expired is not null), '[]'),
      coalesce(jsonb_agg(e.skipped) filter (where e.skipped is not null), '[]')
    into v_expired, v_skipped
    from ops.expire_partitions(v_table, p_now) e;
    execute format('select count(*) from ops.%I', v_table.name || '_default') into v_strays;
    v_report := v_report || jsonb_build_object(v_table.name, jsonb_build_object(
      'made', v_made, 'moved', v_moved, 'expired', v_expired, 'skipped', v_skipped, 'in_default', v_strays
    ));
  end loop;
  return v_report;
end
$$;
comment on function ops.maintain_partitions(text, timestamptz) is
  'Make partitions ahead and let go of those older than kept, for one registered table or all. Returns what it did by table.';
select ops.restrict_function('ops.maintain_partitions(text, timestamptz)');

create function ops.register_partitions(
  p_table text, p_key_type text, p_step interval, p_keep interval, p_ahead smallint default 2
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  execute format('create table ops.%I partition of ops.%I default', p_table || '_default', p_table);
  execute format('comment on table ops.%I is %L', p_table || '_default', format('Rows of ops.%s no partition was there for.', p_table));
  perform ops.restrict_table(format('ops.%I', p_table || '_default')::regclass);
  insert into ops.partitioned_tables (name, key_type, step, ahead, keep) values (p_table, p_key_type, p_step, p_ahead, p_keep);
  perform ops.maintain_partitions(p_table);
end
$$;
comment on function ops.register_partitions(text, text, interval, interval, smallint) is
  'Migrations only, right after a table PARTITION BY RANGE of one column: give it a default partition, the first ones, and upkeep.';
select ops.restrict_function('ops.register_partitions(text, text, interval, interval, smallint)');
