-- Schema ops after all migrations. Generated; the test that compares it says how to update it.

create schema ops;
comment on schema ops is 'Ops Control Room: declared jobs, what became of their runs, alerts and the reconcile ledger.';
grant usage on schema ops to authenticated;
grant usage on schema ops to service_role;

create table ops.admins (
  user_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint admins_pkey PRIMARY KEY (user_id)
);
comment on table ops.admins is 'Admins of the control room: they see jobs, alerts and migrations. An organisation''s rows they see only as its members.';
comment on column ops.admins.user_id is 'The sub of the user''s JWT (auth.users.id).';
alter table ops.admins enable row level security;
create policy member_select on ops.admins for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.admins for delete to service_role using (true);
create policy service_role_insert on ops.admins for insert to service_role with check (true);
create policy service_role_select on ops.admins for select to service_role using (true);
grant select on table ops.admins to authenticated;
grant delete, insert, select on table ops.admins to service_role;

create table ops.advice (
  cache_key text not null,
  rule text not null,
  object text not null default ''::text,
  level text not null,
  title text not null,
  detail text not null default ''::text,
  remediation text not null default ''::text,
  evidence jsonb not null default '{}'::jsonb,
  first_seen_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  seen_count integer not null default 1,
  reopened_count integer not null default 0,
  resolved_at timestamp with time zone,
  suppressed_until date,
  suppressed_by text,
  suppression_reason text,
  constraint advice_pkey PRIMARY KEY (cache_key),
  constraint advice_cache_key_check CHECK ((cache_key <> ''::text)),
  constraint advice_check CHECK (((suppressed_until IS NULL) = (suppression_reason IS NULL))),
  constraint advice_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint advice_level_check CHECK ((level = ANY (ARRAY['INFO'::text, 'WARN'::text, 'ERROR'::text]))),
  constraint advice_rule_check CHECK ((rule <> ''::text))
);
comment on table ops.advice is 'What scans found about this environment, one row per finding however often it is found, in the row contract of Supabase''s splinter. Advice about projects is in ops.advisories.';
comment on column ops.advice.object is 'The job, secret, table ... it is about.';
comment on column ops.advice.resolved_at is 'When a scan that looked did not find it any more.';
comment on column ops.advice.suppressed_until is 'The last day on which a file lives with it.';
CREATE INDEX advice_open ON ops.advice USING btree (rule) WHERE (resolved_at IS NULL);
CREATE INDEX advice_over ON ops.advice USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);
alter table ops.advice enable row level security;
create policy member_select on ops.advice for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.advice for delete to service_role using (true);
create policy service_role_insert on ops.advice for insert to service_role with check (true);
create policy service_role_select on ops.advice for select to service_role using (true);
create policy service_role_update on ops.advice for update to service_role using (true) with check (true);
grant select on table ops.advice to authenticated;
grant delete, insert, select, update on table ops.advice to service_role;

create table ops.advice_scans (
  id bigint not null generated always as identity,
  at timestamp with time zone not null,
  environment text not null,
  run_url text,
  commit_sha text,
  counts jsonb not null default '{}'::jsonb,
  unevaluated jsonb not null default '[]'::jsonb,
  schemas text[] not null default '{}'::text[],
  created_at timestamp with time zone not null default now(),
  constraint advice_scans_pkey PRIMARY KEY (id),
  constraint advice_scans_counts_check CHECK ((jsonb_typeof(counts) = 'object'::text)),
  constraint advice_scans_unevaluated_check CHECK ((jsonb_typeof(unevaluated) = 'array'::text))
);
comment on table ops.advice_scans is 'One row per recorded scan: how much it found, and which rules could not look, with the reason. Kept for a year.';
comment on column ops.advice_scans.at is 'When the look began, by the clock of the database.';
CREATE UNIQUE INDEX advice_scans_at ON ops.advice_scans USING btree (at);
alter table ops.advice_scans enable row level security;
create policy member_select on ops.advice_scans for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.advice_scans for delete to service_role using (true);
create policy service_role_insert on ops.advice_scans for insert to service_role with check (true);
create policy service_role_select on ops.advice_scans for select to service_role using (true);
grant select on table ops.advice_scans to authenticated;
grant delete, insert, select on table ops.advice_scans to service_role;

create table ops.advisories (
  id uuid not null default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid,
  cache_key text not null,
  name text not null,
  level text not null default 'warning'::text,
  level_rank smallint not null default 
CASE level
    WHEN 'error'::text THEN 3
    WHEN 'warning'::text THEN 2
    ELSE 1
END,
  categories text[] not null default '{}'::text[],
  title text not null,
  description text not null default ''::text,
  detail text not null default ''::text,
  remediation text,
  evidence jsonb not null default '{}'::jsonb,
  first_seen_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  seen_count integer not null default 1,
  reopened_count integer not null default 0,
  resolved_at timestamp with time zone,
  resolved_by uuid,
  snoozed_until timestamp with time zone,
  snoozed_by uuid,
  suppressed_until timestamp with time zone,
  suppressed_by text,
  suppression_reason text,
  updated_at timestamp with time zone not null default now(),
  constraint advisories_pkey PRIMARY KEY (id),
  constraint advisories_branch_id_project_id_fkey FOREIGN KEY (branch_id, project_id) REFERENCES ops.branches(id, project_id) ON DELETE CASCADE,
  constraint advisories_cache_key_check CHECK ((cache_key <> ''::text)),
  constraint advisories_check CHECK (((suppressed_until IS NULL) = (suppression_reason IS NULL))),
  constraint advisories_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint advisories_level_check CHECK ((level = ANY (ARRAY['info'::text, 'warning'::text, 'error'::text]))),
  constraint advisories_name_check CHECK ((name <> ''::text)),
  constraint advisories_project_id_cache_key_key UNIQUE (project_id, cache_key),
  constraint advisories_project_id_fkey FOREIGN KEY (project_id) REFERENCES ops.projects(id) ON DELETE CASCADE
);
comment on table ops.advisories is 'Advice about projects, in the row contract of Supabase''s splinter.';
comment on column ops.advisories.cache_key is 'What makes two findings the same one, for example no_recent_build or unindexed_foreign_keys_public_orders.';
comment on column ops.advisories.name is 'The check that found it.';
comment on column ops.advisories.resolved_by is 'The signed-in user; null when the check found it gone.';
comment on column ops.advisories.snoozed_until is 'Put off by a person: not active before, unless it gets worse.';
comment on column ops.advisories.suppressed_until is 'Lived with, as declared with a reason, and never for ever: not active before, however bad.';
CREATE INDEX advisories_branch ON ops.advisories USING btree (branch_id, project_id) WHERE (branch_id IS NOT NULL);
CREATE INDEX advisories_page ON ops.advisories USING btree (project_id, level_rank DESC, id DESC);
CREATE TRIGGER inherit_org BEFORE INSERT OR UPDATE OF org_id, project_id ON ops.advisories FOR EACH ROW EXECUTE FUNCTION ops.inherit_from_project();
CREATE TRIGGER stamp BEFORE UPDATE OF resolved_at, snoozed_until ON ops.advisories FOR EACH ROW EXECUTE FUNCTION ops.stamp_advisory();
alter table ops.advisories enable row level security;
create policy member_select on ops.advisories for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy member_update on ops.advisories for update to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids)))) with check ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_delete on ops.advisories for delete to service_role using (true);
create policy service_role_insert on ops.advisories for insert to service_role with check (true);
create policy service_role_select on ops.advisories for select to service_role using (true);
create policy service_role_update on ops.advisories for update to service_role using (true) with check (true);
grant select on table ops.advisories to authenticated;
grant delete, insert, select, update on table ops.advisories to service_role;

create table ops.alert_events (
  id bigint not null generated always as identity,
  alert_id bigint not null,
  at timestamp with time zone not null default clock_timestamp(),
  event text not null,
  severity text not null,
  count integer not null,
  actor text,
  note text,
  details jsonb not null default '{}'::jsonb,
  constraint alert_events_pkey PRIMARY KEY (id),
  constraint alert_events_event_check CHECK ((event = ANY (ARRAY['pending'::text, 'raised'::text, 'reopened'::text, 'counted'::text, 'severity_changed'::text, 'acknowledged'::text, 'snoozed'::text, 'silenced'::text, 'woken'::text, 'resolved'::text, 'unknown'::text, 'known'::text, 'muted'::text, 'unmuted'::text])))
);
comment on table ops.alert_events is 'What happened to alerts, append-only. Counting is told when the count doubles (2, 4, 8, ...), so an alert has at most 31 such rows.';
comment on column ops.alert_events.event is 'reopened: raised within a day of being resolved (details.former names that alert). woken: active again after a snooze or a silence.';
CREATE INDEX alert_events_alert ON ops.alert_events USING btree (alert_id, id);
alter table ops.alert_events enable row level security;
create policy member_select on ops.alert_events for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_select on ops.alert_events for select to service_role using (true);
grant select on table ops.alert_events to authenticated;
grant select on table ops.alert_events to service_role;

create table ops.alert_issues (
  id bigint not null generated always as identity,
  repository text not null,
  kind text not null,
  key text not null,
  marker uuid not null default gen_random_uuid(),
  number integer,
  state text not null default 'none'::text,
  closed_by_people boolean not null default false,
  content text not null default ''::text,
  severity text,
  told text[] not null default '{}'::text[],
  written_at timestamp with time zone,
  changed_at timestamp with time zone,
  opened_at timestamp with time zone,
  closed_at timestamp with time zone,
  retired_at timestamp with time zone,
  attempt text,
  attempt_token bigint,
  attempted_at timestamp with time zone,
  say text,
  say_key uuid,
  said_at timestamp with time zone,
  constraint alert_issues_pkey PRIMARY KEY (id),
  constraint alert_issues_attempt_check CHECK ((attempt = ANY (ARRAY['create'::text, 'write'::text]))),
  constraint alert_issues_check CHECK (((number IS NULL) = (state = 'none'::text))),
  constraint alert_issues_check1 CHECK (((attempt IS NULL) = (attempted_at IS NULL))),
  constraint alert_issues_check2 CHECK (((say IS NULL) = (say_key IS NULL))),
  constraint alert_issues_key_check CHECK ((length(key) <= 1000)),
  constraint alert_issues_kind_check CHECK ((kind = ANY (ARRAY['alert'::text, 'group'::text, 'storm'::text]))),
  constraint alert_issues_number_check CHECK ((number > 0)),
  constraint alert_issues_say_check CHECK ((say = ANY (ARRAY['worsened'::text, 'joined'::text, 'woken'::text, 'reopened'::text, 'resolved'::text]))),
  constraint alert_issues_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  constraint alert_issues_state_check CHECK ((state = ANY (ARRAY['none'::text, 'open'::text, 'closed'::text])))
);
comment on table ops.alert_issues is 'Which issue of which repository shows which alerts: one row per issue, the last of a key as long as the issue may come back.';
comment on column ops.alert_issues.key is 'alert:<dedupe key>, group:<group>, or storm.';
comment on column ops.alert_issues.marker is 'Stands in the body, so that the issue is found again when the answer to its creation got lost.';
comment on column ops.alert_issues.content is 'Fingerprint of what the body says, without moments and counts.';
comment on column ops.alert_issues.severity is 'What readers were last told; worse than this is news.';
comment on column ops.alert_issues.told is 'Dedupe keys of the alerts that readers were last told are loud: active, not muted. One that is loud now and not among them is news.';
comment on column ops.alert_issues.changed_at is 'updated_at of GitHub''s answer to our last write: what a list says of before is old.';
comment on column ops.alert_issues.attempt is 'A write whose answer we have not got. Of a create nobody knows whether it happened.';
comment on column ops.alert_issues.say is 'A comment that is still to be written; say_key stands in it.';
comment on column ops.alert_issues.said_at is 'When writing it was last tried without an answer.';
CREATE UNIQUE INDEX alert_issues_current ON ops.alert_issues USING btree (repository, key) WHERE (retired_at IS NULL);
CREATE UNIQUE INDEX alert_issues_marker ON ops.alert_issues USING btree (marker);
CREATE UNIQUE INDEX alert_issues_number ON ops.alert_issues USING btree (repository, number) WHERE (retired_at IS NULL);
alter table ops.alert_issues enable row level security;
create policy member_select on ops.alert_issues for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.alert_issues for delete to service_role using (true);
create policy service_role_insert on ops.alert_issues for insert to service_role with check (true);
create policy service_role_select on ops.alert_issues for select to service_role using (true);
create policy service_role_update on ops.alert_issues for update to service_role using (true) with check (true);
grant select on table ops.alert_issues to authenticated;
grant delete, insert, select, update on table ops.alert_issues to service_role;

create table ops.alert_projections (
  repository text not null,
  token bigint not null default 1,
  holder text not null,
  lease_until timestamp with time zone not null,
  etag text,
  not_before timestamp with time zone,
  scanned_at timestamp with time zone,
  finished_at timestamp with time zone,
  result jsonb not null default '{}'::jsonb,
  constraint alert_projections_pkey PRIMARY KEY (repository)
);
comment on table ops.alert_projections is 'Who writes issues of a repository now: one at a time, with a lease, fenced by a token.';
comment on column ops.alert_projections.etag is 'Of the last list of issues, kept when all it said was heeded: while it is valid nobody did anything.';
comment on column ops.alert_projections.not_before is 'GitHub asked us to wait until then.';
comment on column ops.alert_projections.scanned_at is 'When all issues were looked through for ours, as after a restore.';
alter table ops.alert_projections enable row level security;
create policy member_select on ops.alert_projections for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.alert_projections for insert to service_role with check (true);
create policy service_role_select on ops.alert_projections for select to service_role using (true);
create policy service_role_update on ops.alert_projections for update to service_role using (true) with check (true);
grant select on table ops.alert_projections to authenticated;
grant insert, select, update on table ops.alert_projections to service_role;

create table ops.alerts (
  id bigint not null generated always as identity,
  kind text not null,
  dedupe_key text not null,
  severity text not null,
  title text not null,
  message text not null default ''::text,
  details jsonb not null default '{}'::jsonb,
  status text not null default 'active'::text,
  count integer not null default 1,
  first_seen_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  resolved_at timestamp with time zone,
  owner text default (details ->> 'owner'::text),
  runbook text default (details ->> 'runbook'::text),
  acknowledged_at timestamp with time zone,
  acknowledged_by text,
  snoozed_until timestamp with time zone,
  snoozed_by text,
  resolved_by text,
  note text,
  issue_repository text,
  issue_number integer,
  source text,
  check_name text,
  object text,
  group_key text,
  policy jsonb not null default '{}'::jsonb,
  condition text not null default 'firing'::text,
  evidence_at timestamp with time zone,
  recovering_since timestamp with time zone,
  unknown_since timestamp with time zone,
  answered_severity text,
  silence_id bigint,
  muted_by bigint,
  issue_id bigint,
  constraint alerts_pkey PRIMARY KEY (id),
  constraint alerts_check CHECK (((status = 'resolved'::text) = (resolved_at IS NOT NULL))),
  constraint alerts_check1 CHECK (((status = 'snoozed'::text) = (snoozed_until IS NOT NULL))),
  constraint alerts_check2 CHECK (((issue_number IS NULL) = (issue_repository IS NULL))),
  constraint alerts_check3 CHECK (((source IS NULL) = (check_name IS NULL))),
  constraint alerts_check4 CHECK (((check_name IS NULL) = (object IS NULL))),
  constraint alerts_check5 CHECK (((condition = 'recovering'::text) = (recovering_since IS NOT NULL))),
  constraint alerts_check6 CHECK (((condition = 'unknown'::text) = (unknown_since IS NOT NULL))),
  constraint alerts_condition_check CHECK ((condition = ANY (ARRAY['firing'::text, 'recovering'::text, 'unknown'::text]))),
  constraint alerts_issue_number_check CHECK ((issue_number > 0)),
  constraint alerts_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  constraint alerts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'acknowledged'::text, 'snoozed'::text, 'silenced'::text, 'resolved'::text])))
)
with (fillfactor=70);
comment on table ops.alerts is 'The truth about what is wrong; GitHub issues are a projection of it.';
comment on column ops.alerts.owner is 'Whose it is: what details.owner says.';
comment on column ops.alerts.runbook is 'What to press: what details.runbook says.';
comment on column ops.alerts.snoozed_until is 'Set while snoozed. Once it has passed, the next raise makes the alert active again.';
comment on column ops.alerts.note is 'Why it was acknowledged, snoozed or resolved, in the words of whoever did it last.';
comment on column ops.alerts.issue_number is 'The GitHub issue that shows this alert, in issue_repository (owner/name).';
comment on column ops.alerts.source is 'Which passes raise it and may resolve it: checks, advisories. Null for an alert raised by somebody else.';
comment on column ops.alerts.object is 'What the check looked at; empty for the check itself.';
comment on column ops.alerts.group_key is 'Alerts with the same group share one issue.';
comment on column ops.alerts.policy is 'What the file of the check says about its alerts: for, hold_open_s, reopen_within_s, runbook_command, mutes.';
comment on column ops.alerts.condition is 'firing; recovering: seen well, but not for long enough (hold_open_s); unknown: the last pass could not look.';
comment on column ops.alerts.evidence_at is 'When it was last seen to be wrong, as opposed to unknown. Null when it never was.';
comment on column ops.alerts.answered_severity is 'How severe it was when somebody acknowledged or snoozed it: anything worse ends that answer.';
comment on column ops.alerts.silence_id is 'The silence (ops.silences) that keeps it quiet now.';
comment on column ops.alerts.muted_by is 'The alert whose consequence it is held to be; it says nothing for itself meanwhile.';
comment on column ops.alerts.issue_id is 'The row of ops.alert_issues that shows it.';
CREATE INDEX alerts_active ON ops.alerts USING btree (id) WHERE (resolved_at IS NULL);
CREATE UNIQUE INDEX alerts_active_dedupe_key ON ops.alerts USING btree (dedupe_key) WHERE (resolved_at IS NULL);
CREATE INDEX alerts_dedupe_key ON ops.alerts USING btree (dedupe_key, id);
CREATE INDEX alerts_issue ON ops.alerts USING btree (issue_id) WHERE (issue_id IS NOT NULL);
CREATE INDEX alerts_issue_number ON ops.alerts USING btree (issue_repository, issue_number) WHERE (issue_number IS NOT NULL);
CREATE INDEX alerts_resolved ON ops.alerts USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);
CREATE TRIGGER keep_answer BEFORE UPDATE ON ops.alerts FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) OR (old.severity IS DISTINCT FROM new.severity))) EXECUTE FUNCTION ops.keep_answer();
CREATE TRIGGER raise_held_alert BEFORE UPDATE ON ops.alerts FOR EACH ROW WHEN (((old.condition = 'recovering'::text) AND (new.condition = 'recovering'::text) AND (new.source IS NULL) AND (new.count > old.count))) EXECUTE FUNCTION ops.raise_held_alert();
CREATE TRIGGER record_changed_alerts AFTER UPDATE ON ops.alerts REFERENCING OLD TABLE AS old_alerts NEW TABLE AS new_alerts FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changed_alerts();
CREATE TRIGGER record_raised_alerts AFTER INSERT ON ops.alerts REFERENCING NEW TABLE AS new_alerts FOR EACH STATEMENT EXECUTE FUNCTION ops.record_raised_alerts();
alter table ops.alerts enable row level security;
create policy member_select on ops.alerts for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.alerts for insert to service_role with check (true);
create policy service_role_select on ops.alerts for select to service_role using (true);
create policy service_role_update on ops.alerts for update to service_role using (true) with check (true);
grant select on table ops.alerts to authenticated;
grant insert, select, update on table ops.alerts to service_role;

create table ops.artifacts (
  id uuid not null default ops.new_id(),
  org_id uuid,
  build_id uuid,
  run_id uuid,
  attempt integer not null default 0,
  kind text not null default 'file'::text,
  name text not null,
  url text,
  storage_path text,
  content text,
  media_type text,
  size_bytes bigint,
  sha256 text,
  metadata jsonb not null default '{}'::jsonb,
  expires_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint artifacts_pkey PRIMARY KEY (id),
  constraint artifacts_attempt_check CHECK ((attempt >= 0)),
  constraint artifacts_build_id_fkey FOREIGN KEY (build_id) REFERENCES ops.builds(id) ON DELETE CASCADE,
  constraint artifacts_check CHECK ((num_nonnulls(build_id, run_id) = 1)),
  constraint artifacts_content_check CHECK ((octet_length(content) <= 262144)),
  constraint artifacts_kind_check CHECK ((kind = ANY (ARRAY['link'::text, 'diff'::text, 'file'::text, 'log'::text, 'image'::text, 'dump'::text]))),
  constraint artifacts_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  constraint artifacts_name_check CHECK ((name <> ''::text)),
  constraint artifacts_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.runs(id) ON DELETE CASCADE,
  constraint artifacts_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint artifacts_size_bytes_check CHECK ((size_bytes >= 0))
);
comment on table ops.artifacts is 'What builds and runbook runs leave behind: where it is, or a small text itself.';
comment on column ops.artifacts.org_id is 'Of the build, filled by a trigger. An artifact of a run is seen by whoever sees the run.';
comment on column ops.artifacts.storage_path is 'bucket/path in Supabase Storage.';
comment on column ops.artifacts.content is 'A text of up to 256 KiB, such as a diff; what is larger lies at url or storage_path.';
comment on column ops.artifacts.expires_at is 'When it is gone at url, for example the end of GitHub''s retention.';
CREATE UNIQUE INDEX artifacts_build ON ops.artifacts USING btree (build_id, attempt, name) WHERE (build_id IS NOT NULL);
CREATE INDEX artifacts_build_page ON ops.artifacts USING btree (build_id, id) WHERE (build_id IS NOT NULL);
CREATE UNIQUE INDEX artifacts_run ON ops.artifacts USING btree (run_id, attempt, name) WHERE (run_id IS NOT NULL);
CREATE TRIGGER inherit_org BEFORE INSERT OR UPDATE OF org_id, build_id ON ops.artifacts FOR EACH ROW WHEN ((new.build_id IS NOT NULL)) EXECUTE FUNCTION ops.inherit_from_build();
alter table ops.artifacts enable row level security;
create policy member_select on ops.artifacts for select to authenticated using (((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))) OR ((run_id IS NOT NULL) AND (EXISTS ( SELECT
   FROM ops.runs r
  WHERE (r.id = artifacts.run_id))))));
create policy service_role_delete on ops.artifacts for delete to service_role using (true);
create policy service_role_insert on ops.artifacts for insert to service_role with check (true);
create policy service_role_select on ops.artifacts for select to service_role using (true);
create policy service_role_update on ops.artifacts for update to service_role using (true) with check (true);
grant select on table ops.artifacts to authenticated;
grant delete, insert, select, update on table ops.artifacts to service_role;

create table ops.branches (
  id uuid not null default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null,
  name text not null,
  lane text not null default 'development'::text,
  lane_rank smallint not null default 
CASE lane
    WHEN 'production'::text THEN 1
    WHEN 'staging'::text THEN 2
    ELSE 3
END,
  workflow text,
  environment text,
  inputs jsonb not null default '{}'::jsonb,
  cancel_superseded boolean not null default false,
  build_count bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  manual boolean not null default false,
  one_at_a_time boolean not null default true,
  stop_superseded boolean not null default false,
  waiting_limit integer,
  archived_at timestamp with time zone,
  constraint branches_pkey PRIMARY KEY (id),
  constraint branches_id_project_id_key UNIQUE (id, project_id),
  constraint branches_inputs_check CHECK ((jsonb_typeof(inputs) = 'object'::text)),
  constraint branches_lane_check CHECK ((lane = ANY (ARRAY['production'::text, 'staging'::text, 'development'::text]))),
  constraint branches_name_check CHECK ((name <> ''::text)),
  constraint branches_project_id_fkey FOREIGN KEY (project_id) REFERENCES ops.projects(id) ON DELETE CASCADE,
  constraint branches_project_id_name_key UNIQUE (project_id, name),
  constraint branches_waiting_limit_check CHECK ((waiting_limit > 0))
);
comment on table ops.branches is 'Branches of a project, each in one of three lanes.';
comment on column ops.branches.org_id is 'Of the project; filled by a trigger, whatever the writer says.';
comment on column ops.branches.environment is 'GitHub environment its builds deploy to, whose approval they wait for.';
comment on column ops.branches.inputs is 'Inputs every build of this branch starts with; a build''s own win.';
comment on column ops.branches.cancel_superseded is 'A new build cancels those of this branch that still wait.';
comment on column ops.branches.build_count is 'Builds of this branch, kept by a trigger: counting a million rows for a page would take a second.';
comment on column ops.branches.manual is 'Builds begin when somebody asks: pushes and schedules are refused, and a build that vanished is not tried again by itself.';
comment on column ops.branches.one_at_a_time is 'A build waits until the one before it has ended.';
comment on column ops.branches.stop_superseded is 'A new build also stops the one that runs.';
comment on column ops.branches.waiting_limit is 'Builds that may wait; one more is refused.';
comment on column ops.branches.archived_at is 'No file declares it any more: its history stays, and nothing new is built.';
CREATE INDEX branches_lane ON ops.branches USING btree (project_id, lane_rank, name);
CREATE TRIGGER inherit_org BEFORE INSERT OR UPDATE OF org_id, project_id ON ops.branches FOR EACH ROW EXECUTE FUNCTION ops.inherit_from_project();
alter table ops.branches enable row level security;
create policy member_select on ops.branches for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_delete on ops.branches for delete to service_role using (true);
create policy service_role_insert on ops.branches for insert to service_role with check (true);
create policy service_role_select on ops.branches for select to service_role using (true);
create policy service_role_update on ops.branches for update to service_role using (true) with check (true);
grant select on table ops.branches to authenticated;
grant delete, insert, select, update on table ops.branches to service_role;

create table ops.buffer_looks (
  repository text not null,
  looked_until timestamp with time zone not null,
  constraint buffer_looks_pkey PRIMARY KEY (repository),
  constraint buffer_looks_repository_check CHECK ((repository = lower(repository)))
);
comment on table ops.buffer_looks is 'How far the artifacts of each repository were looked through for buffers of recorders.';
alter table ops.buffer_looks enable row level security;
create policy service_role_select on ops.buffer_looks for select to service_role using (true);
grant select on table ops.buffer_looks to service_role;

create table ops.build_dispatches (
  build_id uuid not null,
  attempt integer not null,
  org_id uuid not null,
  state text not null default 'pending'::text,
  repository text not null,
  workflow text not null,
  ref text not null,
  inputs jsonb not null default '{}'::jsonb,
  claimed_by text,
  claim_token bigint not null default 0,
  next_at timestamp with time zone not null default clock_timestamp(),
  posts integer not null default 0,
  looks integer not null default 0,
  posted_at timestamp with time zone,
  github_run_id bigint,
  github_run_url text,
  extra_runs bigint[] not null default '{}'::bigint[],
  error text,
  created_at timestamp with time zone not null default clock_timestamp(),
  settled_at timestamp with time zone,
  doubles_sought_at timestamp with time zone,
  constraint build_dispatches_pkey PRIMARY KEY (build_id, attempt),
  constraint build_dispatches_attempt_check CHECK ((attempt > 0)),
  constraint build_dispatches_build_id_fkey FOREIGN KEY (build_id) REFERENCES ops.builds(id) ON DELETE CASCADE,
  constraint build_dispatches_check CHECK (((settled_at IS NOT NULL) = (state = ANY (ARRAY['sent'::text, 'refused'::text, 'dropped'::text])))),
  constraint build_dispatches_extra_runs_check CHECK ((cardinality(extra_runs) <= 100)),
  constraint build_dispatches_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sending'::text, 'unknown'::text, 'sent'::text, 'refused'::text, 'dropped'::text])))
);
comment on table ops.build_dispatches is 'The outbox: one order to GitHub for each attempt of a build. pending: GitHub has no run of it. sending: somebody is telling GitHub, until next_at. unknown: told, and the answer was lost. sent: the run is known. refused: GitHub said no. dropped: the build went on or ended without it.';
comment on column ops.build_dispatches.claim_token is 'Fencing: who settles with an older one changes nothing.';
comment on column ops.build_dispatches.next_at is 'When the next dispatcher may take it.';
comment on column ops.build_dispatches.posts is 'How often GitHub was told, requests it put off not counted.';
comment on column ops.build_dispatches.looks is 'How often its run was looked for since GitHub was last told.';
comment on column ops.build_dispatches.posted_at is 'When GitHub was last told, or was about to be.';
comment on column ops.build_dispatches.extra_runs is 'Runs that claimed to be this build''s and are not: to be cancelled on GitHub.';
comment on column ops.build_dispatches.doubles_sought_at is 'When GitHub''s list was searched for other runs of the same name, long enough after GitHub was told.';
CREATE INDEX build_dispatches_extra ON ops.build_dispatches USING btree (build_id) WHERE (extra_runs <> '{}'::bigint[]);
CREATE INDEX build_dispatches_open ON ops.build_dispatches USING btree (next_at) WHERE (settled_at IS NULL);
CREATE INDEX build_dispatches_run ON ops.build_dispatches USING btree (github_run_id) WHERE (github_run_id IS NOT NULL);
CREATE INDEX build_dispatches_unsought ON ops.build_dispatches USING btree (posted_at) WHERE ((state = 'sent'::text) AND (doubles_sought_at IS NULL));
alter table ops.build_dispatches enable row level security;
create policy member_select on ops.build_dispatches for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_select on ops.build_dispatches for select to service_role using (true);
grant select on table ops.build_dispatches to authenticated;
grant select on table ops.build_dispatches to service_role;

create table ops.build_events (
  build_id uuid not null,
  org_id uuid not null,
  at timestamp with time zone not null default clock_timestamp(),
  attempt integer not null,
  seq integer not null,
  kind text not null default 'log'::text,
  level text not null default 'info'::text,
  step text,
  message text not null,
  data jsonb,
  constraint build_events_pkey PRIMARY KEY (build_id, attempt, seq),
  constraint build_events_level_check CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'notice'::text, 'warning'::text, 'error'::text])))
) partition by range (build_id);
comment on table ops.build_events is 'The log of builds, append-only. Partitioned by the time inside the build''s id, so all of a log is in one partition and goes with it.';
comment on column ops.build_events.at is 'When it happened, by the writer''s clock. The order of a log is (attempt, seq).';
comment on column ops.build_events.attempt is 'Try of the build that wrote it. Attempt 0 is the control room itself: queued, taken, cancelled, lost.';
comment on column ops.build_events.seq is 'The writer''s own count. (build_id, attempt, seq) is one line, however often it is sent, and the key a log is paged by.';
comment on column ops.build_events.kind is 'log: a line. status: a change of state. Others as their writers agree, for example step or artifact.';
comment on column ops.build_events.step is 'Step of the workflow the line belongs to.';
alter table ops.build_events enable row level security;
create policy member_select on ops.build_events for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_select on ops.build_events for select to service_role using (true);
grant select on table ops.build_events to authenticated;
grant select on table ops.build_events to service_role;

create table ops.build_leases (
  build_id uuid not null,
  attempt integer not null,
  token bigint not null,
  runner_id text not null,
  expires_at timestamp with time zone not null,
  heartbeat_at timestamp with time zone not null default now(),
  constraint build_leases_pkey PRIMARY KEY (build_id),
  constraint build_leases_build_id_fkey FOREIGN KEY (build_id) REFERENCES ops.builds(id) ON DELETE CASCADE
);
comment on table ops.build_leases is 'Who may write to a build now. A writer with another token, or whose lease ran out, changes nothing.';
comment on column ops.build_leases.token is 'The fencing token of the queue (ops.job_leases.token): it grows with every claim.';
comment on column ops.build_leases.expires_at is 'Moved on by ops.heartbeat_build. After the end, an hour in which the last lines may still come.';
CREATE INDEX build_leases_expires_at ON ops.build_leases USING btree (expires_at);
alter table ops.build_leases enable row level security;
create policy service_role_select on ops.build_leases for select to service_role using (true);
grant select on table ops.build_leases to service_role;

create table ops.builds (
  id uuid not null default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid not null,
  status text not null default 'queued'::text,
  trigger text not null default 'manual'::text,
  actor text,
  requested_by uuid,
  idempotency_key text,
  commit_sha text,
  commit_message text,
  commit_author text,
  inputs jsonb not null default '{}'::jsonb,
  attempt integer not null default 0,
  queue_id bigint,
  github_run_id bigint,
  github_run_attempt integer,
  github_run_url text,
  environment_url text,
  error text,
  result jsonb,
  cancel_requested_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  queued_at timestamp with time zone,
  dispatched_at timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  updated_at timestamp with time zone not null default now(),
  rollback_of text,
  constraint builds_pkey PRIMARY KEY (id),
  constraint builds_attempt_check CHECK ((attempt >= 0)),
  constraint builds_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES ops.branches(id) ON DELETE CASCADE,
  constraint builds_check CHECK (((finished_at IS NOT NULL) = (status = ANY (ARRAY['succeeded'::text, 'almost'::text, 'failed'::text, 'cancelled'::text, 'lost'::text])))),
  constraint builds_commit_sha_check CHECK ((commit_sha ~ '^[0-9a-f]{7,64}$'::text)),
  constraint builds_id_check CHECK ((substr((id)::text, 15, 1) = '7'::text)),
  constraint builds_idempotency_key_check CHECK ((idempotency_key <> ''::text)),
  constraint builds_inputs_check CHECK ((jsonb_typeof(inputs) = 'object'::text)),
  constraint builds_project_id_fkey FOREIGN KEY (project_id) REFERENCES ops.projects(id) ON DELETE CASCADE,
  constraint builds_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'dispatched'::text, 'running'::text, 'succeeded'::text, 'almost'::text, 'failed'::text, 'cancelled'::text, 'lost'::text]))),
  constraint builds_trigger_check CHECK ((trigger = ANY (ARRAY['manual'::text, 'api'::text, 'push'::text, 'dispatch'::text, 'schedule'::text, 'rebuild'::text, 'rollback'::text])))
);
comment on table ops.builds is 'One row a build of a branch. Written by functions only, which keep to ops.build_may_become.';
comment on column ops.builds.org_id is 'Of the branch, like project_id; filled by a trigger.';
comment on column ops.builds.status is 'almost: succeeded with warnings. lost: its runner fell silent, and nobody knows better yet.';
comment on column ops.builds.actor is 'Who or what asked for it, as people say it: a name, a workflow, a schedule.';
comment on column ops.builds.requested_by is 'The signed-in user behind the trigger, if any.';
comment on column ops.builds.idempotency_key is 'A trigger sent twice with the same key is one build of the project.';
comment on column ops.builds.attempt is 'Number of the current try; 0 until somebody took the build. Lines of earlier tries stay in the log.';
comment on column ops.builds.queue_id is 'ops.job_queue.id of the current or last try. No foreign key: the queue forgets what is done.';
comment on column ops.builds.error is 'Why it failed, was cancelled or counts as lost.';
comment on column ops.builds.cancel_requested_at is 'Somebody wants the running build to stop; its runner hears of it with the next heartbeat, and its end says what came of it.';
comment on column ops.builds.rollback_of is 'The commit this build took the place of, when it is a rollback.';
CREATE INDEX builds_branch ON ops.builds USING btree (branch_id, id DESC);
CREATE INDEX builds_github_run ON ops.builds USING btree (github_run_id) WHERE (github_run_id IS NOT NULL);
CREATE UNIQUE INDEX builds_idempotency_key ON ops.builds USING btree (project_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);
CREATE INDEX builds_open ON ops.builds USING btree (project_id, id) WHERE (status = ANY (ARRAY['queued'::text, 'dispatched'::text, 'running'::text]));
CREATE INDEX builds_project ON ops.builds USING btree (project_id, id DESC);
CREATE INDEX builds_queue_id ON ops.builds USING btree (queue_id) WHERE (queue_id IS NOT NULL);
CREATE TRIGGER announce_added AFTER INSERT ON ops.builds REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.announce_builds();
CREATE TRIGGER announce_changed AFTER UPDATE ON ops.builds REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.announce_builds();
CREATE TRIGGER count_added AFTER INSERT ON ops.builds REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ops.count_builds();
CREATE TRIGGER count_removed AFTER DELETE ON ops.builds REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ops.count_builds();
CREATE TRIGGER end_deployments AFTER UPDATE ON ops.builds REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.end_deployments();
CREATE TRIGGER follow_upgrade_builds AFTER UPDATE OF status ON ops.builds FOR EACH ROW WHEN (((new.status <> old.status) AND (new.status = ANY (ARRAY['succeeded'::text, 'almost'::text, 'failed'::text, 'cancelled'::text, 'lost'::text])))) EXECUTE FUNCTION ops.follow_upgrade_builds();
CREATE TRIGGER forget_events AFTER DELETE ON ops.builds REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ops.forget_build_events();
CREATE TRIGGER inherit_org BEFORE INSERT OR UPDATE OF org_id, project_id, branch_id ON ops.builds FOR EACH ROW EXECUTE FUNCTION ops.inherit_from_branch();
CREATE TRIGGER monitor_builds AFTER UPDATE ON ops.builds REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.monitor_builds();
alter table ops.builds enable row level security;
create policy member_select on ops.builds for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_select on ops.builds for select to service_role using (true);
grant select on table ops.builds to authenticated;
grant select on table ops.builds to service_role;

create table ops.check_policies (
  source text not null,
  check_name text not null,
  policy jsonb not null,
  constraint check_policies_pkey PRIMARY KEY (source, check_name)
);
comment on table ops.check_policies is 'What the files said about each check at its last pass.';
alter table ops.check_policies enable row level security;
create policy member_select on ops.check_policies for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.check_policies for delete to service_role using (true);
create policy service_role_insert on ops.check_policies for insert to service_role with check (true);
create policy service_role_select on ops.check_policies for select to service_role using (true);
create policy service_role_update on ops.check_policies for update to service_role using (true) with check (true);
grant select on table ops.check_policies to authenticated;
grant delete, insert, select, update on table ops.check_policies to service_role;

create table ops.check_states (
  source text not null,
  check_name text not null,
  object text not null,
  state text not null,
  recent bigint not null,
  recorded_at timestamp with time zone not null,
  constraint check_states_pkey PRIMARY KEY (source, check_name, object),
  constraint check_states_state_check CHECK ((state = ANY (ARRAY['ok'::text, 'firing'::text, 'unknown'::text])))
)
with (fillfactor=70);
comment on table ops.check_states is 'What passes saw lately of everything that was not well, for checks whose alerts need more than one pass (for: N of M); who is well for long enough has no row. What was found is in the alert.';
comment on column ops.check_states.recent is 'The last 60 passes, the newest in the lowest bit: 1 for not well. Passes are counted, not minutes, so late schedules change nothing. Unknown counts as not well where it is a result of its own.';
alter table ops.check_states enable row level security;
create policy member_select on ops.check_states for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.check_states for delete to service_role using (true);
create policy service_role_insert on ops.check_states for insert to service_role with check (true);
create policy service_role_select on ops.check_states for select to service_role using (true);
create policy service_role_update on ops.check_states for update to service_role using (true) with check (true);
grant select on table ops.check_states to authenticated;
grant delete, insert, select, update on table ops.check_states to service_role;

create table ops.collector_state (
  singleton boolean not null default true,
  last_scheduler_run_id bigint not null default 0,
  unfinished_scheduler_run_ids bigint[] not null default '{}'::bigint[],
  constraint collector_state_pkey PRIMARY KEY (singleton),
  constraint collector_state_singleton_check CHECK (singleton)
);
comment on table ops.collector_state is 'How far the collector has read cron.job_run_details, and which rows before that had not ended.';
alter table ops.collector_state enable row level security;

create table ops.competitor_activities (
  competitor_id uuid not null,
  external_id text not null,
  kind text not null,
  points integer not null default 0,
  occurred_at timestamp with time zone not null,
  constraint competitor_activities_pkey PRIMARY KEY (competitor_id, external_id),
  constraint competitor_activities_competitor_id_fkey FOREIGN KEY (competitor_id) REFERENCES ops.competitors(id) ON DELETE CASCADE,
  constraint competitor_activities_external_id_check CHECK ((external_id <> ''::text))
);
comment on table ops.competitor_activities is 'What competitors did, once each, however often it is pulled.';
alter table ops.competitor_activities enable row level security;
create policy member_select on ops.competitor_activities for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.competitor_activities for insert to service_role with check (true);
create policy service_role_select on ops.competitor_activities for select to service_role using (true);
grant select on table ops.competitor_activities to authenticated;
grant insert, select on table ops.competitor_activities to service_role;

create table ops.competitors (
  id uuid not null default ops.new_id(),
  external_id text not null,
  coach_id text,
  display_name text not null default ''::text,
  active boolean not null default true,
  after_time_unix bigint not null default 0,
  needs_totals_refresh boolean not null default false,
  totals jsonb,
  synced_at timestamp with time zone,
  totals_refreshed_at timestamp with time zone,
  last_error text,
  created_at timestamp with time zone not null default now(),
  constraint competitors_pkey PRIMARY KEY (id),
  constraint competitors_external_id_check CHECK ((external_id <> ''::text)),
  constraint competitors_external_id_key UNIQUE (external_id),
  constraint competitors_last_error_check CHECK ((length(last_error) <= 500))
);
comment on table ops.competitors is 'Who plays on the game platform, how far their activity was pulled, and whether their totals are stale.';
comment on column ops.competitors.external_id is 'The competitor''s id on the game platform.';
comment on column ops.competitors.after_time_unix is 'Activity up to this second was pulled; the next pull asks for what came after.';
CREATE INDEX competitors_stale_totals ON ops.competitors USING btree (totals_refreshed_at NULLS FIRST, id) WHERE (active AND needs_totals_refresh);
CREATE INDEX competitors_sync ON ops.competitors USING btree (synced_at NULLS FIRST, id) WHERE active;
alter table ops.competitors enable row level security;
create policy member_select on ops.competitors for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.competitors for delete to service_role using (true);
create policy service_role_insert on ops.competitors for insert to service_role with check (true);
create policy service_role_select on ops.competitors for select to service_role using (true);
create policy service_role_update on ops.competitors for update to service_role using (true) with check (true);
grant select on table ops.competitors to authenticated;
grant delete, insert, select, update on table ops.competitors to service_role;

create unlogged table ops.crash_epoch (
  singleton boolean not null default true,
  epoch uuid not null default gen_random_uuid(),
  constraint crash_epoch_pkey PRIMARY KEY (singleton),
  constraint crash_epoch_singleton_check CHECK (singleton)
);
comment on table ops.crash_epoch is 'A new value after each crash. Requests of an older epoch are known to be lost, and their ids are never matched to newer answers.';
alter table ops.crash_epoch enable row level security;

create table ops.cron_attempts (
  run_id bigint not null,
  attempt integer not null,
  request_id bigint,
  epoch uuid,
  awaiting_response boolean not null default false,
  fired_at timestamp with time zone not null default clock_timestamp(),
  deadline timestamp with time zone,
  delivered_at timestamp with time zone,
  http_status integer,
  timed_out boolean,
  error_code text,
  error text,
  response_excerpt text,
  constraint cron_attempts_pkey PRIMARY KEY (run_id, attempt),
  constraint cron_attempts_response_excerpt_check CHECK ((length(response_excerpt) <= 1024)),
  constraint cron_attempts_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.cron_runs(id) ON DELETE CASCADE
);
comment on table ops.cron_attempts is 'One row per try that sent a request, or that failed. A SQL job that succeeds needs none.';
comment on column ops.cron_attempts.epoch is 'ops.crash_epoch at the time; request ids of another epoch mean other requests.';
comment on column ops.cron_attempts.awaiting_response is 'True while an answer may still arrive, also for a while after the attempt counts as lost.';
CREATE INDEX cron_attempts_awaiting ON ops.cron_attempts USING btree (request_id) WHERE awaiting_response;
alter table ops.cron_attempts enable row level security;
create policy service_role_select on ops.cron_attempts for select to service_role using (true);
grant select on table ops.cron_attempts to service_role;

create table ops.cron_changes (
  id bigint not null generated always as identity,
  at timestamp with time zone not null default now(),
  jobid bigint not null,
  jobname text not null,
  action text not null,
  before jsonb,
  after jsonb not null,
  user_id uuid,
  actor text not null,
  constraint cron_changes_pkey PRIMARY KEY (id),
  constraint cron_changes_action_check CHECK ((action = ANY (ARRAY['create'::text, 'toggle'::text, 'reschedule'::text])))
);
comment on table ops.cron_changes is 'What admins changed in the scheduler past the declarations, and who. The next plan shows it as drift.';
comment on column ops.cron_changes.actor is 'The database role that asked; user_id says which person.';
CREATE INDEX cron_changes_job ON ops.cron_changes USING btree (jobname, id DESC);
alter table ops.cron_changes enable row level security;
create policy member_select on ops.cron_changes for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_select on ops.cron_changes for select to service_role using (true);
grant select on table ops.cron_changes to authenticated;
grant select on table ops.cron_changes to service_role;

create table ops.cron_runs (
  id bigint not null generated always as identity,
  job text not null,
  scheduled_for timestamp with time zone not null,
  trigger text not null,
  status text not null,
  call_kind text,
  attempt integer not null default 0,
  created_at timestamp with time zone not null default clock_timestamp(),
  fired_at timestamp with time zone,
  delivered_at timestamp with time zone,
  reported_at timestamp with time zone,
  finished_at timestamp with time zone,
  deadline timestamp with time zone,
  next_attempt_at timestamp with time zone,
  http_status integer,
  error_code text,
  error text,
  result jsonb,
  actor text,
  definition_digest text,
  retry_of bigint,
  scheduler_run_id bigint,
  constraint cron_runs_pkey PRIMARY KEY (id),
  constraint cron_runs_call_kind_check CHECK ((call_kind = ANY (ARRAY['http'::text, 'sql'::text, 'enqueue'::text]))),
  constraint cron_runs_check CHECK (((finished_at IS NOT NULL) = (status <> ALL (ARRAY['queued'::text, 'fired'::text, 'delivered'::text])))),
  constraint cron_runs_error_code_check CHECK ((error_code = ANY (ARRAY['secret_missing'::text, 'secret_invalid'::text, 'url_invalid'::text, 'extension_missing'::text, 'http_4xx'::text, 'http_5xx'::text, 'http_other'::text, 'timeout'::text, 'network'::text, 'lost'::text, 'sql_error'::text, 'report_failed'::text, 'not_reported'::text, 'overlap'::text, 'misfire'::text, 'definition_missing'::text, 'definition_invalid'::text, 'scheduler_failed'::text, 'cancelled'::text]))),
  constraint cron_runs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'fired'::text, 'delivered'::text, 'succeeded'::text, 'failed'::text, 'timed_out'::text, 'lost'::text, 'skipped'::text, 'cancelled'::text]))),
  constraint cron_runs_trigger_check CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text, 'misfire'::text, 'queued'::text])))
);
comment on table ops.cron_runs is 'One row per run of a job, with three truths: fired, delivered (an HTTP answer arrived), reported (the function said how it went).';
comment on column ops.cron_runs.scheduled_for is 'The slot this run is for: the due minute, not the moment it started.';
comment on column ops.cron_runs.deadline is 'When the collector gives up on what the run is waiting for (answer, report or queue).';
comment on column ops.cron_runs.next_attempt_at is 'Set while the run waits to be started (queued) or tried again (fired).';
comment on column ops.cron_runs.scheduler_run_id is 'cron.job_run_details.runid, for failures the scheduler had before ops.fire could write a row.';
CREATE INDEX cron_runs_job ON ops.cron_runs USING btree (job, id DESC);
CREATE UNIQUE INDEX cron_runs_one_queued ON ops.cron_runs USING btree (job) WHERE ((trigger = 'queued'::text) AND (status = 'queued'::text));
CREATE INDEX cron_runs_open ON ops.cron_runs USING btree (job) WHERE (status = ANY (ARRAY['queued'::text, 'fired'::text, 'delivered'::text]));
CREATE UNIQUE INDEX cron_runs_scheduler_run ON ops.cron_runs USING btree (scheduler_run_id) WHERE (scheduler_run_id IS NOT NULL);
CREATE UNIQUE INDEX cron_runs_slot ON ops.cron_runs USING btree (job, scheduled_for) WHERE (trigger = ANY (ARRAY['schedule'::text, 'misfire'::text, 'queued'::text]));
alter table ops.cron_runs enable row level security;
create policy service_role_select on ops.cron_runs for select to service_role using (true);
grant select on table ops.cron_runs to service_role;

create table ops.deployments (
  id uuid not null default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid not null,
  build_id uuid not null,
  attempt integer not null,
  environment text not null,
  state text not null default 'in_progress'::text,
  environment_url text,
  commit_sha text,
  started_at timestamp with time zone not null default clock_timestamp(),
  finished_at timestamp with time zone,
  constraint deployments_pkey PRIMARY KEY (id),
  constraint deployments_attempt_check CHECK ((attempt > 0)),
  constraint deployments_build_id_attempt_environment_key UNIQUE (build_id, attempt, environment),
  constraint deployments_build_id_fkey FOREIGN KEY (build_id) REFERENCES ops.builds(id) ON DELETE CASCADE,
  constraint deployments_check CHECK (((finished_at IS NULL) = (state = 'in_progress'::text))),
  constraint deployments_environment_check CHECK (((length(environment) >= 1) AND (length(environment) <= 255))),
  constraint deployments_state_check CHECK ((state = ANY (ARRAY['in_progress'::text, 'success'::text, 'failure'::text, 'error'::text, 'inactive'::text])))
);
comment on table ops.deployments is 'What builds released where, in the words of GitHub''s deployments: in_progress, success, failure, error (cancelled, or its job vanished), inactive (a newer one took its place).';
comment on column ops.deployments.environment is 'Name of the GitHub environment.';
comment on column ops.deployments.commit_sha is 'What was released.';
CREATE INDEX deployments_current ON ops.deployments USING btree (project_id, environment) WHERE (state = 'success'::text);
CREATE INDEX deployments_page ON ops.deployments USING btree (project_id, id DESC);
CREATE INDEX deployments_page_of_environment ON ops.deployments USING btree (project_id, environment, id DESC);
alter table ops.deployments enable row level security;
create policy member_select on ops.deployments for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_select on ops.deployments for select to service_role using (true);
grant select on table ops.deployments to authenticated;
grant select on table ops.deployments to service_role;

create table ops.issue_commands (
  repository text not null,
  comment_id bigint not null,
  issue_number integer not null,
  actor text not null,
  actor_id bigint,
  permission text not null,
  command text not null,
  arguments text not null default ''::text,
  outcome text,
  alerts bigint[] not null default '{}'::bigint[],
  answer text,
  taken_at timestamp with time zone not null default clock_timestamp(),
  answering_until timestamp with time zone,
  answered_at timestamp with time zone,
  constraint issue_commands_pkey PRIMARY KEY (repository, comment_id),
  constraint issue_commands_check CHECK (((answered_at IS NULL) OR (outcome IS NOT NULL))),
  constraint issue_commands_issue_number_check CHECK ((issue_number > 0)),
  constraint issue_commands_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'nothing'::text, 'refused'::text])))
);
comment on table ops.issue_commands is 'Commands that people wrote under issues: who, by which right, what came of it. Written in the transaction that carries the command out.';
comment on column ops.issue_commands.permission is 'The role in the repository at the time, as GitHub told it.';
comment on column ops.issue_commands.arguments is 'As written, without what looks like a secret.';
comment on column ops.issue_commands.outcome is 'nothing: it was so already. refused: the command cannot be carried out, and the answer says why.';
comment on column ops.issue_commands.answering_until is 'Until then somebody is writing the answer; afterwards anybody may.';
CREATE INDEX issue_commands_taken_at ON ops.issue_commands USING btree (taken_at);
CREATE INDEX issue_commands_unanswered ON ops.issue_commands USING btree (taken_at) WHERE (answered_at IS NULL);
alter table ops.issue_commands enable row level security;
create policy member_select on ops.issue_commands for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.issue_commands for insert to service_role with check (true);
create policy service_role_select on ops.issue_commands for select to service_role using (true);
create policy service_role_update on ops.issue_commands for update to service_role using (true) with check (true);
grant select on table ops.issue_commands to authenticated;
grant insert, select, update on table ops.issue_commands to service_role;

create table ops.job_definitions (
  name text not null,
  definition jsonb not null,
  digest text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint job_definitions_pkey PRIMARY KEY (name),
  constraint job_definitions_definition_check CHECK ((jsonb_typeof(definition) = 'object'::text)),
  constraint job_definitions_name_check CHECK ((name <> ''::text))
);
comment on table ops.job_definitions is 'What each declared job does, compiled from runbooks/cron by reconcile. Holds names of Vault secrets, never values.';
comment on column ops.job_definitions.created_at is 'A slot before this moment was never missed: the job did not exist yet.';
alter table ops.job_definitions enable row level security;
create policy service_role_select on ops.job_definitions for select to service_role using (true);
grant select on table ops.job_definitions to service_role;

create table ops.job_leases (
  token bigint not null generated by default as identity,
  worker text not null,
  claimed_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  held int8multirange not null,
  constraint job_leases_pkey PRIMARY KEY (token)
)
with (fillfactor=20, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000);
comment on table ops.job_leases is 'Who runs what until when. Past expires_at the jobs are taken back (ops.rescue_jobs).';
comment on column ops.job_leases.token is 'The fencing token: whoever writes about a job this lease does not hold changes nothing.';
comment on column ops.job_leases.claimed_at is 'When jobs were last claimed under it.';
comment on column ops.job_leases.held is 'Ids of the jobs it holds. No job is in two leases, because claims of a task type wait for each other.';
alter table ops.job_leases enable row level security;
create policy member_select on ops.job_leases for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.job_leases for delete to service_role using (true);
create policy service_role_insert on ops.job_leases for insert to service_role with check (true);
create policy service_role_select on ops.job_leases for select to service_role using (true);
create policy service_role_update on ops.job_leases for update to service_role using (true) with check (true);
grant select on table ops.job_leases to authenticated;
grant delete, insert, select, update on table ops.job_leases to service_role;

create table ops.job_run_log (
  id uuid not null default ops.new_id(),
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  job_name text not null,
  provider text,
  model text,
  ok boolean not null default true,
  scanned integer,
  embedded integer,
  skipped_existing integer,
  total_tokens bigint,
  error_code text,
  error_message text,
  meta jsonb not null default '{}'::jsonb,
  constraint job_run_log_pkey PRIMARY KEY (id),
  constraint job_run_log_job_name_check CHECK ((job_name <> ''::text))
);
comment on table ops.job_run_log is 'What functions say of their own runs, one row a run. ops.cron_runs knows what became of the calls.';
CREATE INDEX job_run_log_job ON ops.job_run_log USING btree (job_name, id DESC);
CREATE INDEX job_run_log_started ON ops.job_run_log USING btree (started_at DESC);
alter table ops.job_run_log enable row level security;
create policy member_select on ops.job_run_log for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.job_run_log for insert to service_role with check (true);
create policy service_role_select on ops.job_run_log for select to service_role using (true);
grant select on table ops.job_run_log to authenticated;
grant insert, select on table ops.job_run_log to service_role;

create table ops.job_types (
  task_type text not null,
  paused boolean not null default false,
  keep_succeeded interval,
  max_attempts integer,
  backoff_base interval,
  backoff_cap interval,
  rescue_cap smallint,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint job_types_pkey PRIMARY KEY (task_type),
  constraint job_types_backoff_base_check CHECK ((backoff_base > '00:00:00'::interval)),
  constraint job_types_backoff_cap_check CHECK ((backoff_cap > '00:00:00'::interval)),
  constraint job_types_keep_succeeded_check CHECK ((keep_succeeded >= '00:00:00'::interval)),
  constraint job_types_max_attempts_check CHECK ((max_attempts >= 1)),
  constraint job_types_rescue_cap_check CHECK ((rescue_cap >= 1)),
  constraint job_types_task_type_check CHECK ((task_type <> ''::text))
);
comment on table ops.job_types is 'What differs from the defaults for a type of work. A type without a row has them all.';
comment on column ops.job_types.paused is 'Nothing of this type is claimed; what runs goes on.';
comment on column ops.job_types.keep_succeeded is 'How long succeeded work is kept; 0 deletes it when it is done. Null: as long as ops.prune_job_queue is told, 14 days.';
comment on column ops.job_types.max_attempts is 'Tries of a job that is queued without saying; 5 by default.';
comment on column ops.job_types.backoff_base is 'Wait after the first failed try, doubled after each; 10 seconds by default.';
comment on column ops.job_types.backoff_cap is 'The longest wait; one hour by default.';
comment on column ops.job_types.rescue_cap is 'So many lost leases make a dead letter: a job that kills its workers. 10 by default.';
alter table ops.job_types enable row level security;
create policy member_select on ops.job_types for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.job_types for delete to service_role using (true);
create policy service_role_insert on ops.job_types for insert to service_role with check (true);
create policy service_role_select on ops.job_types for select to service_role using (true);
create policy service_role_update on ops.job_types for update to service_role using (true) with check (true);
grant select on table ops.job_types to authenticated;
grant delete, insert, select, update on table ops.job_types to service_role;

create table ops.log_recoveries (
  id uuid not null default ops.new_id(),
  kind text not null,
  repository text not null,
  github_run_id bigint not null,
  artifact_id bigint,
  build_id uuid,
  attempt integer,
  state text not null default 'open'::text,
  tries integer not null default 0,
  next_at timestamp with time zone not null default clock_timestamp(),
  lines integer,
  error text,
  created_at timestamp with time zone not null default clock_timestamp(),
  settled_at timestamp with time zone,
  constraint log_recoveries_pkey PRIMARY KEY (id),
  constraint log_recoveries_build_id_fkey FOREIGN KEY (build_id) REFERENCES ops.builds(id) ON DELETE CASCADE,
  constraint log_recoveries_check CHECK (((kind = 'buffer'::text) = (artifact_id IS NOT NULL))),
  constraint log_recoveries_check1 CHECK (((kind = 'buffer'::text) OR ((build_id IS NOT NULL) AND (attempt IS NOT NULL)))),
  constraint log_recoveries_check2 CHECK (((settled_at IS NULL) = (state = 'open'::text))),
  constraint log_recoveries_kind_check CHECK ((kind = ANY (ARRAY['buffer'::text, 'job_log'::text]))),
  constraint log_recoveries_repository_check CHECK ((repository = lower(repository))),
  constraint log_recoveries_state_check CHECK ((state = ANY (ARRAY['open'::text, 'stored'::text, 'nothing'::text, 'stale'::text, 'refused'::text, 'gone'::text])))
);
comment on table ops.log_recoveries is 'Stories to be told after the fact, each once. buffer: an artifact of a run with what its recorder could not store. job_log: a build that has ended and has no line of its own. stored: told. nothing: there were lines by then. stale: its build is at another attempt. refused: it is not that run''s to tell. gone: GitHub has it no longer, or ten tries failed.';
comment on column ops.log_recoveries.tries is 'How often it was taken; also the fencing token of who took it last.';
comment on column ops.log_recoveries.next_at is 'When it may be taken again.';
CREATE UNIQUE INDEX log_recoveries_artifact ON ops.log_recoveries USING btree (repository, artifact_id) WHERE (artifact_id IS NOT NULL);
CREATE UNIQUE INDEX log_recoveries_attempt ON ops.log_recoveries USING btree (build_id, attempt) WHERE (kind = 'job_log'::text);
CREATE INDEX log_recoveries_build ON ops.log_recoveries USING btree (build_id) WHERE (build_id IS NOT NULL);
CREATE INDEX log_recoveries_open ON ops.log_recoveries USING btree (next_at) WHERE (state = 'open'::text);
alter table ops.log_recoveries enable row level security;
create policy service_role_select on ops.log_recoveries for select to service_role using (true);
grant select on table ops.log_recoveries to service_role;

create table ops.managed_objects (
  kind text not null,
  name text not null,
  digest text not null,
  applied jsonb not null default '{}'::jsonb,
  source_path text,
  commit_sha text,
  reconciliation_id bigint,
  applied_at timestamp with time zone not null default now(),
  constraint managed_objects_pkey PRIMARY KEY (kind, name)
);
comment on table ops.managed_objects is 'Ledger of what reconcile made. Prune is this list minus the declared one; anything not listed is never touched.';
comment on column ops.managed_objects.applied is 'The fields last applied, to tell drift from a changed declaration. Never a secret value.';
alter table ops.managed_objects enable row level security;
create policy service_role_select on ops.managed_objects for select to service_role using (true);
grant select on table ops.managed_objects to service_role;

create table ops.metric_hours (
  id bigint not null generated always as identity,
  ts timestamp with time zone not null,
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid,
  metric text not null,
  dims jsonb not null default '{}'::jsonb,
  series uuid not null,
  samples bigint not null,
  total double precision not null,
  minimum double precision not null,
  maximum double precision not null,
  constraint metric_hours_pkey PRIMARY KEY (project_id, metric, ts, series)
) partition by range (ts);
comment on table ops.metric_hours is 'ops.metric_minutes by hour, kept for two years.';
comment on column ops.metric_hours.ts is 'Start of the hour.';
comment on column ops.metric_hours.series is 'ops.metric_series_key(branch_id, dims).';
alter table ops.metric_hours enable row level security;
create policy member_select on ops.metric_hours for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_select on ops.metric_hours for select to service_role using (true);
grant select on table ops.metric_hours to authenticated;
grant select on table ops.metric_hours to service_role;

create table ops.metric_marks (
  id bigint not null generated always as identity,
  project_id uuid not null,
  metric text not null,
  minute timestamp with time zone not null,
  constraint metric_marks_pkey PRIMARY KEY (id)
);
comment on table ops.metric_marks is 'Minutes of metrics that have samples ops.roll_up_metrics has not seen; the same minute may stand here often.';
alter table ops.metric_marks enable row level security;
create policy service_role_select on ops.metric_marks for select to service_role using (true);
grant select on table ops.metric_marks to service_role;

create table ops.metric_minutes (
  id bigint not null generated always as identity,
  ts timestamp with time zone not null,
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid,
  metric text not null,
  dims jsonb not null default '{}'::jsonb,
  series uuid not null,
  samples bigint not null,
  total double precision not null,
  minimum double precision not null,
  maximum double precision not null,
  constraint metric_minutes_pkey PRIMARY KEY (project_id, metric, ts, series)
) partition by range (ts);
comment on table ops.metric_minutes is 'Samples of ops.metrics by minute: how many, their sum, least and most. Written by ops.roll_up_metrics.';
comment on column ops.metric_minutes.ts is 'Start of the minute.';
comment on column ops.metric_minutes.series is 'ops.metric_series_key(branch_id, dims).';
alter table ops.metric_minutes enable row level security;
create policy member_select on ops.metric_minutes for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_select on ops.metric_minutes for select to service_role using (true);
grant select on table ops.metric_minutes to authenticated;
grant select on table ops.metric_minutes to service_role;

create table ops.metrics (
  id bigint not null generated always as identity,
  ts timestamp with time zone not null,
  value double precision not null,
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid,
  metric text not null,
  dims jsonb not null default '{}'::jsonb,
  constraint metrics_pkey PRIMARY KEY (project_id, metric, ts, id),
  constraint metrics_dims_check CHECK ((jsonb_typeof(dims) = 'object'::text)),
  constraint metrics_metric_check CHECK ((metric <> ''::text))
) partition by range (ts);
comment on table ops.metrics is 'Samples of projects and branches: cpu_pct, memory_pct, request_rate, error_rate and whatever else is sent.';
comment on column ops.metrics.ts is 'When it was measured.';
comment on column ops.metrics.dims is 'What tells samples of one metric apart, for example {"route": "/api"}.';
alter table ops.metrics enable row level security;
create policy member_select on ops.metrics for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_select on ops.metrics for select to service_role using (true);
grant select on table ops.metrics to authenticated;
grant select on table ops.metrics to service_role;

create table ops.migration_batches (
  batch text not null,
  migrated bigint not null default 0,
  failed bigint not null default 0,
  remaining integer,
  total integer,
  logs bigint not null default 0,
  last_status text not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  last_success_at timestamp with time zone,
  last_failure_at timestamp with time zone,
  constraint migration_batches_pkey PRIMARY KEY (batch)
);
comment on table ops.migration_batches is 'Sums over ops.migration_logs, kept by its trigger: they outlive the pruning of the logs, and a card needs no scan.';
alter table ops.migration_batches enable row level security;
create policy member_select on ops.migration_batches for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_select on ops.migration_batches for select to service_role using (true);
grant select on table ops.migration_batches to authenticated;
grant select on table ops.migration_batches to service_role;

create table ops.migration_logs (
  id uuid not null default ops.new_id(),
  created_at timestamp with time zone not null default now(),
  batch text not null,
  migrated integer not null default 0,
  failed integer not null default 0,
  remaining integer not null default 0,
  total integer,
  elapsed_s numeric not null default 0,
  errors text[] not null default '{}'::text[],
  status text not null default 'success'::text,
  constraint migration_logs_pkey PRIMARY KEY (id),
  constraint migration_logs_batch_check CHECK ((batch <> ''::text)),
  constraint migration_logs_elapsed_s_check CHECK ((elapsed_s >= (0)::numeric)),
  constraint migration_logs_failed_check CHECK ((failed >= 0)),
  constraint migration_logs_migrated_check CHECK ((migrated >= 0)),
  constraint migration_logs_remaining_check CHECK ((remaining >= 0)),
  constraint migration_logs_status_check CHECK ((status = ANY (ARRAY['success'::text, 'error'::text, 'auth_error'::text]))),
  constraint migration_logs_total_check CHECK ((total >= 0))
);
comment on table ops.migration_logs is 'One row per batch of a migration: on success, when it was not let in (auth_error), and when it crashed (error).';
comment on column ops.migration_logs.batch is 'The job whose batches these are.';
comment on column ops.migration_logs.remaining is 'What is left to do after this batch; believed when the batch succeeded.';
comment on column ops.migration_logs.total is 'How many there are in all, where the writer knows it.';
CREATE INDEX migration_logs_batch ON ops.migration_logs USING btree (batch, id DESC);
CREATE TRIGGER sum_migration_logs AFTER INSERT ON ops.migration_logs REFERENCING NEW TABLE AS new_logs FOR EACH STATEMENT EXECUTE FUNCTION ops.sum_migration_logs();
alter table ops.migration_logs enable row level security;
create policy member_select on ops.migration_logs for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.migration_logs for insert to service_role with check (true);
create policy service_role_select on ops.migration_logs for select to service_role using (true);
grant select on table ops.migration_logs to authenticated;
grant insert, select on table ops.migration_logs to service_role;

create table ops.monitoring (
  branch_id uuid not null,
  org_id uuid not null,
  project_id uuid not null,
  health text not null,
  message text not null default ''::text,
  cpu_pct double precision,
  memory_pct double precision,
  request_rate double precision,
  error_rate double precision,
  details jsonb not null default '{}'::jsonb,
  observed_at timestamp with time zone not null,
  changed_at timestamp with time zone not null default now(),
  constraint monitoring_pkey PRIMARY KEY (branch_id),
  constraint monitoring_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES ops.branches(id) ON DELETE CASCADE,
  constraint monitoring_details_check CHECK ((jsonb_typeof(details) = 'object'::text)),
  constraint monitoring_health_check CHECK ((health = ANY (ARRAY['healthy'::text, 'degraded'::text, 'down'::text, 'unknown'::text]))),
  constraint monitoring_project_id_fkey FOREIGN KEY (project_id) REFERENCES ops.projects(id) ON DELETE CASCADE
);
comment on table ops.monitoring is 'How each branch is right now: one row a branch, as observed last.';
comment on column ops.monitoring.health is 'unknown when it could not be looked at, and never healthy for want of news: see observed_at.';
comment on column ops.monitoring.request_rate is 'Requests per second.';
comment on column ops.monitoring.error_rate is 'Share of requests that failed, from 0 to 1.';
comment on column ops.monitoring.changed_at is 'Since when the health is what it is.';
CREATE INDEX monitoring_project ON ops.monitoring USING btree (project_id);
CREATE TRIGGER inherit_org BEFORE INSERT OR UPDATE OF org_id, project_id, branch_id ON ops.monitoring FOR EACH ROW EXECUTE FUNCTION ops.inherit_from_branch();
alter table ops.monitoring enable row level security;
create policy member_select on ops.monitoring for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_delete on ops.monitoring for delete to service_role using (true);
create policy service_role_insert on ops.monitoring for insert to service_role with check (true);
create policy service_role_select on ops.monitoring for select to service_role using (true);
create policy service_role_update on ops.monitoring for update to service_role using (true) with check (true);
grant select on table ops.monitoring to authenticated;
grant delete, insert, select, update on table ops.monitoring to service_role;

create table ops.odoo_attachments (
  id bigint not null,
  name text not null,
  mimetype text,
  size_bytes bigint,
  checksum text,
  status text not null default 'pending'::text,
  attempts integer not null default 0,
  run_after timestamp with time zone not null default now(),
  lease_token uuid,
  lease_expires_at timestamp with time zone,
  storage_path text,
  last_error text,
  created_at timestamp with time zone not null default now(),
  migrated_at timestamp with time zone,
  constraint odoo_attachments_pkey PRIMARY KEY (id),
  constraint odoo_attachments_check CHECK (((status = 'migrating'::text) = (lease_token IS NOT NULL))),
  constraint odoo_attachments_check1 CHECK (((status = 'migrated'::text) = (migrated_at IS NOT NULL))),
  constraint odoo_attachments_id_check CHECK ((id > 0)),
  constraint odoo_attachments_last_error_check CHECK ((length(last_error) <= 500)),
  constraint odoo_attachments_size_bytes_check CHECK ((size_bytes >= 0)),
  constraint odoo_attachments_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'migrating'::text, 'migrated'::text, 'failed'::text])))
);
comment on table ops.odoo_attachments is 'Files of an Odoo database on their way into Supabase Storage, one row each.';
comment on column ops.odoo_attachments.id is 'ir.attachment.id in Odoo.';
comment on column ops.odoo_attachments.checksum is 'SHA-1 of the content as Odoo keeps it, in hex.';
comment on column ops.odoo_attachments.lease_token is 'The batch that is moving the file; a batch whose lease passed on changes nothing any more.';
CREATE INDEX odoo_attachments_lease_token ON ops.odoo_attachments USING btree (lease_token) WHERE (lease_token IS NOT NULL);
CREATE INDEX odoo_attachments_leased ON ops.odoo_attachments USING btree (lease_expires_at) WHERE (status = 'migrating'::text);
CREATE INDEX odoo_attachments_pending ON ops.odoo_attachments USING btree (run_after, id) WHERE (status = 'pending'::text);
alter table ops.odoo_attachments enable row level security;
create policy member_select on ops.odoo_attachments for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.odoo_attachments for insert to service_role with check (true);
create policy service_role_select on ops.odoo_attachments for select to service_role using (true);
create policy service_role_update on ops.odoo_attachments for update to service_role using (true) with check (true);
grant select on table ops.odoo_attachments to authenticated;
grant insert, select, update on table ops.odoo_attachments to service_role;

create table ops.openrouter_circuit_breakers (
  model text not null,
  is_open boolean not null default false,
  open_until timestamp with time zone,
  failure_streak integer not null default 0,
  last_status integer,
  last_error text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint openrouter_circuit_breakers_pkey PRIMARY KEY (model),
  constraint openrouter_circuit_breakers_failure_streak_check CHECK ((failure_streak >= 0))
);
comment on table ops.openrouter_circuit_breakers is 'Models that are not called for a while because they failed too often.';
comment on column ops.openrouter_circuit_breakers.open_until is 'When one call may be tried again; is_open stays until it succeeded.';
alter table ops.openrouter_circuit_breakers enable row level security;
create policy member_select on ops.openrouter_circuit_breakers for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.openrouter_circuit_breakers for delete to service_role using (true);
create policy service_role_insert on ops.openrouter_circuit_breakers for insert to service_role with check (true);
create policy service_role_select on ops.openrouter_circuit_breakers for select to service_role using (true);
create policy service_role_update on ops.openrouter_circuit_breakers for update to service_role using (true) with check (true);
grant select on table ops.openrouter_circuit_breakers to authenticated;
grant delete, insert, select, update on table ops.openrouter_circuit_breakers to service_role;

create table ops.openrouter_credits_cache (
  base_url text not null,
  fetched_at timestamp with time zone not null default now(),
  payload jsonb not null default '{}'::jsonb,
  constraint openrouter_credits_cache_pkey PRIMARY KEY (base_url)
);
comment on table ops.openrouter_credits_cache is 'The last answer of OpenRouter''s /credits per base URL: payload.data.total_credits and total_usage.';
alter table ops.openrouter_credits_cache enable row level security;
create policy member_select on ops.openrouter_credits_cache for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.openrouter_credits_cache for delete to service_role using (true);
create policy service_role_insert on ops.openrouter_credits_cache for insert to service_role with check (true);
create policy service_role_select on ops.openrouter_credits_cache for select to service_role using (true);
create policy service_role_update on ops.openrouter_credits_cache for update to service_role using (true) with check (true);
grant select on table ops.openrouter_credits_cache to authenticated;
grant delete, insert, select, update on table ops.openrouter_credits_cache to service_role;

create table ops.openrouter_key_cache (
  base_url text not null,
  fetched_at timestamp with time zone not null default now(),
  payload jsonb not null default '{}'::jsonb,
  constraint openrouter_key_cache_pkey PRIMARY KEY (base_url)
);
comment on table ops.openrouter_key_cache is 'The last answer of OpenRouter''s /key per base URL: payload.data.limit_remaining. About the key, never the key.';
alter table ops.openrouter_key_cache enable row level security;
create policy member_select on ops.openrouter_key_cache for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.openrouter_key_cache for delete to service_role using (true);
create policy service_role_insert on ops.openrouter_key_cache for insert to service_role with check (true);
create policy service_role_select on ops.openrouter_key_cache for select to service_role using (true);
create policy service_role_update on ops.openrouter_key_cache for update to service_role using (true) with check (true);
grant select on table ops.openrouter_key_cache to authenticated;
grant delete, insert, select, update on table ops.openrouter_key_cache to service_role;

create table ops.org_members (
  org_id uuid not null,
  user_id uuid not null,
  role text not null default 'member'::text,
  created_at timestamp with time zone not null default now(),
  constraint org_members_pkey PRIMARY KEY (org_id, user_id),
  constraint org_members_org_id_fkey FOREIGN KEY (org_id) REFERENCES ops.orgs(id) ON DELETE CASCADE,
  constraint org_members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text])))
);
comment on table ops.org_members is 'Who is in which organisation. Owners and admins manage members; every member reads what the organisation has.';
comment on column ops.org_members.user_id is 'The sub of the user''s JWT (auth.users.id).';
CREATE INDEX org_members_user_id ON ops.org_members USING btree (user_id) INCLUDE (org_id);
alter table ops.org_members enable row level security;
create policy member_select on ops.org_members for select to authenticated using ((org_id IN ( SELECT ops.my_org_ids() AS my_org_ids)));
create policy service_role_delete on ops.org_members for delete to service_role using (true);
create policy service_role_insert on ops.org_members for insert to service_role with check (true);
create policy service_role_select on ops.org_members for select to service_role using (true);
create policy service_role_update on ops.org_members for update to service_role using (true) with check (true);
grant select on table ops.org_members to authenticated;
grant delete, insert, select, update on table ops.org_members to service_role;

create table ops.orgs (
  id uuid not null default ops.new_id(),
  name text not null,
  slug text not null,
  created_at timestamp with time zone not null default now(),
  constraint orgs_pkey PRIMARY KEY (id),
  constraint orgs_name_check CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 200))),
  constraint orgs_slug_check CHECK ((slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
  constraint orgs_slug_key UNIQUE (slug)
);
comment on table ops.orgs is 'Organisations: whose projects, builds and advisories rows are.';
alter table ops.orgs enable row level security;
create policy member_select on ops.orgs for select to authenticated using ((id IN ( SELECT ops.my_org_ids() AS my_org_ids)));
create policy service_role_delete on ops.orgs for delete to service_role using (true);
create policy service_role_insert on ops.orgs for insert to service_role with check (true);
create policy service_role_select on ops.orgs for select to service_role using (true);
create policy service_role_update on ops.orgs for update to service_role using (true) with check (true);
grant select on table ops.orgs to authenticated;
grant delete, insert, select, update on table ops.orgs to service_role;

create table ops.partitioned_tables (
  name text not null,
  key_type text not null,
  step interval not null,
  ahead smallint not null default 2,
  keep interval not null,
  on_expiry text not null default 'drop'::text,
  constraint partitioned_tables_pkey PRIMARY KEY (name),
  constraint partitioned_tables_ahead_check CHECK (((ahead >= 1) AND (ahead <= 24))),
  constraint partitioned_tables_keep_check CHECK ((keep >= '1 day'::interval)),
  constraint partitioned_tables_key_type_check CHECK ((key_type = ANY (ARRAY['uuid'::text, 'timestamptz'::text]))),
  constraint partitioned_tables_on_expiry_check CHECK ((on_expiry = ANY (ARRAY['drop'::text, 'detach'::text]))),
  constraint partitioned_tables_step_check CHECK ((step = ANY (ARRAY['1 day'::interval, '7 days'::interval, '1 mon'::interval])))
);
comment on table ops.partitioned_tables is 'Tables of ops that ops.maintain_partitions looks after. Changing a row changes what the next pass does.';
comment on column ops.partitioned_tables.key_type is 'Of the partition key: a point in time, or a version 7 uuid, which holds one.';
comment on column ops.partitioned_tables.ahead is 'How many partitions stand ready after the current one.';
comment on column ops.partitioned_tables.keep is 'A partition goes when all of it is older than this.';
comment on column ops.partitioned_tables.on_expiry is 'detach keeps the rows as a table of their own, for an archive.';
alter table ops.partitioned_tables enable row level security;
create policy service_role_select on ops.partitioned_tables for select to service_role using (true);
grant select on table ops.partitioned_tables to service_role;

create table ops.projects (
  id uuid not null default ops.new_id(),
  org_id uuid not null,
  name text not null,
  slug text not null,
  repo_url text,
  runtime_version text,
  workflow text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  dispatch boolean not null default false,
  archived_at timestamp with time zone,
  keep_builds interval,
  declared boolean not null default false,
  description text,
  owner text,
  repository_id bigint,
  constraint projects_pkey PRIMARY KEY (id),
  constraint projects_keep_builds_check CHECK ((keep_builds >= '1 day'::interval)),
  constraint projects_name_check CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 200))),
  constraint projects_org_id_fkey FOREIGN KEY (org_id) REFERENCES ops.orgs(id) ON DELETE CASCADE,
  constraint projects_org_id_slug_key UNIQUE (org_id, slug),
  constraint projects_slug_check CHECK ((slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);
comment on table ops.projects is 'What an organisation builds: one repository, in branches.';
comment on column ops.projects.workflow is 'File of the workflow that builds it, for example build.yml; a branch may name its own.';
comment on column ops.projects.dispatch is 'Its builds are sent to GitHub as runs of its workflow; else runners of one''s own take them (ops.claim_next_run).';
comment on column ops.projects.archived_at is 'No file declares it any more: its history stays, and nothing new is built.';
comment on column ops.projects.keep_builds is 'How long ended builds are kept; the last twenty of a branch and its last good one stay. Null: for ever.';
comment on column ops.projects.declared is 'A file of runbooks/projects/ made it.';
comment on column ops.projects.owner is 'Who is asked about it: a GitHub user or team, or a mail address.';
comment on column ops.projects.repository_id is 'GitHub''s number of the repository. Pinned when the first run of that name proves itself: whoever gets the name later is somebody else.';
CREATE INDEX projects_name ON ops.projects USING btree (org_id, name, id);
CREATE TRIGGER forget_metric_rollups AFTER DELETE ON ops.projects REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ops.forget_metric_rollups();
CREATE TRIGGER forget_metrics AFTER DELETE ON ops.projects REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ops.forget_metrics();
CREATE TRIGGER keep_org BEFORE UPDATE OF org_id ON ops.projects FOR EACH ROW WHEN ((new.org_id IS DISTINCT FROM old.org_id)) EXECUTE FUNCTION ops.keep_project_org();
alter table ops.projects enable row level security;
create policy member_select on ops.projects for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_delete on ops.projects for delete to service_role using (true);
create policy service_role_insert on ops.projects for insert to service_role with check (true);
create policy service_role_select on ops.projects for select to service_role using (true);
create policy service_role_update on ops.projects for update to service_role using (true) with check (true);
grant select on table ops.projects to authenticated;
grant delete, insert, select, update on table ops.projects to service_role;

create table ops.queued_jobs (
  id bigint not null generated by default as identity,
  run_at timestamp with time zone not null default now(),
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  run_id bigint,
  attempts integer not null default 0,
  max_attempts integer not null default 5,
  priority smallint not null default 0,
  rescues smallint not null default 0,
  blocked boolean not null default false,
  task_type text not null,
  status text not null default 'pending'::text,
  payload jsonb not null default '{}'::jsonb,
  unique_key text,
  serial_key text,
  last_error text,
  error_fingerprint text,
  result jsonb,
  cancel_requested_at timestamp with time zone,
  constraint queued_jobs_pkey PRIMARY KEY (id),
  constraint queued_jobs_attempts_check CHECK ((attempts >= 0)),
  constraint queued_jobs_check CHECK (((finished_at IS NULL) = (status = 'pending'::text))),
  constraint queued_jobs_check1 CHECK (((serial_key IS NOT NULL) OR (NOT blocked))),
  constraint queued_jobs_max_attempts_check CHECK ((max_attempts >= 1)),
  constraint queued_jobs_serial_key_check CHECK ((serial_key <> ''::text)),
  constraint queued_jobs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text]))),
  constraint queued_jobs_task_type_check CHECK ((task_type <> ''::text)),
  constraint queued_jobs_unique_key_check CHECK ((unique_key <> ''::text))
)
with (autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.2, autovacuum_vacuum_cost_delay=0);
comment on table ops.queued_jobs is 'Durable work, as it was before and will be after it runs; ops.job_queue also knows what runs now. A row outlives the run that queued it.';
comment on column ops.queued_jobs.id is 'In order of arrival. A waiting job that is replaced under its unique key gets a new one: whoever had just claimed the old one finds it gone.';
comment on column ops.queued_jobs.run_at is 'Not before this moment; a retry moves it.';
comment on column ops.queued_jobs.run_id is 'ops.cron_runs.id of the scheduled run that queued this, if any.';
comment on column ops.queued_jobs.attempts is 'Tries that ended, those that were lost included.';
comment on column ops.queued_jobs.priority is 'Higher runs first.';
comment on column ops.queued_jobs.rescues is 'How often its lease ran out.';
comment on column ops.queued_jobs.blocked is 'Waits for the open job before it with the same serial key.';
comment on column ops.queued_jobs.status is 'pending also while a lease holds the job.';
comment on column ops.queued_jobs.unique_key is 'At most one open job of a task type has it; ops.enqueue_job says what happens to the second.';
comment on column ops.queued_jobs.serial_key is 'Jobs with the same one run one after the other, in the order of their ids, whatever their types.';
comment on column ops.queued_jobs.error_fingerprint is 'ops.error_fingerprint of last_error, set when the job became a dead letter.';
comment on column ops.queued_jobs.cancel_requested_at is 'Somebody wants the running job to stop; its worker hears of it with the next heartbeat.';
CREATE INDEX queued_jobs_claim ON ops.queued_jobs USING btree (task_type, priority DESC, run_at, id) WHERE ((status = 'pending'::text) AND (NOT blocked));
CREATE INDEX queued_jobs_dead ON ops.queued_jobs USING btree (id) WHERE (status = 'failed'::text);
CREATE INDEX queued_jobs_finished ON ops.queued_jobs USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX queued_jobs_run ON ops.queued_jobs USING btree (run_id) WHERE (run_id IS NOT NULL);
CREATE UNIQUE INDEX queued_jobs_serial_head ON ops.queued_jobs USING btree (serial_key) WHERE ((serial_key IS NOT NULL) AND (status = 'pending'::text) AND (NOT blocked));
CREATE INDEX queued_jobs_serial_waiting ON ops.queued_jobs USING btree (serial_key, id) WHERE (blocked AND (status = 'pending'::text));
CREATE UNIQUE INDEX queued_jobs_unique_key ON ops.queued_jobs USING btree (task_type, unique_key) WHERE ((unique_key IS NOT NULL) AND (status = 'pending'::text));
CREATE CONSTRAINT TRIGGER queued_jobs_serial_order AFTER INSERT OR UPDATE OF blocked ON ops.queued_jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.blocked) EXECUTE FUNCTION ops.keep_serial_order();
alter table ops.queued_jobs enable row level security;
create policy member_select on ops.queued_jobs for select to authenticated using ((( SELECT ops.is_admin() AS is_admin) OR ((task_type = ANY (ARRAY['build'::text, 'build_dispatch'::text])) AND (EXISTS ( SELECT
   FROM ops.builds b
  WHERE (b.queue_id = queued_jobs.id))))));
create policy service_role_delete on ops.queued_jobs for delete to service_role using (true);
create policy service_role_insert on ops.queued_jobs for insert to service_role with check (true);
create policy service_role_select on ops.queued_jobs for select to service_role using (true);
create policy service_role_update on ops.queued_jobs for update to service_role using (true) with check (true);
grant select on table ops.queued_jobs to authenticated;
grant delete, insert, select, update on table ops.queued_jobs to service_role;

create table ops.reconciliations (
  id bigint not null generated always as identity,
  environment text not null,
  actor text not null,
  commit_sha text,
  run_url text,
  plan_digest text,
  counts jsonb not null default '{}'::jsonb,
  result text not null,
  error text,
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  duration_ms integer,
  constraint reconciliations_pkey PRIMARY KEY (id),
  constraint reconciliations_result_check CHECK ((result = ANY (ARRAY['applied'::text, 'partly_applied'::text, 'nothing_to_do'::text, 'blocked'::text, 'plan_moved'::text, 'deletion_guard'::text, 'locked'::text, 'connection_lost'::text, 'failed'::text])))
);
comment on table ops.reconciliations is 'Audit: one row per apply, written in the transaction it describes. Who, which commit, which plan, how it ended.';
comment on column ops.reconciliations.result is 'How it ended. partly_applied: the database was changed and the platform only in part, or the process ended before it could tell.';
alter table ops.reconciliations enable row level security;
create policy service_role_select on ops.reconciliations for select to service_role using (true);
grant select on table ops.reconciliations to service_role;

create table ops.remembered_answers (
  scope text not null,
  key text not null,
  answer jsonb not null,
  created_at timestamp with time zone not null default now(),
  constraint remembered_answers_pkey PRIMARY KEY (scope, key),
  constraint remembered_answers_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  constraint remembered_answers_scope_check CHECK ((scope <> ''::text))
);
comment on table ops.remembered_answers is 'What a request with an idempotency key was answered. Written in the transaction of the work, so work and answer are there both or not at all.';
comment on column ops.remembered_answers.scope is 'What was asked and by whom, such as trigger_build:<user>; a key means nothing elsewhere.';
CREATE INDEX remembered_answers_age ON ops.remembered_answers USING btree (created_at);
alter table ops.remembered_answers enable row level security;

create table ops.run_events (
  run_id uuid not null,
  created_by uuid,
  at timestamp with time zone not null default clock_timestamp(),
  attempt integer not null,
  seq integer not null,
  level text not null default 'info'::text,
  source text not null default 'executor'::text,
  message text not null,
  data jsonb,
  constraint run_events_pkey PRIMARY KEY (run_id, attempt, seq),
  constraint run_events_level_check CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'notice'::text, 'warning'::text, 'error'::text])))
) partition by range (run_id);
comment on table ops.run_events is 'The log of runs, append-only. Partitioned by the time inside the run''s id, so all of a log is in one partition and goes with it.';
comment on column ops.run_events.created_by is 'The user whose run it is, copied: each line is read under row level security without a look at its run.';
comment on column ops.run_events.attempt is 'Claim that wrote it. Attempt 0 is the control room itself: queued, claimed, approved, lost.';
comment on column ops.run_events.seq is 'The writer''s own count. (run_id, attempt, seq) is one line, however often it is sent, and the key a log is paged by.';
alter table ops.run_events enable row level security;
create policy member_select on ops.run_events for select to authenticated using (((created_by = ( SELECT ops.current_user_id() AS current_user_id)) OR ( SELECT ops.is_admin() AS is_admin)));
create policy service_role_select on ops.run_events for select to service_role using (true);
grant select on table ops.run_events to authenticated;
grant select on table ops.run_events to service_role;

create table ops.run_templates (
  slug text not null,
  title text not null,
  description text not null default ''::text,
  template_yaml text not null,
  kind text not null default 'runbook'::text,
  environments text[],
  approval text[] not null default '{}'::text[],
  self_approval boolean not null default false,
  max_attempts smallint not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint run_templates_pkey PRIMARY KEY (slug),
  constraint run_templates_kind_check CHECK ((kind <> ''::text)),
  constraint run_templates_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 10))),
  constraint run_templates_slug_check CHECK ((slug ~ '^[a-z0-9]([a-z0-9_-]{0,98}[a-z0-9])?$'::text)),
  constraint run_templates_template_yaml_check CHECK ((template_yaml <> ''::text)),
  constraint run_templates_title_check CHECK ((title <> ''::text))
);
comment on table ops.run_templates is 'Runbooks as YAML, synced from the files of runbooks/. What a run needs to know before YAML is read stands in columns of its own.';
comment on column ops.run_templates.environments is 'Where it may run; null: anywhere.';
comment on column ops.run_templates.approval is 'Environments in which somebody must approve the plan before anything is executed.';
comment on column ops.run_templates.self_approval is 'Whether who started a run may approve it too.';
comment on column ops.run_templates.max_attempts is 'How often a run is begun whose executor dies. 1: steps are not known to be repeatable.';
alter table ops.run_templates enable row level security;
create policy member_select on ops.run_templates for select to authenticated using (true);
create policy service_role_delete on ops.run_templates for delete to service_role using (true);
create policy service_role_insert on ops.run_templates for insert to service_role with check (true);
create policy service_role_select on ops.run_templates for select to service_role using (true);
create policy service_role_update on ops.run_templates for update to service_role using (true) with check (true);
grant select on table ops.run_templates to authenticated;
grant delete, insert, select, update on table ops.run_templates to service_role;

create table ops.run_tokens (
  token_hash bytea not null,
  run_id bigint not null,
  attempt integer not null,
  job text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  redeemed_at timestamp with time zone,
  reported_at timestamp with time zone,
  constraint run_tokens_pkey PRIMARY KEY (token_hash),
  constraint run_tokens_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.cron_runs(id) ON DELETE CASCADE
);
comment on table ops.run_tokens is 'One-time run tokens, as sha256 only. A token opens one job, once.';
CREATE INDEX run_tokens_run ON ops.run_tokens USING btree (run_id, attempt);
alter table ops.run_tokens enable row level security;

create table ops.runs (
  id uuid not null default ops.new_id(),
  template text,
  title text not null default ''::text,
  kind text not null default 'runbook'::text,
  env text not null,
  status text not null default 'queued'::text,
  phase text,
  inputs jsonb not null default '{}'::jsonb,
  plan jsonb,
  plan_digest text,
  source text not null default 'api'::text,
  actor text,
  created_by uuid,
  approval_required boolean not null default false,
  self_approval boolean not null default false,
  approved_at timestamp with time zone,
  approved_by text,
  approved_digest text,
  attempt integer not null default 0,
  crashes smallint not null default 0,
  max_attempts smallint not null default 1,
  worker text,
  lease_token bigint not null default 0,
  lease_expires_at timestamp with time zone,
  cancel_requested_at timestamp with time zone,
  url text,
  result jsonb,
  error text,
  retry_of uuid,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  updated_at timestamp with time zone not null default now(),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_attempt_check CHECK ((attempt >= 0)),
  constraint runs_check CHECK (((status = 'running'::text) = (lease_expires_at IS NOT NULL))),
  constraint runs_check1 CHECK (((finished_at IS NOT NULL) = (status = ANY (ARRAY['success'::text, 'error'::text, 'cancelled'::text])))),
  constraint runs_check2 CHECK (((approved_at IS NULL) = (approved_by IS NULL))),
  constraint runs_check3 CHECK (((status <> 'awaiting_approval'::text) OR (plan_digest IS NOT NULL))),
  constraint runs_crashes_check CHECK ((crashes >= 0)),
  constraint runs_env_check CHECK ((env <> ''::text)),
  constraint runs_inputs_check CHECK ((jsonb_typeof(inputs) = 'object'::text)),
  constraint runs_kind_check CHECK ((kind <> ''::text)),
  constraint runs_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 10))),
  constraint runs_phase_check CHECK ((phase = ANY (ARRAY['validate'::text, 'preflight'::text, 'execute'::text, 'verify'::text, 'summarize'::text]))),
  constraint runs_source_check CHECK ((source <> ''::text)),
  constraint runs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'awaiting_approval'::text, 'success'::text, 'error'::text, 'cancelled'::text])))
);
comment on table ops.runs is 'One row per run of a runbook. Runs of schedules are ops.cron_runs.';
comment on column ops.runs.template is 'ops.run_templates.slug at the time; a run outlives its template.';
comment on column ops.runs.plan is 'What preflight found would be done; plan_digest names exactly this.';
comment on column ops.runs.source is 'How it was started: button, comment, cli, row, schedule, api.';
comment on column ops.runs.actor is 'Who started it, in words, where that is no user of this database (github:ada).';
comment on column ops.runs.created_by is 'The user whose run it is: sub of the JWT.';
comment on column ops.runs.approved_digest is 'The digest that was approved. Nothing is executed under another.';
comment on column ops.runs.attempt is 'Grows with every claim, also with the one after an approval. Events are counted anew in each.';
comment on column ops.runs.crashes is 'Claims that ended in silence; at max_attempts the run is an error.';
comment on column ops.runs.lease_token is 'The fencing token: grows with every claim and with every rescue. Who writes under another changes nothing and is told.';
comment on column ops.runs.url is 'Where it runs, for example the page of the workflow run.';
CREATE INDEX runs_created_by ON ops.runs USING btree (created_by, id DESC);
CREATE INDEX runs_finished ON ops.runs USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX runs_leased ON ops.runs USING btree (lease_expires_at) WHERE (status = 'running'::text);
CREATE INDEX runs_open ON ops.runs USING btree (id) WHERE (finished_at IS NULL);
CREATE INDEX runs_queued ON ops.runs USING btree (id) WHERE (status = 'queued'::text);
CREATE INDEX runs_template ON ops.runs USING btree (template, id DESC);
CREATE TRIGGER follow_new_run AFTER INSERT ON ops.runs FOR EACH ROW EXECUTE FUNCTION ops.follow_run();
CREATE TRIGGER follow_run AFTER UPDATE OF status ON ops.runs FOR EACH ROW WHEN ((new.status <> old.status)) EXECUTE FUNCTION ops.follow_run();
alter table ops.runs enable row level security;
create policy member_select on ops.runs for select to authenticated using (((created_by = ( SELECT ops.current_user_id() AS current_user_id)) OR ( SELECT ops.is_admin() AS is_admin)));
create policy service_role_insert on ops.runs for insert to service_role with check (true);
create policy service_role_select on ops.runs for select to service_role using (true);
grant select on table ops.runs to authenticated;
grant insert, select on table ops.runs to service_role;

create table ops.scheduler_ticks (
  ticked_at timestamp with time zone not null,
  constraint scheduler_ticks_pkey PRIMARY KEY (ticked_at)
);
comment on table ops.scheduler_ticks is 'One row per pass of the collector. A gap means the scheduler was away: see misfire.';
alter table ops.scheduler_ticks enable row level security;
create policy service_role_select on ops.scheduler_ticks for select to service_role using (true);
grant select on table ops.scheduler_ticks to service_role;

create table ops.silences (
  id bigint not null generated always as identity,
  matcher jsonb not null,
  until timestamp with time zone not null,
  created_by text not null,
  reason text not null default ''::text,
  created_at timestamp with time zone not null default now(),
  ended_at timestamp with time zone,
  ended_by text,
  constraint silences_pkey PRIMARY KEY (id),
  constraint silences_check CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
  constraint silences_matcher_check CHECK (((jsonb_typeof(matcher) = 'object'::text) AND (matcher <> '{}'::jsonb)))
);
comment on table ops.silences is 'Alerts that match say nothing until then: no new issue, no comment. They are raised, counted and resolved all the same.';
comment on column ops.silences.matcher is 'All of its keys must match: check, object, kind, key (the dedupe key), group, severity; values with * for anything and ? for one character.';
CREATE INDEX silences_active ON ops.silences USING btree (until) WHERE (ended_at IS NULL);
alter table ops.silences enable row level security;
create policy member_select on ops.silences for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_delete on ops.silences for delete to service_role using (true);
create policy service_role_insert on ops.silences for insert to service_role with check (true);
create policy service_role_select on ops.silences for select to service_role using (true);
create policy service_role_update on ops.silences for update to service_role using (true) with check (true);
grant select on table ops.silences to authenticated;
grant delete, insert, select, update on table ops.silences to service_role;

create table ops.spec_docs (
  slug text not null,
  title text not null,
  content text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint spec_docs_pkey PRIMARY KEY (slug),
  constraint spec_docs_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9_./-]{0,199}$'::text)),
  constraint spec_docs_title_check CHECK ((title <> ''::text))
);
comment on table ops.spec_docs is 'Constitution, prd, plan, tasks: Markdown of the repository, synced for people to read beside their runs.';
alter table ops.spec_docs enable row level security;
create policy member_select on ops.spec_docs for select to authenticated using (true);
create policy service_role_delete on ops.spec_docs for delete to service_role using (true);
create policy service_role_insert on ops.spec_docs for insert to service_role with check (true);
create policy service_role_select on ops.spec_docs for select to service_role using (true);
create policy service_role_update on ops.spec_docs for update to service_role using (true) with check (true);
grant select on table ops.spec_docs to authenticated;
grant delete, insert, select, update on table ops.spec_docs to service_role;

create table ops.upgrades (
  id uuid not null default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid,
  component text not null default 'runtime'::text,
  from_version text not null,
  to_version text not null,
  status text not null default 'available'::text,
  build_id uuid,
  advisory_id uuid,
  notes text,
  evidence jsonb not null default '{}'::jsonb,
  planned_for timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint upgrades_pkey PRIMARY KEY (id),
  constraint upgrades_advisory_id_fkey FOREIGN KEY (advisory_id) REFERENCES ops.advisories(id) ON DELETE SET NULL,
  constraint upgrades_branch_id_project_id_fkey FOREIGN KEY (branch_id, project_id) REFERENCES ops.branches(id, project_id) ON DELETE CASCADE,
  constraint upgrades_build_id_fkey FOREIGN KEY (build_id) REFERENCES ops.builds(id) ON DELETE SET NULL,
  constraint upgrades_component_check CHECK ((component <> ''::text)),
  constraint upgrades_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint upgrades_project_id_fkey FOREIGN KEY (project_id) REFERENCES ops.projects(id) ON DELETE CASCADE,
  constraint upgrades_status_check CHECK ((status = ANY (ARRAY['available'::text, 'planned'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'dismissed'::text])))
);
comment on table ops.upgrades is 'Upgrades of what projects run on, from known to done.';
comment on column ops.upgrades.component is 'What is upgraded: runtime, postgres, or a dependency''s name.';
comment on column ops.upgrades.build_id is 'The build that carries it out, or did last.';
comment on column ops.upgrades.advisory_id is 'The advice that asks for it.';
CREATE INDEX upgrades_advisory ON ops.upgrades USING btree (advisory_id) WHERE (advisory_id IS NOT NULL);
CREATE INDEX upgrades_branch ON ops.upgrades USING btree (branch_id, project_id) WHERE (branch_id IS NOT NULL);
CREATE INDEX upgrades_build ON ops.upgrades USING btree (build_id) WHERE (build_id IS NOT NULL);
CREATE INDEX upgrades_project ON ops.upgrades USING btree (project_id, id DESC);
CREATE UNIQUE INDEX upgrades_target ON ops.upgrades USING btree (project_id, component, to_version, branch_id) NULLS NOT DISTINCT;
CREATE TRIGGER inherit_org BEFORE INSERT OR UPDATE OF org_id, project_id ON ops.upgrades FOR EACH ROW EXECUTE FUNCTION ops.inherit_from_project();
CREATE TRIGGER settle_advice AFTER UPDATE OF status ON ops.upgrades FOR EACH ROW WHEN (((new.status <> old.status) AND (new.status = ANY (ARRAY['succeeded'::text, 'dismissed'::text])))) EXECUTE FUNCTION ops.settle_upgrade_advice();
CREATE TRIGGER settle_advice_of_new AFTER INSERT ON ops.upgrades FOR EACH ROW WHEN ((new.status = 'succeeded'::text)) EXECUTE FUNCTION ops.settle_upgrade_advice();
alter table ops.upgrades enable row level security;
create policy member_select on ops.upgrades for select to authenticated using ((org_id = ANY (ARRAY( SELECT ops.my_org_ids() AS my_org_ids))));
create policy service_role_delete on ops.upgrades for delete to service_role using (true);
create policy service_role_insert on ops.upgrades for insert to service_role with check (true);
create policy service_role_select on ops.upgrades for select to service_role using (true);
create policy service_role_update on ops.upgrades for update to service_role using (true) with check (true);
grant select on table ops.upgrades to authenticated;
grant delete, insert, select, update on table ops.upgrades to service_role;

create table ops.watchers (
  name text not null,
  every interval not null,
  silent_after integer not null default 6,
  created_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone,
  observed_at timestamp with time zone,
  projected_at timestamp with time zone,
  run_url text,
  result text,
  constraint watchers_pkey PRIMARY KEY (name),
  constraint watchers_every_check CHECK ((every > '00:00:00'::interval)),
  constraint watchers_silent_after_check CHECK ((silent_after > 0))
);
comment on table ops.watchers is 'Who looks after us from outside, and when they last came by.';
comment on column ops.watchers.silent_after is 'How many intervals without a sign of life make an alert. GitHub delays schedules, so one or two mean nothing.';
comment on column ops.watchers.observed_at is 'The moment the last recorded pass looked at; an older pass changes nothing.';
comment on column ops.watchers.projected_at is 'When issues last said all that alerts say.';
alter table ops.watchers enable row level security;
create policy member_select on ops.watchers for select to authenticated using (( SELECT ops.is_admin() AS is_admin));
create policy service_role_insert on ops.watchers for insert to service_role with check (true);
create policy service_role_select on ops.watchers for select to service_role using (true);
create policy service_role_update on ops.watchers for update to service_role using (true) with check (true);
grant select on table ops.watchers to authenticated;
grant insert, select, update on table ops.watchers to service_role;

create view ops.job_queue with (security_invoker=true) (
  id bigint,
  task_type text,
  payload jsonb,
  status text,
  priority smallint,
  run_at timestamp with time zone,
  attempts integer,
  max_attempts integer,
  rescues smallint,
  unique_key text,
  serial_key text,
  blocked boolean,
  last_error text,
  error_fingerprint text,
  result jsonb,
  run_id bigint,
  cancel_requested_at timestamp with time zone,
  created_at timestamp with time zone,
  updated_at timestamp with time zone,
  finished_at timestamp with time zone
) reading ops.job_leases, ops.queued_jobs;
comment on view ops.job_queue is 'Every job with what is true of it now: running while a lease holds it, and then the running try counts among attempts.';
grant select on table ops.job_queue to authenticated;
grant insert on table ops.job_queue to service_role;
grant select on table ops.job_queue to service_role;

create view ops.run_queue with (security_invoker=true) (
  id bigint,
  kind text,
  build_id uuid,
  run_id text,
  org_id uuid,
  project_id uuid,
  branch_id uuid,
  status text,
  priority smallint,
  blocked boolean,
  run_at timestamp with time zone,
  attempts integer,
  max_attempts integer,
  last_error text,
  cancel_requested_at timestamp with time zone,
  created_at timestamp with time zone,
  updated_at timestamp with time zone,
  finished_at timestamp with time zone
) reading ops.builds, ops.job_queue;
comment on view ops.run_queue is 'Builds and runbook runs in the job queue. Members see the builds of their organisations, admins everything.';
grant select on table ops.run_queue to authenticated;
grant select on table ops.run_queue to service_role;

CREATE OR REPLACE FUNCTION ops.acknowledge_alert(p_id bigint, p_actor text, p_note text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with taken as (
    update ops.alerts a
    set status = 'acknowledged', acknowledged_at = now(), acknowledged_by = p_actor, note = p_note,
        snoozed_until = null
    where a.id = p_id and a.resolved_at is null
    returning a.id
  )
  select exists (select from taken)
$function$;
comment on function ops.acknowledge_alert(bigint,text,text) is 'Somebody has it in hand. It stays acknowledged until it is resolved, however often it is raised. False when it is resolved or unknown.';
grant execute on function ops.acknowledge_alert(bigint,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.add_member(p_org_id uuid, p_user_id uuid, p_role text DEFAULT 'member'::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform ops.require_org_manager(p_org_id, p_role is not distinct from 'owner');
  insert into ops.org_members (org_id, user_id, role)
  values (p_org_id, p_user_id, p_role)
  on conflict (org_id, user_id) do nothing;
  return found;
end
$function$;
comment on function ops.add_member(uuid,uuid,text) is 'Add a user to an organisation. False, and nothing changed, when they are in it already. Only owners add owners.';
grant execute on function ops.add_member(uuid,uuid,text) to authenticated;
grant execute on function ops.add_member(uuid,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION ops.admit_build_writer(p_build_id uuid, p_claims jsonb, p_has_started boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_build record;
  v_refusal text;
  v_repository text := p_claims ->> 'repository';
  v_repository_id bigint := (p_claims ->> 'repository_id')::bigint;
begin
  select b.github_run_id, b.github_run_attempt, b.status, h.name as branch, h.environment, coalesce(h.workflow, p.workflow) as workflow,
    p.id as project_id, p.repo_url, p.repository_id
  into v_build
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  join ops.projects p on p.id = b.project_id
  where b.id = p_build_id;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  v_refusal := case
    when v_repository_id is null then 'its token names no repository'
    when coalesce(
      v_build.repository_id <> v_repository_id,
      lower(ops.repository_name(v_build.repo_url)) <> lower(v_repository),
      true
    ) then 'it is of another repository'
    when p_claims ->> 'ref' is distinct from 'refs/heads/' || v_build.branch then 'it is of another branch'
    when v_build.workflow is not null and not exists (
      select
      from unnest(array[p_claims ->> 'workflow_ref', p_claims ->> 'job_workflow_ref']) as w (ref)
      where lower(split_part(w.ref, '@', 1)) = lower(v_repository || '/.github/workflows/' || regexp_replace(v_build.workflow, '^.*/', ''))
    ) then 'it is of another workflow'
    when p_claims ->> 'environment' <> coalesce(v_build.environment, p_claims ->> 'environment') then 'it runs in another environment'
    -- Which run may start is ops.start_build_run's to say: a build that is tried again still names its former run.
    when p_has_started and (v_build.github_run_id, v_build.github_run_attempt)
      is distinct from ((p_claims ->> 'run_id')::bigint, (p_claims ->> 'run_attempt')::integer) then 'it is another run'
  end;
  if v_refusal is not null then
    raise exception 'this run may not write to build %: %', p_build_id, v_refusal using errcode = 'insufficient_privilege';
  end if;
  -- From now on the name alone is not enough.
  update ops.projects p set repository_id = v_repository_id where p.id = v_build.project_id and p.repository_id is null;
end
$function$;
comment on function ops.admit_build_writer(uuid,jsonb,boolean) is 'Compare what a run''s OIDC token says (its claims, verified by the caller) with the build it wants to write to: repository by its number, branch, workflow, environment, run. Refuses by insufficient_privilege.';

CREATE OR REPLACE FUNCTION ops.admit_run(p_job text, p_definition jsonb, p_digest text, p_slot timestamp with time zone, p_trigger text, p_actor text, p_now timestamp with time zone, OUT run_id bigint, OUT verdict text)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_overlap text := coalesce(p_definition ->> 'overlap', 'skip');
  v_kind text := p_definition #>> '{call,kind}';
  v_is_free boolean;
  v_is_forgotten boolean;
  v_is_busy boolean;
begin
  if v_kind not in ('http', 'sql', 'enqueue') then
    v_kind := null;
  end if;
  -- Another session at this very slot may hold its row uncommitted for minutes (SQL jobs): do not wait for it.
  if p_trigger <> 'manual' and (
    not ops.try_lock('slot', ops.slot_key(p_job, p_slot))
    or exists (
      select from ops.cron_runs r
      where r.job = p_job and r.scheduled_for = p_slot and r.trigger in ('schedule', 'misfire', 'queued')
    )
  ) then
    verdict := 'duplicate';
    return;
  end if;

  v_is_free := v_overlap = 'allow';
  if not v_is_free and ops.try_lock('job', p_job) then
    -- A run the collector should have ended a quarter of an hour ago says nothing about its job, only about the collector. One that ended
    -- since the collector came by, which is every minute, is in nobody's way.
    select coalesce(bool_or(w.since <= p_now - interval '15 minutes'), false),
      coalesce(bool_or(w.since > p_now - interval '15 minutes' and not ops.has_ended(r.id)), false)
    into v_is_forgotten, v_is_busy
    from ops.cron_runs r
    cross join lateral (select coalesce(r.deadline, r.next_attempt_at, r.created_at) as since) w
    where r.job = p_job and r.status in ('queued', 'fired', 'delivered');
    v_is_free := not v_is_busy;
    if v_is_forgotten and v_is_free then
      perform ops.raise_alert(
        'collector', 'collector:silent', 'critical', 'Runs are not being followed',
        'A run of ' || p_job || ' is long past its deadline and nobody ended it: is the job ops_collect scheduled, active and well?',
        jsonb_build_object('job', p_job)
      );
    end if;
  end if;

  if v_is_free then
    verdict := 'start';
    insert into ops.cron_runs (
      job, scheduled_for, trigger, status, call_kind, attempt, created_at, fired_at, actor, definition_digest
    )
    values (p_job, p_slot, p_trigger, 'fired', v_kind, 1, p_now, p_now, p_actor, p_digest)
    on conflict do nothing
    returning id into run_id;
  else
    if v_overlap = 'queue_one' then
      verdict := 'queued';
      insert into ops.cron_runs (
        job, scheduled_for, trigger, status, call_kind, created_at, next_attempt_at, actor, definition_digest
      )
      values (p_job, p_slot, 'queued', 'queued', v_kind, p_now, p_now, p_actor, p_digest)
      on conflict do nothing
      returning id into run_id;
    end if;
    if run_id is null then
      verdict := 'skipped';
      insert into ops.cron_runs (
        job, scheduled_for, trigger, status, call_kind, created_at, finished_at, error_code, error, actor, definition_digest
      )
      values (
        p_job, p_slot, p_trigger, 'skipped', v_kind, p_now, p_now, 'overlap',
        'overlap - the run before it has not ended' || case v_overlap when 'queue_one' then ' and one is waiting' else '' end,
        p_actor, p_digest
      )
      on conflict do nothing
      returning id into run_id;
    end if;
  end if;
  if run_id is null then
    verdict := 'duplicate';
  end if;
end
$function$;
comment on function ops.admit_run(text,jsonb,text,timestamp with time zone,text,text,timestamp with time zone) is 'Write the row of a run and say what to do with it: start, queued, skipped (overlap), or duplicate (this slot has one already).';

CREATE OR REPLACE FUNCTION ops.adopt_alert_issue(p_repository text, p_token bigint, p_kind text, p_key text, p_marker uuid, p_number integer, p_state text, p_changed_at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_id bigint;
begin
  perform from ops.alert_projections p where p.repository = p_repository and p.token = p_token for update;
  if not found then
    return null;
  end if;
  insert into ops.alert_issues (repository, kind, key, marker)
  values (p_repository, p_kind, p_key, p_marker)
  on conflict do nothing;
  update ops.alert_issues i
  set number = p_number,
      marker = p_marker,
      state = p_state,
      attempt = null,
      attempted_at = null,
      changed_at = p_changed_at,
      opened_at = coalesce(i.opened_at, clock_timestamp()),
      closed_at = case p_state when 'closed' then coalesce(i.closed_at, clock_timestamp()) end
  where i.repository = p_repository and i.key = p_key and i.retired_at is null and (i.number is null or i.number > p_number)
    and not exists (select from ops.alert_issues o where o.repository = p_repository and o.number = p_number and o.retired_at is null)
  returning i.id into v_id;
  update ops.alerts a
  set issue_repository = p_repository, issue_number = p_number
  where a.issue_id = v_id;
  return v_id;
end
$function$;
comment on function ops.adopt_alert_issue(text,bigint,text,text,uuid,integer,text,timestamp with time zone) is 'An issue of ours was found by its marker: after a lost answer, after a restore of the database, or as the older of two. Returns its row; null when the key has an older one, or the lease is gone.';
grant execute on function ops.adopt_alert_issue(text,bigint,text,text,uuid,integer,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.advisories_overview()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with active as materialized (
    select a.id, a.org_id, a.project_id, a.name, a.level, a.title, a.level_rank, a.last_seen_at
    from ops.advisories a
    where a.resolved_at is null and coalesce(a.snoozed_until <= now(), true) and coalesce(a.suppressed_until <= now(), true)
  )
  select jsonb_build_object(
    'active', (select count(*) from active),
    'by_level', jsonb_build_object(
      'error', (select count(*) from active a where a.level = 'error'),
      'warning', (select count(*) from active a where a.level = 'warning'),
      'info', (select count(*) from active a where a.level = 'info')
    ),
    'by_org', (
      select coalesce(jsonb_object_agg(c.org_id, c.count), '{}')
      from (select a.org_id, count(*) as count from active a group by a.org_id) c
    ),
    'worst', (
      select coalesce(jsonb_agg(to_jsonb(w) - 'level_rank' order by w.level_rank desc, w.id desc), '[]')
      from (select a.* from active a order by a.level_rank desc, a.id desc limit 10) w
    )
  )
$function$;
comment on function ops.advisories_overview() is 'Active advice (not resolved, snoozed or suppressed) of the organisations one may see: how much, how bad, the worst ten.';
grant execute on function ops.advisories_overview() to authenticated;
grant execute on function ops.advisories_overview() to service_role;

CREATE OR REPLACE FUNCTION ops.alert_flaps(p_alert ops.alerts)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select p_alert.source is null and coalesce(
    (
      select e.resolved_at > now() - interval '1 hour'
      from ops.alerts e
      where e.dedupe_key = p_alert.dedupe_key and e.id < p_alert.id
      order by e.id desc
      offset 1
      limit 1
    ),
    false
  )
$function$;
comment on function ops.alert_flaps(ops.alerts) is 'True for an alert raised outside of checks that was over twice within the last hour already: the third end is not believed at once.';
grant execute on function ops.alert_flaps(ops.alerts) to service_role;

CREATE OR REPLACE FUNCTION ops.alert_matches(p_matcher jsonb, p_alert ops.alerts)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- What an alert does not have matches nothing, not even an asterisk.
  select coalesce(
    (not p_matcher ? 'check' or p_alert.check_name like ops.glob_pattern(p_matcher ->> 'check'))
    and (not p_matcher ? 'object' or p_alert.object like ops.glob_pattern(p_matcher ->> 'object'))
    and (not p_matcher ? 'kind' or p_alert.kind like ops.glob_pattern(p_matcher ->> 'kind'))
    and (not p_matcher ? 'key' or p_alert.dedupe_key like ops.glob_pattern(p_matcher ->> 'key'))
    and (not p_matcher ? 'group' or p_alert.group_key like ops.glob_pattern(p_matcher ->> 'group'))
    and (not p_matcher ? 'severity' or p_alert.severity = p_matcher ->> 'severity'),
    false
  )
$function$;
comment on function ops.alert_matches(jsonb,ops.alerts) is 'True when every key of the matcher matches the alert.';
grant execute on function ops.alert_matches(jsonb,ops.alerts) to service_role;

CREATE OR REPLACE FUNCTION ops.alert_of_issue(p_repository text, p_number integer)
 RETURNS SETOF ops.alerts
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select a.*
  from ops.alerts a
  where a.issue_number = p_number and a.issue_repository = p_repository
  order by a.resolved_at desc nulls first, ops.severity_rank(a.severity) desc, a.id
  limit 1000
$function$;
comment on function ops.alert_of_issue(text,integer) is 'The alerts an issue shows: one, or several when it is a group or a storm; those that are not resolved first. None when it is no issue of ours.';
grant execute on function ops.alert_of_issue(text,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.alerts_overview()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'active', count(*),
    'by_severity', jsonb_build_object(
      'critical', count(*) filter (where a.severity = 'critical'),
      'warning', count(*) filter (where a.severity = 'warning'),
      'info', count(*) filter (where a.severity = 'info')
    ),
    'unacknowledged', count(*) filter (where a.status = 'active' or a.snoozed_until <= now()),
    'latest', (
      select coalesce(jsonb_agg(to_jsonb(l) order by l.id desc), '[]')
      from (
        select x.id, x.kind, x.dedupe_key, x.severity, x.title, left(x.message, 300) as message, x.status, x.count, x.owner, x.runbook,
          x.first_seen_at, x.last_seen_at
        from ops.alerts x
        where x.resolved_at is null
        order by x.id desc
        limit 20
      ) l
    )
  )
  from ops.alerts a
  where a.resolved_at is null
$function$;
comment on function ops.alerts_overview() is 'Alerts that are not resolved: how many, how bad, the latest 20.';
grant execute on function ops.alerts_overview() to authenticated;
grant execute on function ops.alerts_overview() to service_role;

CREATE OR REPLACE FUNCTION ops.allow_broadcast()
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if to_regclass('realtime.messages') is null or to_regprocedure('realtime.topic()') is null
    or not exists (select from pg_catalog.pg_roles r where r.rolname = 'authenticated')
  then
    return false;
  end if;
  if not exists (
    select
    from pg_catalog.pg_policies p
    where p.schemaname = 'realtime' and p.tablename = 'messages' and p.policyname = 'opsroom_hear_builds'
  ) then
    create policy opsroom_hear_builds on realtime.messages for select to authenticated
      using (extension = 'broadcast' and (select ops.may_hear(realtime.topic())));
  end if;
  return true;
exception
  when insufficient_privilege then
    raise notice 'realtime.messages is not ours to write policies for: its owner may create opsroom_hear_builds';
    return false;
end
$function$;
comment on function ops.allow_broadcast() is 'Let members hear the builds of their organisations on private channels of Realtime (topic build:<id>). True when they may. To be run again, as the owner, where Realtime came after the migrations.';

CREATE OR REPLACE FUNCTION ops.allow_read(p_table regclass, p_using text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if not exists (select from pg_catalog.pg_roles r where r.rolname = 'authenticated') then
    return;
  end if;
  execute format('grant select on table %s to authenticated', p_table);
  execute format('create policy member_select on %s for select to authenticated using (%s)', p_table, p_using);
end
$function$;
comment on function ops.allow_read(regclass,text) is 'Migrations only, after ops.restrict_table: let the signed-in read the rows for which the condition holds. Write calls as (select f()), once per statement.';

CREATE OR REPLACE FUNCTION ops.announce_builds()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_build record;
  v_count integer := 0;
begin
  -- A statement that changes more than a hundred is somebody's upkeep: who follows one of those builds finds it by looking.
  for v_build in select c.id, c.status, c.attempt from changed c limit 101 loop
    v_count := v_count + 1;
    exit when v_count > 100;
    perform pg_notify(ops.build_channel(v_build.id), 'build'), pg_notify('ops_builds', v_build.id || ' ' || v_build.status);
    if to_regnamespace('realtime') is not null then
      perform ops.broadcast_build(v_build.id, 'build', jsonb_build_object('status', v_build.status, 'attempt', v_build.attempt));
    end if;
  end loop;
  if v_count > 100 then
    perform pg_notify('ops_builds', '*');
  end if;
  return null;
end
$function$;
comment on function ops.announce_builds() is 'Trigger: announces changed builds, once a statement, a hundred at most.';

CREATE OR REPLACE FUNCTION ops.append_build_event(p_build_id uuid, p_message text, p_kind text DEFAULT 'log'::text, p_level text DEFAULT 'info'::text, p_step text DEFAULT NULL::text, p_data jsonb DEFAULT NULL::jsonb, p_attempt integer DEFAULT 0, p_seq integer DEFAULT NULL::integer, p_lease_token bigint DEFAULT NULL::bigint, p_at timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT outcome text, OUT seq integer)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_writer record;
begin
  if p_attempt > 0 and p_seq is null then
    raise exception 'the writer of an attempt numbers its events' using errcode = 'invalid_parameter_value';
  end if;
  if p_attempt = 0 then
    -- Numbers of the control room's own events are taken one after the other.
    perform from ops.builds b where b.id = p_build_id for no key update;
    v_writer := ops.build_writer(p_build_id, (select b.attempt from ops.builds b where b.id = p_build_id), p_lease_token);
  else
    v_writer := ops.build_writer(p_build_id, p_attempt, p_lease_token);
  end if;
  if v_writer.is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  append_build_event.seq := coalesce(p_seq, (
    select coalesce(max(e.seq), 0) + 1 from ops.build_events e where e.build_id = p_build_id and e.attempt = 0
  ));
  insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message, data)
  values (
    p_build_id, v_writer.org_id, coalesce(p_at, clock_timestamp()), p_attempt, append_build_event.seq, p_kind, p_level, p_step,
    left(p_message, 65536), p_data
  )
  on conflict do nothing;
  if found then
    perform pg_notify(ops.build_channel(p_build_id), p_attempt || ' ' || append_build_event.seq);
    if to_regnamespace('realtime') is not null then
      perform ops.broadcast_build(p_build_id, 'lines', jsonb_build_object('attempt', p_attempt, 'seq', append_build_event.seq));
    end if;
  end if;
end
$function$;
comment on function ops.append_build_event(uuid,text,text,text,text,jsonb,integer,integer,bigint,timestamp with time zone) is 'Add one event to a build''s log: of the control room itself (attempt 0, numbered here), or of the current attempt under the writer''s number. outcome: stored (also when it was there), or stale.';
grant execute on function ops.append_build_event(uuid,text,text,text,text,jsonb,integer,integer,bigint,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.append_build_events(p_build_id uuid, p_attempt integer, p_first_seq integer, p_lines text, p_lease_token bigint DEFAULT NULL::bigint, p_at timestamp with time zone[] DEFAULT NULL::timestamp with time zone[], p_levels text[] DEFAULT NULL::text[], p_steps text[] DEFAULT NULL::text[], p_kind text DEFAULT 'log'::text, OUT outcome text, OUT inserted integer)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_writer record;
  v_now timestamptz := clock_timestamp();
  -- One value for all lines, which most batches have, spares the server as many as there are lines.
  v_at timestamptz := coalesce(case cardinality(p_at) when 1 then p_at[1] end, v_now);
  v_level text := coalesce(case cardinality(p_levels) when 1 then p_levels[1] end, 'info');
  v_step text := case cardinality(p_steps) when 1 then p_steps[1] end;
  v_is_uniform boolean := greatest(cardinality(p_at), cardinality(p_levels), cardinality(p_steps), 1) = 1;
  v_lines text[];
  v_count integer;
begin
  if p_lines is null or p_attempt is null or p_attempt < 1 or p_first_seq is null or p_first_seq < 1 then
    raise exception 'a batch needs its lines, an attempt and a first number, both from 1 on'
      using errcode = 'invalid_parameter_value', hint = 'Attempt 0 is the control room itself: ops.append_build_event.';
  end if;
  if not v_is_uniform or least(cardinality(p_at), cardinality(p_levels), cardinality(p_steps)) = 0 then
    -- No line at all is no event; an empty text is one empty line.
    v_lines := case p_lines when '' then array[''] else string_to_array(p_lines, E'\n') end;
    v_count := cardinality(v_lines);
    if cardinality(p_at) not in (1, v_count) or cardinality(p_levels) not in (1, v_count) or cardinality(p_steps) not in (1, v_count) then
      raise exception 'times, levels and steps are one for all, or as many as the % lines, or left out', v_count
        using errcode = 'invalid_parameter_value';
    end if;
  end if;
  v_writer := ops.build_writer(p_build_id, p_attempt, p_lease_token);
  if v_writer.is_stale then
    outcome := 'stale';
    inserted := 0;
    return;
  end if;
  outcome := 'stored';
  begin
    if v_is_uniform and p_lines <> '' then
      -- Without an array of lines, and without counting the characters of each: a fifth faster.
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
      select p_build_id, v_writer.org_id, v_at, p_attempt, p_first_seq + l.position::integer - 1, p_kind, v_level, v_step,
        case when octet_length(l.message) > 65536 then left(l.message, 65536) else l.message end
      from string_to_table(p_lines, E'\n') with ordinality as l (message, position);
      get diagnostics v_count = row_count;
      inserted := v_count;
    else
      v_lines := coalesce(v_lines, array['']);
      v_count := cardinality(v_lines);
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
      select p_build_id, v_writer.org_id, coalesce(l.at, v_at), p_attempt, p_first_seq + l.position - 1, p_kind,
        coalesce(l.level, v_level), coalesce(l.step, v_step), left(l.message, 65536)
      from unnest(
        v_lines, case when cardinality(p_at) > 1 then p_at end, case when cardinality(p_levels) > 1 then p_levels end,
        case when cardinality(p_steps) > 1 then p_steps end
      ) with ordinality as l (message, at, level, step, position);
      inserted := v_count;
    end if;
  exception
    -- Sent before, wholly or in part. Asking for conflicts each time would cost every batch a fifth of its speed.
    when unique_violation then
      v_lines := coalesce(v_lines, string_to_array(p_lines, E'\n'));
      v_count := cardinality(v_lines);
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
      select p_build_id, v_writer.org_id, coalesce(l.at, v_at), p_attempt, p_first_seq + l.position - 1, p_kind,
        coalesce(l.level, v_level), coalesce(l.step, v_step), left(l.message, 65536)
      from unnest(
        v_lines, case when cardinality(p_at) > 1 then p_at end, case when cardinality(p_levels) > 1 then p_levels end,
        case when cardinality(p_steps) > 1 then p_steps end
      ) with ordinality as l (message, at, level, step, position)
      on conflict do nothing;
      get diagnostics inserted = row_count;
  end;
  if inserted > 0 then
    perform pg_notify(ops.build_channel(p_build_id), p_attempt || ' ' || (p_first_seq + v_count - 1));
    if to_regnamespace('realtime') is not null then
      perform ops.broadcast_build(p_build_id, 'lines', jsonb_build_object('attempt', p_attempt, 'seq', p_first_seq + v_count - 1));
    end if;
  end if;
end
$function$;
comment on function ops.append_build_events(uuid,integer,integer,text,bigint,timestamp with time zone[],text[],text[],text) is 'Add lines to the log of a build''s current attempt: p_lines holds them with newlines between, numbered from p_first_seq on; p_at, p_levels and p_steps hold one value for all lines or one for each. Sent again they are not stored again. outcome: stored, or stale when the writer''s attempt or lease is over; then nothing was changed.';
grant execute on function ops.append_build_events(uuid,integer,integer,text,bigint,timestamp with time zone[],text[],text[],text) to service_role;

CREATE OR REPLACE FUNCTION ops.append_run_events(p_run_id uuid, p_token bigint, p_events jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run record;
  v_added integer;
begin
  -- No lock: a token passed on meanwhile has another attempt, so late lines stay in the lane of who wrote them.
  select r.attempt, r.created_by, r.cancel_requested_at is not null as cancel
  into v_run
  from ops.runs r
  where r.id = p_run_id and r.lease_token = p_token and r.attempt > 0;
  if not found then
    return '{"accepted": false, "added": 0, "cancel": true}';
  end if;
  insert into ops.run_events (run_id, created_by, attempt, seq, at, level, source, message, data)
  select p_run_id, v_run.created_by, v_run.attempt, e.seq, coalesce(e.at, clock_timestamp()), coalesce(e.level, 'info'),
    coalesce(e.source, 'executor'), left(e.message, 10000), e.data
  from jsonb_to_recordset(p_events) as e (seq integer, at timestamptz, level text, source text, message text, data jsonb)
  on conflict do nothing;
  get diagnostics v_added = row_count;
  return jsonb_build_object('accepted', true, 'added', v_added, 'cancel', v_run.cancel);
end
$function$;
comment on function ops.append_run_events(uuid,bigint,jsonb) is 'Add lines {seq, message, level?, source?, at?, data?} to the log of the claimed attempt. Lines sent twice are one. Answers {accepted, added, cancel}; not accepted means the token is not the current one: stop. Lines after the end are accepted until somebody else claims the run.';
grant execute on function ops.append_run_events(uuid,bigint,jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.apply_mutes()
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_cause record;
  v_muted jsonb := '{}';
  v_changed integer;
begin
  -- From the oldest: whoever is itself muted by then mutes nobody, so that every chain ends at an alert that speaks, and no circle
  -- of causes can mute itself.
  for v_cause in
    select a.id, a.policy -> 'mutes' as matchers
    from ops.alerts a
    where a.resolved_at is null and a.status <> 'pending' and a.condition <> 'unknown'
      and jsonb_typeof(a.policy -> 'mutes') = 'array' and a.policy -> 'mutes' <> '[]'
    order by a.id
    limit 100
  loop
    continue when v_muted ? v_cause.id::text;
    select v_muted || coalesce(jsonb_object_agg(a.id::text, v_cause.id), '{}')
    into v_muted
    from ops.alerts a
    where a.resolved_at is null and a.id <> v_cause.id and not v_muted ? a.id::text
      and exists (select from jsonb_array_elements(v_cause.matchers) m where ops.alert_matches(m, a));
  end loop;

  with due as materialized (
    select a.id, (v_muted ->> a.id::text)::bigint as muted_by
    from ops.alerts a
    where a.resolved_at is null and a.muted_by is distinct from (v_muted ->> a.id::text)::bigint
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set muted_by = due.muted_by
  from due
  where a.id = due.id and a.resolved_at is null and a.muted_by is distinct from due.muted_by;
  get diagnostics v_changed = row_count;
  return v_changed;
end
$function$;
comment on function ops.apply_mutes() is 'While an alert fires whose policy mutes others, those say nothing for themselves and name it as their cause. Returns how many changed.';
grant execute on function ops.apply_mutes() to service_role;

CREATE OR REPLACE FUNCTION ops.apply_silences()
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with active as materialized (
    select s.id, s.matcher, s.until from ops.silences s where s.ended_at is null and s.until > clock_timestamp()
  ), due as materialized (
    select a.id,
      -- An alert that is not one yet, and one that somebody has answered, needs no silence.
      case when a.status in ('active', 'silenced') then (
        select s.id from active s where ops.alert_matches(s.matcher, a) order by s.until desc, s.id limit 1
      ) end as silence_id
    from ops.alerts a
    where a.resolved_at is null and (a.silence_id is not null or a.status in ('active', 'silenced'))
      and (a.silence_id is not null or a.status = 'silenced' or exists (select from active))
    order by a.dedupe_key collate "C"
    for update
  ), changed as (
    update ops.alerts a
    set silence_id = due.silence_id,
        status = case when due.silence_id is not null then 'silenced' when a.status = 'silenced' then 'active' else a.status end
    from due
    where a.id = due.id and a.resolved_at is null
      and (a.silence_id is distinct from due.silence_id or (due.silence_id is null) = (a.status = 'silenced'))
    returning a.id
  )
  select count(*)::integer from changed
$function$;
comment on function ops.apply_silences() is 'Silence the active alerts that a silence matches, and wake those that none matches any more. Returns how many changed.';
grant execute on function ops.apply_silences() to service_role;

CREATE OR REPLACE FUNCTION ops.approve_run(p_run_id uuid, p_digest text, p_actor text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run ops.runs;
  v_user uuid := ops.current_user_id();
begin
  perform ops.require_admin();
  select r.* into v_run from ops.runs r where r.id = p_run_id and r.status = 'awaiting_approval' for update;
  if not found then
    return false;
  elsif v_run.plan_digest is distinct from p_digest then
    raise exception 'what waits for approval is another plan'
      using errcode = 'invalid_parameter_value', hint = 'Read the plan again: its digest is ' || v_run.plan_digest || '.';
  elsif not ops.is_service() and v_user = v_run.created_by and not v_run.self_approval then
    raise exception 'somebody else must approve what you started' using errcode = 'insufficient_privilege';
  end if;
  update ops.runs r
  set status = 'queued', approved_at = now(), approved_by = coalesce(case when ops.is_service() then p_actor end, 'user ' || v_user, session_user),
      approved_digest = p_digest, updated_at = now()
  where r.id = p_run_id;
  return true;
end
$function$;
comment on function ops.approve_run(uuid,text,text) is 'For admins: let a run go on with the plan of this digest. Who started it may not, unless its runbook says so. False when it does not wait. service_role speaks for p_actor.';
grant execute on function ops.approve_run(uuid,text,text) to authenticated;
grant execute on function ops.approve_run(uuid,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.archive_project(p_name text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_project_id uuid;
begin
  update ops.projects p
  set archived_at = now(), updated_at = now(), declared = false
  from ops.orgs o
  where o.id = p.org_id and o.slug = split_part(p_name, '/', 1) and p.slug = split_part(p_name, '/', 2) and p.archived_at is null
  returning p.id into v_project_id;
  if not found then
    return false;
  end if;
  perform ops.cancel_waiting_builds(array(select h.id from ops.branches h where h.project_id = v_project_id), 'its project was archived');
  return true;
end
$function$;
comment on function ops.archive_project(text) is 'No file declares this project (org/slug) any more: nothing new is built, builds that wait are cancelled, and all it left stays to be read.';
grant execute on function ops.archive_project(text) to service_role;

CREATE OR REPLACE FUNCTION ops.attempt_alert_issue(p_id bigint, p_token bigint, p_attempt text, p_seconds integer DEFAULT 180)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update ops.alert_projections p
  set lease_until = clock_timestamp() + make_interval(secs => p_seconds)
  from ops.alert_issues i
  where i.id = p_id and p.repository = i.repository and p.token = p_token;
  if not found then
    return false;
  end if;
  update ops.alert_issues i
  set attempt = p_attempt, attempt_token = p_token, attempted_at = clock_timestamp()
  where i.id = p_id and i.retired_at is null
    and case p_attempt
      -- Lists have been seen to lag eight minutes: before that, an issue that cannot be found may be there all the same.
      when 'create' then
        i.number is null and (i.attempt is null or i.attempted_at < clock_timestamp() - interval '10 minutes')
      else i.number is not null
    end;
  return found;
end
$function$;
comment on function ops.attempt_alert_issue(bigint,bigint,text,integer) is 'Write down what we are about to ask of GitHub, and keep the lease. False: do not ask; somebody else has the lease, or a create without an answer may have happened.';
grant execute on function ops.attempt_alert_issue(bigint,bigint,text,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.batch_progress(p_batch text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with recent as materialized (
    select l.id, l.created_at, l.migrated, l.failed, l.status, l.errors
    from ops.migration_logs l
    where l.batch = p_batch
    order by l.id desc
    limit 30
  ), speed as (
    -- What was moved since the oldest of these logs, which itself says nothing about how long it took.
    select (sum(r.migrated) - (array_agg(r.migrated order by r.id))[1])
      / nullif(extract(epoch from max(r.created_at) - min(r.created_at))::numeric / 60, 0) as per_minute
    from recent r
    where r.created_at > now() - interval '1 hour'
  ), card as (
    select b.*,
      case when b.total is null or b.remaining is null then b.migrated else greatest(b.total - b.remaining, 0) end as done,
      coalesce(b.total, b.migrated + b.remaining) as of_all,
      b.last_at > now() - interval '2 minutes' as is_alive,
      round(s.per_minute, 2) as per_minute
    from ops.migration_batches b
    cross join speed s
    where b.batch = p_batch
  )
  select jsonb_build_object(
    'batch', c.batch,
    'total', c.of_all,
    'done', c.done,
    'failed', c.failed,
    'remaining', c.remaining,
    'percent', round(100 * c.done::numeric / nullif(c.of_all, 0), 1),
    'finished', c.remaining = 0,
    'rate_per_minute', c.per_minute,
    'eta_s', case when c.is_alive and c.remaining > 0 then round(60 * c.remaining / nullif(c.per_minute, 0)) end,
    'pulse', case when c.is_alive then 'green' else 'red' end,
    'last_status', c.last_status,
    'last_at', c.last_at,
    'last_success_at', c.last_success_at,
    'last_failure_at', c.last_failure_at,
    'recent_errors', (
      select coalesce(jsonb_agg(jsonb_build_object('at', e.created_at, 'status', e.status, 'error', e.error) order by e.id desc, e.position), '[]')
      from (
        select r.id, r.created_at, r.status, x.error, x.position
        from recent r
        cross join unnest(r.errors) with ordinality as x (error, position)
        order by r.id desc, x.position
        limit 20
      ) e
    )
  )
  from card c
$function$;
comment on function ops.batch_progress(text) is 'How far a batch migration is: total, done, failed, remaining, percent, rate_per_minute and eta_s from its last logs, pulse (green while the last log is under two minutes old, else red), last success and failure, recent errors. Null for an unknown batch, and for who is no admin.';
grant execute on function ops.batch_progress(text) to authenticated;
grant execute on function ops.batch_progress(text) to service_role;

CREATE OR REPLACE FUNCTION ops.begin_alert_projection(p_repository text, p_holder text, p_seconds integer DEFAULT 180)
 RETURNS TABLE(token bigint, is_ours boolean, holder text, etag text, may_write_at timestamp with time zone, is_early boolean, is_scanned boolean, finished_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query
    insert into ops.alert_projections as p (repository, holder, lease_until)
    values (p_repository, left(p_holder, 500), clock_timestamp() + make_interval(secs => p_seconds))
    on conflict (repository) do update
    set token = p.token + 1, holder = excluded.holder, lease_until = excluded.lease_until
    where p.lease_until <= clock_timestamp()
    returning p.token, true, p.holder, p.etag, p.not_before, coalesce(p.not_before > clock_timestamp(), false),
      p.scanned_at is not null, p.finished_at;
  if not found then
    return query
      select p.token, false, p.holder, p.etag, p.not_before, false, p.scanned_at is not null, p.finished_at
      from ops.alert_projections p
      where p.repository = p_repository;
  end if;
end
$function$;
comment on function ops.begin_alert_projection(text,text,integer) is 'Take the lease on the issues of a repository. is_ours is false while somebody else has it; is_early when GitHub asked us to wait.';
grant execute on function ops.begin_alert_projection(text,text,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.bind_alerts(p_repository text, p_token bigint, p_kind text, p_key text, p_alerts bigint[], p_retire bigint DEFAULT NULL::bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_issue ops.alert_issues;
begin
  perform from ops.alert_projections p where p.repository = p_repository and p.token = p_token for update;
  if not found then
    return null;
  end if;
  -- An issue that was closed too long ago to come back makes room for a new one.
  update ops.alert_issues i
  set retired_at = clock_timestamp()
  where i.id = p_retire and i.repository = p_repository and i.retired_at is null and i.state = 'closed';
  insert into ops.alert_issues (repository, kind, key)
  values (p_repository, p_kind, p_key)
  on conflict (repository, key) where retired_at is null do nothing;
  select i.* into v_issue from ops.alert_issues i where i.repository = p_repository and i.key = p_key and i.retired_at is null;
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.id = any (p_alerts)
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set issue_id = v_issue.id,
      issue_repository = case when v_issue.number is not null then v_issue.repository end,
      issue_number = v_issue.number
  from due
  where a.id = due.id;
  return v_issue.id;
end
$function$;
comment on function ops.bind_alerts(text,bigint,text,text,bigint[],bigint) is 'Say which issue shall show these alerts, before there is one. Returns its row, or null when the lease is gone.';
grant execute on function ops.bind_alerts(text,bigint,text,text,bigint[],bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.branch_builds(branch_id uuid, p_before uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.builds
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  return query
    select b.*
    from ops.builds b
    where b.branch_id = branch_builds.branch_id and b.id < v_before
    order by b.id desc
    limit least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$function$;
comment on function ops.branch_builds(uuid,uuid,integer) is 'Builds of a branch, newest first. The next page: pass the last id as p_before.';
grant execute on function ops.branch_builds(uuid,uuid,integer) to authenticated;
grant execute on function ops.branch_builds(uuid,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.broadcast_build(p_build_id uuid, p_event text, p_payload jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if ops.can_broadcast() then
    perform realtime.send(p_payload, p_event, 'build:' || p_build_id, true);
  end if;
end
$function$;
comment on function ops.broadcast_build(uuid,text,jsonb) is 'Say something of a build on its private channel of Supabase Realtime, where that is there. Who writes often looks for the schema realtime first.';

CREATE OR REPLACE FUNCTION ops.build_artifacts(p_build_id uuid, p_after uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 100)
 RETURNS SETOF ops.artifacts
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
begin
  return query
    select a.*
    from ops.artifacts a
    where a.build_id = p_build_id and a.id > v_after
    order by a.id
    limit least(greatest(coalesce(p_limit, 100), 1), 1000);
end
$function$;
comment on function ops.build_artifacts(uuid,uuid,integer) is 'Artifacts of a build, in the order they were first recorded. The next page: pass the last id as p_after.';
grant execute on function ops.build_artifacts(uuid,uuid,integer) to authenticated;
grant execute on function ops.build_artifacts(uuid,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.build_channel(p_build_id uuid)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select 'ops_build_' || replace(p_build_id::text, '-', '')
$function$;
comment on function ops.build_channel(uuid) is 'Where news of one build is announced: a name for LISTEN.';
grant execute on function ops.build_channel(uuid) to authenticated;
grant execute on function ops.build_channel(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.build_headers(p_call jsonb, OUT headers jsonb, OUT wants_token boolean, OUT problem text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_auth jsonb;
  v_value text;
begin
  wants_token := false;
  headers := coalesce(p_call -> 'headers', '{}');
  -- pg_net refuses two content types and knows one.
  if not exists (select from jsonb_object_keys(headers) as h (key) where lower(h.key) = 'content-type') then
    headers := headers || '{"Content-Type": "application/json"}';
  end if;
  for v_auth in
    select a.value from jsonb_array_elements(coalesce(p_call -> 'auth', '[]')) as a (value)
  loop
    if v_auth ->> 'kind' = 'run_token' then
      wants_token := true;
      continue;
    end if;
    select s.value, s.problem into v_value, problem from ops.read_secret(v_auth ->> 'secret') s;
    if problem is null and v_auth ->> 'kind' in ('bearer', 'apikey') and v_value ~ '\s' then
      problem := 'secret_invalid:' || (v_auth ->> 'secret');
    end if;
    if problem is not null then
      headers := null;
      return;
    end if;
    headers := headers || case v_auth ->> 'kind'
      when 'bearer' then jsonb_build_object('Authorization', 'Bearer ' || v_value)
      when 'apikey' then jsonb_build_object('apikey', v_value)
      when 'header' then jsonb_build_object(v_auth ->> 'header', v_value)
    end;
  end loop;
  -- An unknown kind of authentication must not become a request without any.
  if headers is null then
    problem := 'definition_invalid:call.auth';
  end if;
end
$function$;
comment on function ops.build_headers(jsonb) is 'The headers of a call with its secrets, or why they cannot be built. A missing secret never becomes a request without it.';

CREATE OR REPLACE FUNCTION ops.build_is_final(p_status text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select p_status in ('succeeded', 'almost', 'failed', 'cancelled', 'lost')
$function$;
comment on function ops.build_is_final(text) is 'Whether a build in this state has ended. A lost one may still turn out otherwise.';
grant execute on function ops.build_is_final(text) to authenticated;
grant execute on function ops.build_is_final(text) to service_role;

CREATE OR REPLACE FUNCTION ops.build_log_position(p_build_id uuid, p_since timestamp with time zone, OUT attempt integer, OUT seq integer)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  select e.attempt, e.seq
  into build_log_position.attempt, build_log_position.seq
  from ops.build_events e
  where e.build_id = p_build_id and e.attempt >= 1 and e.at >= p_since
  order by e.attempt, e.seq
  limit 1;
end
$function$;
comment on function ops.build_log_position(uuid,timestamp with time zone) is 'The first line of a build''s attempts that is not older than p_since; nulls when there is none yet. Reads that build''s log up to there.';
grant execute on function ops.build_log_position(uuid,timestamp with time zone) to authenticated;
grant execute on function ops.build_log_position(uuid,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.build_log_since(p_build_id uuid, p_control_seq integer DEFAULT 0, p_attempt integer DEFAULT 1, p_seq integer DEFAULT 0, p_limit integer DEFAULT 1000)
 RETURNS TABLE(attempt integer, seq integer, at timestamp with time zone, kind text, level text, step text, message text, data jsonb)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_control_seq integer := coalesce(p_control_seq, 0);
  -- Attempt 0 has a place of its own in the log, and in this function.
  v_attempt integer := greatest(coalesce(p_attempt, 1), 1);
  v_seq integer := coalesce(p_seq, 0);
  v_limit integer := least(greatest(coalesce(p_limit, 1000), 1), 10000);
begin
  return query
    select e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message, e.data
    from ops.build_events e
    where e.build_id = p_build_id and e.attempt = 0 and e.seq > v_control_seq
    order by e.seq
    limit v_limit;
  return query
    select e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message, e.data
    from ops.build_events e
    where e.build_id = p_build_id and (e.attempt, e.seq) > (v_attempt, v_seq)
    order by e.attempt, e.seq
    limit v_limit;
end
$function$;
comment on function ops.build_log_since(uuid,integer,integer,integer,integer) is 'What came to a build''s log: of the control room after p_control_seq, then of its attempts after (p_attempt, p_seq), p_limit of each at most. Who follows keeps both places.';
grant execute on function ops.build_log_since(uuid,integer,integer,integer,integer) to authenticated;
grant execute on function ops.build_log_since(uuid,integer,integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.build_log_tail(p_build_id uuid, p_limit integer DEFAULT 200)
 RETURNS TABLE(attempt integer, seq integer, at timestamp with time zone, kind text, level text, step text, message text, data jsonb)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
begin
  return query
    select t.attempt, t.seq, t.at, t.kind, t.level, t.step, t.message, t.data
    from (
      select e.*
      from ops.build_events e
      where e.build_id = p_build_id
      order by e.attempt desc, e.seq desc
      limit least(greatest(coalesce(p_limit, 200), 1), 10000)
    ) t
    order by t.attempt, t.seq;
end
$function$;
comment on function ops.build_log_tail(uuid,integer) is 'The last lines of a build''s log, in order: where somebody who opens it begins; ops.build_logs goes on from there.';
grant execute on function ops.build_log_tail(uuid,integer) to authenticated;
grant execute on function ops.build_log_tail(uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.build_logs(build_id uuid, p_after_attempt integer DEFAULT NULL::integer, p_after_seq integer DEFAULT NULL::integer, p_limit integer DEFAULT 500)
 RETURNS TABLE(attempt integer, seq integer, at timestamp with time zone, kind text, level text, step text, message text, data jsonb)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_after_attempt integer := coalesce(p_after_attempt, -1);
  v_after_seq integer := coalesce(p_after_seq, 0);
begin
  return query
    select e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message, e.data
    from ops.build_events e
    where e.build_id = build_logs.build_id and (e.attempt, e.seq) > (v_after_attempt, v_after_seq)
    order by e.attempt, e.seq
    limit least(greatest(coalesce(p_limit, 500), 1), 10000);
end
$function$;
comment on function ops.build_logs(uuid,integer,integer,integer) is 'The log of a build in order: first what the control room did (attempt 0), then each attempt. The next page, or what came since: pass the last attempt and seq.';
grant execute on function ops.build_logs(uuid,integer,integer,integer) to authenticated;
grant execute on function ops.build_logs(uuid,integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.build_may_become(p_from text, p_to text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select (p_from, p_to) in (
    ('queued', 'dispatched'), ('queued', 'running'), ('queued', 'failed'), ('queued', 'cancelled'),
    -- Back to queued: the dispatch did not arrive, or the lease ran out with tries left.
    ('dispatched', 'queued'), ('dispatched', 'running'),
    -- A short run may end before its start was reported.
    ('dispatched', 'succeeded'), ('dispatched', 'almost'), ('dispatched', 'failed'), ('dispatched', 'cancelled'),
    ('dispatched', 'lost'),
    ('running', 'queued'), ('running', 'succeeded'), ('running', 'almost'), ('running', 'failed'), ('running', 'cancelled'),
    ('running', 'lost'),
    -- GitHub knew the truth after all.
    ('lost', 'succeeded'), ('lost', 'almost'), ('lost', 'failed'), ('lost', 'cancelled')
  )
$function$;
comment on function ops.build_may_become(text,text) is 'The table of allowed changes of a build''s state. Trying again is ops.retry_build, not a change of state.';
grant execute on function ops.build_may_become(text,text) to authenticated;
grant execute on function ops.build_may_become(text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.build_of_run(p_claims jsonb, p_build_id uuid, OUT outcome text, OUT build_id uuid, OUT attempt integer, OUT status text, OUT last_seq integer)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_run_id bigint := (p_claims ->> 'run_id')::bigint;
  v_run_attempt integer := (p_claims ->> 'run_attempt')::integer;
  v_build record;
begin
  select b.id, b.attempt, b.status, coalesce(b.github_run_id, d.github_run_id) as run_id, b.github_run_attempt as run_attempt
  into v_build
  from ops.builds b
  join ops.projects p on p.id = b.project_id
  left join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  where b.id = p_build_id
    or p_build_id is null and b.github_run_id = v_run_id and lower(ops.repository_name(p.repo_url)) = lower(p_claims ->> 'repository')
  order by b.id
  limit 1
  for no key update of b;
  if not found then
    outcome := 'none';
    return;
  end if;
  perform ops.admit_build_writer(v_build.id, p_claims, false);
  build_of_run.build_id := v_build.id;
  build_of_run.attempt := v_build.attempt;
  build_of_run.status := v_build.status;
  outcome := case
    when v_build.status = 'queued' then 'none'
    when coalesce(v_build.run_id, v_run_id) <> v_run_id or coalesce(v_build.run_attempt, v_run_attempt) <> v_run_attempt then 'stale'
    when v_build.status = 'dispatched' then 'none'
    else 'found'
  end;
  last_seq := coalesce((
    select e.seq
    from ops.build_events e
    where e.build_id = v_build.id and e.attempt = v_build.attempt
    order by e.seq desc
    limit 1
  ), 0);
end
$function$;
comment on function ops.build_of_run(jsonb,uuid) is 'The build a run may write to, by what GitHub says of the run (p_claims, as of its OIDC token) and the build''s id or the run''s: found, with its attempt, state and last line, locked; none while no run has begun it; stale when it is another run''s or attempt''s. Refuses by insufficient_privilege what ops.admit_build_writer refuses.';
grant execute on function ops.build_of_run(jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.build_url(p_call jsonb, OUT url text, OUT problem text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_secret text := p_call ->> 'url_secret';
begin
  if v_secret is null then
    url := p_call ->> 'url';
  else
    select s.value, s.problem into url, problem from ops.read_secret(v_secret) s;
    if problem is not null then
      return;
    end if;
    if url ~ '\s' then
      problem := 'secret_invalid:' || v_secret;
    end if;
  end if;
  if problem is null and (url is null or url !~* '^https?://[^\s/?#]') then
    problem := 'url_invalid:' || coalesce(v_secret, 'call.url');
  end if;
  if problem is not null then
    url := null;
  elsif v_secret is not null then
    url := rtrim(url, '/') || coalesce('/' || ltrim(p_call ->> 'path', '/'), '');
  end if;
end
$function$;
comment on function ops.build_url(jsonb) is 'Where a call goes, or why that cannot be said (names the secret, never its value).';

CREATE OR REPLACE FUNCTION ops.build_writer(p_build_id uuid, p_attempt integer, p_lease_token bigint, OUT org_id uuid, OUT is_stale boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  select b.org_id,
    b.attempt <> p_attempt
    or p_lease_token is not null and (l.token is distinct from p_lease_token or l.expires_at < clock_timestamp())
  into build_writer.org_id, build_writer.is_stale
  from ops.builds b
  left join ops.build_leases l on l.build_id = b.id
  where b.id = p_build_id;
  if not found then
    -- PostgREST answers PTnnn with the status nnn.
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
end
$function$;
comment on function ops.build_writer(uuid,integer,bigint) is 'Whether a writer may still write: its attempt is the current one and, when it names a lease, that lease is its own and not over.';
grant execute on function ops.build_writer(uuid,integer,bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.builds_overview()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- By project, so that a member's builds are found by the index of their projects and not among everybody's.
  with open as materialized (
    select b.org_id, b.status from ops.builds b where b.status in ('queued', 'dispatched', 'running')
  ), day as materialized (
    select b.org_id, b.status
    from ops.projects p
    join ops.builds b on b.project_id = p.id and b.id >= ops.id_floor(now() - interval '24 hours')
  ), latest as (
    select b.id, p.name as project, b.branch_id, b.status, b.trigger, b.actor, b.created_at, b.finished_at
    from ops.projects p
    cross join lateral (
      select x.* from ops.builds x where x.project_id = p.id order by x.id desc limit 10
    ) b
    order by b.id desc
    limit 10
  )
  select jsonb_build_object(
    'open', jsonb_build_object(
      'queued', (select count(*) from open o where o.status = 'queued'),
      'dispatched', (select count(*) from open o where o.status = 'dispatched'),
      'running', (select count(*) from open o where o.status = 'running')
    ),
    'last_24h', jsonb_build_object(
      'total', (select count(*) from day),
      'succeeded', (select count(*) from day d where d.status in ('succeeded', 'almost')),
      'failed', (select count(*) from day d where d.status in ('failed', 'lost')),
      'cancelled', (select count(*) from day d where d.status = 'cancelled')
    ),
    'orgs', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'org_id', o.id,
        'slug', o.slug,
        'name', o.name,
        'projects', (select count(*) from ops.projects p where p.org_id = o.id),
        'open', (select count(*) from open x where x.org_id = o.id),
        'failed_24h', (select count(*) from day d where d.org_id = o.id and d.status in ('failed', 'lost'))
      ) order by o.slug), '[]')
      from (select x.id, x.slug, x.name from ops.orgs x order by x.slug limit 200) o
    ),
    'latest', (select coalesce(jsonb_agg(to_jsonb(l) order by l.id desc), '[]') from latest l)
  )
$function$;
comment on function ops.builds_overview() is 'Builds of the organisations one may see: open ones, those of the last 24 hours, the same per organisation (up to 200), the latest ten.';
grant execute on function ops.builds_overview() to authenticated;
grant execute on function ops.builds_overview() to service_role;

CREATE OR REPLACE FUNCTION ops.calling_role()
 RETURNS name
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(nullif(current_setting('role', true), 'none'), session_user)::name
$function$;
comment on function ops.calling_role() is 'The role a statement came in with, as PostgREST or a login set it; inside a security definer function too, where current_user is the owner.';

CREATE OR REPLACE FUNCTION ops.calm_checked_alerts(p_pass jsonb, p_source text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with calm as materialized (
    select a.id, a.condition as before, l.looked,
      l.looked and case a.status
        when 'pending' then bit_count((coalesce(s.recent, 0) & (1::bigint << w.passes) - 1)::bit(64)) = 0
        else p_now - coalesce(a.recovering_since, p_now) >= make_interval(secs => w.hold_open)
      end as is_over
    from ops.alerts a
    left join ops.check_states s on (s.source, s.check_name, s.object) = (a.source, a.check_name, a.object)
    cross join lateral (select coalesce(p_pass -> 'evaluated', '[]') ? a.check_name as looked) l
    cross join lateral (
      select least(greatest(coalesce((a.policy #>> '{for,of}')::integer, 1), 1), 60) as passes,
        greatest(coalesce((a.policy ->> 'hold_open_s')::double precision, 0), 0) as hold_open
    ) w
    where a.resolved_at is null and a.source = p_source and a.last_seen_at < p_now
      and (l.looked or p_pass -> 'policies' ? a.check_name) and not coalesce(p_pass -> 'skipped', '[]') ? a.check_name
    order by a.dedupe_key collate "C"
    for update of a
  )
  update ops.alerts a
  set condition = case when calm.looked then 'recovering' else 'unknown' end,
      -- Time in which nobody could look is no time of being well.
      recovering_since = case when calm.looked then coalesce(a.recovering_since, p_now) end,
      unknown_since = case when not calm.looked then coalesce(a.unknown_since, p_now) end,
      status = case when calm.is_over then 'resolved' else a.status end,
      resolved_at = case when calm.is_over then p_now end,
      resolved_by = case when calm.is_over then p_source end,
      note = case when calm.is_over then 'seen to be well' else a.note end,
      snoozed_until = case when not calm.is_over then a.snoozed_until end
  from calm
  where a.id = calm.id and a.resolved_at is null
    and (calm.is_over or calm.before <> case when calm.looked then 'recovering' else 'unknown' end)
$function$;
comment on function ops.calm_checked_alerts(jsonb,text,timestamp with time zone) is 'Part of ops.record_check_pass: alerts this pass did not tell of recover when it looked, resolve when they were well for hold_open_s, and are unknown when it did not look.';
grant execute on function ops.calm_checked_alerts(jsonb,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.can_broadcast()
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- Names in a schema that is closed to the caller can't even be looked up.
  select case
    when coalesce(current_setting('opsroom.broadcast', true), '') = 'off' then false
    when exists (
      select from pg_catalog.pg_namespace n where n.nspname = 'realtime' and has_schema_privilege(n.oid, 'usage')
    ) then coalesce(has_function_privilege(to_regprocedure('realtime.send(jsonb,text,text,boolean)'), 'execute'), false)
      and coalesce(
        to_regclass('realtime.messages_' || to_char(localtimestamp, 'YYYY_MM_DD')), to_regclass('realtime.messages_default')
      ) is not null
    else false
  end
$function$;
comment on function ops.can_broadcast() is 'Whether Supabase Realtime is there to take messages now, and nobody switched that off.';

CREATE OR REPLACE FUNCTION ops.cancel_build(p_build_id uuid, p_actor text DEFAULT NULL::text, p_reason text DEFAULT NULL::text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_build record;
  v_why text := concat_ws(': ', 'cancelled by ' || coalesce(p_actor, session_user), left(ops.redact_text(p_reason), 1000));
begin
  select b.org_id, b.status, b.queue_id, b.cancel_requested_at into v_build
  from ops.builds b
  where b.id = p_build_id
  for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  if ops.build_is_final(v_build.status) then
    return null;
  end if;
  if v_build.status = 'queued' then
    perform ops.change_build(p_build_id, 'cancelled', v_why);
    return 'cancelled';
  end if;
  if v_build.cancel_requested_at is null then
    update ops.builds b set cancel_requested_at = now(), error = v_why, updated_at = now() where b.id = p_build_id;
    perform ops.note_build(p_build_id, v_build.org_id, 'cancel', v_why, 'warning');
    perform ops.cancel_job(v_build.queue_id);
  end if;
  return 'cancelling';
end
$function$;
comment on function ops.cancel_build(uuid,text,text) is 'Stop a build: one that waits at once (cancelled), one that runs when its runner, told by its next heartbeat, stops or falls silent (cancelling). Null when it had ended.';
grant execute on function ops.cancel_build(uuid,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.cancel_cron_run(p_run_id bigint, p_actor text DEFAULT NULL::text, p_reason text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform from ops.cron_runs r
  where r.id = p_run_id and r.status in ('queued', 'fired', 'delivered')
  for update;
  if not found then
    return false;
  end if;
  if to_regclass('net.http_request_queue') is not null then
    -- Unless pg_net is sending it right now; then its token is refused on arrival.
    delete from net.http_request_queue q
    where q.id in (
      select w.id
      from net.http_request_queue w
      join ops.cron_attempts a on a.request_id = w.id
      where a.run_id = p_run_id and a.awaiting_response and a.epoch = ops.current_epoch()
      for update of w skip locked
    );
  end if;
  update ops.cron_attempts
  set awaiting_response = false, error_code = coalesce(error_code, 'cancelled')
  where run_id = p_run_id and awaiting_response;
  perform ops.cancel_job(q.id) from ops.queued_jobs q where q.run_id = p_run_id and q.status = 'pending';
  update ops.cron_runs
  set status = 'cancelled', finished_at = clock_timestamp(), next_attempt_at = null, deadline = null,
      error_code = 'cancelled',
      error = left(concat_ws(': ', 'cancelled - by ' || coalesce(p_actor, session_user), ops.redact_text(p_reason)), 1000)
  where id = p_run_id;
  return true;
end
$function$;
comment on function ops.cancel_cron_run(bigint,text,text) is 'End a run that has not ended: nothing is tried again, a request not yet sent is taken back. False when it had ended. For running SQL see ops.cancel_running.';
grant execute on function ops.cancel_cron_run(bigint,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.cancel_job(p_id bigint)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_job record;
begin
  -- Whoever is ending the job holds its row until that is committed; what we ask next is then true.
  select q.serial_key, q.blocked into v_job from ops.queued_jobs q where q.id = p_id and q.status = 'pending' for update;
  if not found then
    return null;
  end if;
  if exists (select from ops.job_leases l where l.held @> p_id) then
    update ops.queued_jobs q
    set cancel_requested_at = coalesce(q.cancel_requested_at, v_now), updated_at = v_now
    where q.id = p_id;
    return 'cancelling';
  end if;
  -- Somebody may be claiming it at this very moment: then it is cancelled all the same, and its worker hears so.
  update ops.queued_jobs q set status = 'cancelled', finished_at = v_now, updated_at = v_now where q.id = p_id;
  if v_job.serial_key is not null and not v_job.blocked then
    perform ops.promote_serial_jobs(array[v_job.serial_key]);
  end if;
  return 'cancelled';
end
$function$;
comment on function ops.cancel_job(bigint) is 'Cancel a job: one that waits at once (cancelled); one that runs when its worker, told by its next heartbeat, stops (cancelling). Null when it had ended.';
grant execute on function ops.cancel_job(bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.cancel_overdue_sql(p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_pid integer;
  v_count integer := 0;
begin
  for v_pid in
    select l.pid
    from ops.list_running() l
    join pg_catalog.pg_stat_activity a on a.pid = l.pid and a.usename = current_user
    where l.deadline < p_now - interval '5 seconds' and l.pid <> pg_backend_pid()
  loop
    if pg_cancel_backend(v_pid) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$function$;
comment on function ops.cancel_overdue_sql(timestamp with time zone) is 'Cancel SQL jobs past their timeout; ops.execute_sql then records timed_out. The second net under statement_timeout.';

CREATE OR REPLACE FUNCTION ops.cancel_run(p_run_id uuid, p_reason text DEFAULT NULL::text, p_actor text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run ops.runs;
  v_who text := coalesce(case when ops.is_service() then p_actor end, 'user ' || ops.current_user_id(), session_user);
begin
  select r.* into v_run from ops.runs r where r.id = p_run_id for update;
  if not found or not (ops.is_service() or ops.is_admin() or v_run.created_by = ops.current_user_id()) then
    return false;
  end if;
  if v_run.status in ('queued', 'awaiting_approval') then
    update ops.runs r
    set status = 'cancelled', finished_at = now(), updated_at = now(), lease_token = r.lease_token + 1,
        error = left(concat_ws(': ', 'by ' || v_who, ops.redact_text(p_reason)), 1000)
    where r.id = p_run_id;
    return true;
  elsif v_run.status = 'running' and v_run.cancel_requested_at is null then
    update ops.runs r set cancel_requested_at = now(), updated_at = now() where r.id = p_run_id;
    perform ops.note_run(
      p_run_id, v_run.created_by, left(concat_ws(': ', 'asked to stop by ' || v_who, ops.redact_text(p_reason)), 1000), 'warning'
    );
  end if;
  return v_run.status = 'running';
end
$function$;
comment on function ops.cancel_run(uuid,text,text) is 'Stop a run of one''s own; admins any. A running one is asked to: its executor hears of it with the next heartbeat. False when it has ended, or is not yours.';
grant execute on function ops.cancel_run(uuid,text,text) to authenticated;
grant execute on function ops.cancel_run(uuid,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.cancel_running(p_job text)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_pid integer;
  v_count integer := 0;
begin
  for v_pid in
    select l.pid
    from ops.list_running() l
    join pg_catalog.pg_stat_activity a on a.pid = l.pid and a.usename = current_user
    where starts_with(p_job, l.job) and l.job <> '' and l.pid <> pg_backend_pid()
  loop
    if pg_cancel_backend(v_pid) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$function$;
comment on function ops.cancel_running(text) is 'Cancel the running SQL of a job; its run then ends as cancelled. Returns how many were told.';

CREATE OR REPLACE FUNCTION ops.cancel_waiting_builds(p_branch_ids uuid[], p_reason text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_build record;
begin
  for v_build in
    select b.id from ops.builds b where b.branch_id = any (p_branch_ids) and b.status = 'queued' order by b.id
  loop
    perform ops.cancel_build(v_build.id, 'reconcile', p_reason);
  end loop;
end
$function$;
comment on function ops.cancel_waiting_builds(uuid[],text) is 'Cancel the builds of these branches that nobody has begun.';
grant execute on function ops.cancel_waiting_builds(uuid[],text) to service_role;

CREATE OR REPLACE FUNCTION ops.change_build(p_build_id uuid, p_status text, p_error text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_former record;
begin
  select b.org_id, b.status, b.attempt into strict v_former from ops.builds b where b.id = p_build_id;
  update ops.builds b
  set status = p_status,
      dispatched_at = case when p_status = 'dispatched' then v_now else b.dispatched_at end,
      started_at = case when p_status = 'running' then v_now when p_status = 'queued' then null else b.started_at end,
      finished_at = case when ops.build_is_final(p_status) then v_now end,
      cancel_requested_at = case when p_status <> 'queued' then b.cancel_requested_at end,
      -- Who cancelled it, and why, was said when it was asked.
      error = coalesce(p_error, case when p_status = 'cancelled' then b.error end),
      result = case when p_status <> 'queued' then b.result end,
      updated_at = v_now
  where b.id = p_build_id;
  perform ops.note_build(
    p_build_id, v_former.org_id, 'status', concat_ws(': ', p_status, p_error),
    case when p_status in ('failed', 'lost') then 'error' when p_status in ('almost', 'cancelled') then 'warning' else 'info' end,
    jsonb_strip_nulls(jsonb_build_object(
      'from', v_former.status, 'status', p_status, 'attempt', v_former.attempt, 'error', p_error
    ))
  );
  if ops.build_is_final(p_status) then
    perform ops.close_build_job(p_build_id, p_status);
  end if;
  if p_status in ('queued', 'lost') then
    delete from ops.build_leases l where l.build_id = p_build_id;
  elsif ops.build_is_final(p_status) then
    -- The last lines may still be on their way.
    update ops.build_leases l set expires_at = v_now + interval '1 hour' where l.build_id = p_build_id;
  end if;
end
$function$;
comment on function ops.change_build(uuid,text,text) is 'Carry out a change of state: times, event, lease and job follow it.';

CREATE OR REPLACE FUNCTION ops.check_cron_health()
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_found jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object(
    'kind', 'cron_health', 'dedupe_key', 'cron_health:' || f.code, 'severity', f.severity, 'title', f.title,
    'message', f.message || ' What to do: ' || f.remedy, 'details', jsonb_build_object('code', f.code, 'remedy', f.remedy)
  )), '[]')
  into v_found
  from ops.cron_findings(ops.cron_run_mix(), ops.net_mix()) f;
  perform ops.raise_alerts(v_found);
  perform ops.resolve_alerts(array_agg(a.dedupe_key), 'check_cron_health')
  from ops.alerts a
  where a.kind = 'cron_health' and a.resolved_at is null
    and not v_found @> jsonb_build_array(jsonb_build_object('dedupe_key', a.dedupe_key));
  return jsonb_array_length(v_found);
end
$function$;
comment on function ops.check_cron_health() is 'Raise an alert per finding of ops.cron_findings, its remedy in it, and resolve those that are gone. Returns how many there are.';

CREATE OR REPLACE FUNCTION ops.claim_build_dispatches(p_dispatcher text, p_limit integer DEFAULT 10, p_repositories text[] DEFAULT NULL::text[], p_build_id uuid DEFAULT NULL::uuid)
 RETURNS TABLE(build_id uuid, attempt integer, claim_token bigint, action text, repository text, workflow text, ref text, inputs jsonb, posted_at timestamp with time zone, looks integer, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_limit integer := least(greatest(coalesce(p_limit, 10), 1), 100);
  v_repositories text[] := (select array_agg(lower(r)) from unnest(p_repositories) r);
  v_busy int8multirange;
  v_build record;
  v_row record;
  v_token bigint;
  v_found integer := 0;
begin
  if coalesce(p_dispatcher, '') = '' then
    raise exception 'a dispatcher says who it is' using errcode = 'invalid_parameter_value';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'orders are claimed at isolation level read committed: a claim must see the leases of the one before it'
      using errcode = 'invalid_transaction_state';
  end if;
  for v_row in
    select d.build_id, d.attempt, d.state, d.posts, d.repository, b.attempt as current, b.status, b.cancel_requested_at
    from ops.build_dispatches d
    join ops.builds b on b.id = d.build_id
    where d.settled_at is null and d.next_at <= v_now and (v_repositories is null or lower(d.repository) = any (v_repositories))
      and (p_build_id is null or d.build_id = p_build_id)
    order by d.next_at
    limit v_limit
    for no key update of b, d skip locked
  loop
    if v_row.attempt <> v_row.current or v_row.status <> 'dispatched' then
      perform ops.drop_build_dispatch(v_row.build_id, v_row.attempt, 'the build went on without it');
      continue;
    end if;
    if v_row.state = 'pending' and v_row.cancel_requested_at is not null then
      perform ops.drop_build_dispatch(v_row.build_id, v_row.attempt, 'cancelled before GitHub was told');
      perform ops.change_build(v_row.build_id, 'cancelled', null);
      continue;
    end if;
    if v_row.state = 'pending' and v_row.posts >= 5 then
      perform ops.drop_build_dispatch(v_row.build_id, v_row.attempt, null);
      perform ops.change_build(v_row.build_id, 'failed', 'GitHub was told ' || v_row.posts || ' times, and no run came of it');
      perform ops.raise_alert(
        'build_dispatch', 'build_dispatch:' || v_row.build_id, 'warning', 'GitHub starts no run for a build', '',
        jsonb_build_object('build_id', v_row.build_id, 'attempt', v_row.attempt, 'repository', v_row.repository,
          'remediation', 'Look at githubstatus.com and at the Actions page of the repository, then `opsroom build` again.')
      );
      continue;
    end if;
    v_found := v_found + 1;
    return query
      update ops.build_dispatches d
      set state = case d.state when 'pending' then 'sending' else 'unknown' end,
          claimed_by = left(p_dispatcher, 200),
          claim_token = d.claim_token + 1,
          next_at = v_now + interval '2 minutes',
          posts = d.posts + case d.state when 'pending' then 1 else 0 end,
          looks = case d.state when 'pending' then 0 else d.looks + 1 end,
          posted_at = case d.state when 'pending' then v_now else d.posted_at end
      where d.build_id = v_row.build_id and d.attempt = v_row.attempt
      returning d.build_id, d.attempt, d.claim_token, case v_row.state when 'pending' then 'send' else 'find' end, d.repository,
        d.workflow, d.ref, d.inputs, d.posted_at, d.looks, d.created_at;
  end loop;
  if v_found >= v_limit or exists (select from ops.job_types t where t.task_type = 'build_dispatch' and t.paused) then
    return;
  end if;

  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ops.queue:claim:build_dispatch', 0));
  v_busy := coalesce((select range_agg(l.held) from ops.job_leases l), '{}');
  for v_build in
    select b.id, b.org_id, b.attempt, b.queue_id, b.inputs, b.commit_sha, h.name as branch, coalesce(h.workflow, p.workflow) as workflow,
      ops.repository_name(p.repo_url) as repository
    from ops.queued_jobs q
    join ops.builds b on b.queue_id = q.id
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where q.task_type = 'build_dispatch' and q.status = 'pending' and not q.blocked and q.run_at <= v_now and not v_busy @> q.id
      and b.status = 'queued'
      and (v_repositories is null or lower(ops.repository_name(p.repo_url)) = any (v_repositories))
      and (p_build_id is null or b.id = p_build_id)
    order by q.priority desc, q.run_at, q.id
    limit v_limit - v_found
    for no key update of b skip locked
  loop
    v_token := nextval('ops.job_leases_token_seq');
    -- Longer than any run of GitHub's may wait and work: this place is given back when the build ends, never by the clock.
    insert into ops.job_leases (token, worker, claimed_at, expires_at, held)
    values (
      v_token, left('dispatch:' || p_dispatcher, 200), v_now, v_now + interval '60 days',
      int8multirange(int8range(v_build.queue_id, v_build.queue_id, '[]'))
    );
    update ops.builds b
    set status = 'dispatched', attempt = b.attempt + 1, dispatched_at = v_now, started_at = null, updated_at = v_now, error = null,
        github_run_id = null, github_run_attempt = null, github_run_url = null
    where b.id = v_build.id;
    insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
    values (v_build.id, v_build.attempt + 1, v_token, left('dispatch:' || p_dispatcher, 200), v_now + interval '2 minutes', v_now)
    on conflict (build_id) do update
    set attempt = excluded.attempt, token = excluded.token, runner_id = excluded.runner_id, expires_at = excluded.expires_at,
        heartbeat_at = excluded.heartbeat_at;
    perform ops.note_build(v_build.id, v_build.org_id, 'status', 'dispatched by ' || p_dispatcher, p_data => jsonb_build_object(
      'from', 'queued', 'status', 'dispatched', 'attempt', v_build.attempt + 1
    ));
    if v_build.repository is null or v_build.workflow is null then
      perform ops.change_build(v_build.id, 'failed', 'its project names no repository or no workflow');
      continue;
    end if;
    return query
      insert into ops.build_dispatches as d (
        build_id, attempt, org_id, state, repository, workflow, ref, inputs, claimed_by, claim_token, next_at, posts, posted_at
      )
      values (
        v_build.id, v_build.attempt + 1, v_build.org_id, 'sending', v_build.repository, v_build.workflow, v_build.branch,
        jsonb_strip_nulls(v_build.inputs || jsonb_build_object(
          'ops_build_id', v_build.id::text, 'ops_build_attempt', (v_build.attempt + 1)::text, 'ops_commit', v_build.commit_sha
        )),
        left(p_dispatcher, 200), 1, v_now + interval '2 minutes', 1, v_now
      )
      returning d.build_id, d.attempt, d.claim_token, 'send'::text, d.repository, d.workflow, d.ref, d.inputs, d.posted_at, d.looks,
        d.created_at;
  end loop;
end
$function$;
comment on function ops.claim_build_dispatches(text,integer,text[],uuid) is 'Take orders to GitHub, of these repositories (owner/name) or of all, or of one build: action send (tell it, once and at once) or find (it was told, and nobody knows what came of it: look for the run by ops_build_id and ops_build_attempt). Each is settled with its claim_token; unsettled, it is to be found after two minutes.';
grant execute on function ops.claim_build_dispatches(text,integer,text[],uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.claim_issue_answers(p_repository text, p_limit integer DEFAULT 10, p_lease interval DEFAULT '00:02:00'::interval)
 RETURNS TABLE(comment_id bigint, issue_number integer, actor text, outcome text, answer text, taken_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update ops.issue_commands c
  set answering_until = clock_timestamp() + p_lease
  where (c.repository, c.comment_id) in (
    select x.repository, x.comment_id
    from ops.issue_commands x
    where x.repository = p_repository and x.answered_at is null and x.outcome is not null
      and coalesce(x.answering_until, '-infinity') < clock_timestamp()
      -- What nobody could answer for a day nobody waits for any more.
      and x.taken_at > clock_timestamp() - interval '1 day'
    order by x.taken_at
    limit least(greatest(p_limit, 1), 100)
    for update skip locked
  )
  returning c.comment_id, c.issue_number, c.actor, c.outcome, c.answer, c.taken_at
$function$;
comment on function ops.claim_issue_answers(text,integer,interval) is 'Commands that were carried out and not answered, also those a former run left: nobody else answers them for p_lease.';
grant execute on function ops.claim_issue_answers(text,integer,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.claim_jobs(p_worker text, p_limit integer DEFAULT 1, p_lease interval DEFAULT '00:01:00'::interval, p_task_types text[] DEFAULT NULL::text[])
 RETURNS TABLE(id bigint, task_type text, payload jsonb, attempts integer, max_attempts integer, lease_token bigint, run_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
begin
  return query
  select c.id, c.task_type, c.payload, c.attempts, c.max_attempts, c.lease_token, c.run_at
  from ops.complete_and_claim_jobs(null, null, null, p_worker, p_limit, p_lease, p_task_types) c;
end
$function$;
comment on function ops.claim_jobs(text,integer,interval,text[]) is 'Take up to p_limit due jobs of these types (null: all) that nobody has, by priority, then by age, under a new lease. They are the caller''s until it ends; see ops.heartbeat_jobs, ops.complete_jobs, ops.fail_jobs, ops.release_jobs.';
grant execute on function ops.claim_jobs(text,integer,interval,text[]) to service_role;

CREATE OR REPLACE FUNCTION ops.claim_log_recoveries(p_repositories text[], p_limit integer DEFAULT 20, p_grace interval DEFAULT '00:00:30'::interval, p_hold interval DEFAULT '00:10:00'::interval)
 RETURNS TABLE(id uuid, tries integer, kind text, repository text, github_run_id bigint, github_run_attempt integer, artifact_id bigint, build_id uuid, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  -- Neither a buffer nor a log of GitHub's outlives ninety days there.
  delete from ops.log_recoveries r
  where r.id in (
    select o.id from ops.log_recoveries o where o.id < ops.id_floor(v_now - interval '120 days') and o.state <> 'open' order by o.id limit 1000
  );
  insert into ops.log_recoveries (kind, repository, github_run_id, build_id, attempt, next_at)
  select 'job_log', lower(d.repository), b.github_run_id, b.id, b.attempt, v_now
  from ops.builds b
  join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  where b.id > ops.id_floor(v_now - interval '14 days')
    and b.status in ('succeeded', 'almost', 'failed', 'cancelled', 'lost')
    -- Its last lines, or the artifact with them, may be on their way.
    and b.finished_at between v_now - interval '7 days' and v_now - p_grace
    and b.github_run_id is not null
    and lower(d.repository) in (select lower(r) from unnest(p_repositories) r)
    and not exists (select from ops.build_events e where e.build_id = b.id and e.attempt = b.attempt)
    and not exists (select from ops.log_recoveries r where r.kind = 'job_log' and r.build_id = b.id and r.attempt = b.attempt)
  order by b.id
  limit 1000
  on conflict (build_id, attempt) where kind = 'job_log' do nothing;
  update ops.log_recoveries r
  set state = 'gone', settled_at = v_now, error = coalesce(r.error, 'ten tries failed')
  where r.state = 'open' and r.next_at <= v_now and r.tries >= 10;
  return query
    with due as (
      select o.id
      from ops.log_recoveries o
      where o.state = 'open' and o.next_at <= v_now
        and o.repository in (select lower(r) from unnest(p_repositories) r)
        -- What the recorder itself has to say comes first, and makes the copy of GitHub needless.
        and (o.kind = 'buffer' or not exists (
          select
          from ops.log_recoveries u
          where u.kind = 'buffer' and u.state = 'open' and u.repository = o.repository and u.github_run_id = o.github_run_id
        ))
      order by o.next_at, o.id
      limit least(greatest(p_limit, 1), 1000)
      for no key update skip locked
    ), taken as (
      update ops.log_recoveries r
      set tries = r.tries + 1, next_at = v_now + p_hold
      from due
      where r.id = due.id
      returning r.id, r.tries, r.kind, r.repository, r.github_run_id, r.artifact_id, r.build_id, r.attempt
    )
    select t.id, t.tries, t.kind, t.repository, t.github_run_id, b.github_run_attempt, t.artifact_id, t.build_id, t.attempt
    from taken t
    left join ops.builds b on b.id = t.build_id
    order by t.kind, t.id;
end
$function$;
comment on function ops.claim_log_recoveries(text[],integer,interval,interval) is 'Stories of these repositories to be told now: builds that ended without a line are found, then what is due is given out, to one taker for p_hold. Who takes one settles it under its number of tries.';
grant execute on function ops.claim_log_recoveries(text[],integer,interval,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.claim_next_run(runner_id text, p_lease interval DEFAULT '00:05:00'::interval)
 RETURNS TABLE(build_id uuid, attempt integer, lease_token bigint, lease_expires_at timestamp with time zone, queue_id bigint, status text, org_id uuid, project_id uuid, project_slug text, repo_url text, runtime_version text, workflow text, branch_id uuid, branch text, lane text, environment text, trigger text, actor text, commit_sha text, commit_message text, commit_author text, inputs jsonb, started_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_job record;
  v_build record;
begin
  if coalesce(claim_next_run.runner_id, '') = '' then
    raise exception 'a runner says who it is' using errcode = 'invalid_parameter_value';
  end if;
  loop
    select c.id, c.lease_token into v_job from ops.claim_jobs(claim_next_run.runner_id, 1, p_lease, '{build}') c;
    if not found then
      return;
    end if;
    -- Whoever changes this build at the moment may need what we hold, its job: do not wait for them in turn.
    select b.id, b.org_id, b.status, b.attempt into v_build
    from ops.builds b
    where b.queue_id = v_job.id
    for no key update skip locked;
    if not found then
      if exists (select from ops.builds b where b.queue_id = v_job.id) then
        perform ops.release_jobs(v_job.lease_token, array[v_job.id]);
        return;
      end if;
      -- The build was deleted.
      perform ops.complete_jobs(v_job.lease_token, array[v_job.id]);
      continue;
    end if;
    exit when not ops.build_is_final(v_build.status);
    perform ops.complete_jobs(v_job.lease_token, array[v_job.id]);
  end loop;

  update ops.builds b
  set status = 'running', attempt = b.attempt + 1, started_at = v_now, updated_at = v_now, error = null
  where b.id = v_build.id;
  insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
  values (v_build.id, v_build.attempt + 1, v_job.lease_token, claim_next_run.runner_id, v_now + p_lease, v_now)
  on conflict (build_id) do update
  set attempt = excluded.attempt, token = excluded.token, runner_id = excluded.runner_id, expires_at = excluded.expires_at,
      heartbeat_at = excluded.heartbeat_at;
  perform ops.note_build(v_build.id, v_build.org_id, 'status', 'running on ' || claim_next_run.runner_id, p_data => jsonb_build_object(
    'from', v_build.status, 'status', 'running', 'attempt', v_build.attempt + 1, 'runner_id', claim_next_run.runner_id
  ));
  return query
    select b.id, b.attempt, v_job.lease_token, v_now + p_lease, v_job.id, b.status, b.org_id,
      b.project_id, p.slug, p.repo_url, p.runtime_version, coalesce(h.workflow, p.workflow), b.branch_id, h.name, h.lane,
      h.environment, b.trigger, b.actor, b.commit_sha, b.commit_message, b.commit_author, b.inputs, b.started_at
    from ops.builds b
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where b.id = v_build.id;
end
$function$;
comment on function ops.claim_next_run(text,interval) is 'Take the next build that is due: it runs from now on, as a new attempt, under a lease that ops.heartbeat_build keeps. No row when there is none.';
grant execute on function ops.claim_next_run(text,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.claim_odoo_attachments(p_limit integer DEFAULT 25, p_lease interval DEFAULT '00:02:00'::interval)
 RETURNS TABLE(id bigint, name text, mimetype text, size_bytes bigint, checksum text, lease_token uuid)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_token uuid := gen_random_uuid();
begin
  -- Whoever held these is gone: a try that ended without a word is a try.
  update ops.odoo_attachments a
  set status = 'pending', lease_token = null, lease_expires_at = null
  where a.status = 'migrating' and a.lease_expires_at < now();
  return query
  update ops.odoo_attachments a
  set status = 'migrating', lease_token = v_token, lease_expires_at = now() + p_lease, attempts = a.attempts + 1
  where a.id in (
    select p.id
    from ops.odoo_attachments p
    where p.status = 'pending' and p.run_after <= now()
    order by p.run_after, p.id
    limit least(greatest(p_limit, 0), 1000)
    for update skip locked
  )
  returning a.id, a.name, a.mimetype, a.size_bytes, a.checksum, a.lease_token;
end
$function$;
comment on function ops.claim_odoo_attachments(integer,interval) is 'The next files to move, held by one lease token. Files of leases that ran out are offered again.';
grant execute on function ops.claim_odoo_attachments(integer,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.claim_run(p_worker text, p_lease interval DEFAULT '00:01:00'::interval, p_kinds text[] DEFAULT NULL::text[], p_run_id uuid DEFAULT NULL::uuid)
 RETURNS SETOF ops.runs
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if coalesce(p_worker, '') = '' or p_lease is null or p_lease not between interval '5 seconds' and interval '1 hour' then
    raise exception 'a claim needs the name of a worker and a lease from 5 seconds to 1 hour' using errcode = 'invalid_parameter_value';
  end if;
  perform ops.rescue_runs();
  return query
    update ops.runs r
    set status = 'running',
        attempt = r.attempt + 1,
        worker = p_worker,
        lease_token = r.lease_token + 1,
        lease_expires_at = now() + p_lease,
        started_at = coalesce(r.started_at, now()),
        updated_at = now()
    where r.id = (
      select x.id
      from ops.runs x
      where x.status = 'queued' and (p_kinds is null or x.kind = any (p_kinds)) and (p_run_id is null or x.id = p_run_id)
      order by x.id
      limit 1
      for update skip locked
    )
    returning r.*;
end
$function$;
comment on function ops.claim_run(text,interval,text[],uuid) is 'Take the oldest queued run, of some kinds or that one: running, a new attempt, under a lease with a new token. No row when there is none.';
grant execute on function ops.claim_run(text,interval,text[],uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.claimable_jobs(p_task_types text[], p_now timestamp with time zone)
 RETURNS TABLE(task_type text, priority smallint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_paused text[] := (select array_agg(t.task_type) from ops.job_types t where t.paused);
  v_priority smallint := 32767;
  v_busy int8multirange;
begin
  -- Almost every worker of a busy queue asks for one type: a probe for each of its priorities.
  if cardinality(p_task_types) = 1 then
    if p_task_types[1] = any (v_paused) then
      return;
    end if;
    task_type := p_task_types[1];
    loop
      priority := (
        select q.priority
        from ops.queued_jobs q
        where q.status = 'pending' and not q.blocked and q.task_type = p_task_types[1] and q.priority <= v_priority
        order by q.priority desc
        limit 1
      );
      exit when priority is null;
      return next;
      exit when priority = -32768;
      v_priority := priority - 1;
    end loop;
    return;
  end if;

  v_busy := coalesce((select range_agg(l.held) from ops.job_leases l), '{}');
  return query
  with recursive types (task_type) as (
    (
      select q.task_type
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and p_task_types is null
      order by q.task_type
      limit 1
    )
    union all
    select (
      select q.task_type
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type > t.task_type
      order by q.task_type
      limit 1
    )
    from types t
    where t.task_type is not null
  ), wanted as (
    select t.task_type from types t where t.task_type is not null
    union
    select u.task_type from unnest(p_task_types) u (task_type)
  ), groups (task_type, priority) as (
    select w.task_type, (
      select q.priority
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type = w.task_type
      order by q.priority desc
      limit 1
    )
    from wanted w
    where w.task_type <> all (coalesce(v_paused, '{}'))
    union all
    select g.task_type, (
      select q.priority
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type = g.task_type and q.priority < g.priority
      order by q.priority desc
      limit 1
    )
    from groups g
    where g.priority is not null
  )
  select g.task_type, g.priority
  from groups g
  cross join lateral (
    select q.run_at
    from ops.queued_jobs q
    where q.status = 'pending'
      and not q.blocked
      and q.task_type = g.task_type
      and q.priority = g.priority
      and q.run_at <= p_now
      and not v_busy @> q.id
    order by q.run_at, q.id
    limit 1
  ) head
  where g.priority is not null
  order by g.priority desc, head.run_at, g.task_type;
end
$function$;
comment on function ops.claimable_jobs(text[],timestamp with time zone) is 'Where there may be due work: types that are not paused and their priorities, first to run first. A few index probes for each, however much is queued.';
grant execute on function ops.claimable_jobs(text[],timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.close_build_job(p_build_id uuid, p_status text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_queue_id bigint := (select b.queue_id from ops.builds b where b.id = p_build_id);
  v_token bigint := (select l.token from ops.build_leases l where l.build_id = p_build_id);
begin
  -- A run that nobody queued has no place to give back.
  if v_queue_id is null then
    return;
  end if;
  -- How the build went is the build's to say; its place in the queue has done its work either way.
  if v_token is null or cardinality(ops.complete_jobs(
    v_token, array[v_queue_id], jsonb_build_object(v_queue_id::text, jsonb_build_object('build_status', p_status))
  )) > 0 then
    perform ops.cancel_job(v_queue_id);
  end if;
end
$function$;
comment on function ops.close_build_job(uuid,text) is 'A build ended: so does its job, done when somebody held it, else cancelled.';

CREATE OR REPLACE FUNCTION ops.collect(p_now timestamp with time zone DEFAULT clock_timestamp(), p_limit integer DEFAULT 5000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_last_tick timestamptz;
  v_step text;
  v_count integer;
  v_done jsonb := '{}';
begin
  if not ops.try_lock('collector', '') then
    return '{"busy": true}';
  end if;
  v_last_tick := ops.record_tick(p_now);
  perform ops.resolve_alert('collector:silent');
  foreach v_step in array array[
    'cancel_overdue_sql', 'responses', 'lost', 'queued_work', 'unreported', 'scheduler_failures', 'misfires', 'started',
    'overdue_sql'
  ] loop
    v_count := ops.collect_step(v_step, v_last_tick, p_now, p_limit);
    v_done := v_done || jsonb_build_object(v_step, v_count);
    if v_count is not null then
      perform ops.resolve_alert('collector:' || v_step);
    end if;
  end loop;
  return v_done;
end
$function$;
comment on function ops.collect(timestamp with time zone,integer) is 'Turn answers, silence, reports, queued work and scheduler failures into outcomes; start what waits. Bounded per call; returns counts per step, null for a step that failed.';

CREATE OR REPLACE FUNCTION ops.collect_lost(p_now timestamp with time zone, p_limit integer)
 RETURNS text[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_epoch uuid := ops.current_epoch();
  v_stuck_after interval := interval '10 minutes';
  v_jobs text[] := '{}';
  v_silent record;
  v_unsent boolean;
begin
  -- Answers are kept for six hours; nothing can arrive later.
  update ops.cron_attempts
  set awaiting_response = false
  where awaiting_response and error_code is not null and fired_at < p_now - interval '6 hours';

  if to_regclass('net.http_request_queue') is null then
    v_epoch := null;
  end if;

  for v_silent in
    select a.run_id, a.attempt, a.request_id, a.deadline, a.epoch is distinct from v_epoch as crashed,
      r.job, t.redeemed_at,
      r.attempt = a.attempt and r.status = 'fired' and r.next_attempt_at is null as is_waiting,
      coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report,
      ops.report_deadline(d.definition, r.fired_at) as report_deadline
    from ops.cron_attempts a
    join ops.cron_runs r on r.id = a.run_id
    left join ops.job_definitions d on d.name = r.job
    left join ops.run_tokens t on t.run_id = a.run_id and t.attempt = a.attempt
    where a.awaiting_response and a.error_code is null and (a.deadline < p_now or a.epoch is distinct from v_epoch)
    order by a.deadline
    limit p_limit
    for update of r skip locked
  loop
    v_unsent := false;
    if not v_silent.crashed then
      if v_silent.deadline < p_now - v_stuck_after then
        -- Still unsent this late: take the request back, unless pg_net is sending it right now.
        delete from net.http_request_queue q
        where q.id in (
          select w.id from net.http_request_queue w where w.id = v_silent.request_id for update skip locked
        );
        v_unsent := found;
      end if;
      if not v_unsent and exists (select from net.http_request_queue q where q.id = v_silent.request_id) then
        continue;
      end if;
    end if;

    update ops.cron_attempts
    set error_code = case when v_unsent then 'timeout' else 'lost' end,
        error = 'no answer',
        awaiting_response = not (v_silent.crashed or v_unsent)
    where run_id = v_silent.run_id and attempt = v_silent.attempt;

    if not v_silent.is_waiting then
      continue;
    end if;
    if v_silent.must_report and v_silent.redeemed_at is not null then
      -- It arrived, for its token was used: wait for its own word.
      update ops.cron_runs
      set status = 'delivered', delivered_at = v_silent.redeemed_at, deadline = v_silent.report_deadline
      where id = v_silent.run_id;
    elsif v_unsent then
      perform ops.fail_run(
        v_silent.run_id, 'timeout',
        'timeout - pg_net never sent the request; its worker is stuck or dead: select net.worker_restart()', p_now
      );
    elsif v_silent.crashed then
      perform ops.fail_run(
        v_silent.run_id, 'lost',
        'lost - the server crashed or failed over before the answer came, and pg_net keeps nothing through that', p_now
      );
    else
      perform ops.fail_run(v_silent.run_id, 'lost', 'lost - the request left the queue of pg_net and no answer came', p_now);
    end if;
    v_jobs := v_jobs || v_silent.job;
  end loop;
  return v_jobs;
end
$function$;
comment on function ops.collect_lost(timestamp with time zone,integer) is 'End or retry runs whose answer will not come: lost in a crash, lost after the deadline, or never sent. Returns the jobs concerned.';

CREATE OR REPLACE FUNCTION ops.collect_queued_work(p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_done record;
  v_count integer := 0;
begin
  -- Workers do this too; here it happens when none is left.
  perform ops.rescue_jobs();
  for v_done in
    select r.id, q.status, q.last_error
    from ops.cron_runs r
    join ops.queued_jobs q on q.run_id = r.id
    where r.status in ('queued', 'fired', 'delivered') -- as in the index
      and r.status = 'fired'
      and r.call_kind = 'enqueue'
      and q.finished_at is not null
    limit p_limit
    for update of r skip locked
  loop
    v_count := v_count + 1;
    if v_done.status = 'succeeded' then
      perform ops.succeed_run(v_done.id, null, p_now);
    elsif v_done.status = 'cancelled' then
      perform ops.fail_run(v_done.id, 'cancelled', 'cancelled - the queued work was cancelled', p_now);
    else
      perform ops.fail_run(
        v_done.id, 'report_failed',
        left('report_failed - ' || coalesce(ops.redact_text(v_done.last_error), 'the queued work failed'), 1000), p_now
      );
    end if;
  end loop;
  return v_count;
end
$function$;
comment on function ops.collect_queued_work(timestamp with time zone,integer) is 'Carry the outcome of queued work over to the runs that wait for it. Returns how many.';

CREATE OR REPLACE FUNCTION ops.collect_responses(p_now timestamp with time zone, p_limit integer)
 RETURNS text[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_epoch uuid := ops.current_epoch();
  v_jobs text[];
begin
  if to_regclass('net._http_response') is null
    or not exists (select from ops.cron_attempts a where a.awaiting_response)
  then
    return '{}';
  end if;

  with open_attempts as materialized (
    -- Ids start again after a crash: an id means the newest attempt of this epoch that has it.
    select distinct on (a.request_id) a.run_id, a.attempt, a.request_id, a.fired_at
    from ops.cron_attempts a
    where a.awaiting_response and a.epoch = v_epoch
    order by a.request_id, a.fired_at desc
  ), answers as materialized (
    select distinct on (o.run_id, o.attempt)
      o.run_id, o.attempt, greatest(h.created, o.fired_at) as delivered_at, h.status_code, h.timed_out, h.error_msg,
      left(h.content, 20000) as content,
      ops.response_error(h.status_code, h.timed_out, h.error_msg) as error_code
    from open_attempts o
    join net._http_response h on h.id = o.request_id and h.created >= o.fired_at - interval '1 minute'
    where h.created >= (select min(fired_at) from open_attempts) - interval '1 minute'
    order by o.run_id, o.attempt, h.created
    limit p_limit
  ), judged as materialized (
    select n.*, r.status, r.job,
      coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report,
      ops.report_deadline(d.definition, r.fired_at) as report_deadline,
      t.redeemed_at,
      case when n.error_code is not null and r.status = 'fired'
        then ops.retry_delay(d.definition, n.attempt, n.error_code, n.status_code) end as retry_delay,
      left(ops.redact_values(n.content, ops.secret_names(d.definition)), 1000) as excerpt,
      case n.error_code
        when 'network' then 'network - ' || left(ops.redact_text(n.error_msg), 500)
        when 'timeout' then 'timeout - ' || left(ops.redact_text(coalesce(n.error_msg, 'no answer in time')), 500)
        else n.error_code || ' - the answer was HTTP ' || coalesce(n.status_code::text, 'without a status')
      end as error
    from answers n
    join ops.cron_runs r on r.id = n.run_id
    left join ops.job_definitions d on d.name = r.job
    left join ops.run_tokens t on t.run_id = n.run_id and t.attempt = n.attempt
    -- The order of locks everywhere: run, then attempt.
    for update of r
  ), attempts as (
    update ops.cron_attempts a
    set awaiting_response = false, delivered_at = j.delivered_at, http_status = j.status_code, timed_out = j.timed_out,
        error_code = j.error_code, error = j.error, response_excerpt = j.excerpt
    from judged j
    where a.run_id = j.run_id and a.attempt = j.attempt
  ), runs as (
    update ops.cron_runs r
    set status = o.status,
        delivered_at = case when j.error_code is null or j.status_code is not null then j.delivered_at else j.redeemed_at end,
        http_status = j.status_code,
        deadline = case when o.status = 'delivered' then j.report_deadline end,
        next_attempt_at = case when o.status = 'fired' then p_now + j.retry_delay end,
        finished_at = case when o.status not in ('fired', 'delivered') then p_now end,
        error_code = case when o.status not in ('succeeded', 'delivered') then j.error_code end,
        error = case when o.status not in ('succeeded', 'delivered') then j.error end
    from judged j
    cross join lateral (
      select case
        when j.error_code is null and j.must_report then 'delivered'
        when j.error_code is null then 'succeeded'
        -- The function took its token, so it runs; it may outlive the request and report.
        when j.error_code in ('timeout', 'network') and j.must_report and j.redeemed_at is not null then 'delivered'
        when j.retry_delay is not null then 'fired'
        else ops.final_status(j.error_code)
      end as status
    ) o
    where r.id = j.run_id
      and r.attempt = j.attempt
      -- "lost" means we did not know; a late answer to the last try says so after all, but starts nothing again.
      and (
        (r.status = 'fired' and r.next_attempt_at is null)
        or (r.status = 'lost' and o.status not in ('fired', 'delivered'))
      )
    returning r.job
  )
  select coalesce(array_agg(distinct runs.job), '{}') into v_jobs from runs;

  return v_jobs;
end
$function$;
comment on function ops.collect_responses(timestamp with time zone,integer) is 'Join new answers of pg_net to their runs: delivered, succeeded, failed, timed_out, or a retry to come. Returns the jobs concerned.';

CREATE OR REPLACE FUNCTION ops.collect_scheduler_failures(p_now timestamp with time zone, p_limit integer)
 RETURNS text[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_seen bigint;
  v_upto bigint;
  v_unfinished bigint[];
  v_jobs text[];
begin
  if to_regclass('cron.job_run_details') is null then
    return '{}';
  end if;
  -- A database with years of history starts near its end.
  if not exists (select from ops.collector_state) then
    insert into ops.collector_state (last_scheduler_run_id)
    select greatest(coalesce(max(c.runid), 0) - 1000, 0) from cron.job_run_details c
    on conflict do nothing;
  end if;
  select s.last_scheduler_run_id, s.unfinished_scheduler_run_ids into v_seen, v_unfinished from ops.collector_state s;

  with batch as materialized (
    (
      select c.runid, c.command, c.status, c.return_message, c.start_time, c.end_time
      from cron.job_run_details c
      where c.runid > v_seen
      order by c.runid
      limit p_limit
    )
    union all
    select c.runid, c.command, c.status, c.return_message, c.start_time, c.end_time
    from cron.job_run_details c
    where c.runid = any (v_unfinished)
  ), failures as (
    select b.runid, f.job, d.definition,
      coalesce(b.start_time, b.end_time, p_now) as at,
      coalesce(b.end_time, b.start_time, p_now) as until,
      left('scheduler_failed - ' || ops.redact_text(rtrim(split_part(coalesce(b.return_message, 'no message'), 'CONTEXT:', 1))), 500)
        as error
    from batch b
    cross join lateral (select ops.fired_job(b.command) as job) f
    join ops.job_definitions d on d.name = f.job
    where b.status = 'failed'
  ), missed as (
    select f.*, coalesce(s.slot, case when f.definition #>> '{schedule,kind}' <> 'cron' then date_trunc('second', f.at) end) as slot
    from failures f
    left join lateral ops.known_slots(f.definition, f.at - interval '29 minutes', f.at, 1) as s (slot) on true
    where not exists (
      select from ops.cron_runs r
      where r.job = f.job
        and r.trigger in ('schedule', 'queued')
        and r.created_at between f.at - interval '1 second' and f.until + interval '1 second'
    )
  ), recorded as (
    insert into ops.cron_runs (
      job, scheduled_for, trigger, status, call_kind, created_at, finished_at, error_code, error, scheduler_run_id
    )
    select m.job, m.slot, 'schedule', 'failed', m.definition #>> '{call,kind}', m.at, p_now, 'scheduler_failed', m.error, m.runid
    from missed m
    where m.slot is not null
      -- Somebody is running it after all, uncommitted; inserting would wait for that to end.
      and not ops.is_slot_running(m.job, m.slot)
    on conflict do nothing
    returning job
  )
  select
    (select coalesce(array_agg(distinct job), '{}') from recorded),
    (select max(b.runid) from batch b),
    -- Some rows stay "connecting" for ever, so only the newest are asked again.
    (
      select coalesce(array_agg(u.runid), '{}')
      from (
        select b.runid from batch b where b.status not in ('succeeded', 'failed') order by b.runid desc limit 1000
      ) u
    )
  into v_jobs, v_upto, v_unfinished;

  update ops.collector_state
  set last_scheduler_run_id = greatest(last_scheduler_run_id, v_upto), unfinished_scheduler_run_ids = v_unfinished
  where singleton;
  return v_jobs;
end
$function$;
comment on function ops.collect_scheduler_failures(timestamp with time zone,integer) is 'Write a failed run (scheduler_failed) for each command of ours that pg_cron could not run at all. Returns the jobs concerned.';

CREATE OR REPLACE FUNCTION ops.collect_step(p_step text, p_last_tick timestamp with time zone, p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_jobs text[];
  v_state text;
  v_message text;
begin
  begin
    case p_step
      when 'cancel_overdue_sql' then
        return ops.cancel_overdue_sql(p_now);
      when 'responses' then
        v_jobs := ops.collect_responses(p_now, p_limit);
        perform ops.judge_jobs(v_jobs);
        return cardinality(v_jobs);
      when 'lost' then
        return cardinality(ops.collect_lost(p_now, p_limit));
      when 'queued_work' then
        return ops.collect_queued_work(p_now, p_limit);
      when 'unreported' then
        return ops.collect_unreported(p_now, p_limit);
      when 'scheduler_failures' then
        v_jobs := ops.collect_scheduler_failures(p_now, p_limit * 10);
        perform ops.judge_jobs(v_jobs);
        return cardinality(v_jobs);
      when 'misfires' then
        return ops.queue_misfires(p_last_tick, p_now);
      when 'started' then
        -- Each holds an advisory lock until the end, and the lock table of a small server has a few thousand places.
        return ops.start_waiting(array['http', 'enqueue'], least(p_limit, 1000), interval '20 seconds', p_now);
      when 'overdue_sql' then
        -- Somebody else's work (ops.run_pending_sql); done here only when nobody does it.
        return ops.start_waiting(array['sql'], 1, interval '1 second', p_now, null, interval '5 minutes');
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  perform ops.raise_alert(
    'collector', 'collector:' || p_step, 'critical', 'The collector fails at ' || p_step,
    left(format('%s %s', v_state, ops.redact_text(v_message)), 1000),
    jsonb_build_object('step', p_step, 'sqlstate', v_state)
  );
  return null;
end
$function$;
comment on function ops.collect_step(text,timestamp with time zone,timestamp with time zone,integer) is 'One step of the collector. A step that fails raises an alert, is undone alone, and leaves the others to go on (returns null).';

CREATE OR REPLACE FUNCTION ops.collect_unreported(p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_id bigint;
  v_count integer := 0;
begin
  for v_id in
    select r.id
    from ops.cron_runs r
    where r.status in ('queued', 'fired', 'delivered')
      and (r.status = 'delivered' or (r.status = 'fired' and r.call_kind = 'enqueue'))
      and r.deadline < p_now
    order by r.deadline
    limit p_limit
    for update skip locked
  loop
    v_count := v_count + 1;
    perform ops.fail_run(
      v_id, 'not_reported', 'not_reported - the call arrived and nobody said how it went before the deadline', p_now
    );
  end loop;
  return v_count;
end
$function$;
comment on function ops.collect_unreported(timestamp with time zone,integer) is 'Fail runs that promised a report and did not give one in time. Returns how many.';

CREATE OR REPLACE FUNCTION ops.complete_and_claim_jobs(p_token bigint, p_ids bigint[], p_results jsonb, p_worker text, p_limit integer, p_lease interval DEFAULT '00:01:00'::interval, p_task_types text[] DEFAULT NULL::text[])
 RETURNS TABLE(id bigint, task_type text, payload jsonb, attempts integer, max_attempts integer, lease_token bigint, run_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_token bigint := p_token;
  v_ended int8multirange := '{}';
  v_lost bigint[];
  v_left integer := p_limit;
  v_count integer;
  v_busy int8multirange;
  v_waited boolean := false;
  v_group record;
begin
  if p_worker is null or p_limit < 1 or p_lease <= '0' then
    raise exception 'a claim needs a worker, a limit and a lease' using errcode = 'invalid_parameter_value';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'jobs are claimed at isolation level read committed: a claim must see the leases of the one before it'
      using errcode = 'invalid_transaction_state';
  end if;
  if p_token is not null then
    select e.ended, e.lost into v_ended, v_lost from ops.end_jobs(p_token, p_ids, p_results) e;
    if v_ended is null then
      v_token := null;
      v_ended := '{}';
    end if;
    if cardinality(v_lost) > 0 then
      return query
      select l.id, null::text, null::jsonb, null::integer, null::integer, null::bigint, null::timestamptz
      from unnest(v_lost) l (id);
    end if;
  end if;

  for v_group in select c.task_type, c.priority from ops.claimable_jobs(p_task_types, v_now) c loop
    -- Claims of a type wait for each other, until their commit. Who has one such lock does not wait for a second.
    if v_waited then
      continue when not pg_try_advisory_xact_lock(hashtextextended('ops.queue:claim:' || v_group.task_type, 0));
    else
      perform pg_advisory_xact_lock(hashtextextended('ops.queue:claim:' || v_group.task_type, 0));
      v_waited := true;
    end if;
    -- A statement of its own: it sees what was committed before the lock was got.
    v_busy := coalesce((select range_agg(l.held) from ops.job_leases l), '{}');
    v_token := coalesce(v_token, nextval('ops.job_leases_token_seq'));
    return query
    with picked as materialized (
      select q.id, q.payload, q.attempts, q.max_attempts, q.run_at
      from ops.queued_jobs q
      where q.task_type = v_group.task_type
        and q.priority = v_group.priority
        and q.run_at <= v_now
        and q.status = 'pending'
        and not q.blocked
        and not v_busy @> q.id
      order by q.run_at, q.id
      limit v_left
    ), leased as (
      insert into ops.job_leases as l (token, worker, claimed_at, expires_at, held)
      select v_token, p_worker, v_now, v_now + p_lease, range_agg(int8range(p.id, p.id, '[]'))
      from picked p
      having count(*) > 0
      on conflict (token) do update
      set claimed_at = excluded.claimed_at, expires_at = excluded.expires_at, held = l.held - v_ended + excluded.held
    )
    select p.id, v_group.task_type, p.payload, p.attempts + 1, p.max_attempts, v_token, p.run_at
    from picked p;
    get diagnostics v_count = row_count;
    if v_count > 0 then
      v_ended := '{}';
      v_left := v_left - v_count;
      exit when v_left <= 0;
    end if;
  end loop;
  if v_ended <> '{}' then
    perform ops.shrink_lease(v_token, v_ended);
  end if;
end
$function$;
comment on function ops.complete_and_claim_jobs(bigint,bigint[],jsonb,text,integer,interval,text[]) is 'ops.complete_jobs and ops.claim_jobs in one round trip and one commit, under the same lease while it holds anything. A row without lease_token is a job the caller no longer held.';
grant execute on function ops.complete_and_claim_jobs(bigint,bigint[],jsonb,text,integer,interval,text[]) to service_role;

CREATE OR REPLACE FUNCTION ops.complete_jobs(p_token bigint, p_ids bigint[], p_results jsonb DEFAULT NULL::jsonb)
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
  v_ended int8multirange;
  v_lost bigint[];
begin
  select e.ended, e.lost into v_ended, v_lost from ops.end_jobs(p_token, p_ids, p_results) e;
  perform ops.shrink_lease(p_token, v_ended);
  return coalesce(v_lost, '{}');
end
$function$;
comment on function ops.complete_jobs(bigint,bigint[],jsonb) is 'These jobs of the lease ended well; p_results maps ids to results, which are kept as long as the row. Returns those it no longer holds, which are left alone.';
grant execute on function ops.complete_jobs(bigint,bigint[],jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.count_builds()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'INSERT' then
    update ops.branches b
    set build_count = b.build_count + n.builds
    from (select a.branch_id, count(*) as builds from added a group by a.branch_id) n
    where b.id = n.branch_id;
  else
    update ops.branches b
    set build_count = b.build_count - n.builds
    from (select r.branch_id, count(*) as builds from removed r group by r.branch_id) n
    where b.id = n.branch_id;
  end if;
  return null;
end
$function$;
comment on function ops.count_builds() is 'Trigger: keeps ops.branches.build_count, once a statement.';

CREATE OR REPLACE FUNCTION ops.count_due_competitors(p_totals boolean, p_before timestamp with time zone, p_coach_id text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select count(*)
  from ops.competitors c
  where c.active
    and (p_coach_id is null or c.coach_id = p_coach_id)
    and case
      when p_totals then c.needs_totals_refresh and (c.totals_refreshed_at is null or c.totals_refreshed_at < p_before)
      else c.synced_at is null or c.synced_at < p_before
    end
$function$;
comment on function ops.count_due_competitors(boolean,timestamp with time zone,text) is 'How many ops.due_competitors has left.';
grant execute on function ops.count_due_competitors(boolean,timestamp with time zone,text) to service_role;

CREATE OR REPLACE FUNCTION ops.count_odoo_attachments()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'total', count(*),
    'migrated', count(*) filter (where a.status = 'migrated'),
    'failed', count(*) filter (where a.status = 'failed'),
    'remaining', count(*) filter (where a.status in ('pending', 'migrating'))
  )
  from ops.odoo_attachments a
$function$;
comment on function ops.count_odoo_attachments() is 'How far the move is: {total, migrated, failed, remaining}.';
grant execute on function ops.count_odoo_attachments() to service_role;

CREATE OR REPLACE FUNCTION ops.create_build(p_branch_id uuid, p_trigger text DEFAULT 'manual'::text, p_actor text DEFAULT NULL::text, p_requested_by uuid DEFAULT NULL::uuid, p_commit_sha text DEFAULT NULL::text, p_commit_message text DEFAULT NULL::text, p_commit_author text DEFAULT NULL::text, p_inputs jsonb DEFAULT NULL::jsonb, p_idempotency_key text DEFAULT NULL::text, p_priority integer DEFAULT NULL::integer)
 RETURNS TABLE(build_id uuid, status text, queue_id bigint, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_branch record;
  v_id uuid;
  v_former record;
begin
  select h.id, h.name, h.project_id, h.org_id, h.inputs, h.cancel_superseded, h.stop_superseded, h.manual, h.waiting_limit,
    coalesce(h.archived_at, p.archived_at) as archived_at, p.slug
  into v_branch
  from ops.branches h
  join ops.projects p on p.id = h.project_id
  where h.id = p_branch_id;
  if not found then
    raise exception 'there is no branch %', p_branch_id using errcode = 'PT404';
  end if;
  insert into ops.builds (
    branch_id, trigger, actor, requested_by, commit_sha, commit_message, commit_author, inputs, idempotency_key
  )
  values (
    p_branch_id, p_trigger, p_actor, p_requested_by, p_commit_sha, p_commit_message, p_commit_author,
    v_branch.inputs || coalesce(p_inputs, '{}'), p_idempotency_key
  )
  on conflict (project_id, idempotency_key) where idempotency_key is not null do nothing
  returning id into v_id;
  if v_id is null then
    return query
      select b.id, b.status, b.queue_id, b.created_at
      from ops.builds b
      where b.project_id = v_branch.project_id and b.idempotency_key = p_idempotency_key;
    return;
  end if;
  -- After the insert: a trigger that is sent again gets the build it got before, whatever the limits say by now.
  if v_branch.archived_at is not null then
    raise exception 'branch % of % is archived', v_branch.name, v_branch.slug
      using errcode = 'PT409', hint = 'Declare it in runbooks/projects/ again.';
  elsif v_branch.manual and p_trigger in ('push', 'schedule') then
    raise exception 'branch % of % builds when somebody asks, not by %', v_branch.name, v_branch.slug, p_trigger using errcode = 'PT409';
  elsif not v_branch.cancel_superseded and v_branch.waiting_limit < (
    select count(*) from ops.builds b where b.branch_id = p_branch_id and b.status = 'queued'
  ) then
    raise exception '% builds of branch % of % wait already', v_branch.waiting_limit, v_branch.name, v_branch.slug using errcode = 'PT409';
  end if;
  perform ops.note_build(v_id, v_branch.org_id, 'created', concat_ws(' ', 'triggered by', p_trigger, p_actor), p_data => jsonb_strip_nulls(
    jsonb_build_object('trigger', p_trigger, 'actor', p_actor, 'requested_by', p_requested_by, 'commit_sha', p_commit_sha)
  ));
  perform ops.enqueue_build(v_id, p_priority);
  for v_former in
    select b.id from ops.builds b
    where b.branch_id = p_branch_id and b.id < v_id
      and (v_branch.cancel_superseded and b.status = 'queued' or v_branch.stop_superseded and b.status in ('queued', 'dispatched', 'running'))
    order by b.id
  loop
    perform ops.cancel_build(v_former.id, p_actor, 'superseded by build ' || v_id);
  end loop;
  return query select b.id, b.status, b.queue_id, b.created_at from ops.builds b where b.id = v_id;
end
$function$;
comment on function ops.create_build(uuid,text,text,uuid,text,text,text,jsonb,text,integer) is 'A trigger becomes a build: its row, its place in the queue and the first events, together. The same idempotency key gives the same build again.';
grant execute on function ops.create_build(uuid,text,text,uuid,text,text,text,jsonb,text,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.create_org(p_name text, p_slug text, p_owner uuid)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with created as (
    insert into ops.orgs (name, slug) values (btrim(p_name), p_slug) returning id
  )
  insert into ops.org_members (org_id, user_id, role)
  select c.id, p_owner, 'owner' from created c
  returning org_id
$function$;
comment on function ops.create_org(text,text,uuid) is 'A new organisation with its first owner. Returns its id; a taken slug is a unique violation.';
grant execute on function ops.create_org(text,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.create_partition(p_table text, p_start timestamp with time zone, p_end timestamp with time zone, OUT made text, OUT moved bigint)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
 SET lock_timeout TO '5s'
AS $function$
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
$function$;
comment on function ops.create_partition(text,timestamp with time zone,timestamp with time zone) is 'Make one partition, with what the default partition holds of it. Returns its name and the number of rows moved.';

CREATE OR REPLACE FUNCTION ops.create_partitions(p_table ops.partitioned_tables, p_now timestamp with time zone)
 RETURNS TABLE(made text, moved bigint)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function ops.create_partitions(ops.partitioned_tables,timestamp with time zone) is 'Make the current partition of a table and those ahead, and older ones for rows that wait in the default partition.';

CREATE OR REPLACE FUNCTION ops.create_run(p_template text DEFAULT NULL::text, p_env text DEFAULT 'production'::text, p_inputs jsonb DEFAULT '{}'::jsonb, p_title text DEFAULT NULL::text, p_source text DEFAULT 'api'::text, p_kind text DEFAULT NULL::text, p_plan jsonb DEFAULT NULL::jsonb, p_actor text DEFAULT NULL::text, p_created_by uuid DEFAULT NULL::uuid, p_approval_required boolean DEFAULT false)
 RETURNS ops.runs
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_user uuid := ops.current_user_id();
  v_is_service boolean := ops.is_service();
  v_template ops.run_templates;
  v_run ops.runs;
begin
  if not v_is_service and v_user is null then
    raise exception 'nobody is signed in' using errcode = 'insufficient_privilege';
  elsif not v_is_service and not exists (select from ops.my_org_ids()) and not ops.is_admin() then
    -- The users of a product may live in the same project: an account alone starts no runbook.
    raise exception 'runbooks are for members of an organisation' using errcode = 'insufficient_privilege';
  end if;
  select t.* into v_template from ops.run_templates t where t.slug = p_template;
  if not found and (p_template is not null or not v_is_service) then
    raise exception 'there is no runbook named %', coalesce(quote_literal(p_template), 'null')
      using errcode = 'undefined_object', hint = 'See ops.run_templates.';
  elsif not (p_env = any (coalesce(v_template.environments, array[p_env]))) then
    raise exception 'runbook % does not run in %', v_template.slug, p_env
      using errcode = 'invalid_parameter_value', hint = 'It runs in ' || array_to_string(v_template.environments, ', ') || '.';
  elsif jsonb_typeof(coalesce(p_inputs, '{}')) <> 'object' then
    raise exception 'inputs are an object' using errcode = 'invalid_parameter_value';
  elsif ops.redact_text(p_inputs::text) <> p_inputs::text then
    raise exception 'the inputs seem to hold a token'
      using errcode = 'invalid_parameter_value', hint = 'Name the secret; the executor reads it where it is kept.';
  end if;
  insert into ops.runs (
    template, title, kind, env, inputs, plan, source, actor, created_by, approval_required, self_approval, max_attempts
  )
  values (
    v_template.slug, coalesce(p_title, v_template.title, ''), coalesce(v_template.kind, p_kind, 'runbook'), p_env,
    coalesce(p_inputs, '{}'), case when v_is_service then p_plan end, coalesce(p_source, 'api'),
    case when v_is_service then p_actor end,
    case when v_is_service then coalesce(p_created_by, v_user) else v_user end,
    coalesce(p_env = any (v_template.approval), false) or coalesce(p_approval_required, false),
    coalesce(v_template.self_approval, false), coalesce(v_template.max_attempts, 1)
  )
  returning * into v_run;
  return v_run;
end
$function$;
comment on function ops.create_run(text,text,jsonb,text,text,text,jsonb,text,uuid,boolean) is 'Start a run of a runbook: queued, in the name of the signed-in user, who must be a member of an organisation or an admin. service_role may also name another user, an actor in words, and a run without a template. Returns the row.';
grant execute on function ops.create_run(text,text,jsonb,text,text,text,jsonb,text,uuid,boolean) to authenticated;
grant execute on function ops.create_run(text,text,jsonb,text,text,text,jsonb,text,uuid,boolean) to service_role;

CREATE OR REPLACE FUNCTION ops.create_silence(p_matcher jsonb, p_until timestamp with time zone, p_actor text, p_reason text DEFAULT ''::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_id bigint;
begin
  if p_until is null or p_until <= now() or p_until > now() + interval '1 year' then
    raise exception 'a silence lasts until a time in the year to come, not %', coalesce(p_until::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'What shall never be told any more is taken out of its file.';
  end if;
  insert into ops.silences (matcher, until, created_by, reason)
  values (ops.require_matcher(p_matcher), p_until, left(p_actor, 200), left(coalesce(p_reason, ''), 1000))
  returning id into v_id;
  perform ops.judge_alerts();
  return v_id;
end
$function$;
comment on function ops.create_silence(jsonb,timestamp with time zone,text,text) is 'Keep quiet about the alerts that match (see ops.silences), those there are and those to come, until then. Returns the id of the silence.';
grant execute on function ops.create_silence(jsonb,timestamp with time zone,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.cron_findings(p_runs jsonb, p_net jsonb)
 RETURNS TABLE(code text, severity text, title text, message text, remedy text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_out_of_memory integer := coalesce((p_runs ->> 'out_of_memory')::integer, 0) + coalesce((p_net ->> 'out_of_memory')::integer, 0);
  v_rows bigint;
begin
  if v_out_of_memory > 0 then
    return query values (
      'out_of_memory', 'critical', 'pg_net says "Out of memory"',
      format('%s runs or answers of late say so.', v_out_of_memory),
      'First look at the URLs: pg_net before 0.20.2 says this of a URL without https://. Otherwise slow the schedule, lower the timeout (5000 to 3000 ms), lower the batch size (alter role postgres set pg_net.batch_size = 100), then restart the worker: select net.worker_restart().'
    );
  end if;
  if (p_net ->> 'queue_depth')::integer > 1000 then
    return query values (
      'net_backlog', 'warning', 'Requests pile up in pg_net',
      format('%s requests wait; the last answer came at %s.', p_net ->> 'queue_depth', coalesce(p_net ->> 'last_response_at', 'no time known')),
      'Restart the worker: select net.worker_restart(). When it is slow and not dead, slow the schedule or lower the timeouts: each batch of 200 waits for its slowest request.'
    );
  end if;
  if (p_net ->> 'responses')::integer >= 20 and (p_net ->> 'timed_out')::integer * 4 > (p_net ->> 'responses')::integer then
    return query values (
      'net_timeouts', 'warning', 'Many calls run into their timeout',
      format('%s of %s answers of the last hour.', p_net ->> 'timed_out', p_net ->> 'responses'),
      'Raise the timeout of the jobs that need it, or let long work go through the queue (call: enqueue); spread jobs that fire in the same minute (H).'
    );
  end if;
  if (p_runs ->> 'start_failures')::integer > 0 then
    return query values (
      'start_failures', 'warning', 'pg_cron could not start some jobs',
      format('%s times in 24 hours.', p_runs ->> 'start_failures'),
      'Too many jobs at once: spread them over minutes (H); Supabase advises at most 8 at a time. Then look at max_connections and cron.max_running_jobs.'
    );
  end if;
  if to_regclass('cron.job_run_details') is not null then
    select c.reltuples::bigint into v_rows from pg_catalog.pg_class c where c.oid = to_regclass('cron.job_run_details');
    if v_rows > 1000000 then
      return query values (
        'history_large', 'warning', 'The history of pg_cron grows without end',
        format('About %s rows in cron.job_run_details.', v_rows),
        'Let the job ops_prune_history run: it deletes what is older than it is told, in batches.'
      );
    end if;
  end if;
end
$function$;
comment on function ops.cron_findings(jsonb,jsonb) is 'What is wrong with the scheduler, from ops.cron_run_mix and ops.net_mix: a closed list of codes, each with what to do about it.';

CREATE OR REPLACE FUNCTION ops.cron_health()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_runs jsonb;
  v_net jsonb;
  v_jobs jsonb;
begin
  perform ops.require_admin();
  v_runs := ops.cron_run_mix();
  v_net := ops.net_mix();
  if to_regclass('cron.job') is not null then
    select jsonb_build_object(
      'total', count(*),
      'active', count(*) filter (where j.active),
      'inactive', count(*) filter (where not j.active),
      'unmanaged', count(*) filter (
        where not exists (select from ops.managed_objects m where m.kind = 'cron' and m.name = j.jobname::text)
      )
    )
    into v_jobs
    from cron.job j;
  end if;
  return jsonb_build_object(
    'pg_cron', coalesce(
      (select e.extversion from pg_catalog.pg_extension e where e.extname = 'pg_cron'),
      case when v_jobs is null then 'missing' else 'stand-in' end
    ),
    'jobs', v_jobs,
    'runs_24h', v_runs,
    'last_run_at', v_runs -> 'last_run_at',
    -- Slots that were left out because the run before had not ended; among the newest 10,000 runs.
    'overlaps_24h', (
      select coalesce(jsonb_agg(to_jsonb(o)), '[]')
      from (
        select r.job, count(*) as count
        from (
          select c.job, c.error_code, c.created_at from ops.cron_runs c order by c.id desc limit 10000
        ) r
        where r.error_code = 'overlap' and r.created_at > now() - interval '24 hours'
        group by r.job
        order by count(*) desc, r.job
        limit 10
      ) o
    ),
    'collector_at', (select max(t.ticked_at) from ops.scheduler_ticks t),
    'net', v_net,
    'findings', (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from ops.cron_findings(v_runs, v_net) f)
  );
end
$function$;
comment on function ops.cron_health() is 'For admins and service_role: how pg_cron and pg_net are, in one object: jobs, runs_24h, last_run_at, overlaps_24h, collector_at, net, and findings, each with its remedy.';
grant execute on function ops.cron_health() to authenticated;
grant execute on function ops.cron_health() to service_role;

CREATE OR REPLACE FUNCTION ops.cron_run_mix()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_mix jsonb;
begin
  if to_regclass('cron.job_run_details') is null then
    return null;
  end if;
  with newest as materialized (
    select d.runid, d.jobid, d.status, d.return_message, coalesce(d.start_time, d.end_time) as at
    from cron.job_run_details d
    order by d.runid desc
    limit 10000
  ), day as materialized (
    -- Runs that never started have no time at all before pg_cron 1.6.3; they count when later ones are of this day.
    select n.* from newest n where n.runid >= (select min(x.runid) from newest x where x.at > now() - interval '24 hours')
  ), failures as (
    select d.jobid, max(j.jobname::text) as jobname, count(*) as count, max(d.at) as last_at,
      left(ops.redact_text((array_agg(d.return_message order by d.runid desc))[1]), 300) as message
    from day d
    left join cron.job j on j.jobid = d.jobid
    where d.status = 'failed'
    group by d.jobid
    order by count(*) desc, d.jobid
    limit 10
  )
  select jsonb_build_object(
    'total', (select count(*) from day),
    'succeeded', (select count(*) from day d where d.status = 'succeeded'),
    'failed', (select count(*) from day d where d.status = 'failed'),
    'running', (select count(*) from day d where d.status = 'running'),
    'start_failures', (
      select count(*)
      from day d
      where d.status = 'failed'
        and (d.return_message in ('job startup timeout', 'connection failed') or d.return_message like 'could not start background process%')
    ),
    'out_of_memory', (select count(*) from day d where d.status = 'failed' and d.return_message ilike '%out of memory%'),
    'last_run_at', (select max(n.at) from newest n),
    'is_whole_day', (select count(*) < 10000 or min(n.at) <= now() - interval '24 hours' from newest n),
    'failures', (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from failures f)
  )
  into v_mix;
  return v_mix;
end
$function$;
comment on function ops.cron_run_mix() is 'What pg_cron says of the last 24 hours, from its newest 10,000 rows: counts, failures per job with the last message, last run. Null without pg_cron.';

CREATE OR REPLACE FUNCTION ops.current_epoch()
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_epoch uuid;
begin
  select e.epoch into v_epoch from ops.crash_epoch e;
  if not found then
    insert into ops.crash_epoch default values on conflict do nothing;
    select e.epoch into v_epoch from ops.crash_epoch e;
  end if;
  return v_epoch;
end
$function$;
comment on function ops.current_epoch() is 'The epoch since the last crash, starting one when the crash emptied the table.';

CREATE OR REPLACE FUNCTION ops.current_user_id()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_claims text := nullif(current_setting('request.jwt.claims', true), '');
begin
  if v_claims is null then
    return null;
  end if;
  return (v_claims::jsonb ->> 'sub')::uuid;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$function$;
comment on function ops.current_user_id() is 'The user a request speaks for: sub of request.jwt.claims, as PostgREST sets it. Null without claims, without sub, or when it is no uuid.';
grant execute on function ops.current_user_id() to authenticated;
grant execute on function ops.current_user_id() to service_role;

CREATE OR REPLACE FUNCTION ops.declare_project(p_name text, p_spec jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_org text := split_part(p_name, '/', 1);
  v_project record;
  v_was_dispatched boolean;
  v_gone uuid[];
  v_build record;
begin
  insert into ops.orgs (name, slug) values (v_org, v_org) on conflict (slug) do nothing;
  select p.dispatch into v_was_dispatched
  from ops.projects p join ops.orgs o on o.id = p.org_id
  where o.slug = v_org and p.slug = split_part(p_name, '/', 2)
  for no key update of p;
  insert into ops.projects as p (
    org_id, slug, name, description, owner, repo_url, workflow, dispatch, runtime_version, keep_builds, declared
  )
  select o.id, split_part(p_name, '/', 2), p_spec ->> 'title', p_spec ->> 'description', p_spec ->> 'owner', p_spec ->> 'repository',
    p_spec ->> 'workflow', (p_spec ->> 'dispatch')::boolean, p_spec ->> 'runtime_version',
    make_interval(secs => (p_spec ->> 'keep_seconds')::bigint), true
  from ops.orgs o
  where o.slug = v_org
  on conflict (org_id, slug) do update
  set name = excluded.name, description = excluded.description, owner = excluded.owner, repo_url = excluded.repo_url, workflow = excluded.workflow, dispatch = excluded.dispatch,
      runtime_version = excluded.runtime_version, keep_builds = excluded.keep_builds, declared = true, archived_at = null, updated_at = now(),
      -- Another repository is another number, which its first run proves.
      repository_id = case when lower(ops.repository_name(p.repo_url)) = lower(ops.repository_name(excluded.repo_url)) then p.repository_id end
  returning p.id, p.dispatch into v_project;
  insert into ops.branches as h (
    project_id, name, lane, workflow, environment, inputs, manual, one_at_a_time, cancel_superseded, stop_superseded, waiting_limit
  )
  select v_project.id, s.key, s.value ->> 'lane', s.value ->> 'workflow', s.value ->> 'environment', s.value -> 'inputs',
    (s.value ->> 'manual')::boolean, (s.value ->> 'one_at_a_time')::boolean, (s.value ->> 'cancel_superseded')::boolean,
    (s.value ->> 'stop_superseded')::boolean, (s.value ->> 'waiting_limit')::integer
  from jsonb_each(p_spec -> 'branches') s
  on conflict (project_id, name) do update
  set lane = excluded.lane, workflow = excluded.workflow, environment = excluded.environment, inputs = excluded.inputs,
      manual = excluded.manual, one_at_a_time = excluded.one_at_a_time, cancel_superseded = excluded.cancel_superseded,
      stop_superseded = excluded.stop_superseded, waiting_limit = excluded.waiting_limit, archived_at = null, updated_at = now();
  with gone as (
    update ops.branches h
    set archived_at = now(), updated_at = now()
    where h.project_id = v_project.id and h.archived_at is null and not p_spec -> 'branches' ? h.name
    returning h.id
  )
  select array_agg(g.id) into v_gone from gone g;
  perform ops.cancel_waiting_builds(v_gone, 'its branch was archived');
  if v_was_dispatched <> v_project.dispatch then
    -- Those that wait do so in the other queue from now on.
    for v_build in
      select b.id, b.queue_id from ops.builds b where b.project_id = v_project.id and b.status = 'queued' order by b.id for no key update
    loop
      perform ops.cancel_job(v_build.queue_id);
      perform ops.enqueue_build(v_build.id);
    end loop;
  end if;
  return v_project.id;
end
$function$;
comment on function ops.declare_project(text,jsonb) is 'Make a project (org/slug) and its branches what a file says, as ops.declared_projects tells it. Its organisation is made when there is none; branches the file does not name are archived, and their builds that wait are cancelled.';
grant execute on function ops.declare_project(text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.declared_projects()
 RETURNS TABLE(name text, spec jsonb)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select o.slug || '/' || p.slug,
    jsonb_build_object(
      'title', p.name, 'description', p.description, 'owner', p.owner, 'repository', p.repo_url, 'workflow', p.workflow, 'dispatch', p.dispatch, 'runtime_version', p.runtime_version,
      'keep_seconds', extract(epoch from p.keep_builds)::bigint,
      'branches', coalesce((
        select jsonb_object_agg(h.name, jsonb_build_object(
          'lane', h.lane, 'workflow', h.workflow, 'environment', h.environment, 'inputs', h.inputs, 'manual', h.manual,
          'one_at_a_time', h.one_at_a_time, 'cancel_superseded', h.cancel_superseded, 'stop_superseded', h.stop_superseded,
          'waiting_limit', h.waiting_limit
        ))
        from ops.branches h
        where h.project_id = p.id and h.archived_at is null
      ), '{}')
    )
  from ops.projects p
  join ops.orgs o on o.id = p.org_id
  where p.archived_at is null
$function$;
comment on function ops.declared_projects() is 'Projects as files would declare them, by org/slug; archived ones are not there.';
grant execute on function ops.declared_projects() to service_role;

CREATE OR REPLACE FUNCTION ops.drop_build_dispatch(p_build_id uuid, p_attempt integer, p_why text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update ops.build_dispatches d
  set state = 'dropped', settled_at = clock_timestamp(), error = coalesce(p_why, d.error)
  where d.build_id = p_build_id and d.attempt = p_attempt and d.settled_at is null
$function$;
comment on function ops.drop_build_dispatch(uuid,integer,text) is 'An order nobody has to carry out any more.';

CREATE OR REPLACE FUNCTION ops.due_competitors(p_totals boolean, p_before timestamp with time zone, p_coach_id text DEFAULT NULL::text, p_limit integer DEFAULT 100)
 RETURNS TABLE(id uuid, external_id text, after_time_unix bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if p_totals then
    return query
    select c.id, c.external_id, c.after_time_unix
    from ops.competitors c
    where c.active and c.needs_totals_refresh
      and (c.totals_refreshed_at is null or c.totals_refreshed_at < p_before)
      and (p_coach_id is null or c.coach_id = p_coach_id)
    order by c.totals_refreshed_at nulls first, c.id
    limit least(greatest(p_limit, 1), 1000);
  else
    return query
    select c.id, c.external_id, c.after_time_unix
    from ops.competitors c
    where c.active
      and (c.synced_at is null or c.synced_at < p_before)
      and (p_coach_id is null or c.coach_id = p_coach_id)
    order by c.synced_at nulls first, c.id
    limit least(greatest(p_limit, 1), 1000);
  end if;
end
$function$;
comment on function ops.due_competitors(boolean,timestamp with time zone,text,integer) is 'Competitors not looked at since p_before, longest ago first: those with stale totals, or all active ones.';
grant execute on function ops.due_competitors(boolean,timestamp with time zone,text,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.due_slots(p_definition jsonb, p_after timestamp with time zone, p_until timestamp with time zone, p_limit integer)
 RETURNS SETOF timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_hours bigint := (p_definition #>> '{schedule,match,hours}')::bigint;
  v_zone text := coalesce(p_definition #>> '{schedule,timezone}', 'UTC');
  v_at timestamptz := date_trunc('minute', p_until);
  v_local timestamp;
  v_found integer := 0;
begin
  if p_definition #>> '{schedule,kind}' is distinct from 'cron' then
    return;
  end if;
  while v_at > p_after and v_found < p_limit loop
    v_local := v_at at time zone v_zone;
    -- An hour the schedule never names is skipped whole, unless the clocks changed near it.
    if (v_hours >> extract(hour from v_local)::integer) & 1 = 0
      and (v_zone = 'UTC' or (v_at - interval '4 hours') at time zone v_zone = v_local - interval '4 hours')
    then
      v_at := v_at - make_interval(mins => extract(minute from v_local)::integer + 1);
      continue;
    end if;
    if ops.is_due(p_definition, v_at) then
      v_found := v_found + 1;
      return next v_at;
    end if;
    v_at := v_at - interval '1 minute';
  end loop;
end
$function$;
comment on function ops.due_slots(jsonb,timestamp with time zone,timestamp with time zone,integer) is 'The due minutes after p_after up to and including p_until, newest first, at most p_limit. Nothing for intervals.';
grant execute on function ops.due_slots(jsonb,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.earlier_answer(p_scope text, p_key text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_answer jsonb;
begin
  if p_key is null then
    return null;
  end if;
  -- Two requests with one key at the same moment: the second waits for the first to commit.
  perform pg_advisory_xact_lock(hashtextextended(p_scope || chr(31) || p_key, 0));
  select a.answer into v_answer from ops.remembered_answers a where a.scope = p_scope and a.key = p_key;
  return v_answer;
end
$function$;
comment on function ops.earlier_answer(text,text) is 'The answer this key got before, null for a new one. Holds the key until the transaction ends.';

CREATE OR REPLACE FUNCTION ops.end_alert_projection(p_repository text, p_token bigint, p_etag text, p_wait_seconds integer, p_scanned boolean, p_result jsonb)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with ended as (
    update ops.alert_projections p
    set lease_until = clock_timestamp(),
        etag = p_etag,
        not_before = case when p_wait_seconds > 0 then clock_timestamp() + make_interval(secs => least(p_wait_seconds, 3600)) end,
        scanned_at = case when p_scanned then clock_timestamp() else p.scanned_at end,
        finished_at = clock_timestamp(),
        result = coalesce(p_result, '{}')
    where p.repository = p_repository and p.token = p_token
    returning p.repository
  )
  select exists (select from ended)
$function$;
comment on function ops.end_alert_projection(text,bigint,text,integer,boolean,jsonb) is 'Give the lease back, with what the next run should know. False when somebody else has it by now.';
grant execute on function ops.end_alert_projection(text,bigint,text,integer,boolean,jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.end_deployments()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_row record;
begin
  for v_row in
    select d.build_id, d.attempt, d.environment, case when c.status in ('succeeded', 'almost') then 'success' when c.status = 'failed' then 'failure' else 'error' end as state
    from changed c
    join former f on f.id = c.id
    join ops.deployments d on d.build_id = c.id and d.state = 'in_progress'
    where c.status <> f.status and c.status not in ('dispatched', 'running')
    order by d.project_id, d.environment
  loop
    perform ops.note_deployment(v_row.build_id, v_row.attempt, v_row.environment, v_row.state, null);
  end loop;
  return null;
end
$function$;
comment on function ops.end_deployments() is 'Trigger: what a build had begun to deploy, and its jobs did not end themselves, ends as the build does.';

CREATE OR REPLACE FUNCTION ops.end_failed_jobs(p_held int8multirange, p_ids bigint[], p_errors text[], p_final boolean[], p_retry_in interval[], p_rescued boolean)
 RETURNS TABLE(id bigint, status text, run_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_failed record;
  v_dead bigint[] := '{}';
  v_serial text[] := '{}';
begin
  for v_failed in
    update ops.queued_jobs q
    set status = o.status,
        run_at = case o.status
          when 'pending' then v_now + coalesce(f.retry_in, ops.retry_backoff(q.attempts + 1, t.backoff_base, t.backoff_cap))
          else q.run_at
        end,
        attempts = q.attempts + 1,
        rescues = q.rescues + p_rescued::integer,
        cancel_requested_at = null,
        last_error = left(f.error, 10000),
        error_fingerprint = case o.status when 'failed' then ops.error_fingerprint(f.error) end,
        finished_at = case when o.status <> 'pending' then v_now end,
        updated_at = v_now
    from unnest(p_ids, p_errors, p_final, p_retry_in) f (id, error, final, retry_in)
    join ops.queued_jobs c on c.id = f.id
    left join ops.job_types t on t.task_type = c.task_type
    cross join lateral (
      select case
        when c.cancel_requested_at is not null then 'cancelled'
        when f.final or c.attempts + 1 >= c.max_attempts then 'failed'
        when p_rescued and c.rescues + 1 >= coalesce(t.rescue_cap, 10) then 'failed'
        else 'pending'
      end as status
    ) o
    where q.id = f.id and q.status = 'pending' and p_held @> q.id
    returning q.id, q.status, q.run_at, q.serial_key
  loop
    if v_failed.status = 'failed' then
      v_dead := v_dead || v_failed.id;
    end if;
    if v_failed.status <> 'pending' and v_failed.serial_key is not null then
      v_serial := v_serial || v_failed.serial_key;
    end if;
    return query select v_failed.id, v_failed.status, case when v_failed.status = 'pending' then v_failed.run_at end;
  end loop;
  if cardinality(v_dead) > 0 then
    perform ops.raise_dead_letters(v_dead);
  end if;
  if cardinality(v_serial) > 0 then
    perform ops.promote_serial_jobs(v_serial);
  end if;
end
$function$;
comment on function ops.end_failed_jobs(int8multirange,bigint[],text[],boolean[],interval[],boolean) is 'Write the failed tries of jobs whose lease the caller has locked. Answers for those written.';
grant execute on function ops.end_failed_jobs(int8multirange,bigint[],text[],boolean[],interval[],boolean) to service_role;

CREATE OR REPLACE FUNCTION ops.end_held_alerts()
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.resolved_at is null and a.source is null and a.condition = 'recovering'
      and a.recovering_since <= clock_timestamp() - interval '15 minutes'
    order by a.dedupe_key collate "C"
    for update
  ), ended as (
    update ops.alerts a
    set status = 'resolved', resolved_at = clock_timestamp(), resolved_by = null, note = 'came and went, and stayed away', snoozed_until = null
    from due
    where a.id = due.id and a.resolved_at is null and a.condition = 'recovering'
    returning a.id
  )
  select count(*)::integer from ended
$function$;
comment on function ops.end_held_alerts() is 'Alerts that were held open because they came and went are over when nobody raised them for a quarter of an hour. Called by cron and at every pass. Returns how many.';
grant execute on function ops.end_held_alerts() to service_role;

CREATE OR REPLACE FUNCTION ops.end_jobs(p_token bigint, p_ids bigint[], p_results jsonb, OUT ended int8multirange, OUT lost bigint[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_held int8multirange;
  v_now timestamptz := clock_timestamp();
  v_asked integer := cardinality(p_ids);
  v_transient text[];
  v_deleted bigint[];
  v_kept bigint[];
  v_serial text[];
  v_serial_kept text[];
  v_count integer := 0;
begin
  -- Whoever takes jobs from this lease waits here until we are done, and the other way round.
  select l.held into v_held from ops.job_leases l where l.token = p_token for update;
  if not found then
    lost := p_ids;
    return;
  end if;
  ended := ops.id_set(p_ids) * v_held;
  select array_agg(t.task_type) into v_transient from ops.job_types t where t.keep_succeeded = '0';
  if v_transient is not null then
    with gone as (
      delete from ops.queued_jobs q
      where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending' and q.run_id is null
        and q.task_type = any (v_transient)
      returning q.id, q.serial_key
    )
    select array_agg(g.id), array_agg(g.serial_key) filter (where g.serial_key is not null), count(*)
    into v_deleted, v_serial, v_count
    from gone g;
  end if;
  if v_count < v_asked then
    with done as (
      update ops.queued_jobs q
      set status = 'succeeded', attempts = q.attempts + 1, finished_at = v_now, updated_at = v_now,
          cancel_requested_at = null, result = p_results -> q.id::text
      where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending'
      returning q.id, q.serial_key
    )
    select array_agg(d.id), array_agg(d.serial_key) filter (where d.serial_key is not null), v_count + count(*)
    into v_kept, v_serial_kept, v_count
    from done d;
  end if;
  if v_serial is not null or v_serial_kept is not null then
    perform ops.promote_serial_jobs(v_serial || v_serial_kept);
  end if;
  if v_count < v_asked then
    lost := array(
      select i.id from unnest(p_ids) i (id) where not ops.id_set(v_deleted || v_kept) @> i.id
    );
  end if;
end
$function$;
comment on function ops.end_jobs(bigint,bigint[],jsonb) is 'Write the ends of jobs a lease holds: ended must then be taken out of the lease, by the same transaction (null: there is no such lease); lost are those that were not written.';
grant execute on function ops.end_jobs(bigint,bigint[],jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.end_silence(p_id bigint, p_actor text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update ops.silences s
  set ended_at = now(), ended_by = left(p_actor, 200)
  where s.id = p_id and s.ended_at is null and s.until > now();
  if not found then
    return false;
  end if;
  perform ops.judge_alerts();
  return true;
end
$function$;
comment on function ops.end_silence(bigint,text) is 'End a silence before its time. False when it is over or unknown.';
grant execute on function ops.end_silence(bigint,text) to service_role;

CREATE OR REPLACE FUNCTION ops.enqueue_build(build_id uuid, p_priority integer DEFAULT NULL::integer, p_run_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_build record;
  v_queue_id bigint;
begin
  select b.id, b.org_id, b.branch_id, b.status, b.queue_id, h.lane, h.name as branch, h.one_at_a_time, p.dispatch
  into v_build
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  join ops.projects p on p.id = b.project_id
  where b.id = enqueue_build.build_id
  for no key update of b;
  if not found then
    raise exception 'there is no build %', enqueue_build.build_id using errcode = 'PT404';
  end if;
  if v_build.status <> 'queued' then
    raise exception 'build % is %: only a queued one goes into the queue', v_build.id, v_build.status
      using errcode = 'PT409', hint = 'ops.retry_build queues one that ended again.';
  end if;
  v_queue_id := ops.enqueue_job(
    -- Of the two kinds, runners of one's own take the first and dispatchers the second.
    case when v_build.dispatch then 'build_dispatch' else 'build' end,
    jsonb_build_object('build_id', v_build.id),
    p_max_attempts => 3,
    p_run_at => p_run_at,
    p_priority => coalesce(p_priority, case v_build.lane when 'production' then 20 when 'staging' then 10 else 0 end),
    p_unique_key => v_build.id::text,
    p_serial_key => case when v_build.one_at_a_time then 'branch:' || v_build.branch_id end
  );
  if v_queue_id is distinct from v_build.queue_id then
    update ops.builds b set queue_id = v_queue_id, queued_at = now(), updated_at = now() where b.id = v_build.id;
    perform ops.note_build(
      v_build.id, v_build.org_id, 'queue', 'in the queue as job ' || v_queue_id,
      p_data => jsonb_strip_nulls(jsonb_build_object('queue_id', v_queue_id, 'run_at', p_run_at))
    );
  end if;
  return v_queue_id;
end
$function$;
comment on function ops.enqueue_build(uuid,integer,timestamp with time zone) is 'Put a queued build into the job queue, production before staging before development, one of a branch at a time. Returns its place there; asked again, the same.';
grant execute on function ops.enqueue_build(uuid,integer,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.enqueue_call(p_run_id bigint, p_definition jsonb, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_call jsonb := p_definition -> 'call';
  v_id bigint;
begin
  insert into ops.queued_jobs (task_type, payload, max_attempts, run_at, run_id)
  values (
    v_call ->> 'task_type', coalesce(v_call -> 'payload', '{}'), coalesce((v_call ->> 'max_attempts')::integer, 5), p_now, p_run_id
  )
  returning id into v_id;
  perform pg_notify('ops_job_queue', v_call ->> 'task_type');
  if coalesce((v_call ->> 'await_report')::boolean, false) then
    update ops.cron_runs
    set status = 'fired', deadline = ops.report_deadline(p_definition, p_now), result = jsonb_build_object('queue_id', v_id)
    where id = p_run_id;
  else
    perform ops.succeed_run(p_run_id, jsonb_build_object('queue_id', v_id), p_now);
  end if;
end
$function$;
comment on function ops.enqueue_call(bigint,jsonb,timestamp with time zone) is 'Queue the work of a run in this transaction.';

CREATE OR REPLACE FUNCTION ops.enqueue_job(p_task_type text, p_payload jsonb DEFAULT '{}'::jsonb, p_max_attempts integer DEFAULT NULL::integer, p_run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_priority integer DEFAULT 0, p_unique_key text DEFAULT NULL::text, p_unique_mode text DEFAULT 'keep'::text, p_serial_key text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_run_at timestamptz := coalesce(p_run_at, now());
  v_max_attempts integer := coalesce(
    p_max_attempts, (select t.max_attempts from ops.job_types t where t.task_type = p_task_type), 5
  );
  v_id bigint;
  v_due_at timestamptz;
begin
  if p_unique_key is not null and (p_unique_mode is null or p_unique_mode not in ('keep', 'replace', 'debounce')) then
    raise exception 'unknown unique mode %', coalesce(quote_literal(p_unique_mode), 'null')
      using errcode = 'invalid_parameter_value', hint = 'keep, replace or debounce';
  end if;
  loop
    insert into ops.queued_jobs as q (task_type, payload, max_attempts, run_at, priority, unique_key, serial_key, blocked)
    values (
      p_task_type, coalesce(p_payload, '{}'), v_max_attempts, v_run_at, coalesce(p_priority, 0), p_unique_key, p_serial_key,
      p_serial_key is not null
    )
    on conflict (task_type, unique_key) where unique_key is not null and status = 'pending' do update
    -- A new id: a worker that is just claiming the old job then finds it gone, instead of completing what it has not seen.
    set id = excluded.id,
        payload = excluded.payload,
        max_attempts = excluded.max_attempts,
        priority = excluded.priority,
        run_at = case p_unique_mode when 'debounce' then excluded.run_at else q.run_at end,
        attempts = 0,
        rescues = 0,
        updated_at = now()
    where p_unique_mode <> 'keep' and not exists (select from ops.job_leases l where l.held @> q.id)
    returning q.id, q.run_at into v_id, v_due_at;
    exit when found;

    if p_unique_mode = 'keep' then
      select q.id into v_id
      from ops.queued_jobs q
      where q.task_type = p_task_type and q.unique_key = p_unique_key and q.status = 'pending';
      if found then
        return v_id;
      end if;
    else
      -- It runs already, with the former payload: it lets go of the key, and what is new comes after it.
      update ops.queued_jobs q
      set unique_key = null
      where q.task_type = p_task_type and q.unique_key = p_unique_key and q.status = 'pending'
        and exists (select from ops.job_leases l where l.held @> q.id);
    end if;
  end loop;
  if v_due_at <= now() then
    perform pg_notify('ops_job_queue', p_task_type);
  end if;
  return v_id;
end
$function$;
comment on function ops.enqueue_job(text,jsonb,integer,timestamp with time zone,integer,text,text,text) is 'Queue one piece of work; returns its id. When an open job of the type has the unique key, keep leaves it as it is; replace gives a waiting one the new payload, priority and tries and its old time; debounce the new time too. A running one is kept, or followed by the new one.';
grant execute on function ops.enqueue_job(text,jsonb,integer,timestamp with time zone,integer,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.enqueue_jobs(p_jobs jsonb)
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return (
    select ops.enqueue_lines(
      array_agg(j.task_type order by j.position),
      string_agg(coalesce(j.payload, '{}')::text, E'\x1e' order by j.position),
      array_agg(j.max_attempts order by j.position),
      array_agg(j.run_at order by j.position),
      array_agg(j.priority order by j.position),
      case when count(j.unique_key) > 0 then array_agg(j.unique_key order by j.position) end,
      array_agg(j.unique_mode order by j.position),
      array_agg(j.serial_key order by j.position)
    )
    from rows from (
      jsonb_to_recordset(p_jobs) as (
        task_type text, payload jsonb, max_attempts integer, run_at timestamptz, priority integer, unique_key text,
        unique_mode text, serial_key text
      )
    ) with ordinality
      as j (task_type, payload, max_attempts, run_at, priority, unique_key, unique_mode, serial_key, position)
  );
end
$function$;
comment on function ops.enqueue_jobs(jsonb) is 'Queue many: an array of objects with the parameters of ops.enqueue_job without their p_. Returns their ids in the same order.';
grant execute on function ops.enqueue_jobs(jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.enqueue_lines(p_task_types text[], p_payloads text, p_max_attempts integer[] DEFAULT NULL::integer[], p_run_at timestamp with time zone[] DEFAULT NULL::timestamp with time zone[], p_priorities integer[] DEFAULT NULL::integer[], p_unique_keys text[] DEFAULT NULL::text[], p_unique_modes text[] DEFAULT NULL::text[], p_serial_keys text[] DEFAULT NULL::text[])
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_ids bigint[];
  v_type text;
  v_defaults jsonb := (
    select jsonb_object_agg(t.task_type, t.max_attempts) from ops.job_types t where t.max_attempts is not null
  );
begin
  if p_unique_keys is not null then
    -- Each may meet an open job, or one of its own call.
    select array_agg(ops.enqueue_job(
      j.task_type, j.payload::jsonb, j.max_attempts, j.run_at, j.priority, j.unique_key, coalesce(j.unique_mode, 'keep'), j.serial_key
    ) order by j.position)
    into v_ids
    from rows from (
      unnest(p_task_types), string_to_table(p_payloads, E'\x1e'), unnest(p_max_attempts), unnest(p_run_at),
      unnest(p_priorities), unnest(p_unique_keys), unnest(p_unique_modes), unnest(p_serial_keys)
    ) with ordinality
      as j (task_type, payload, max_attempts, run_at, priority, unique_key, unique_mode, serial_key, position)
    where j.task_type is not null or j.payload is not null;
    return coalesce(v_ids, '{}');
  end if;

  with queued as (
    insert into ops.queued_jobs (task_type, payload, max_attempts, run_at, priority, serial_key, blocked)
    select j.task_type, coalesce(j.payload, '{}')::jsonb, coalesce(j.max_attempts, (v_defaults ->> j.task_type)::integer, 5),
      coalesce(j.run_at, now()), coalesce(j.priority, 0), j.serial_key, j.serial_key is not null
    from rows from (
      unnest(p_task_types), string_to_table(p_payloads, E'\x1e'), unnest(p_max_attempts), unnest(p_run_at),
      unnest(p_priorities), unnest(p_serial_keys)
    ) as j (task_type, payload, max_attempts, run_at, priority, serial_key)
    returning id
  )
  select array_agg(q.id) into v_ids from queued q;
  for v_type in
    select distinct t.task_type
    from unnest(p_task_types, p_run_at) t (task_type, run_at)
    where t.run_at is null or t.run_at <= now()
  loop
    perform pg_notify('ops_job_queue', v_type);
  end loop;
  return coalesce(v_ids, '{}');
end
$function$;
comment on function ops.enqueue_lines(text[],text,integer[],timestamp with time zone[],integer[],text[],text[],text[]) is 'Queue many as fast as can be: the parameters of ops.enqueue_job as arrays of one length, null for all defaults; the payloads as JSON texts with U+001E between them, which JSON never holds. Returns their ids in the same order.';
grant execute on function ops.enqueue_lines(text[],text,integer[],timestamp with time zone[],integer[],text[],text[],text[]) to service_role;

CREATE OR REPLACE FUNCTION ops.error_fingerprint(p_error text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select left(md5(
    regexp_replace(
      regexp_replace(
        regexp_replace(
          regexp_replace(
            left(substring(coalesce(p_error, '') from '\S[^\r\n]*'), 1000),
            '"[^"]*"|''[^'']*''|`[^`]*`', '?', 'g'
          ),
          '\m[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\M', '?', 'gi'
        ),
        '\m(0x[0-9a-f]+|(?=[0-9a-f]*[0-9])[0-9a-f]{8,})\M', '?', 'gi'
      ),
      '[0-9]+([.,:][0-9]+)*', '?', 'g'
    )
  ), 16)
$function$;
comment on function ops.error_fingerprint(text) is 'What errors of one cause have in common: the first line with quoted texts, uuids, hex and numbers left out, as 16 hex digits.';
grant execute on function ops.error_fingerprint(text) to service_role;

CREATE OR REPLACE FUNCTION ops.execute_sql(p_run_id bigint, p_job text, p_definition jsonb, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_timeout interval := make_interval(secs => (p_definition #>> '{call,timeout_ms}')::numeric / 1000.0);
  v_limit interval := current_setting('statement_timeout')::interval;
  v_application text := current_setting('application_name');
  v_started timestamptz := clock_timestamp();
  v_elapsed interval;
  v_rows bigint;
  v_state text;
  v_message text;
begin
  perform set_config('application_name', ops.sql_label(p_job, v_started + v_timeout), true);
  begin
    v_rows := ops.run_sql(p_definition #>> '{call,sql}');
  exception
    -- statement_timeout (set by the command in cron.job), the collector's second net, or a person.
    when query_canceled then
      v_state := sqlstate;
    -- Only the message: detail, hint and context may quote rows and parameters.
    when assert_failure or others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  perform set_config('application_name', v_application, true);
  v_elapsed := clock_timestamp() - v_started;

  if v_state is null then
    perform ops.succeed_run(
      p_run_id,
      jsonb_build_object('rows', v_rows, 'duration_ms', round(extract(epoch from v_elapsed) * 1000)),
      p_now + v_elapsed
    );
  elsif v_state <> '57014' then
    perform ops.fail_run(
      p_run_id, 'sql_error',
      left(format('sql_error:%s %s', v_state, ops.redact_vault(left(v_message, 20000))), 1000),
      p_now + v_elapsed
    );
  elsif v_elapsed >= v_timeout or (v_limit > interval '0' and clock_timestamp() - statement_timestamp() >= v_limit) then
    perform ops.fail_run(
      p_run_id, 'timeout',
      format(
        'timeout:%s ms - the SQL was cancelled; raise call.timeout or make it do less at a time',
        round(extract(epoch from v_elapsed) * 1000)
      ),
      p_now + v_elapsed
    );
  else
    perform ops.fail_run(p_run_id, 'cancelled', 'cancelled: somebody cancelled the statement', p_now + v_elapsed);
  end if;
end
$function$;
comment on function ops.execute_sql(bigint,text,jsonb,timestamp with time zone) is 'Run a SQL job now and record how it ended: rows, sql_error, timeout or cancelled.';

CREATE OR REPLACE FUNCTION ops.expire_partitions(p_table ops.partitioned_tables, p_now timestamp with time zone)
 RETURNS TABLE(expired text, skipped text)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET lock_timeout TO '2s'
AS $function$
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
$function$;
comment on function ops.expire_partitions(ops.partitioned_tables,timestamp with time zone) is 'Drop or detach the partitions of a table that are older than it keeps; those that are in use are named as skipped.';

CREATE OR REPLACE FUNCTION ops.expose_table(p_table regclass, VARIADIC p_service_role_verbs text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_name text := (select c.relname from pg_catalog.pg_class c where c.oid = p_table);
  v_role text;
begin
  execute format('create view public.%I with (security_invoker = true) as select * from %s', v_name, p_table);
  execute format('comment on view public.%I is %L', v_name, 'Table ' || p_table || ' under its name in the exposed schema, with the rights of who asks.');
  execute format('revoke all on table public.%I from public', v_name);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on table public.%I from %I', v_name, v_role);
    if v_role = 'service_role' and cardinality(p_service_role_verbs) > 0 then
      execute format('grant %s on table public.%I to service_role', array_to_string(p_service_role_verbs, ', '), v_name);
    elsif v_role = 'authenticated' then
      execute format('grant select on table public.%I to authenticated', v_name);
    end if;
  end loop;
end
$function$;
comment on function ops.expose_table(regclass,text[]) is 'Migrations only, after ops.restrict_table and ops.allow_read: a view of the table in public, for the signed-in to read and service_role to use as named. Rows and verbs are still those the table allows.';

CREATE OR REPLACE FUNCTION ops.extra_runs(p_limit integer DEFAULT 100, p_repositories text[] DEFAULT NULL::text[])
 RETURNS TABLE(build_id uuid, attempt integer, repository text, github_run_id bigint)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select d.build_id, d.attempt, d.repository, e.id
  from ops.build_dispatches d
  cross join lateral unnest(d.extra_runs) e (id)
  where d.extra_runs <> '{}' and (p_repositories is null or lower(d.repository) in (select lower(r) from unnest(p_repositories) r))
  order by d.build_id, e.id
  limit least(greatest(p_limit, 1), 1000)
$function$;
comment on function ops.extra_runs(integer,text[]) is 'Runs that claimed to be a build''s and are not: to be cancelled on GitHub.';
grant execute on function ops.extra_runs(integer,text[]) to service_role;

CREATE OR REPLACE FUNCTION ops.fail_jobs(p_token bigint, p_ids bigint[], p_errors text[], p_final boolean[] DEFAULT NULL::boolean[], p_retry_in interval[] DEFAULT NULL::interval[])
 RETURNS TABLE(id bigint, status text, run_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_held int8multirange;
begin
  select l.held into v_held from ops.job_leases l where l.token = p_token for update;
  return query
  with written as materialized (
    select w.id, w.status, w.run_at
    from ops.end_failed_jobs(coalesce(v_held, '{}'), p_ids, p_errors, p_final, p_retry_in, false) w
  )
  select w.id, w.status, w.run_at from written w
  union all
  select i.id, 'lost', null from unnest(p_ids) i (id) where not exists (select from written w where w.id = i.id);
  perform ops.shrink_lease(p_token, ops.id_set(p_ids));
end
$function$;
comment on function ops.fail_jobs(bigint,bigint[],text[],boolean[],interval[]) is 'These jobs of the lease failed, with their errors. Says of each what becomes of it: pending (tried again at run_at, after p_retry_in or the backoff of its type), failed (dead letter: out of tries or p_final), cancelled, or lost (no longer held; left alone).';
grant execute on function ops.fail_jobs(bigint,bigint[],text[],boolean[],interval[]) to service_role;

CREATE OR REPLACE FUNCTION ops.fail_run(p_run_id bigint, p_error_code text, p_error text, p_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_job text;
  v_attempt integer;
  v_fired_at timestamptz;
  v_delay interval;
begin
  select r.job, r.attempt, coalesce(r.fired_at, p_at), ops.retry_delay(d.definition, r.attempt, p_error_code, r.http_status)
  into v_job, v_attempt, v_fired_at, v_delay
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  where r.id = p_run_id;

  -- A try that never left the database has no row yet.
  insert into ops.cron_attempts as a (run_id, attempt, fired_at, error_code, error)
  values (p_run_id, v_attempt, v_fired_at, p_error_code, p_error)
  on conflict (run_id, attempt) do update
  set error_code = excluded.error_code, error = excluded.error
  where a.error_code is null;

  update ops.cron_runs
  set status = case when v_delay is null then ops.final_status(p_error_code) else 'fired' end,
      finished_at = case when v_delay is null then p_at end,
      next_attempt_at = p_at + v_delay,
      deadline = null,
      error_code = p_error_code,
      error = p_error
  where id = p_run_id;

  if v_delay is null then
    perform ops.judge_jobs(array[v_job]);
  end if;
end
$function$;
comment on function ops.fail_run(bigint,text,text,timestamp with time zone) is 'The current try of a run failed: schedule the next one if its definition says so, else end the run and judge the job.';

CREATE OR REPLACE FUNCTION ops.final_status(p_error_code text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case p_error_code
    when 'timeout' then 'timed_out'
    when 'lost' then 'lost'
    when 'cancelled' then 'cancelled'
    else 'failed'
  end
$function$;
comment on function ops.final_status(text) is 'The status a run ends in for this error code.';

CREATE OR REPLACE FUNCTION ops.find_branch(p_project text, p_branch text DEFAULT NULL::text)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_found record;
begin
  select count(distinct p.id) as projects, count(h.id) as branches, min(h.id::text)::uuid as id,
    string_agg(distinct o.slug || '/' || p.slug, ', ') as names
  into v_found
  from ops.projects p
  join ops.orgs o on o.id = p.org_id
  left join ops.branches h on h.project_id = p.id and h.archived_at is null
    and (h.name = p_branch or p_branch is null and h.lane = 'production')
  where p_project in (p.slug, o.slug || '/' || p.slug) and p.archived_at is null;
  if v_found.projects = 0 then
    raise exception 'there is no project %', p_project using errcode = 'PT404', hint = 'Projects are declared in runbooks/projects/.';
  elsif v_found.projects > 1 then
    raise exception 'several projects are called %', p_project using errcode = 'PT409', hint = 'Say which: ' || v_found.names || '.';
  elsif v_found.branches <> 1 then
    raise exception 'project % has % %', p_project, case v_found.branches when 0 then 'no' else 'several' end,
      coalesce('branch ' || p_branch, 'branch in the production lane')
      using errcode = 'PT404', hint = 'Name one of: ' || coalesce((
        select string_agg(h.name, ', ' order by h.lane_rank, h.name)
        from ops.branches h
        join ops.projects p on p.id = h.project_id
        join ops.orgs o on o.id = p.org_id
        where p_project in (p.slug, o.slug || '/' || p.slug) and h.archived_at is null
      ), 'none is declared') || '.';
  end if;
  return v_found.id;
end
$function$;
comment on function ops.find_branch(text,text) is 'A branch by the slug of its project (or org/slug) and its name; without a name the one in the production lane. An error that says what there is when it is not exactly one.';
grant execute on function ops.find_branch(text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.find_cron_job(p_name text, OUT jobid bigint, OUT schedule text, OUT active boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_owner text;
begin
  if to_regclass('cron.job') is null then
    raise exception 'pg_cron is not installed here'
      using errcode = 'feature_not_supported', hint = 'create extension pg_cron (Supabase: Database, Extensions), then apply.';
  end if;
  -- Names are unique per owner.
  select j.jobid, j.schedule, j.active, j.username
  into jobid, schedule, active, v_owner
  from cron.job j
  where j.jobname::text = p_name
  order by j.username <> current_user, j.jobid
  limit 1;
  if not found then
    raise exception 'there is no cron job named %', coalesce(quote_literal(p_name), 'null')
      using errcode = 'undefined_object', hint = 'get_cron_jobs() lists them.';
  elsif v_owner <> current_user and not (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) then
    raise exception 'cron job % belongs to role %', quote_literal(p_name), v_owner
      using errcode = 'insufficient_privilege', hint = 'pg_cron lets only its owner change a job.';
  end if;
end
$function$;
comment on function ops.find_cron_job(text) is 'The job of pg_cron with this name, ours before others. Raises when there is none, or it is not ours to change.';

CREATE OR REPLACE FUNCTION ops.find_slot(p_definition jsonb, p_created_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_minute timestamptz := date_trunc('minute', p_now);
begin
  if p_definition #>> '{schedule,kind}' in ('interval', 'reboot') then
    return date_trunc('second', p_now);
  end if;
  if ops.is_due(p_definition, v_minute) then
    return v_minute;
  end if;
  -- The scheduler may be late (all its slots taken). In UTC every tick is meant, so look back a day. In other zones
  -- pg_cron ticks at more minutes than are due, half an hour apart at least, so a late tick is one of the last 29 minutes.
  return (
    select s.slot
    from ops.due_slots(
      p_definition,
      greatest(
        v_minute - case coalesce(p_definition #>> '{schedule,timezone}', 'UTC')
          when 'UTC' then interval '24 hours'
          else interval '29 minutes'
        end,
        p_created_at
      ),
      v_minute, 1
    ) as s (slot)
  );
end
$function$;
comment on function ops.find_slot(jsonb,timestamp with time zone,timestamp with time zone) is 'The slot a tick at this moment is for: the latest due minute, or null when the tick means nothing in the time zone of the job.';

CREATE OR REPLACE FUNCTION ops.fire(p_job text, p_now timestamp with time zone DEFAULT clock_timestamp())
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_definition jsonb;
  v_digest text;
  v_created_at timestamptz;
  v_slot timestamptz;
  v_problem text;
  v_run record;
begin
  select d.definition, d.digest, d.created_at
  into v_definition, v_digest, v_created_at
  from ops.job_definitions d
  where d.name = p_job;

  if not found then
    v_problem := 'definition_missing:' || p_job;
    v_definition := '{"overlap": "allow"}';
  else
    begin
      v_slot := ops.find_slot(v_definition, v_created_at, p_now);
      if v_slot is null then
        if v_definition #> '{schedule,match}' is null then
          v_problem := 'definition_invalid:schedule';
        else
          return 'not due';
        end if;
      end if;
    exception
      when others then
        v_problem := 'definition_invalid:schedule';
    end;
  end if;

  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(
    p_job, v_definition, v_digest, coalesce(v_slot, date_trunc('minute', p_now)), 'schedule', null, p_now
  ) a;
  if v_run.verdict = 'duplicate' then
    return 'not due';
  end if;
  if v_run.verdict = 'start' then
    if v_problem is null then
      perform ops.start_attempt(v_run.run_id, p_job, v_definition, v_slot, 1, p_now);
    else
      perform ops.fail_run(
        v_run.run_id, split_part(v_problem, ':', 1), v_problem || ' - ' || ops.problem_remedy(v_problem), p_now
      );
    end if;
  end if;
  return ops.run_word(v_run.run_id);
end
$function$;
comment on function ops.fire(text,timestamp with time zone) is 'What cron.job calls. Starts the run of the current slot, or says why not ("not due", "skipped 42 overlap"). Records a job''s own faults instead of raising them.';

CREATE OR REPLACE FUNCTION ops.fire_now(p_job text, p_actor text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_definition jsonb;
  v_digest text;
  v_now timestamptz := clock_timestamp();
  v_run record;
begin
  select d.definition, d.digest into v_definition, v_digest from ops.job_definitions d where d.name = p_job;
  if not found then
    raise exception 'there is no job named %', quote_literal(p_job)
      using errcode = 'no_data_found', hint = 'See ops.job_definitions for the declared jobs.';
  end if;
  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(p_job, v_definition, v_digest, v_now, 'manual', coalesce(p_actor, session_user), v_now) a;
  if v_run.verdict = 'start' then
    perform ops.start_attempt(v_run.run_id, p_job, v_definition, v_now, 1, v_now);
  end if;
  return v_run.run_id;
end
$function$;
comment on function ops.fire_now(text,text) is 'Run a declared job now, whatever its schedule says; overlap still counts. Returns the run id; a SQL job has ended by then. Raises for an unknown name.';
grant execute on function ops.fire_now(text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.fired_job(p_command text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select replace((regexp_match(p_command, 'select ops\.fire\(''((?:[^'']|'''')+)''\)\s*;?\s*$', 'i'))[1], '''''', '''')
$function$;
comment on function ops.fired_job(text) is 'The job a command in cron.job fires; null when the command is not ours.';

CREATE OR REPLACE FUNCTION ops.first_cron_run(p_at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_low bigint;
  v_high bigint;
  v_middle bigint;
  v_found record;
begin
  select min(r.id), max(r.id) + 1 into v_low, v_high from ops.cron_runs r;
  while v_low < v_high loop
    v_middle := v_low + (v_high - v_low) / 2;
    select r.id, r.created_at into v_found from ops.cron_runs r where r.id >= v_middle order by r.id limit 1;
    if v_found.created_at < p_at then
      v_low := v_found.id + 1;
    else
      v_high := v_middle;
    end if;
  end loop;
  return v_low;
end
$function$;
comment on function ops.first_cron_run(timestamp with time zone) is 'The id from which on runs began at p_at or later; ids grow with time. Null when there is no run at all.';

CREATE OR REPLACE FUNCTION ops.follow_run()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform ops.note_run(
    new.id, new.created_by,
    case new.status
      when 'queued' then case when tg_op = 'INSERT' then 'queued' when new.approved_at is not null and old.status = 'awaiting_approval'
        then 'approved by ' || new.approved_by else 'queued again: its executor went silent' end
      when 'running' then 'claimed by ' || new.worker
      when 'awaiting_approval' then 'waits for approval of plan ' || left(new.plan_digest, 12)
      when 'success' then 'succeeded'
      when 'error' then 'failed: ' || coalesce(left(new.error, 1000), 'no reason was given')
      else 'cancelled' || coalesce(': ' || left(new.error, 1000), '')
    end,
    case new.status when 'error' then 'error' when 'cancelled' then 'warning' when 'awaiting_approval' then 'notice' else 'info' end,
    jsonb_build_object('status', new.status)
  );
  if new.status = 'queued' then
    -- The queue wakes whoever executes runs; who comes first claims the run, and the other finds nothing to do.
    perform ops.enqueue_job('runbook_run', jsonb_build_object('run_id', new.id), p_unique_key => new.id::text);
  end if;
  return null;
end
$function$;
comment on function ops.follow_run() is 'Trigger: each new status of a run is a line of its log; a queued run is queued as work of type runbook_run.';

CREATE OR REPLACE FUNCTION ops.follow_upgrade_builds()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update ops.upgrades u
  set status = case new.status
        when 'succeeded' then 'succeeded' when 'almost' then 'succeeded' when 'cancelled' then 'planned' else 'failed' end,
      finished_at = case when new.status <> 'cancelled' then new.finished_at end,
      updated_at = now()
  where u.build_id = new.id and u.status = 'running';
  return null;
end
$function$;
comment on function ops.follow_upgrade_builds() is 'Trigger: the upgrades a build carries out end as it does; of a build that was cancelled they are planned again.';

CREATE OR REPLACE FUNCTION ops.forget_alert_issue(p_id bigint, p_token bigint)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with forgotten as (
    update ops.alert_issues i
    set retired_at = clock_timestamp(), attempt = null, attempted_at = null
    from ops.alert_projections p
    where i.id = p_id and i.number is null and i.retired_at is null and p.repository = i.repository and p.token = p_token
      and not exists (select from ops.alerts a where a.issue_id = i.id and a.resolved_at is null)
    returning i.id
  )
  select exists (select from forgotten)
$function$;
comment on function ops.forget_alert_issue(bigint,bigint) is 'What never became an issue, and has no alert left, need not become one. False when it has, or the lease is gone.';
grant execute on function ops.forget_alert_issue(bigint,bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.forget_answers(p_keep interval DEFAULT '2 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_deleted integer;
begin
  delete from ops.remembered_answers a
  where (a.scope, a.key) in (
    select o.scope, o.key from ops.remembered_answers o where o.created_at < now() - p_keep order by o.created_at limit p_batch
  );
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$function$;
comment on function ops.forget_answers(interval,integer) is 'Delete remembered answers older than p_keep, at most p_batch. Returns how many.';

CREATE OR REPLACE FUNCTION ops.forget_build_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  delete from ops.build_events e using removed r where e.build_id = r.id;
  return null;
end
$function$;
comment on function ops.forget_build_events() is 'Trigger: the log of a deleted build goes with it. Security definer: nobody else may delete events.';

CREATE OR REPLACE FUNCTION ops.forget_extra_run(p_build_id uuid, p_attempt integer, p_github_run_id bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update ops.build_dispatches d
  set extra_runs = array_remove(d.extra_runs, p_github_run_id)
  where d.build_id = p_build_id and d.attempt = p_attempt and p_github_run_id = any (d.extra_runs);
  if found then
    perform from ops.builds b where b.id = p_build_id for no key update;
    perform ops.note_build(
      p_build_id, (select b.org_id from ops.builds b where b.id = p_build_id), 'dispatch',
      'run ' || p_github_run_id || ' was one too many and was cancelled', 'warning', jsonb_build_object('run_id', p_github_run_id)
    );
  end if;
end
$function$;
comment on function ops.forget_extra_run(uuid,integer,bigint) is 'GitHub was told to stop a run that is no build''s, or has none of it.';
grant execute on function ops.forget_extra_run(uuid,integer,bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.forget_metric_rollups()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  delete from ops.metric_marks m using removed r where m.project_id = r.id;
  delete from ops.metric_minutes m using removed r where m.project_id = r.id;
  delete from ops.metric_hours m using removed r where m.project_id = r.id;
  return null;
end
$function$;
comment on function ops.forget_metric_rollups() is 'Trigger: what became of a deleted project''s samples goes with it. Security definer: nobody else may delete it.';

CREATE OR REPLACE FUNCTION ops.forget_metrics()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  delete from ops.metrics m using removed r where m.project_id = r.id;
  return null;
end
$function$;
comment on function ops.forget_metrics() is 'Trigger: samples of a deleted project go with it. Security definer: nobody else may delete samples.';

CREATE OR REPLACE FUNCTION ops.get_build(p_build_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  return (
    select to_jsonb(b) || jsonb_build_object(
      'project', jsonb_build_object('name', p.name, 'slug', p.slug, 'repo_url', p.repo_url),
      'branch', jsonb_build_object('name', h.name, 'lane', h.lane, 'environment', h.environment),
      'artifacts', (
        select coalesce(jsonb_agg(to_jsonb(a) - '{org_id,build_id,run_id,content}'::text[] order by a.id), '[]')
        from (select r.* from ops.artifacts r where r.build_id = b.id order by r.id limit 1000) a
      )
    )
    from ops.builds b
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where b.id = p_build_id
  );
end
$function$;
comment on function ops.get_build(uuid) is 'One build with its project, branch and artifacts (without their contents); null when there is none, or not for the caller.';
grant execute on function ops.get_build(uuid) to authenticated;
grant execute on function ops.get_build(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.get_cron_run(p_run_id bigint)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select to_jsonb(r) || jsonb_build_object('attempts', (
    select coalesce(jsonb_agg(to_jsonb(a) - 'run_id' order by a.attempt), '[]')
    from ops.cron_attempts a
    where a.run_id = r.id
  ))
  from ops.cron_runs r
  where r.id = p_run_id
$function$;
comment on function ops.get_cron_run(bigint) is 'One run with all its attempts; null when there is none.';
grant execute on function ops.get_cron_run(bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.get_job(p_id bigint)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select to_jsonb(q) || jsonb_build_object('lease', (
    select jsonb_build_object('worker', l.worker, 'claimed_at', l.claimed_at, 'expires_at', l.expires_at)
    from ops.job_leases l
    where l.held @> q.id
  ))
  from ops.job_queue q
  where q.id = p_id
$function$;
comment on function ops.get_job(bigint) is 'One job, and who runs it until when; null when there is none.';
grant execute on function ops.get_job(bigint) to authenticated;
grant execute on function ops.get_job(bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.get_run(p_run_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select to_jsonb(r) || jsonb_build_object(
    'artifacts', (
      select coalesce(jsonb_agg(to_jsonb(a) order by a.id), '[]') from ops.artifacts a where a.run_id = r.id
    ),
    'last_events', (
      select coalesce(jsonb_agg(to_jsonb(e) order by e.at, e.attempt, e.seq), '[]')
      from (
        select e.at, e.attempt, e.seq, e.level, e.source, e.message, e.data
        from ops.run_events e
        where e.run_id = r.id
        order by e.attempt desc, e.seq desc
        limit 20
      ) e
    )
  )
  from ops.runs r
  where r.id = p_run_id
$function$;
comment on function ops.get_run(uuid) is 'One run with its artifacts and the last lines of its log; null when there is none, or it is not yours.';
grant execute on function ops.get_run(uuid) to authenticated;
grant execute on function ops.get_run(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.glob_pattern(p_glob text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE STRICT
 SET search_path TO ''
AS $function$
  select translate(replace(replace(replace(p_glob, '\', '\\'), '%', '\%'), '_', '\_'), '*?', '%_')
$function$;
comment on function ops.glob_pattern(text) is 'A glob (* anything, ? one character, everything else itself) as a pattern for like.';
grant execute on function ops.glob_pattern(text) to service_role;

CREATE OR REPLACE FUNCTION ops.grant_admin(p_user_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into ops.admins (user_id) values (p_user_id) on conflict (user_id) do nothing;
  return found;
end
$function$;
comment on function ops.grant_admin(uuid) is 'Make a user an admin of the control room. False when they are one already.';
grant execute on function ops.grant_admin(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.has_ended(p_run_id bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_run record;
  v_answer record;
begin
  select r.status, r.call_kind, r.attempt, r.next_attempt_at, a.request_id, a.fired_at, t.redeemed_at, d.definition,
    coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report
  into v_run
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  left join ops.cron_attempts a
    on a.run_id = r.id and a.attempt = r.attempt and a.awaiting_response and a.epoch = ops.current_epoch()
  left join ops.run_tokens t on t.run_id = r.id and t.attempt = r.attempt
  where r.id = p_run_id;
  if v_run.status is distinct from 'fired' or v_run.next_attempt_at is not null then
    return coalesce(v_run.status not in ('queued', 'fired', 'delivered'), false);
  elsif v_run.call_kind = 'enqueue' then
    return exists (select from ops.queued_jobs q where q.run_id = p_run_id and q.finished_at is not null);
  elsif v_run.request_id is null or to_regclass('net._http_response') is null then
    return false;
  end if;
  select h.status_code, ops.response_error(h.status_code, h.timed_out, h.error_msg) as error_code into v_answer
  from net._http_response h
  -- Indexed by time only: a span as short as the clocks allow.
  where h.created >= v_run.fired_at - interval '5 seconds' and h.id = v_run.request_id
  order by h.created
  limit 1;
  if not found then
    return false;
  end if;
  -- As ops.collect_responses will judge it: a report or a retry to come is no end.
  return case
    when v_answer.error_code is null then not v_run.must_report
    when v_answer.error_code in ('timeout', 'network') and v_run.must_report and v_run.redeemed_at is not null then false
    else ops.retry_delay(v_run.definition, v_run.attempt, v_answer.error_code, v_answer.status_code) is null
  end;
end
$function$;
comment on function ops.has_ended(bigint) is 'Whether a run has ended, also when the collector has not written it down yet: its answer is there or its queued work is done, and neither a retry nor a report is to come.';

CREATE OR REPLACE FUNCTION ops.heartbeat_build(p_build_id uuid, p_lease_token bigint, p_lease interval DEFAULT '00:05:00'::interval, OUT verdict text, OUT lease_expires_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_queue_id bigint;
  v_asked timestamptz;
  v_is_dispatched boolean;
begin
  update ops.build_leases l
  set expires_at = v_now + p_lease, heartbeat_at = v_now
  from ops.builds b
  where l.build_id = p_build_id and l.token = p_lease_token and l.expires_at > v_now
    and b.id = l.build_id and b.status in ('dispatched', 'running')
  returning b.queue_id, b.cancel_requested_at, l.expires_at,
    exists (select from ops.build_dispatches d where d.build_id = b.id and d.attempt = b.attempt)
  into v_queue_id, v_asked, heartbeat_build.lease_expires_at, v_is_dispatched;
  if not found then
    verdict := 'lost';
    return;
  end if;
  -- The place in the queue of a dispatched build is held until the build ends (ops.claim_build_dispatches).
  if v_queue_id is not null and not v_is_dispatched
    and exists (select from ops.heartbeat_jobs(p_lease_token, array[v_queue_id], p_lease) h where h.verdict = 'lost') then
    -- The queue has given the job to somebody else already: what we wrote goes with it.
    delete from ops.build_leases l where l.build_id = p_build_id and l.token = p_lease_token;
    verdict := 'lost';
    lease_expires_at := null;
    return;
  end if;
  verdict := case when v_asked is null then 'held' else 'cancel' end;
end
$function$;
comment on function ops.heartbeat_build(uuid,bigint,interval) is 'The runner is well: move the end of its lease. verdict: held; cancel (somebody asked: stop, and say so with ops.set_build_status); lost (not its build any more: stop, write nothing).';
grant execute on function ops.heartbeat_build(uuid,bigint,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.heartbeat_jobs(p_token bigint, p_ids bigint[], p_lease interval DEFAULT '00:01:00'::interval)
 RETURNS TABLE(id bigint, verdict text)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_held int8multirange;
begin
  update ops.job_leases l set expires_at = clock_timestamp() + p_lease where l.token = p_token returning l.held into v_held;
  return query
  select i.id, case when v_held @> i.id and (q.cancel_requested_at is not null or q.status = 'cancelled') then 'cancel' else 'lost' end
  from unnest(p_ids) i (id)
  left join ops.queued_jobs q on q.id = i.id
  where v_held is null or not v_held @> i.id or q.id is null or q.status <> 'pending' or q.cancel_requested_at is not null;
end
$function$;
comment on function ops.heartbeat_jobs(bigint,bigint[],interval) is 'The worker is well and still has these jobs: move the end of the lease. Returns only what it must act on: lost (not its own any more: stop, write nothing) and cancel (somebody asked: stop and report it as failed).';
grant execute on function ops.heartbeat_jobs(bigint,bigint[],interval) to service_role;

CREATE OR REPLACE FUNCTION ops.heartbeat_run(p_run_id uuid, p_token bigint, p_lease interval DEFAULT '00:01:00'::interval)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_is_cancelled boolean;
begin
  update ops.runs r
  set lease_expires_at = now() + least(greatest(p_lease, interval '5 seconds'), interval '1 hour'), updated_at = now()
  where r.id = p_run_id and r.lease_token = p_token and r.status = 'running'
  returning r.cancel_requested_at is not null into v_is_cancelled;
  return case when not found then 'lost' when v_is_cancelled then 'cancel' else 'ok' end;
end
$function$;
comment on function ops.heartbeat_run(uuid,bigint,interval) is 'Keep a lease. Answers ok, cancel (somebody wants the run to stop), or lost (it is yours no more: stop and write nothing).';
grant execute on function ops.heartbeat_run(uuid,bigint,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.id_floor(p_at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select (
    lpad(to_hex(t.us / 1000), 12, '0') || '7' || lpad(to_hex(t.us % 1000 * 4096 / 1000), 3, '0') || '8000000000000000'
  )::uuid
  from (
    -- What 48 bits of milliseconds can say: 1970 to the year 10889, so infinity too has a floor.
    select (least(greatest(extract(epoch from p_at), 0), 281474976710.655999) * 1000000)::bigint as us where p_at is not null
  ) t
$function$;
comment on function ops.id_floor(timestamp with time zone) is 'The smallest id ops.new_id can make at this instant: id >= ops.id_floor(t) are the rows made at t or later, by the index of the key.';
grant execute on function ops.id_floor(timestamp with time zone) to authenticated;
grant execute on function ops.id_floor(timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.id_set(p_ids bigint[])
 RETURNS int8multirange
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if cardinality(p_ids) = 1 then
    return int8multirange(int8range(p_ids[1], p_ids[1], '[]'));
  end if;
  return (select coalesce(range_agg(int8range(i.id, i.id, '[]')), '{}') from unnest(p_ids) i (id));
end
$function$;
comment on function ops.id_set(bigint[]) is 'Ids as a set; neighbours take no more room than one.';
grant execute on function ops.id_set(bigint[]) to service_role;

CREATE OR REPLACE FUNCTION ops.id_time(p_id uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select timestamptz 'epoch' + ('x' || left(replace(p_id::text, '-', ''), 12))::bit(48)::bigint * interval '1 millisecond'
$function$;
comment on function ops.id_time(uuid) is 'When a version 7 uuid was made, to the millisecond: the inverse of ops.id_floor.';
grant execute on function ops.id_time(uuid) to authenticated;
grant execute on function ops.id_time(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.idle_projects(p_idle interval DEFAULT '7 days'::interval, p_after uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 1000)
 RETURNS TABLE(project_id uuid, org_id uuid, name text, last_build_id uuid, last_build_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
begin
  return query
    select p.id, p.org_id, p.name, b.id, b.created_at
    from ops.projects p
    left join lateral (
      select n.id, n.created_at from ops.builds n where n.project_id = p.id order by n.id desc limit 1
    ) b on true
    where p.id > v_after
      and p.archived_at is null
      and coalesce(b.created_at, p.created_at) < now() - p_idle
    order by p.id
    limit least(greatest(coalesce(p_limit, 1000), 1), 10000);
end
$function$;
comment on function ops.idle_projects(interval,uuid,integer) is 'Projects without a build for so long, for the nightly look for advice; a new project has that long to make its first. The next page: pass the last project_id as p_after.';
grant execute on function ops.idle_projects(interval,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.ingest_metrics(p_project_id uuid, p_branch_id uuid, p_ts timestamp with time zone, p_samples jsonb, p_idempotency_key text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_scope text := 'ingest_metrics:' || p_project_id;
  v_earlier jsonb := ops.earlier_answer(v_scope, p_idempotency_key);
begin
  if v_earlier is not null then
    return v_earlier;
  end if;
  return ops.remember_answer(
    v_scope, p_idempotency_key,
    jsonb_build_object('inserted', ops.record_metrics(p_project_id, p_samples, p_branch_id, p_ts))
  );
end
$function$;
comment on function ops.ingest_metrics(uuid,uuid,timestamp with time zone,jsonb,text) is 'ops.record_metrics for a function: {inserted}. The same idempotency key gets the first answer and writes nothing.';
grant execute on function ops.ingest_metrics(uuid,uuid,timestamp with time zone,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.inherit_from_branch()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  select b.project_id, b.org_id into new.project_id, new.org_id from ops.branches b where b.id = new.branch_id;
  return new;
end
$function$;
comment on function ops.inherit_from_branch() is 'Trigger: a row''s project_id and org_id are those of its branch.';

CREATE OR REPLACE FUNCTION ops.inherit_from_build()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  select b.org_id into new.org_id from ops.builds b where b.id = new.build_id;
  return new;
end
$function$;
comment on function ops.inherit_from_build() is 'Trigger: a row''s org_id is that of its build.';

CREATE OR REPLACE FUNCTION ops.inherit_from_project()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Null when there is no such project: the foreign key says so.
  select p.org_id into new.org_id from ops.projects p where p.id = new.project_id;
  return new;
end
$function$;
comment on function ops.inherit_from_project() is 'Trigger: a row''s org_id is that of its project.';

CREATE OR REPLACE FUNCTION ops.is_admin()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (select from ops.admins a where a.user_id = (select ops.current_user_id()))
$function$;
comment on function ops.is_admin() is 'Whether the signed-in user is an admin of the control room. In policies: (select ops.is_admin()).';
grant execute on function ops.is_admin() to authenticated;
grant execute on function ops.is_admin() to service_role;

CREATE OR REPLACE FUNCTION ops.is_due(p_definition jsonb, p_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_match jsonb := p_definition #> '{schedule,match}';
  v_zone text := coalesce(p_definition #>> '{schedule,timezone}', 'UTC');
  v_utc timestamp;
  v_local timestamp;
  v_offset interval;
  v_former_offset interval;
  v_change interval;
begin
  if p_definition #>> '{schedule,kind}' in ('interval', 'reboot') then
    return true;
  end if;
  v_local := p_at at time zone v_zone;
  if v_zone = 'UTC' or not coalesce((v_match ->> 'fixed_time')::boolean, false) then
    return ops.schedule_matches(v_match, v_local);
  end if;

  -- A job at a fixed local time runs once a local day: look for a clock change in the last three hours.
  v_utc := p_at at time zone 'UTC';
  v_offset := v_local - v_utc;
  v_former_offset := ((p_at - interval '3 hours') at time zone v_zone) - (v_utc - interval '3 hours');
  v_change := v_offset - v_former_offset;
  if v_change < interval '0' then
    -- Clocks went back: this wall-clock minute has been before.
    if ((p_at + v_change) at time zone v_zone) - (v_utc + v_change) = v_former_offset then
      return false;
    end if;
  elsif v_change > interval '0' then
    -- Clocks went forward: minutes that do not exist are due when the old clock would have shown them.
    if ((p_at - v_change) at time zone v_zone) - (v_utc - v_change) = v_former_offset
      and ops.schedule_matches(v_match, v_utc + v_former_offset)
    then
      return true;
    end if;
  end if;
  return ops.schedule_matches(v_match, v_local);
end
$function$;
comment on function ops.is_due(jsonb,timestamp with time zone) is 'Whether a job is due in this minute. Fixed local times run once a day through daylight saving, both ways; jobs with * in minute or hour follow the wall clock. Intervals are always due.';
grant execute on function ops.is_due(jsonb,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.is_plain_shape(p_shape text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select p_shape ~ (
    '^\^'
    || '(\\S(\+|\{\d{1,4},\})'
    || '|(https://|https\?://|http://127\\\.0\\\.0\\\.1:\\d\+)(\[a-z0-9\.-\]\+|\[\^\\s/\]\+|\\S\+)?(/functions/v1/[a-z0-9_-]{1,63})?'
    || ')\$?$'
  )
$function$;
comment on function ops.is_plain_shape(text) is 'Whether a shape asks nothing that could give a secret away: at least so long and without blanks, a URL of some host, or of one of its functions. Asked often enough, any other pattern spells the value out.';

CREATE OR REPLACE FUNCTION ops.is_service()
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- Inside a security definer function current_user is its owner; who asked is the role that was set, or the one that logged in.
  select c.caller = 'service_role' or pg_has_role(c.caller, current_user, 'usage')
  from (select coalesce(nullif(current_setting('role', true), 'none')::name, session_user) as caller) c
$function$;
comment on function ops.is_service() is 'For security definer functions only: whether service_role, or whoever has the rights of the function''s owner, called it.';

CREATE OR REPLACE FUNCTION ops.is_slot_running(p_job text, p_slot timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select exists (
    select
    from pg_catalog.pg_locks l
    join pg_catalog.pg_database d on d.oid = l.database and d.datname = current_database()
    where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
      and (l.classid::bigint << 32 | l.objid::bigint) = ops.lock_key('slot', ops.slot_key(p_job, p_slot))
  )
$function$;
comment on function ops.is_slot_running(text,timestamp with time zone) is 'Whether another session fires this slot right now; asked without taking its lock, because thousands may be asked for.';

CREATE OR REPLACE FUNCTION ops.iso_instant(p_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select to_char(
    p_at at time zone 'UTC',
    case when p_at = date_trunc('second', p_at) then 'YYYY-MM-DD"T"HH24:MI:SS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end
  )
$function$;
comment on function ops.iso_instant(timestamp with time zone) is 'An instant in ISO 8601, UTC, with a fraction only when there is one.';

CREATE OR REPLACE FUNCTION ops.issue_run_token(p_run_id bigint, p_attempt integer, p_job text, p_expires_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  -- Two version 4 UUIDs: 244 bits from the server's strong random source, without pgcrypto.
  v_token text := 'ort_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  insert into ops.run_tokens (token_hash, run_id, attempt, job, expires_at)
  values (sha256(convert_to(v_token, 'UTF8')), p_run_id, p_attempt, p_job, p_expires_at);
  return v_token;
end
$function$;
comment on function ops.issue_run_token(bigint,integer,text,timestamp with time zone) is 'A new one-time token for one try of one job. Only its sha256 is stored.';

CREATE OR REPLACE FUNCTION ops.judge_alerts()
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_ended integer := ops.end_held_alerts();
  v_woken integer := ops.wake_alerts();
  v_silences integer := ops.apply_silences();
  v_mutes integer := ops.apply_mutes();
begin
  return jsonb_build_object('ended', v_ended, 'woken', v_woken, 'silences', v_silences, 'mutes', v_mutes);
end
$function$;
comment on function ops.judge_alerts() is 'ops.end_held_alerts, ops.wake_alerts, ops.apply_silences and ops.apply_mutes, in this order. Returns how many alerts each changed.';
grant execute on function ops.judge_alerts() to service_role;

CREATE OR REPLACE FUNCTION ops.judge_jobs(p_jobs text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform ops.resolve_alert('job:' || j.job)
  from unnest(p_jobs) as j (job)
  cross join lateral (
    select r.status
    from ops.cron_runs r
    where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
    order by r.id desc
    limit 1
  ) last_run
  where last_run.status = 'succeeded';

  perform ops.raise_alert(
    case when f.error_code in ('secret_missing', 'extension_missing') then f.error_code else 'job_failed' end,
    'job:' || f.job,
    coalesce(f.definition #>> '{alert,severity}', 'warning'),
    format('Job %s fails: %s', f.job, f.error_code),
    coalesce(f.error, f.error_code),
    jsonb_strip_nulls(jsonb_build_object(
      'job', f.job,
      'run_id', f.id,
      'scheduled_for', f.scheduled_for,
      'status', f.status,
      'error_code', f.error_code,
      'http_status', f.http_status,
      'attempts', f.attempt,
      'failures_before_alert', f.after,
      'owner', f.definition ->> 'owner',
      'runbook', f.definition #>> '{alert,runbook}'
    ))
  )
  from (
    select last_run.*, d.definition, p.after
    from unnest(p_jobs) as j (job)
    left join ops.job_definitions d on d.name = j.job
    cross join lateral (select greatest(1, coalesce((d.definition #>> '{alert,after}')::integer, 1)) as after) p
    cross join lateral (
      select r.*
      from ops.cron_runs r
      where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
      order by r.id desc
      limit 1
    ) last_run
    where last_run.status <> 'succeeded'
      and (
        -- What no retry can heal is said at once.
        last_run.error_code in (
          'secret_missing', 'secret_invalid', 'url_invalid', 'extension_missing', 'definition_missing', 'definition_invalid'
        )
        or p.after = (
          select count(*) filter (where recent.status <> 'succeeded')
          from (
            select r.status
            from ops.cron_runs r
            where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
            order by r.id desc
            limit p.after
          ) recent
        )
      )
  ) f;
end
$function$;
comment on function ops.judge_jobs(text[]) is 'Raise or resolve the alert of each job (dedupe key job:<name>) after its latest finished run. Skipped and cancelled runs say nothing.';

CREATE OR REPLACE FUNCTION ops.keep_answer()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.status not in ('acknowledged', 'snoozed') then
    new.answered_severity := null;
  elsif old.status <> new.status or new.answered_severity is null then
    new.answered_severity := new.severity;
  elsif ops.severity_rank(new.severity) > ops.severity_rank(new.answered_severity) then
    new.status := 'active';
    new.snoozed_until := null;
    new.answered_severity := null;
  end if;
  if new.status = 'resolved' then
    new.muted_by := null;
    new.silence_id := null;
  end if;
  return new;
end
$function$;
comment on function ops.keep_answer() is 'Trigger: remember what an acknowledgement or a snooze was an answer to, and end it when the alert becomes worse than that.';

CREATE OR REPLACE FUNCTION ops.keep_project_org()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception 'project % stays with its organisation', old.id
    using errcode = 'check_violation', hint = 'Make a project of that name in the other organisation.';
end
$function$;
comment on function ops.keep_project_org() is 'Trigger: refuses to move a project to another organisation.';

CREATE OR REPLACE FUNCTION ops.keep_serial_order()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Waits for whoever is just ending the job before; when that has committed there is no row to lock, and it is our turn.
  perform from ops.queued_jobs h
  where h.serial_key = new.serial_key and not h.blocked and h.status = 'pending'
  for share;
  if not found then
    perform ops.promote_serial_jobs(array[new.serial_key]);
  end if;
  return null;
end
$function$;
comment on function ops.keep_serial_order() is 'At commit: a job with a serial key starts when none before it is open. Deferred, so that a long transaction that queues holds up nobody.';
grant execute on function ops.keep_serial_order() to service_role;

CREATE OR REPLACE FUNCTION ops.known_slots(p_definition jsonb, p_after timestamp with time zone, p_until timestamp with time zone, p_limit integer)
 RETURNS SETOF timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select s.slot from ops.due_slots(p_definition, p_after, p_until, p_limit) as s (slot);
exception
  -- One schedule that cannot be understood must not stop the collector for all others; ops.fire says so for its own job.
  when others then
    return;
end
$function$;
comment on function ops.known_slots(jsonb,timestamp with time zone,timestamp with time zone,integer) is 'ops.due_slots, or nothing for a definition that cannot be understood.';

CREATE OR REPLACE FUNCTION ops.last_odoo_attachment()
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(max(a.id), 0) from ops.odoo_attachments a
$function$;
comment on function ops.last_odoo_attachment() is 'The highest id noted so far; listing goes on from there.';
grant execute on function ops.last_odoo_attachment() to service_role;

CREATE OR REPLACE FUNCTION ops.list_advice(p_state text DEFAULT 'active'::text, p_after text DEFAULT NULL::text, p_limit integer DEFAULT 100)
 RETURNS TABLE(cache_key text, rule text, object text, level text, title text, detail text, remediation text, evidence jsonb, state text, is_certain boolean, first_seen_at timestamp with time zone, last_seen_at timestamp with time zone, seen_count integer, reopened_count integer, resolved_at timestamp with time zone, suppressed_until date, suppressed_by text, suppression_reason text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_limit integer := least(greatest(coalesce(p_limit, 100), 1), 1000);
  v_today date := (now() at time zone 'UTC')::date;
  v_last record;
begin
  if p_state is null or p_state not in ('active', 'suppressed', 'resolved', 'all') then
    raise exception 'unknown state %', coalesce(quote_literal(p_state), 'null')
      using errcode = 'invalid_parameter_value', hint = 'active, suppressed, resolved or all';
  end if;
  select s.at, s.unevaluated into v_last from ops.advice_scans s order by s.at desc limit 1;
  return query
    select l.cache_key, l.rule, l.object, l.level, l.title, l.detail, l.remediation, l.evidence, l.state,
      -- Open, and the last scan could look: nobody only believes it.
      l.resolved_at is not null or l.last_seen_at >= v_last.at,
      l.first_seen_at, l.last_seen_at, l.seen_count, l.reopened_count, l.resolved_at, l.suppressed_until, l.suppressed_by,
      l.suppression_reason
    from (
      select a.*,
        case when a.resolved_at is not null then 'resolved' when a.suppressed_until >= v_today then 'suppressed' else 'active' end
          as state
      from ops.advice a
      where a.cache_key > coalesce(p_after, '')
    ) l
    where p_state = 'all' or l.state = p_state
    order by l.cache_key
    limit v_limit;
end
$function$;
comment on function ops.list_advice(text,text,integer) is 'Advice about this environment by its key: active, suppressed, resolved or all. is_certain is false for what the last scan could not look at. The next page: pass the last cache_key as p_after. For admins.';
grant execute on function ops.list_advice(text,text,integer) to authenticated;
grant execute on function ops.list_advice(text,text,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_advisories(project_id uuid, p_state text DEFAULT 'active'::text, p_before_rank integer DEFAULT NULL::integer, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50)
 RETURNS TABLE(id uuid, branch_id uuid, cache_key text, name text, level text, level_rank smallint, categories text[], title text, description text, detail text, remediation text, evidence jsonb, state text, first_seen_at timestamp with time zone, last_seen_at timestamp with time zone, seen_count integer, reopened_count integer, resolved_at timestamp with time zone, resolved_by uuid, snoozed_until timestamp with time zone, snoozed_by uuid, suppressed_until timestamp with time zone, suppressed_by text, suppression_reason text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
  v_rank integer := coalesce(p_before_rank, 99);
  v_before uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  if p_state is null or p_state not in ('active', 'snoozed', 'suppressed', 'resolved', 'all') then
    raise exception 'unknown state %', coalesce(quote_literal(p_state), 'null')
      using errcode = 'invalid_parameter_value', hint = 'active, snoozed, suppressed, resolved or all';
  end if;
  return query
    select l.id, l.branch_id, l.cache_key, l.name, l.level, l.level_rank, l.categories, l.title, l.description, l.detail,
      l.remediation, l.evidence, l.state, l.first_seen_at, l.last_seen_at, l.seen_count, l.reopened_count, l.resolved_at,
      l.resolved_by, l.snoozed_until, l.snoozed_by, l.suppressed_until, l.suppressed_by, l.suppression_reason
    from (
      select a.*,
        case
          when a.resolved_at is not null then 'resolved'
          when a.suppressed_until > now() then 'suppressed'
          when a.snoozed_until > now() then 'snoozed'
          else 'active'
        end as state
      from ops.advisories a
      where a.project_id = list_advisories.project_id
    ) l
    where (p_state = 'all' or l.state = p_state)
      and (l.level_rank, l.id) < (v_rank, v_before)
    order by l.level_rank desc, l.id desc
    limit v_limit;
end
$function$;
comment on function ops.list_advisories(uuid,text,integer,uuid,integer) is 'Advice about a project, worst first, then newest: what is active, or another state, or all. The next page: pass the last level_rank and id as p_before_rank and p_before_id.';
grant execute on function ops.list_advisories(uuid,text,integer,uuid,integer) to authenticated;
grant execute on function ops.list_advisories(uuid,text,integer,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_alert_events(p_alert_id bigint, p_after_id bigint DEFAULT 0, p_limit integer DEFAULT 200)
 RETURNS SETOF ops.alert_events
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select e.*
  from ops.alert_events e
  where e.alert_id = p_alert_id and e.id > coalesce(p_after_id, 0)
  order by e.id
  limit least(greatest(coalesce(p_limit, 200), 1), 1000)
$function$;
comment on function ops.list_alert_events(bigint,bigint,integer) is 'The history of an alert, oldest first. The next page: pass the largest id seen as p_after_id. For admins and service_role.';
grant execute on function ops.list_alert_events(bigint,bigint,integer) to authenticated;
grant execute on function ops.list_alert_events(bigint,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_alerts(p_active boolean DEFAULT true, p_kind text DEFAULT NULL::text, p_before_id bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.alerts
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
  v_before bigint := coalesce(p_before_id, 9223372036854775807);
begin
  -- Two statements, so that the first is planned with the index of active alerts.
  if p_active then
    return query
      select a.* from ops.alerts a
      where a.resolved_at is null and a.id < v_before and (p_kind is null or a.kind = p_kind)
      order by a.id desc
      limit v_limit;
  else
    return query
      select a.* from ops.alerts a
      where a.id < v_before and (p_kind is null or a.kind = p_kind)
      order by a.id desc
      limit v_limit;
  end if;
end
$function$;
comment on function ops.list_alerts(boolean,text,bigint,integer) is 'Alerts, newest first: those that are not resolved, or all. The next page: pass the smallest id seen as p_before_id. For admins and service_role.';
grant execute on function ops.list_alerts(boolean,text,bigint,integer) to authenticated;
grant execute on function ops.list_alerts(boolean,text,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_cron_runs(p_job text DEFAULT NULL::text, p_only_failed boolean DEFAULT false, p_before_id bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.cron_runs
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select r.*
  from ops.cron_runs r
  where (p_job is null or r.job = p_job)
    and (not p_only_failed or r.status in ('failed', 'timed_out', 'lost'))
    and (p_before_id is null or r.id < p_before_id)
  order by r.id desc
  limit least(greatest(p_limit, 1), 1000)
$function$;
comment on function ops.list_cron_runs(text,boolean,bigint,integer) is 'Runs, newest first, of one job or all. The next page: pass the smallest id seen as p_before_id.';
grant execute on function ops.list_cron_runs(text,boolean,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_jobs(p_status text DEFAULT NULL::text, p_task_type text DEFAULT NULL::text, p_before_id bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.job_queue
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select q.*
  from ops.job_queue q
  where (p_status is null or q.status = p_status)
    and (p_task_type is null or q.task_type = p_task_type)
    and (p_before_id is null or q.id < p_before_id)
  order by q.id desc
  limit least(greatest(p_limit, 1), 1000)
$function$;
comment on function ops.list_jobs(text,text,bigint,integer) is 'Jobs, newest first, of one status or type or all. The next page: pass the smallest id seen as p_before_id.';
grant execute on function ops.list_jobs(text,text,bigint,integer) to authenticated;
grant execute on function ops.list_jobs(text,text,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_partitions(p_table text)
 RETURNS TABLE(name text, starts_at timestamp with time zone, ends_at timestamp with time zone, is_default boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET "DateStyle" TO 'ISO'
AS $function$
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
$function$;
comment on function ops.list_partitions(text) is 'Partitions of a registered table, oldest first: [starts_at, ends_at), the default one last, with neither.';
grant execute on function ops.list_partitions(text) to service_role;

CREATE OR REPLACE FUNCTION ops.list_projects(p_after_name text DEFAULT NULL::text, p_after_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 100)
 RETURNS TABLE(id uuid, org_id uuid, name text, slug text, repo_url text, runtime_version text, branch_count bigint, build_count bigint, last_build_id uuid, last_build_status text, last_build_at timestamp with time zone, created_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_after_name text := coalesce(p_after_name, '');
  v_after_id uuid := coalesce(p_after_id, '00000000-0000-0000-0000-000000000000');
begin
  return query
    select p.id, p.org_id, p.name, p.slug, p.repo_url, p.runtime_version, h.branches, h.builds, b.id, b.status, b.created_at,
      p.created_at
    from (
      select r.*
      from ops.projects r
      where (r.name, r.id) > (v_after_name, v_after_id) and r.archived_at is null
      order by r.name, r.id
      limit least(greatest(coalesce(p_limit, 100), 1), 1000)
    ) p
    left join lateral (
      select count(*) filter (where n.archived_at is null) as branches, coalesce(sum(n.build_count), 0)::bigint as builds
      from ops.branches n
      where n.project_id = p.id
    ) h on true
    left join lateral (
      select n.id, n.status, n.created_at from ops.builds n where n.project_id = p.id order by n.id desc limit 1
    ) b on true
    order by p.name, p.id;
end
$function$;
comment on function ops.list_projects(text,uuid,integer) is 'Projects by name, with what there is of branches and builds. The next page: pass the last name and id as p_after_name and p_after_id.';
grant execute on function ops.list_projects(text,uuid,integer) to authenticated;
grant execute on function ops.list_projects(text,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_run_events(p_run_id uuid, p_after_attempt integer DEFAULT '-1'::integer, p_after_seq integer DEFAULT 0, p_limit integer DEFAULT 500)
 RETURNS SETOF ops.run_events
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select e.*
  from ops.run_events e
  where e.run_id = p_run_id and (e.attempt, e.seq) > (coalesce(p_after_attempt, -1), coalesce(p_after_seq, 0))
  order by e.attempt, e.seq
  limit least(greatest(coalesce(p_limit, 500), 1), 5000)
$function$;
comment on function ops.list_run_events(uuid,integer,integer,integer) is 'The log of a run in order; attempt 0 is the control room''s own. The next page: pass attempt and seq of the last line seen.';
grant execute on function ops.list_run_events(uuid,integer,integer,integer) to authenticated;
grant execute on function ops.list_run_events(uuid,integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.list_running()
 RETURNS TABLE(job text, pid integer, started_at timestamp with time zone, deadline timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select l.parts[2], a.pid, a.query_start, to_timestamp(l.parts[1]::double precision)
  from pg_catalog.pg_stat_activity a
  cross join lateral (select regexp_match(a.application_name, '^ops:(\d{1,12}):(.*)$')) as l (parts)
  where a.datname = current_database() and a.state = 'active' and l.parts is not null
$function$;
comment on function ops.list_running() is 'SQL jobs running in this moment, with their process and deadline. Long names are cut to what application_name holds.';
grant execute on function ops.list_running() to service_role;

CREATE OR REPLACE FUNCTION ops.list_runs(p_status text DEFAULT NULL::text, p_template text DEFAULT NULL::text, p_env text DEFAULT NULL::text, p_before uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.runs
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
begin
  -- What row level security would leave of all runs is asked for by name, so that the index of one's own runs is used.
  if current_user = 'authenticated' and not ops.is_admin() then
    return query
      select r.* from ops.runs r
      where r.created_by = ops.current_user_id() and r.id < v_before
        and (p_status is null or r.status = p_status) and (p_template is null or r.template = p_template)
        and (p_env is null or r.env = p_env)
      order by r.id desc
      limit v_limit;
  elsif p_template is not null then
    return query
      select r.* from ops.runs r
      where r.template = p_template and r.id < v_before
        and (p_status is null or r.status = p_status) and (p_env is null or r.env = p_env)
      order by r.id desc
      limit v_limit;
  else
    return query
      select r.* from ops.runs r
      where r.id < v_before and (p_status is null or r.status = p_status) and (p_env is null or r.env = p_env)
      order by r.id desc
      limit v_limit;
  end if;
end
$function$;
comment on function ops.list_runs(text,text,text,uuid,integer) is 'Runs of runbooks, newest first: one''s own, all for admins. The next page: pass the smallest id seen as p_before. Runs of schedules: ops.list_cron_runs.';
grant execute on function ops.list_runs(text,text,text,uuid,integer) to authenticated;
grant execute on function ops.list_runs(text,text,text,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.lock_key(p_kind text, p_key text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select hashtextextended('ops.' || p_kind || ':' || p_key, 0)
$function$;
comment on function ops.lock_key(text,text) is 'The number of an advisory lock of the control room.';

CREATE OR REPLACE FUNCTION ops.maintain_partitions(p_table text DEFAULT NULL::text, p_now timestamp with time zone DEFAULT now())
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function ops.maintain_partitions(text,timestamp with time zone) is 'Make partitions ahead and let go of those older than kept, for one registered table or all. Returns what it did by table.';

CREATE OR REPLACE FUNCTION ops.may_hear(p_topic text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- Row level security of ops.builds decides, as for every other question about a build.
  select exists (
    select
    from ops.builds b
    where b.id = case when p_topic ~ '^build:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(p_topic, 7)::uuid end
  )
$function$;
comment on function ops.may_hear(text) is 'Whether the caller may hear what is broadcast on a topic of Realtime: build:<id> of a build of one''s organisations, nothing else.';
grant execute on function ops.may_hear(text) to authenticated;

CREATE OR REPLACE FUNCTION ops.metric_annotations(p_project_id uuid, p_from timestamp with time zone, p_to timestamp with time zone DEFAULT now(), p_limit integer DEFAULT 500)
 RETURNS TABLE(at timestamp with time zone, kind text, title text, level text, build_id uuid, branch_id uuid, commit_sha text, details jsonb)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  if not exists (
    select from ops.projects p
    where p.id = p_project_id and (ops.is_service() or p.org_id = any (array(select ops.my_org_ids())))
  ) then
    return;
  end if;
  return query
    select n.*
    from (
      (
        select coalesce(b.finished_at, b.started_at, b.created_at) as at, 'build'::text,
          concat_ws(' ', h.name, b.status, left(b.commit_sha, 7)),
          case when b.status in ('failed', 'lost') then 'error' when b.status in ('almost', 'cancelled') then 'warning' else 'info' end,
          b.id, b.branch_id, b.commit_sha,
          jsonb_build_object('status', b.status, 'trigger', b.trigger, 'lane', h.lane, 'environment_url', b.environment_url)
        from ops.builds b
        join ops.branches h on h.id = b.branch_id
        where b.project_id = p_project_id
          -- A build's id holds when it was made; one that ends in the range was made a day before at most.
          and b.id >= ops.id_floor(p_from - interval '1 day') and b.id < ops.id_floor(p_to)
          and coalesce(b.finished_at, b.started_at, b.created_at) >= p_from
          and coalesce(b.finished_at, b.started_at, b.created_at) < p_to
        order by b.id desc
        limit least(greatest(coalesce(p_limit, 500), 1), 5000)
      )
      union all
      (
        select coalesce(r.finished_at, r.started_at), 'schedules'::text, 'schedules applied to ' || r.environment,
          case r.result when 'applied' then 'info' else 'warning' end, null::uuid, null::uuid, r.commit_sha,
          jsonb_build_object('environment', r.environment, 'result', r.result, 'counts', r.counts)
        from ops.reconciliations r
        where r.result in ('applied', 'partly_applied', 'failed') and r.started_at >= p_from and r.started_at < p_to
        order by r.id desc
        limit least(greatest(coalesce(p_limit, 500), 1), 5000)
      )
      union all
      (
        select c.at, 'schedule_by_hand'::text, concat_ws(' ', c.jobname, c.action, 'by hand'), 'warning'::text, null::uuid, null::uuid,
          null::text, jsonb_build_object('job', c.jobname, 'action', c.action)
        from ops.cron_changes c
        where c.at >= p_from and c.at < p_to
        order by c.id desc
        limit least(greatest(coalesce(p_limit, 500), 1), 5000)
      )
    ) as n (at, kind, title, level, build_id, branch_id, commit_sha, details)
    order by n.at desc, n.kind
    limit least(greatest(coalesce(p_limit, 500), 1), 5000);
end
$function$;
comment on function ops.metric_annotations(uuid,timestamp with time zone,timestamp with time zone,integer) is 'What happened while a chart of a project goes up and down: its builds, applied schedules, and schedules changed by hand; newest first. Nothing for who may not see the project.';
grant execute on function ops.metric_annotations(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function ops.metric_annotations(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.metric_resolution(p_range interval)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select case when p_range <= interval '24 hours' then 'sample' when p_range <= interval '7 days' then 'minute' else 'hour' end
$function$;
comment on function ops.metric_resolution(interval) is 'What a range of time is read by: sample up to a day, minute up to a week, hour beyond.';
grant execute on function ops.metric_resolution(interval) to authenticated;
grant execute on function ops.metric_resolution(interval) to service_role;

CREATE OR REPLACE FUNCTION ops.metric_series_key(p_branch_id uuid, p_dims jsonb)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select md5(coalesce(p_branch_id::text, '') || coalesce(p_dims, '{}')::text)::uuid
$function$;
comment on function ops.metric_series_key(uuid,jsonb) is 'What tells series of one metric apart, branch and dimensions, as a short key.';

CREATE OR REPLACE FUNCTION ops.monitor_builds()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into ops.monitoring as m (branch_id, health, message, details, observed_at, changed_at)
  select distinct on (c.branch_id) c.branch_id,
    case c.status when 'succeeded' then 'healthy' when 'lost' then 'unknown' else 'degraded' end,
    case c.status when 'succeeded' then '' else 'its last build ' || case c.status
      when 'almost' then 'had warnings' when 'lost' then 'vanished' else c.status end end,
    jsonb_build_object('health_of', 'build', 'build', jsonb_strip_nulls(jsonb_build_object(
      'id', c.id, 'status', c.status, 'commit_sha', c.commit_sha, 'url', c.environment_url, 'finished_at', c.finished_at
    ))),
    c.finished_at, c.finished_at
  from changed c
  join former f on f.id = c.id
  where c.status in ('succeeded', 'almost', 'failed', 'lost') and c.status <> f.status and c.finished_at is not null
  order by c.branch_id, c.id desc
  on conflict (branch_id) do update
  -- What measures the branch knows better how it is; how its last build went is told beside it.
  set health = case when m.details ->> 'health_of' = 'build' then excluded.health else m.health end,
      message = case when m.details ->> 'health_of' = 'build' then excluded.message else m.message end,
      details = m.details || (excluded.details - case when m.details ->> 'health_of' = 'build' then '' else 'health_of' end),
      observed_at = case when m.details ->> 'health_of' = 'build' then greatest(m.observed_at, excluded.observed_at) else m.observed_at end,
      changed_at = case
        when m.details ->> 'health_of' = 'build' and m.health <> excluded.health then excluded.observed_at else m.changed_at
      end;
  return null;
end
$function$;
comment on function ops.monitor_builds() is 'Trigger: how the last build of a branch ended is part of ops.monitoring, and its health where nothing measures it.';

CREATE OR REPLACE FUNCTION ops.my_org_ids()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 4
 SET search_path TO ''
AS $function$
  select m.org_id from ops.org_members m where m.user_id = (select ops.current_user_id())
$function$;
comment on function ops.my_org_ids() is 'Organisations the signed-in user is a member of. In policies: org_id in (select ops.my_org_ids()), which runs once per statement.';
grant execute on function ops.my_org_ids() to authenticated;
grant execute on function ops.my_org_ids() to service_role;

CREATE OR REPLACE FUNCTION ops.net_mix()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_mix jsonb;
begin
  if to_regclass('net.http_request_queue') is null or to_regclass('net._http_response') is null then
    return null;
  end if;
  select jsonb_build_object(
    'queue_depth', (select count(*) from (select from net.http_request_queue q limit 10001) x),
    'responses', count(*),
    'ok', count(*) filter (where r.status_code between 200 and 299),
    'redirected', count(*) filter (where r.status_code between 300 and 399),
    'client_errors', count(*) filter (where r.status_code between 400 and 499),
    'server_errors', count(*) filter (where r.status_code >= 500),
    'timed_out', count(*) filter (where r.timed_out),
    'not_delivered', count(*) filter (where r.status_code is null and not coalesce(r.timed_out, false)),
    'out_of_memory', count(*) filter (where r.error_msg ilike '%out of memory%'),
    'last_response_at', max(r.created)
  )
  into v_mix
  -- The one index there is by time; pg_net forgets after six hours.
  from (
    select a.status_code, a.timed_out, a.error_msg, a.created
    from net._http_response a
    where a.created > now() - interval '1 hour'
    order by a.created desc
    limit 10000
  ) r;
  return v_mix;
exception
  -- Half a pg_net, or one whose tables look different: say nothing rather than something wrong.
  when undefined_column or insufficient_privilege then
    return null;
end
$function$;
comment on function ops.net_mix() is 'pg_net: requests waiting (counted up to 10,001) and the answers of the last hour by kind. Null without pg_net.';

CREATE OR REPLACE FUNCTION ops.new_id()
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  return (
    lpad(to_hex(v_us / 1000), 12, '0') || '7' || lpad(to_hex(v_us % 1000 * 4096 / 1000), 3, '0')
    -- The variant and 62 random bits of a version 4 id.
    || right(gen_random_uuid()::text, 17)
  )::uuid;
end
$function$;
comment on function ops.new_id() is 'A new UUID version 7: sorts by the microsecond it was made in. Default of uuid keys.';
grant execute on function ops.new_id() to authenticated;
grant execute on function ops.new_id() to service_role;

CREATE OR REPLACE FUNCTION ops.note_buffers(p_repository text, p_buffers jsonb, p_looked_until timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_count integer;
begin
  insert into ops.log_recoveries (kind, repository, github_run_id, artifact_id)
  select 'buffer', lower(p_repository), b.run_id, b.artifact_id
  from jsonb_to_recordset(p_buffers) as b (run_id bigint, artifact_id bigint)
  limit 1000
  on conflict (repository, artifact_id) where artifact_id is not null do nothing;
  get diagnostics v_count = row_count;
  insert into ops.buffer_looks as l (repository, looked_until)
  values (lower(p_repository), p_looked_until)
  on conflict (repository) do update set looked_until = greatest(l.looked_until, excluded.looked_until);
  return v_count;
end
$function$;
comment on function ops.note_buffers(text,jsonb,timestamp with time zone) is 'Artifacts that look like buffers of recorders ([{run_id, artifact_id}]), and until when the repository''s artifacts are known by now. Returns how many are new.';
grant execute on function ops.note_buffers(text,jsonb,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.note_build(p_build_id uuid, p_org_id uuid, p_kind text, p_message text, p_level text DEFAULT 'info'::text, p_data jsonb DEFAULT NULL::jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.build_events (build_id, org_id, attempt, seq, kind, level, message, data)
  select p_build_id, p_org_id, 0, coalesce(max(e.seq), 0) + 1, p_kind, p_level, p_message, p_data
  from ops.build_events e
  where e.build_id = p_build_id and e.attempt = 0
$function$;
comment on function ops.note_build(uuid,uuid,text,text,text,jsonb) is 'Write what the control room did with a build into its log, as attempt 0.';

CREATE OR REPLACE FUNCTION ops.note_check_states(p_pass jsonb, p_source text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update ops.check_states s
  set state = case when coalesce(p_pass -> 'evaluated', '[]') ? s.check_name then 'ok' else 'unknown' end,
      recent = case when coalesce(p_pass -> 'evaluated', '[]') ? s.check_name then s.recent << 1 & 1152921504606846975 else s.recent end,
      recorded_at = p_now
  where s.source = p_source and s.recorded_at < p_now and not coalesce(p_pass -> 'skipped', '[]') ? s.check_name
    and (coalesce(p_pass -> 'evaluated', '[]') ? s.check_name or p_pass -> 'policies' ? s.check_name)
$function$;
comment on function ops.note_check_states(jsonb,text,timestamp with time zone) is 'Part of ops.record_check_pass: what this pass left out is one more bit of everything it looked at.';
grant execute on function ops.note_check_states(jsonb,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.note_deployment(p_build_id uuid, p_attempt integer, p_environment text, p_state text, p_url text, p_is_late boolean DEFAULT false)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_url text := ops.redact_text(left(p_url, 2000));
  v_build record;
  v_id uuid;
begin
  if p_state is null or p_state not in ('in_progress', 'success', 'failure', 'error') then
    raise exception 'a deployment is in_progress, success, failure or error, not %', coalesce(p_state, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  if v_url !~ '^https?://' then
    raise exception 'an environment is seen at an http address' using errcode = 'invalid_parameter_value';
  end if;
  select b.org_id, b.project_id, b.branch_id, b.commit_sha into strict v_build from ops.builds b where b.id = p_build_id;
  -- Two that end at once would each retire the other.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ops.deployments:' || v_build.project_id || ':' || p_environment, 0));
  insert into ops.deployments as d (
    org_id, project_id, branch_id, build_id, attempt, environment, state, environment_url, commit_sha, finished_at
  )
  values (
    v_build.org_id, v_build.project_id, v_build.branch_id, p_build_id, p_attempt, p_environment, p_state, v_url, v_build.commit_sha,
    case when p_state <> 'in_progress' then v_now end
  )
  -- What has ended stays as it ended, whoever repeats what was said before; only what was concluded from silence is put right.
  on conflict (build_id, attempt, environment) do update
  set state = excluded.state, environment_url = coalesce(excluded.environment_url, d.environment_url), finished_at = excluded.finished_at
  where excluded.state <> 'in_progress' and (d.state = 'in_progress' or p_is_late and d.state in ('error', 'failure') and d.state <> excluded.state)
  returning d.id into v_id;
  if v_id is null then
    return (
      select d.state from ops.deployments d where d.build_id = p_build_id and d.attempt = p_attempt and d.environment = p_environment
    );
  end if;
  if p_state = 'success' then
    update ops.builds b set environment_url = v_url, updated_at = v_now where b.id = p_build_id and v_url is not null;
    update ops.deployments d
    set state = 'inactive'
    where d.project_id = v_build.project_id and d.environment = p_environment and d.state = 'success'
      -- Of what is told afterwards, the order in which it began is all there is to go by.
      and case
        when not p_is_late then d.id <> v_id
        else d.id <> (
          select max(n.id::text)::uuid from ops.deployments n
          where n.project_id = v_build.project_id and n.environment = p_environment and n.state = 'success'
        )
      end;
  end if;
  perform ops.note_build(
    p_build_id, v_build.org_id, 'deployment',
    case p_state
      when 'in_progress' then 'deploying to ' || p_environment
      when 'success' then concat_ws(': ', 'deployed to ' || p_environment, v_url)
      when 'failure' then 'the deployment to ' || p_environment || ' failed'
      else 'the deployment to ' || p_environment || ' was not finished'
    end,
    case p_state when 'failure' then 'error' when 'error' then 'warning' else 'info' end,
    jsonb_strip_nulls(jsonb_build_object('environment', p_environment, 'state', p_state, 'url', v_url, 'attempt', p_attempt))
  );
  return (select d.state from ops.deployments d where d.id = v_id);
end
$function$;
comment on function ops.note_deployment(uuid,integer,text,text,text,boolean) is 'A deployment of a build begins or ends: its row, the one whose place it takes, the build''s address and its log. Said again, nothing changes. Returns the state it is in. p_is_late: what the run itself said, told after others had concluded something from its silence.';

CREATE OR REPLACE FUNCTION ops.note_issue_answered(p_repository text, p_comment_id bigint)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update ops.issue_commands c
  set answered_at = clock_timestamp(), answering_until = null
  where c.repository = p_repository and c.comment_id = p_comment_id and c.answered_at is null
$function$;
comment on function ops.note_issue_answered(text,bigint) is 'The answer stands under the issue.';
grant execute on function ops.note_issue_answered(text,bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.note_issue_closed(p_repository text, p_number integer, p_actor text, p_changed_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_id bigint;
  v_answered integer;
begin
  update ops.alert_issues i
  set state = 'closed',
      closed_by_people = true,
      closed_at = clock_timestamp(),
      changed_at = greatest(i.changed_at, p_changed_at),
      attempt = null,
      attempted_at = null
  where i.repository = p_repository and i.number = p_number and i.state = 'open'
  returning i.id into v_id;
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.issue_id = v_id and a.resolved_at is null and a.status = 'active'
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set status = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = p_actor, note = 'closed the issue'
  from due
  where a.id = due.id and a.status = 'active';
  get diagnostics v_answered = row_count;
  return v_answered;
end
$function$;
comment on function ops.note_issue_closed(text,integer,text,timestamp with time zone) is 'A person closed the issue: its alerts are acknowledged until they are over or worse. Returns how many; zero when it is known already.';
grant execute on function ops.note_issue_closed(text,integer,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.note_issue_reopened(p_repository text, p_number integer, p_actor text, p_changed_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_id bigint;
  v_closed_at timestamptz;
  v_answered integer;
begin
  select i.id, i.closed_at into v_id, v_closed_at
  from ops.alert_issues i
  where i.repository = p_repository and i.number = p_number and i.state = 'closed'
  for update;
  update ops.alert_issues i
  set state = 'open',
      closed_by_people = false,
      closed_at = null,
      changed_at = greatest(i.changed_at, p_changed_at),
      attempt = null,
      attempted_at = null
  where i.id = v_id;
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.issue_id = v_id and a.resolved_at is null and a.status = 'acknowledged' and a.acknowledged_at >= v_closed_at
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set status = 'active', note = 'issue reopened by ' || p_actor
  from due
  where a.id = due.id and a.status = 'acknowledged';
  get diagnostics v_answered = row_count;
  return v_answered;
end
$function$;
comment on function ops.note_issue_reopened(text,integer,text,timestamp with time zone) is 'A person reopened the issue: what closing it acknowledged is active again. Returns how many; zero when it is known already.';
grant execute on function ops.note_issue_reopened(text,integer,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.note_run(p_run_id uuid, p_created_by uuid, p_message text, p_level text DEFAULT 'info'::text, p_data jsonb DEFAULT NULL::jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.run_events (run_id, created_by, attempt, seq, level, source, message, data)
  select p_run_id, p_created_by, 0, coalesce(max(e.seq), 0) + 1, p_level, 'control-room', p_message, p_data
  from ops.run_events e
  where e.run_id = p_run_id and e.attempt = 0
$function$;
comment on function ops.note_run(uuid,uuid,text,text,jsonb) is 'Write what the control room did with a run into its log, as attempt 0.';

CREATE OR REPLACE FUNCTION ops.open_build(p_project_slug text, p_branch text, p_trigger text, p_github_run_id bigint, p_github_run_attempt integer, p_repository text, p_sha text DEFAULT NULL::text)
 RETURNS TABLE(build_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_branch record;
  v_id uuid;
begin
  if p_github_run_id is null or coalesce(p_repository, '') = '' then
    raise exception 'a run says its id and its repository' using errcode = 'invalid_parameter_value';
  end if;
  -- Two jobs of one run may begin at once.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ops.open_build:' || p_github_run_id, 0));
  select b.id into v_id
  from ops.builds b
  join ops.projects p on p.id = b.project_id
  where b.github_run_id = p_github_run_id
    and lower(ops.repository_name(p.repo_url)) = lower(p_repository)
    and p.slug = coalesce(p_project_slug, p.slug)
  order by b.id
  limit 1;
  if v_id is null then
    select h.id, h.project_id, h.org_id, h.inputs into v_branch
    from ops.branches h
    join ops.projects p on p.id = h.project_id
    where lower(ops.repository_name(p.repo_url)) = lower(p_repository) and p.archived_at is null and h.archived_at is null
      and h.name = p_branch and p.slug = coalesce(p_project_slug, p.slug)
    order by p.id
    limit 1;
    if not found then
      raise exception 'no project builds branch % of %', coalesce(p_branch, 'null'), p_repository
        using errcode = 'PT404', hint = 'Declare it in runbooks/projects/.';
    end if;
    insert into ops.builds (branch_id, trigger, actor, commit_sha, inputs, status, attempt, github_run_id, github_run_attempt, dispatched_at)
    values (
      v_branch.id, coalesce(p_trigger, 'push'), 'github', p_sha, v_branch.inputs, 'dispatched', 1, p_github_run_id,
      coalesce(p_github_run_attempt, 1), clock_timestamp()
    )
    returning id into v_id;
    insert into ops.build_dispatches (
      build_id, attempt, org_id, state, repository, workflow, ref, github_run_id, settled_at
    )
    values (v_id, 1, v_branch.org_id, 'sent', p_repository, '', coalesce(p_branch, ''), p_github_run_id, clock_timestamp());
    perform ops.note_build(v_id, v_branch.org_id, 'created', 'opened by run ' || p_github_run_id, p_data => jsonb_strip_nulls(
      jsonb_build_object('trigger', p_trigger, 'run_id', p_github_run_id, 'commit_sha', p_sha)
    ));
  end if;
  return query select v_id;
end
$function$;
comment on function ops.open_build(text,text,text,bigint,integer,text,text) is 'The build of a run that nobody ordered here (a push, a button): found by the run, or made. One a run, however often it is asked. What limits say of triggers does not hold: the run is there already.';
grant execute on function ops.open_build(text,text,text,bigint,integer,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.overview()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_sees_all boolean := current_user <> 'authenticated' or ops.is_admin();
begin
  return jsonb_build_object(
    'at', now(),
    'alerts', case when v_sees_all then ops.alerts_overview() end,
    'cron', case when v_sees_all then ops.cron_health() end,
    'queue', case when v_sees_all then ops.queue_overview() end,
    'batches', case when v_sees_all then (
      select coalesce(jsonb_agg(ops.batch_progress(b.batch) - 'recent_errors' order by b.batch), '[]')
      from (select x.batch from ops.migration_batches x order by x.last_at desc limit 20) b
    ) end,
    'builds', ops.builds_overview(),
    'advisories', ops.advisories_overview(),
    'runs', ops.runs_overview()
  );
end
$function$;
comment on function ops.overview() is 'Everything the first page shows, in one call: alerts, cron, queue and batches for admins and service_role (null for others); builds, advisories and runs, of which everybody gets what they may see.';
grant execute on function ops.overview() to authenticated;
grant execute on function ops.overview() to service_role;

CREATE OR REPLACE FUNCTION ops.partition_end(p_start timestamp with time zone, p_step interval)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- A month is as long as the calendar in UTC says, whatever the session's time zone.
  select (p_start at time zone 'UTC' + p_step) at time zone 'UTC'
$function$;
comment on function ops.partition_end(timestamp with time zone,interval) is 'Where the partition that starts here ends, and the next one starts.';

CREATE OR REPLACE FUNCTION ops.partition_key(p_at timestamp with time zone, p_key_type text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select case p_key_type
    when 'uuid' then ops.id_floor(p_at)::text
    else to_char(p_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')
  end
$function$;
comment on function ops.partition_key(timestamp with time zone,text) is 'A point in time as a bound of a partition.';

CREATE OR REPLACE FUNCTION ops.partition_start(p_at timestamp with time zone, p_step interval)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select date_trunc(
    case p_step when interval '1 day' then 'day' when interval '1 week' then 'week' else 'month' end, p_at, 'UTC'
  )
$function$;
comment on function ops.partition_start(timestamp with time zone,interval) is 'Start of the day, week (Monday) or month in UTC that holds a point in time.';

CREATE OR REPLACE FUNCTION ops.pause_task_type(p_task_type text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.job_types as t (task_type, paused)
  values (p_task_type, true)
  on conflict (task_type) do update set paused = true, updated_at = now() where not t.paused
$function$;
comment on function ops.pause_task_type(text) is 'Claim nothing of this type until ops.resume_task_type; what runs goes on.';
grant execute on function ops.pause_task_type(text) to service_role;

CREATE OR REPLACE FUNCTION ops.plan_cron_jobs()
 RETURNS TABLE(jobid bigint, jobname text, schedule text, command text, database text, username text, active boolean, owner_exists boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if to_regclass('cron.job') is null then
    return;
  end if;
  return query execute $query$
    select j.jobid, j.jobname::text, j.schedule,
      -- What people schedule by hand often carries keys; our own commands carry nothing but a name.
      case
        when j.command ~ '^(set local statement_timeout = \d+; )?select ops\.fire\(''([^'']|'''')*''\)$' then j.command
        else '(written by hand, not shown to a role that may only read)'
      end,
      j.database, j.username, j.active, r.rolname is not null
    from cron.job j
    left join pg_catalog.pg_roles r on r.rolname = j.username
    order by j.jobid
  $query$;
end
$function$;
comment on function ops.plan_cron_jobs() is 'Every row of cron.job, for a role that may plan and not schedule; commands that are not ours are hidden. Empty without pg_cron.';

CREATE OR REPLACE FUNCTION ops.plan_projects()
 RETURNS TABLE(name text, spec jsonb)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select d.name, d.spec from ops.declared_projects() d
$function$;
comment on function ops.plan_projects() is 'ops.declared_projects, for a role that may plan.';

CREATE OR REPLACE FUNCTION ops.plan_secrets()
 RETURNS TABLE(id uuid, name text, description text, updated_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if to_regclass('vault.secrets') is null then
    return;
  end if;
  return query execute $query$
    select s.id, s.name, s.description, s.updated_at from vault.secrets s where s.name is not null order by s.name
  $query$;
end
$function$;
comment on function ops.plan_secrets() is 'Names, descriptions and dates of Vault secrets, never a value, for a role that may plan. Empty without Vault.';

CREATE OR REPLACE FUNCTION ops.probe_batches(p_now timestamp with time zone)
 RETURNS TABLE(batch text, remaining integer, total integer, migrated bigint, last_status text, silent_s double precision, stalled_s double precision, failures bigint, last_error text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select b.batch, b.remaining, b.total, b.migrated, b.last_status,
    extract(epoch from p_now - b.last_at)::double precision,
    -- Since something was last moved, or since the first word when nothing ever was.
    extract(epoch from p_now - coalesce(p.moved_at, b.first_at))::double precision,
    f.failures,
    f.last_error
  from ops.migration_batches b
  left join lateral (
    select l.created_at as moved_at
    from (select x.created_at, x.migrated, x.id from ops.migration_logs x where x.batch = b.batch order by x.id desc limit 10000) l
    where l.migrated > 0
    order by l.id desc
    limit 1
  ) p on true
  cross join lateral (
    select count(*) filter (where n.in_streak) as failures,
      (array_agg(left(ops.redact_text(n.error), 300) order by n.id desc) filter (where n.in_streak and n.error is not null))[1]
        as last_error
    from (
      select x.id, x.errors[1] as error, bool_and(x.status <> 'success') over (order by x.id desc) as in_streak
      from (
        select l.id, l.status, l.errors from ops.migration_logs l where l.batch = b.batch order by l.id desc limit 100
      ) x
    ) n
  ) f
  order by b.batch collate "C"
  limit 1000
$function$;
comment on function ops.probe_batches(timestamp with time zone) is 'Batch migrations: what is left, seconds since the last word and since something was last moved, failed batches in a row (up to 100) and the last error.';

CREATE OR REPLACE FUNCTION ops.probe_cron_jobs(p_now timestamp with time zone, p_late_by interval, p_expected text[] DEFAULT '{}'::text[])
 RETURNS TABLE(job text, owner text, schedule text, within_s double precision, since timestamp with time zone, last_slot timestamp with time zone, trouble jsonb)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET jit TO 'off'
AS $function$
#variable_conflict use_column
begin
  if to_regclass('cron.job') is null then
    raise exception 'pg_cron is not installed here' using errcode = 'feature_not_supported';
  end if;
  return query
  with awake as materialized (
    select d.name, d.definition, greatest(d.updated_at, d.created_at) as defined_at,
      d.definition -> 'expect' as expect,
      make_interval(secs => (d.definition #>> '{expect,within_ms}')::double precision / 1000) as within,
      make_interval(secs => (d.definition #>> '{expect,max_duration_ms}')::double precision / 1000) as max_duration
    from ops.job_definitions d
    where d.name in (
      select j.jobname::text
      from cron.job j
      where j.active and j.database = current_database() and j.command like '%select ops.fire(%'
    )
  ), open as materialized (
    select distinct on (r.job) r.job, r.id, r.status, r.attempt, coalesce(r.fired_at, r.created_at) as fired_at, r.deadline,
      r.next_attempt_at
    from ops.cron_runs r
    where r.status in ('queued', 'fired', 'delivered')
    order by r.job, r.id
  ), running as materialized (
    -- What a SQL job has begun nobody can see in a table before it ends. Long names are cut.
    select l.job, min(l.started_at) as started_at, min(l.deadline) as deadline
    from ops.list_running() l
    where l.job <> ''
    group by l.job
  ), rated as materialized (
    select a.name, (a.expect #>> '{min_success,ratio}')::double precision as ratio,
      make_interval(secs => (a.expect #>> '{min_success,window_ms}')::double precision / 1000) as span
    from awake a
    where a.expect ? 'min_success'
  ), rates as materialized (
    select r.job, count(*) as runs, count(*) filter (where r.status = 'succeeded') as succeeded
    from ops.cron_runs r
    join rated t on t.name = r.job and r.created_at > p_now - t.span
    where r.id >= (select ops.first_cron_run(p_now - max(t.span)) from rated t)
      and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
    group by r.job
  ), looked as (
    select a.*, s.scheduled_for,
      nullif(jsonb_strip_nulls(jsonb_build_object(
        'failing', case when l.status <> 'succeeded' then (
          select jsonb_build_object(
            'in_a_row', count(*) filter (where n.in_streak),
            'since', min(n.created_at) filter (where n.in_streak),
            'run_id', l.id, 'status', l.status, 'error_code', l.error_code, 'http_status', l.http_status,
            'error', left(ops.redact_text(l.error), 400),
            'after', greatest(1, coalesce((a.definition #>> '{alert,after}')::integer, 1))
          )
          from (
            select x.created_at, bool_and(x.status <> 'succeeded') over (order by x.id desc) as in_streak
            from (
              select r.id, r.created_at, r.status
              from ops.cron_runs r
              where r.job = a.name and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
              order by r.id desc
              limit 100
            ) x
          ) n
        ) end,
        'stuck', case
          when o.id is not null and (o.fired_at < p_now - a.max_duration or greatest(o.deadline, o.next_attempt_at) < p_now - interval '5 minutes')
            then jsonb_build_object(
              'run_id', o.id, 'status', o.status, 'attempt', o.attempt, 'fired_at', o.fired_at, 'deadline', o.deadline,
              'seconds', round(extract(epoch from p_now - o.fired_at))
            )
          when q.job is not null and (q.started_at < p_now - a.max_duration or q.deadline < p_now - interval '1 minute')
            then jsonb_build_object(
              'status', 'running SQL', 'fired_at', q.started_at, 'deadline', q.deadline,
              'seconds', round(extract(epoch from p_now - q.started_at))
            )
        end,
        'slow', case when l.finished_at - l.fired_at > a.max_duration then jsonb_build_object(
          'run_id', l.id, 'seconds', round(extract(epoch from l.finished_at - l.fired_at)::numeric, 1), 'finished_at', l.finished_at
        ) end,
        'success_rate', case when t.succeeded < t.runs * g.ratio then jsonb_build_object(
          'runs', t.runs, 'succeeded', t.succeeded, 'wanted', g.ratio, 'window_s', extract(epoch from g.span)
        ) end
      )), '{}') as trouble
    from awake a
    left join open o on o.job = a.name
    left join running q on starts_with(a.name, q.job)
    left join rated g on g.name = a.name
    left join rates t on t.job = a.name
    left join lateral (
      select r.scheduled_for
      from ops.cron_runs r
      where r.job = a.name and r.trigger in ('schedule', 'misfire', 'queued')
      order by r.scheduled_for desc
      limit 1
    ) s on true
    left join lateral (
      select r.id, r.status, r.error_code, r.error, r.http_status, r.fired_at, r.finished_at
      from ops.cron_runs r
      where r.job = a.name and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
      order by r.id desc
      limit 1
    ) l on true
  )
  select k.name, k.definition ->> 'owner', (k.definition -> 'schedule')::text, extract(epoch from k.within)::double precision,
    -- A slot from before the job was last changed or woken says nothing.
    greatest(
      k.defined_at,
      (select m.applied_at from ops.managed_objects m where m.kind = 'cron' and m.name = k.name),
      (select max(c.at) from ops.cron_changes c where c.jobname = k.name)
    ),
    k.scheduled_for, k.trouble
  from looked k
  where k.trouble is not null or k.scheduled_for is null or k.scheduled_for < p_now - coalesce(k.within, p_late_by)
  union all
  select e.name, d.definition ->> 'owner', null, null, null, null, jsonb_build_object('not_scheduled', jsonb_build_object(
    'is_defined', d.name is not null,
    'is_in_pg_cron', exists (select from cron.job j where j.jobname::text = e.name),
    'last_run_at', (select r.created_at from ops.cron_runs r where r.job = e.name order by r.id desc limit 1)
  ))
  from unnest(p_expected) as e (name)
  left join ops.job_definitions d on d.name = e.name
  where not exists (select from awake a where a.name = e.name)
  order by 1;
end
$function$;
comment on function ops.probe_cron_jobs(timestamp with time zone,interval,text[]) is 'Jobs of ours that are awake and not plainly well: those with trouble (failing, stuck, slow, success_rate), and those whose last slot is long enough ago to be late, which their schedule decides. p_late_by: for jobs that do not say expect.within. Jobs of p_expected that are not awake are told as not_scheduled.';

CREATE OR REPLACE FUNCTION ops.probe_functions(p_now timestamp with time zone, p_window interval)
 RETURNS TABLE(slug text, applied jsonb, calls bigint, failed bigint, last_error text, last_failed_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with callers as materialized (
    select d.name, d.definition #>> '{call,function}' as slug
    from ops.job_definitions d
    where d.definition #> '{call,function}' is not null
  ), ended as materialized (
    select c.slug, r.status, r.created_at, r.error, r.id
    from ops.cron_runs r
    join callers c on c.name = r.job
    where r.id >= (select ops.first_cron_run(p_now - p_window))
      and r.created_at > p_now - p_window
      and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
      -- What never left the database says nothing about the function.
      and coalesce(r.error_code, '') not in (
        'secret_missing', 'secret_invalid', 'url_invalid', 'extension_missing', 'definition_missing', 'definition_invalid', 'scheduler_failed'
      )
  ), summed as (
    select e.slug, count(*) as calls, count(*) filter (where e.status <> 'succeeded') as failed,
      (array_agg(left(ops.redact_text(e.error), 400) order by e.id desc) filter (where e.status <> 'succeeded'))[1] as last_error,
      max(e.created_at) filter (where e.status <> 'succeeded') as last_failed_at
    from ended e
    group by e.slug
  ), ledger as (
    select m.name as slug, m.applied from ops.managed_objects m where m.kind = 'function'
  )
  select coalesce(l.slug, s.slug), l.applied, coalesce(s.calls, 0), coalesce(s.failed, 0), s.last_error, s.last_failed_at
  from ledger l
  full join summed s on s.slug = l.slug
  order by 1
$function$;
comment on function ops.probe_functions(timestamp with time zone,interval) is 'Edge Functions: what was deployed by us, and how calls of jobs to them ended within p_window.';

CREATE OR REPLACE FUNCTION ops.probe_net(p_now timestamp with time zone, p_window interval)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_oldest bigint;
  v_hidden integer;
  v_net jsonb;
begin
  if to_regclass('net.http_request_queue') is null or to_regclass('net._http_response') is null then
    return null;
  end if;
  select min(q.id) into v_oldest from net.http_request_queue q;
  select count(*) into v_hidden
  from pg_catalog.pg_stat_activity a
  where a.backend_type is null and coalesce(a.application_name, '') = '' and a.datname = current_database();
  select jsonb_build_object(
    'version', (select e.extversion from pg_catalog.pg_extension e where e.extname = 'pg_net'),
    -- Not net.check_worker_is_up(): old versions of it look for a name their worker does not have.
    'is_up', case
      when exists (
        select from pg_catalog.pg_stat_activity a
        where a.datname = current_database() and a.pid <> pg_backend_pid()
          and (a.backend_type ilike '%pg_net%' or a.application_name ilike '%pg_net%')
      ) then true
      when v_hidden = 0 then false
    end,
    'depth', (select count(*) from (select from net.http_request_queue q limit 100001) x),
    'without_scheme', (select count(*) from (select q.url from net.http_request_queue q limit 1000) x where x.url !~* '^https?://'),
    -- The queue holds no times. Ids grow: whatever was asked for, or answered, later than the oldest request in it began to wait after it.
    'oldest_s', extract(epoch from p_now - least(
      (
        select min(a.fired_at)
        from ops.cron_attempts a
        where a.awaiting_response and a.request_id >= v_oldest and a.epoch = (select e.epoch from ops.crash_epoch e)
      ),
      (select min(r.created) from net._http_response r where r.id > v_oldest and r.created > p_now - p_window)
    )),
    'answers', m.answers, 'ok', m.ok, 'client_errors', m.client_errors, 'server_errors', m.server_errors, 'other', m.other,
    'timed_out', m.timed_out, 'not_delivered', m.not_delivered, 'out_of_memory', m.out_of_memory, 'bad_url', m.bad_url,
    'last_answer_at', m.last_answer_at,
    'messages', (
      select coalesce(jsonb_agg(jsonb_build_object('message', e.message, 'count', e.count) order by e.count desc, e.message), '[]')
      from (
        select left(ops.redact_text(regexp_replace(r.error_msg, 'https?://\S+', '[url]', 'g')), 160) as message, count(*) as count
        from (
          select a.error_msg
          from net._http_response a
          where a.created > p_now - p_window and a.error_msg is not null
          order by a.created desc
          limit 10000
        ) r
        group by 1
        order by 2 desc, 1
        limit 5
      ) e
    )
  )
  into v_net
  from (
    select count(*) as answers,
      count(*) filter (where r.status_code between 200 and 299) as ok,
      count(*) filter (where r.status_code between 400 and 499) as client_errors,
      count(*) filter (where r.status_code >= 500) as server_errors,
      count(*) filter (where r.status_code < 200 or r.status_code between 300 and 399) as other,
      count(*) filter (where r.status_code is null and coalesce(r.timed_out, r.error_msg ilike 'timeout%', false)) as timed_out,
      count(*) filter (where r.status_code is null and not coalesce(r.timed_out, r.error_msg ilike 'timeout%', false)) as not_delivered,
      count(*) filter (where r.error_msg ilike '%out of memory%') as out_of_memory,
      count(*) filter (where r.error_msg ilike '%invalid url%' or r.error_msg ilike '%bad scheme%') as bad_url,
      max(r.created) as last_answer_at
    -- The one index there is by time.
    from (
      select a.status_code, a.timed_out, a.error_msg, a.created
      from net._http_response a
      where a.created > p_now - p_window
      order by a.created desc
      limit 10000
    ) r
  ) m;
  return v_net;
end
$function$;
comment on function ops.probe_net(timestamp with time zone,interval) is 'pg_net: whether its worker is up (null: cannot be seen), requests waiting and for how long at least, and how the newest 10,000 answers of p_window went. Null without pg_net.';

CREATE OR REPLACE FUNCTION ops.probe_openrouter(p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'credits', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'base_url', left(c.base_url, 200),
        'age_s', extract(epoch from p_now - c.fetched_at),
        'total', case when jsonb_typeof(c.payload #> '{data,total_credits}') = 'number' then c.payload #> '{data,total_credits}' end,
        'used', case when jsonb_typeof(c.payload #> '{data,total_usage}') = 'number' then c.payload #> '{data,total_usage}' end
      ) order by c.base_url), '[]')
      from (select * from ops.openrouter_credits_cache x order by x.base_url limit 100) c
    ),
    'keys', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'base_url', left(k.base_url, 200),
        'age_s', extract(epoch from p_now - k.fetched_at),
        'is_readable', k.payload -> 'data' ? 'limit_remaining',
        'left', case when jsonb_typeof(k.payload #> '{data,limit_remaining}') = 'number' then k.payload #> '{data,limit_remaining}' end
      ) order by k.base_url), '[]')
      from (select * from ops.openrouter_key_cache x order by x.base_url limit 100) k
    ),
    'breakers', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'model', left(b.model, 200), 'open_until', b.open_until, 'failures', b.failure_streak, 'status', b.last_status,
        'error', left(ops.redact_text(b.last_error), 300)
      ) order by b.model), '[]')
      from (select * from ops.openrouter_circuit_breakers x where x.is_open order by x.model limit 200) b
    )
  )
$function$;
comment on function ops.probe_openrouter(timestamp with time zone) is 'OpenRouter, from its caches: credits, what is left of key limits, ages in seconds, and circuit breakers that are open.';

CREATE OR REPLACE FUNCTION ops.probe_queue(p_now timestamp with time zone, p_dead_within interval)
 RETURNS TABLE(task_type text, due bigint, oldest_s double precision, dead bigint, last_error text, paused_s double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with recursive waiting (task_type) as (
    -- One step through the index a type, however many jobs there are.
    (select q.task_type from ops.queued_jobs q where q.status = 'pending' and not q.blocked order by q.task_type limit 1)
    union all
    select (
      select q.task_type
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type > w.task_type
      order by q.task_type
      limit 1
    )
    from waiting w
    where w.task_type is not null
  ), dead as (
    select q.task_type, count(*) as dead, (array_agg(left(ops.redact_text(q.last_error), 300) order by q.id desc))[1] as last_error
    from (
      select x.id, x.task_type, x.last_error
      from ops.queued_jobs x
      where x.status = 'failed' and x.finished_at > p_now - p_dead_within
      order by x.id desc
      limit 100000
    ) q
    group by q.task_type
  ), types as (
    select w.task_type from waiting w where w.task_type is not null
    union
    select d.task_type from dead d
  )
  select t.task_type, coalesce(c.due, 0), extract(epoch from p_now - c.oldest)::double precision, coalesce(d.dead, 0), d.last_error,
    case when k.paused then extract(epoch from p_now - k.updated_at)::double precision end
  from types t
  left join dead d on d.task_type = t.task_type
  left join ops.job_types k on k.task_type = t.task_type
  left join lateral (
    select count(*) as due, min(n.run_at) as oldest
    from (
      select q.run_at
      from ops.queued_jobs q
      where q.task_type = t.task_type and q.status = 'pending' and not q.blocked and q.run_at <= p_now
        and not coalesce((select range_agg(l.held) from ops.job_leases l) @> q.id, false)
      limit 100001
    ) n
  ) c on true
  order by t.task_type collate "C"
$function$;
comment on function ops.probe_queue(timestamp with time zone,interval) is 'Per type of work: jobs that wait to be claimed (counted up to 100,001), how long the oldest does, dead letters of p_dead_within, and how long it has been paused.';

CREATE OR REPLACE FUNCTION ops.probe_scheduler(p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_unowned jsonb;
  v_active integer;
  v_hidden integer;
  v_last timestamptz;
  v_is_partial boolean;
begin
  if to_regclass('cron.job') is null then
    return null;
  end if;
  -- pg_cron hides the jobs of others behind row security.
  v_is_partial := row_security_active('cron.job');
  select count(*) filter (where j.active and j.database = current_database()),
    coalesce(
      jsonb_agg(jsonb_build_object('job', coalesce(j.jobname::text, 'job ' || j.jobid), 'role', j.username) order by j.jobid)
        filter (where r.rolname is null),
      '[]'
    )
  into v_active, v_unowned
  from cron.job j
  left join pg_catalog.pg_roles r on r.rolname = j.username;
  select max(coalesce(d.start_time, d.end_time)) into v_last
  from (select c.start_time, c.end_time from cron.job_run_details c order by c.runid desc limit 1000) d;
  select count(*) into v_hidden
  from pg_catalog.pg_stat_activity a
  where a.backend_type is null and coalesce(a.application_name, '') = '' and a.datname = current_database();
  return jsonb_build_object(
    'version', (select e.extversion from pg_catalog.pg_extension e where e.extname = 'pg_cron'),
    'active_jobs', v_active,
    'is_partial', v_is_partial,
    'unowned', v_unowned,
    'last_started_at', v_last,
    'last_tick_at', (select max(t.ticked_at) from ops.scheduler_ticks t),
    'last_run_at', (select r.created_at from ops.cron_runs r where r.trigger = 'schedule' order by r.id desc limit 1),
    -- The launcher, by its own name: null when processes that might be it are hidden from us.
    'is_up', case
      when exists (
        select from pg_catalog.pg_stat_activity a
        where a.datname = current_database() and (a.backend_type ilike '%pg_cron launcher%' or a.application_name ilike '%pg_cron scheduler%')
      ) then true
      when v_hidden = 0 then false
    end
  );
end
$function$;
comment on function ops.probe_scheduler(timestamp with time zone) is 'Whether pg_cron lives: its launcher, the last thing it started, the last pass of the collector, jobs whose role is gone. Null without pg_cron.';

CREATE OR REPLACE FUNCTION ops.probe_secrets(p_now timestamp with time zone, p_wanted jsonb)
 RETURNS TABLE(name text, state text, is_blank boolean, has_white_space boolean, fits text, age_s double precision)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_wanted record;
  v_value text;
  v_may_decrypt boolean;
begin
  if to_regclass('vault.decrypted_secrets') is null then
    raise exception 'Vault is not installed here' using errcode = 'feature_not_supported';
  end if;
  v_may_decrypt := has_schema_privilege(session_user, 'vault', 'usage')
    and has_table_privilege(session_user, 'vault.decrypted_secrets', 'select');
  for v_wanted in
    select w.name, w.shape, s.id, s.updated_at
    from jsonb_to_recordset(p_wanted) as w (name text, shape text)
    left join vault.secrets s on s.name = w.name
    order by w.name
  loop
    name := v_wanted.name;
    state := 'missing';
    is_blank := null;
    has_white_space := null;
    fits := null;
    age_s := extract(epoch from p_now - v_wanted.updated_at);
    if v_wanted.id is not null then
      v_value := null;
      begin
        select s.decrypted_secret into v_value from vault.decrypted_secrets s where s.id = v_wanted.id;
        state := case when v_value is null then 'unreadable' else 'readable' end;
      exception
        -- Whatever decryption says may quote what it was given.
        when others then
          state := 'unreadable';
      end;
    end if;
    if state = 'readable' then
      is_blank := v_value ~ '^\s*$';
      has_white_space := v_value ~ '\s';
      if v_wanted.shape is not null then
        if not (v_may_decrypt or ops.is_plain_shape(v_wanted.shape)) then
          fits := 'not_judged';
        else
          begin
            fits := case when v_value ~ v_wanted.shape then 'yes' else 'no' end;
          exception
            when invalid_regular_expression then
              fits := 'bad_pattern';
          end;
        end if;
      end if;
    end if;
    return next;
  end loop;
end
$function$;
comment on function ops.probe_secrets(timestamp with time zone,jsonb) is 'Judge secrets of the Vault, given as [{name, shape}]: state (missing, unreadable, readable), blank, white space, whether the shape fits (yes, no, not_judged, bad_pattern), and age. Never a value.';

CREATE OR REPLACE FUNCTION ops.problem_remedy(p_problem text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case split_part(p_problem, ':', 1)
    when 'secret_missing' then 'Vault has no secret of this name; declare it in runbooks/secrets.yaml, set its value and apply'
    when 'secret_invalid' then 'this secret is empty, cannot be decrypted, or holds white space or a line break; set it again and apply'
    when 'url_invalid' then 'this is not a URL with http:// or https:// and a host; correct it and apply'
    when 'extension_missing' then 'this extension is not installed (or too old) in this database; enable it'
    when 'definition_missing' then 'ops.job_definitions has no row for this job; apply runbooks/ again or unschedule it'
    else 'the definition of this job cannot be understood; run validate and apply runbooks/ again'
  end
$function$;
comment on function ops.problem_remedy(text) is 'What to do about a problem word such as secret_missing:project_url.';

CREATE OR REPLACE FUNCTION ops.project_branches(project_id uuid, p_after_lane text DEFAULT NULL::text, p_after_name text DEFAULT NULL::text, p_limit integer DEFAULT 200)
 RETURNS TABLE(id uuid, name text, lane text, environment text, build_count bigint, last_build_id uuid, last_build_status text, last_build_at timestamp with time zone, commit_sha text, commit_message text, health text, observed_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_after_name text := coalesce(p_after_name, '');
  v_after_lane smallint := case p_after_lane when 'production' then 1 when 'staging' then 2 when 'development' then 3 else 0 end;
begin
  return query
    select h.id, h.name, h.lane, h.environment, h.build_count, b.id, b.status, b.created_at, b.commit_sha, b.commit_message,
      m.health, m.observed_at
    from (
      select r.*
      from ops.branches r
      where r.project_id = project_branches.project_id and (r.lane_rank, r.name) > (v_after_lane, v_after_name)
        and r.archived_at is null
      order by r.lane_rank, r.name
      limit least(greatest(coalesce(p_limit, 200), 1), 1000)
    ) h
    left join lateral (
      select n.id, n.status, n.created_at, n.commit_sha, n.commit_message
      from ops.builds n
      where n.branch_id = h.id
      order by n.id desc
      limit 1
    ) b on true
    left join ops.monitoring m on m.branch_id = h.id
    order by h.lane_rank, h.name;
end
$function$;
comment on function ops.project_branches(uuid,text,text,integer) is 'Branches of a project by lane (production, staging, development) and name, with their last build and health. The next page: pass the last lane and name.';
grant execute on function ops.project_branches(uuid,text,text,integer) to authenticated;
grant execute on function ops.project_branches(uuid,text,text,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.project_builds(p_project_id uuid, p_before uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.builds
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  return query
    select b.*
    from ops.builds b
    where b.project_id = p_project_id and b.id < v_before
    order by b.id desc
    limit least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$function$;
comment on function ops.project_builds(uuid,uuid,integer) is 'Builds of all branches of a project, newest first. The next page: pass the last id as p_before.';
grant execute on function ops.project_builds(uuid,uuid,integer) to authenticated;
grant execute on function ops.project_builds(uuid,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.project_deployments(p_project_id uuid, p_environment text DEFAULT NULL::text, p_before uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.deployments
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
begin
  if p_environment is null then
    return query
      select d.*
      from ops.deployments d
      where d.project_id = p_project_id and d.id < v_before
      order by d.id desc
      limit v_limit;
  else
    return query
      select d.*
      from ops.deployments d
      where d.project_id = p_project_id and d.environment = p_environment and d.id < v_before
      order by d.id desc
      limit v_limit;
  end if;
end
$function$;
comment on function ops.project_deployments(uuid,text,uuid,integer) is 'Deployments of a project, to one environment or to all, newest first; the one in state success is what is there now. The next page: pass the last id as p_before.';
grant execute on function ops.project_deployments(uuid,text,uuid,integer) to authenticated;
grant execute on function ops.project_deployments(uuid,text,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.project_metric_series(p_project_id uuid, p_metric text, p_from timestamp with time zone, p_to timestamp with time zone DEFAULT now(), p_step interval DEFAULT '00:05:00'::interval, p_branch_id uuid DEFAULT NULL::uuid)
 RETURNS TABLE(ts timestamp with time zone, average double precision, minimum double precision, maximum double precision, samples bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_seconds numeric := extract(epoch from p_step);
  v_resolution text := ops.metric_resolution(p_to - p_from);
begin
  if p_step is null or p_step < interval '1 second' or p_to - p_from > p_step * 10000 then
    raise exception 'a series has 10,000 points at most, a second apart at least' using errcode = 'invalid_parameter_value';
  end if;
  -- A step that is no multiple of an hour, or of a minute, is read from what is finer.
  if v_resolution = 'hour' and v_seconds % 3600 = 0 then
    return query
      select date_bin(p_step, m.ts, timestamptz 'epoch') as slot, sum(m.total) / sum(m.samples), min(m.minimum), max(m.maximum),
        sum(m.samples)::bigint
      from ops.metric_hours m
      where m.project_id = p_project_id and m.metric = p_metric and m.ts >= p_from and m.ts < p_to
        and (p_branch_id is null or m.branch_id = p_branch_id)
      group by slot
      order by slot;
  elsif v_resolution <> 'sample' and v_seconds % 60 = 0 then
    return query
      select date_bin(p_step, m.ts, timestamptz 'epoch') as slot, sum(m.total) / sum(m.samples), min(m.minimum), max(m.maximum),
        sum(m.samples)::bigint
      from ops.metric_minutes m
      where m.project_id = p_project_id and m.metric = p_metric and m.ts >= p_from and m.ts < p_to
        and (p_branch_id is null or m.branch_id = p_branch_id)
      group by slot
      order by slot;
  else
    return query
      select date_bin(p_step, m.ts, timestamptz 'epoch') as slot, avg(m.value), min(m.value), max(m.value), count(*)
      from ops.metrics m
      where m.project_id = p_project_id and m.metric = p_metric and m.ts >= p_from and m.ts < p_to
        and (p_branch_id is null or m.branch_id = p_branch_id)
      group by slot
      order by slot;
  end if;
end
$function$;
comment on function ops.project_metric_series(uuid,text,timestamp with time zone,timestamp with time zone,interval,uuid) is 'One metric as points of a chart: average, least, most and number of samples per step, from samples for a day, from minutes for a week, from hours beyond (as the step allows). Steps without samples are left out.';
grant execute on function ops.project_metric_series(uuid,text,timestamp with time zone,timestamp with time zone,interval,uuid) to authenticated;
grant execute on function ops.project_metric_series(uuid,text,timestamp with time zone,timestamp with time zone,interval,uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.project_metrics(project_id uuid, metric text, hours integer DEFAULT 24, p_branch_id uuid DEFAULT NULL::uuid, p_after_ts timestamp with time zone DEFAULT NULL::timestamp with time zone, p_after_id bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 1000)
 RETURNS TABLE(ts timestamp with time zone, value double precision, branch_id uuid, dims jsonb, id bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_after_ts timestamptz := coalesce(p_after_ts, '-infinity');
  v_after_id bigint := coalesce(p_after_id, 0);
  v_hours integer := least(greatest(coalesce(hours, 24), 1), 24 * 731);
  v_from timestamptz := greatest(v_after_ts, now() - make_interval(hours => v_hours));
  v_limit integer := least(greatest(coalesce(p_limit, 1000), 1), 10000);
begin
  case ops.metric_resolution(make_interval(hours => v_hours))
    when 'sample' then
      return query
        select m.ts, m.value, m.branch_id, m.dims, m.id
        from ops.metrics m
        where m.project_id = project_metrics.project_id
          and m.metric = project_metrics.metric
          and m.ts >= v_from
          and (m.ts, m.id) > (v_after_ts, v_after_id)
          and (p_branch_id is null or m.branch_id = p_branch_id)
        order by m.ts, m.id
        limit v_limit;
    when 'minute' then
      return query
        select m.ts, m.total / m.samples, m.branch_id, m.dims, m.id
        from ops.metric_minutes m
        where m.project_id = project_metrics.project_id
          and m.metric = project_metrics.metric
          and m.ts >= v_from
          and (m.ts, m.id) > (v_after_ts, v_after_id)
          and (p_branch_id is null or m.branch_id = p_branch_id)
        order by m.ts, m.id
        limit v_limit;
    else
      return query
        select m.ts, m.total / m.samples, m.branch_id, m.dims, m.id
        from ops.metric_hours m
        where m.project_id = project_metrics.project_id
          and m.metric = project_metrics.metric
          and m.ts >= v_from
          and (m.ts, m.id) > (v_after_ts, v_after_id)
          and (p_branch_id is null or m.branch_id = p_branch_id)
        order by m.ts, m.id
        limit v_limit;
  end case;
end
$function$;
comment on function ops.project_metrics(uuid,text,integer,uuid,timestamp with time zone,bigint,integer) is 'One metric in the last hours, oldest first: its samples for a day, their means by minute for a week, by hour beyond. The next page: pass the last ts and id as p_after_ts and p_after_id, and the same hours.';
grant execute on function ops.project_metrics(uuid,text,integer,uuid,timestamp with time zone,bigint,integer) to authenticated;
grant execute on function ops.project_metrics(uuid,text,integer,uuid,timestamp with time zone,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.project_overview(p_project_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  return (
    with branches as materialized (
      select h.* from ops.project_branches(p_project_id, null, null, 1000) h
    )
    select to_jsonb(p) || jsonb_build_object(
      'lanes', (
        select jsonb_object_agg(l.lane, (
          select coalesce(jsonb_agg(to_jsonb(h) - 'lane' order by h.name), '[]') from branches h where h.lane = l.lane
        ))
        from unnest('{production,staging,development}'::text[]) as l (lane)
      ),
      'builds', (select coalesce(jsonb_agg(to_jsonb(b) order by b.id desc), '[]') from ops.project_builds(p.id, null, 10) b),
      'open_builds', (
        select coalesce(jsonb_object_agg(o.status, o.builds), '{}')
        from (
          select b.status, count(*) as builds
          from ops.builds b
          where b.project_id = p.id and b.status in ('queued', 'dispatched', 'running')
          group by b.status
        ) o
      ),
      'advisories', (
        select coalesce(jsonb_object_agg(o.level, o.advisories), '{}')
        from (
          select a.level, count(*) as advisories
          from ops.advisories a
          where a.project_id = p.id
            and a.resolved_at is null
            and (a.snoozed_until is null or a.snoozed_until <= now())
            and (a.suppressed_until is null or a.suppressed_until <= now())
          group by a.level
        ) o
      ),
      'upgrades', (
        select coalesce(jsonb_agg(to_jsonb(u) order by u.id desc), '[]')
        from ops.project_upgrades(p.id, null, 100) u
        where u.status in ('available', 'planned', 'running')
      )
    )
    from ops.projects p
    where p.id = p_project_id
  );
end
$function$;
comment on function ops.project_overview(uuid) is 'A project in one call: its branches by lane with last build and health, the newest builds, how many are open, active advice by level, upgrades to come. Null when there is none, or not for the caller.';
grant execute on function ops.project_overview(uuid) to authenticated;
grant execute on function ops.project_overview(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.project_upgrades(p_project_id uuid, p_before uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.upgrades
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  return query
    select u.*
    from ops.upgrades u
    where u.project_id = p_project_id and u.id < v_before
    order by u.id desc
    limit least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$function$;
comment on function ops.project_upgrades(uuid,uuid,integer) is 'Upgrades of a project, newest first. The next page: pass the last id as p_before.';
grant execute on function ops.project_upgrades(uuid,uuid,integer) to authenticated;
grant execute on function ops.project_upgrades(uuid,uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.promote_serial_jobs(p_serial_keys text[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_key text;
  v_task_type text;
  v_count integer := 0;
begin
  for v_key in select distinct k.serial_key from unnest(p_serial_keys) k (serial_key) order by 1 loop
    begin
      update ops.queued_jobs q
      set blocked = false
      where q.id = (
          select w.id from ops.queued_jobs w where w.serial_key = v_key and w.blocked and w.status = 'pending' order by w.id limit 1
        )
        and q.blocked
        and not exists (
          select from ops.queued_jobs h where h.serial_key = v_key and not h.blocked and h.status = 'pending'
        )
      returning q.task_type into v_task_type;
      if found then
        v_count := v_count + 1;
        perform pg_notify('ops_job_queue', v_task_type);
      end if;
    exception
      -- Another session made a job of this key the first in line at this moment.
      when unique_violation then null;
    end;
  end loop;
  return v_count;
end
$function$;
comment on function ops.promote_serial_jobs(text[]) is 'Let the next job of each serial key go when none of it is open any more. Returns how many went.';
grant execute on function ops.promote_serial_jobs(text[]) to service_role;

CREATE OR REPLACE FUNCTION ops.prune_alert_issues(p_keep interval DEFAULT '180 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_pruned integer;
begin
  delete from ops.alert_issues i
  where i.id in (
    select x.id
    from ops.alert_issues x
    where (x.state = 'closed' and x.closed_at < now() - p_keep or x.state = 'none' and x.retired_at < now() - p_keep)
      and not exists (select from ops.alerts a where a.issue_id = x.id and a.resolved_at is null)
    limit p_batch
  );
  get diagnostics v_pruned = row_count;
  delete from ops.silences s
  where s.id in (select x.id from ops.silences x where least(x.until, x.ended_at) < now() - p_keep limit p_batch);
  return v_pruned;
end
$function$;
comment on function ops.prune_alert_issues(interval,integer) is 'Forget issues closed, and silences over, for longer than p_keep. Called by cron. Returns how many issues.';

CREATE OR REPLACE FUNCTION ops.prune_builds(p_batch integer DEFAULT 1000)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_count integer;
begin
  with ended as (
    select b.id, b.status, row_number() over (partition by b.branch_id order by b.id desc) as place,
      b.id = max(case when b.status = 'succeeded' then b.id::text end) over (partition by b.branch_id)::uuid as is_last_good,
      b.finished_at < now() - p.keep_builds as is_old
    from ops.projects p
    join ops.builds b on b.project_id = p.id
    where p.keep_builds is not null and ops.build_is_final(b.status)
  )
  delete from ops.builds b
  where b.id in (select e.id from ended e where e.is_old and e.place > 20 and not coalesce(e.is_last_good, false) order by e.id limit p_batch);
  get diagnostics v_count = row_count;
  return v_count;
end
$function$;
comment on function ops.prune_builds(integer) is 'Forget builds that are older than their project keeps them, at most p_batch: never an open one, the last twenty of a branch, or its last good one. Returns how many.';

CREATE OR REPLACE FUNCTION ops.prune_control_history(p_keep interval DEFAULT '30 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_cutoff timestamptz := now() - p_keep;
  -- What people ask for later is kept for half a year at least.
  v_late_cutoff timestamptz := now() - greatest(p_keep, interval '180 days');
  v_alert_events integer;
  v_job_run_log integer;
  v_migration_logs integer;
  v_runs integer;
  v_cron_changes integer;
begin
  -- Ids grow with time, so what is old is at the start of each primary key.
  delete from ops.alert_events e
  where e.id in (
    select o.id from (select x.id, x.at from ops.alert_events x order by x.id limit p_batch) o where o.at < v_late_cutoff
  );
  get diagnostics v_alert_events = row_count;
  delete from ops.job_run_log l
  where l.id in (select x.id from ops.job_run_log x where x.id < ops.id_floor(v_cutoff) order by x.id limit p_batch);
  get diagnostics v_job_run_log = row_count;
  delete from ops.migration_logs l
  where l.id in (select x.id from ops.migration_logs x where x.id < ops.id_floor(v_cutoff) order by x.id limit p_batch);
  get diagnostics v_migration_logs = row_count;
  -- Their events went before, partition by partition (ops.maintain_partitions).
  delete from ops.runs r
  where r.id in (
    select x.id from ops.runs x where x.finished_at < v_late_cutoff order by x.finished_at limit p_batch for update skip locked
  );
  get diagnostics v_runs = row_count;
  delete from ops.cron_changes c
  where c.id in (
    select o.id from (select x.id, x.at from ops.cron_changes x order by x.id limit p_batch) o where o.at < v_late_cutoff
  );
  get diagnostics v_cron_changes = row_count;
  return jsonb_build_object(
    'alert_events', v_alert_events, 'job_run_log', v_job_run_log, 'migration_logs', v_migration_logs, 'runs', v_runs,
    'cron_changes', v_cron_changes
  );
end
$function$;
comment on function ops.prune_control_history(interval,integer) is 'The part of ops.prune_history that concerns the control room: events of alerts, ended runs of runbooks and changes of the scheduler after half a year at least; logs of functions and batches after p_keep. Returns counts.';

CREATE OR REPLACE FUNCTION ops.prune_history(p_keep interval DEFAULT '30 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select ops.prune_run_history(p_keep, p_batch) || ops.prune_control_history(p_keep, p_batch)
$function$;
comment on function ops.prune_history(interval,integer) is 'Delete what is older than p_keep, at most p_batch rows per table and call: see ops.prune_run_history and ops.prune_control_history. Returns counts by table.';

CREATE OR REPLACE FUNCTION ops.prune_issue_commands(p_keep interval DEFAULT '180 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_pruned integer;
begin
  delete from ops.issue_commands c
  where (c.repository, c.comment_id) in (
    select x.repository, x.comment_id from ops.issue_commands x where x.taken_at < now() - p_keep order by x.taken_at limit p_batch
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$function$;
comment on function ops.prune_issue_commands(interval,integer) is 'Forget commands older than p_keep. Called by cron. Returns how many.';

CREATE OR REPLACE FUNCTION ops.prune_job_queue(p_keep interval DEFAULT '14 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_deleted integer;
begin
  delete from ops.queued_jobs q
  where q.id in (
    select x.id
    from ops.queued_jobs x
    left join ops.job_types t on t.task_type = x.task_type
    where x.finished_at < now() - least(p_keep, (select min(k.keep_succeeded) from ops.job_types k))
      and x.finished_at < now() - coalesce(t.keep_succeeded, p_keep)
      and x.status = 'succeeded'
    order by x.finished_at
    limit p_batch
    for update of x skip locked
  );
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$function$;
comment on function ops.prune_job_queue(interval,integer) is 'Delete work that succeeded longer ago than its type says, or p_keep, oldest first, at most p_batch rows. Returns how many.';

CREATE OR REPLACE FUNCTION ops.prune_run_history(p_keep interval DEFAULT '30 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_cutoff timestamptz := now() - p_keep;
  v_runs integer;
  v_tokens integer;
  v_ticks integer;
  v_queue integer;
  v_alerts integer;
  v_audits integer;
  v_details integer := 0;
begin
  -- Ids grow with time, so what is old is at the start of the primary key. The last run of a job is kept for ever.
  delete from ops.cron_runs r
  where r.id in (
    select o.id
    from (select c.id, c.job, c.created_at, c.status from ops.cron_runs c order by c.id limit p_batch * 10) o
    where o.created_at < v_cutoff
      and o.status not in ('queued', 'fired', 'delivered')
      and exists (select from ops.cron_runs n where n.job = o.job and n.id > o.id)
    limit p_batch
  );
  get diagnostics v_runs = row_count;

  delete from ops.run_tokens t
  where t.token_hash in (
    select x.token_hash from ops.run_tokens x where x.expires_at < now() - interval '1 day' limit p_batch
  );
  get diagnostics v_tokens = row_count;

  delete from ops.scheduler_ticks t
  where t.ticked_at in (
    select x.ticked_at from ops.scheduler_ticks x
    where x.ticked_at < least(v_cutoff, now() - interval '2 days')
    order by x.ticked_at limit p_batch
  );
  get diagnostics v_ticks = row_count;

  delete from ops.queued_jobs q
  where q.id in (
    select x.id from ops.queued_jobs x
    where x.finished_at < v_cutoff
    order by x.finished_at
    limit p_batch
  );
  get diagnostics v_queue = row_count;

  -- Alerts and audit rows are few and asked for later: at least half a year, at least two years.
  delete from ops.alerts a
  where a.id in (
    select x.id from ops.alerts x where x.resolved_at < least(v_cutoff, now() - interval '180 days') limit p_batch
  );
  get diagnostics v_alerts = row_count;
  delete from ops.reconciliations a
  where a.id in (
    select x.id from ops.reconciliations x where x.started_at < least(v_cutoff, now() - interval '2 years') limit p_batch
  );
  get diagnostics v_audits = row_count;

  if to_regclass('cron.job_run_details') is not null then
    -- No index on time there; the primary key is in order of time. Rows left half-way have no time at all.
    with oldest as (
      select c.runid, coalesce(c.end_time, c.start_time) as at
      from cron.job_run_details c
      where c.username = current_user
      order by c.runid
      limit p_batch
    )
    delete from cron.job_run_details c
    using oldest o
    where c.runid = o.runid
      and (o.at < v_cutoff or (o.at is null and o.runid < (select max(x.runid) from oldest x where x.at < v_cutoff)));
    get diagnostics v_details = row_count;
  end if;

  return jsonb_build_object(
    'cron_runs', v_runs, 'run_tokens', v_tokens, 'scheduler_ticks', v_ticks, 'job_queue', v_queue, 'alerts', v_alerts,
    'reconciliations', v_audits, 'job_run_details', v_details
  );
end
$function$;
comment on function ops.prune_run_history(interval,integer) is 'The part of ops.prune_history that concerns schedules: ended runs with attempts and tokens, ticks, ended queue rows, alerts, audit rows, our rows of cron.job_run_details. Returns counts.';

CREATE OR REPLACE FUNCTION ops.queue_misfires(p_from timestamp with time zone, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_count integer;
begin
  if p_from is null or p_now - p_from < interval '150 seconds' or to_regclass('cron.job') is null then
    return 0;
  end if;
  insert into ops.cron_runs (
    job, scheduled_for, trigger, status, call_kind, created_at, next_attempt_at, definition_digest
  )
  select d.name, s.slot, 'misfire', 'queued', d.definition #>> '{call,kind}', p_now, p_now, d.digest
  from ops.job_definitions d
  cross join lateral ops.known_slots(
    d.definition,
    -- From the minute of the last tick on, but never more than a day.
    greatest(date_trunc('minute', p_from) - interval '1 second', d.created_at, p_now - interval '24 hours'),
    -- The minute that has just begun is the scheduler's own.
    date_trunc('minute', p_now) - interval '1 minute',
    case d.definition ->> 'misfire' when 'all' then 100 else 1 end
  ) as s (slot)
  where d.definition ->> 'misfire' in ('once', 'all')
    and exists (select from cron.job j where j.active and j.jobname::text = d.name and ops.fired_job(j.command) = d.name)
    and not exists (
      select from ops.cron_runs r
      where r.job = d.name and r.scheduled_for = s.slot and r.trigger in ('schedule', 'misfire', 'queued')
    )
    and (d.definition #>> '{call,kind}' <> 'sql' or not ops.is_slot_running(d.name, s.slot))
  order by s.slot
  on conflict do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end
$function$;
comment on function ops.queue_misfires(timestamp with time zone,timestamp with time zone) is 'After a gap of more than 150 seconds since p_from, queue the missed slots of active jobs: the latest (once) or up to 100 of the last day (all). Returns how many.';

CREATE OR REPLACE FUNCTION ops.queue_overview()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'types', coalesce((
      select jsonb_agg(to_jsonb(c) order by c.task_type)
      from (
        select q.task_type,
          count(*) filter (where q.status = 'pending') as pending,
          count(*) filter (where q.status = 'pending' and q.run_at <= now() and not q.blocked) as due,
          count(*) filter (where q.status = 'running') as running,
          count(*) filter (where q.status = 'succeeded') as succeeded,
          count(*) filter (where q.status = 'failed') as failed,
          count(*) filter (where q.status = 'cancelled') as cancelled,
          extract(epoch from now() - min(q.run_at) filter (
            where q.status = 'pending' and q.run_at <= now() and not q.blocked
          ))::float8 as oldest_due_seconds,
          coalesce((select t.paused from ops.job_types t where t.task_type = q.task_type), false) as paused
        from ops.job_queue q
        group by q.task_type
      ) c
    ), '[]'),
    'leases', coalesce((
      select jsonb_agg(to_jsonb(l) order by l.expires_at)
      from (
        select l.token, l.worker, (select sum(upper(r) - lower(r)) from unnest(l.held) r)::bigint as open_jobs, l.claimed_at, l.expires_at
        from ops.job_leases l
        order by l.expires_at
        limit 100
      ) l
    ), '[]')
  )
$function$;
comment on function ops.queue_overview() is 'The queue in one call: per type the counts by status, the age of the oldest due job and whether it is paused; and who holds leases.';
grant execute on function ops.queue_overview() to authenticated;
grant execute on function ops.queue_overview() to service_role;

CREATE OR REPLACE FUNCTION ops.raise_advisory(p_project_id uuid, p_cache_key text, p_name text, p_title text, p_level text DEFAULT 'warning'::text, p_description text DEFAULT ''::text, p_detail text DEFAULT ''::text, p_remediation text DEFAULT NULL::text, p_categories text[] DEFAULT '{}'::text[], p_evidence jsonb DEFAULT NULL::jsonb, p_branch_id uuid DEFAULT NULL::uuid, OUT advisory_id uuid, OUT outcome text)
 RETURNS record
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with former as (
    select a.id, a.resolved_at from ops.advisories a where a.project_id = p_project_id and a.cache_key = p_cache_key
  ), raised as (
    insert into ops.advisories as a (
      project_id, branch_id, cache_key, name, level, title, description, detail, remediation, categories, evidence
    )
    values (
      p_project_id, p_branch_id, p_cache_key, p_name, p_level, p_title, coalesce(p_description, ''), coalesce(p_detail, ''),
      p_remediation, coalesce(p_categories, '{}'), coalesce(p_evidence, '{}')
    )
    on conflict (project_id, cache_key) do update
    set name = excluded.name,
        branch_id = excluded.branch_id,
        level = excluded.level,
        title = excluded.title,
        description = excluded.description,
        detail = excluded.detail,
        remediation = excluded.remediation,
        categories = excluded.categories,
        evidence = excluded.evidence,
        last_seen_at = excluded.last_seen_at,
        seen_count = a.seen_count + 1,
        reopened_count = a.reopened_count + (a.resolved_at is not null)::integer,
        resolved_at = null,
        -- A snooze was about what was known then.
        snoozed_until = case
          when a.resolved_at is null and excluded.level_rank <= a.level_rank then a.snoozed_until
        end,
        updated_at = now()
    returning a.id, a.xmax = 0 as is_new
  )
  select r.id,
    case
      when r.is_new then 'created'
      when exists (select from former f where f.resolved_at is not null) then 'reopened'
      else 'refreshed'
    end
  from raised r
$function$;
comment on function ops.raise_advisory(uuid,text,text,text,text,text,text,text,text[],jsonb,uuid) is 'Say that a check found something (again). One row per project and cache_key: a resolved one is open again, a snoozed one stays so unless it got worse, a suppressed one stays so. outcome: created, refreshed or reopened.';
grant execute on function ops.raise_advisory(uuid,text,text,text,text,text,text,text,text[],jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.raise_alert(p_kind text, p_dedupe_key text, p_severity text, p_title text, p_message text DEFAULT ''::text, p_details jsonb DEFAULT '{}'::jsonb)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.alerts as a (kind, dedupe_key, severity, title, message, details)
  values (p_kind, p_dedupe_key, p_severity, p_title, coalesce(p_message, ''), coalesce(p_details, '{}'))
  on conflict (dedupe_key) where resolved_at is null do update
  set kind = excluded.kind,
      severity = excluded.severity,
      title = excluded.title,
      message = excluded.message,
      details = excluded.details,
      count = a.count + 1,
      last_seen_at = greatest(a.last_seen_at, excluded.last_seen_at),
      status = case when a.status = 'pending' or a.snoozed_until <= now() then 'active' else a.status end,
      snoozed_until = case when a.snoozed_until > now() then a.snoozed_until end
  returning a.id
$function$;
comment on function ops.raise_alert(text,text,text,text,text,jsonb) is 'Raise an alert, or refresh and count the active one with the same dedupe key; what people said of it stays, until a snooze is over. Returns its id.';
grant execute on function ops.raise_alert(text,text,text,text,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.raise_alerts(p_batch jsonb)
 RETURNS TABLE(id bigint, dedupe_key text, count integer, is_new boolean)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with raises as materialized (
    select r.*
    from rows from (
      jsonb_to_recordset(p_batch) as (
        kind text, dedupe_key text, severity text, title text, message text, details jsonb, pending boolean, count integer
      )
    ) with ordinality as r (kind, dedupe_key, severity, title, message, details, pending, count, position)
  ), keys as (
    select r.dedupe_key, max(r.position) as position, sum(greatest(coalesce(r.count, 1), 1))::integer as count
    from raises r
    group by r.dedupe_key
  )
  insert into ops.alerts as a (kind, dedupe_key, severity, title, message, details, status, count)
  -- Several raises of one key count, and the last of them is what the alert says.
  select r.kind, r.dedupe_key, r.severity, r.title, coalesce(r.message, ''), coalesce(r.details, '{}'),
    case when r.pending then 'pending' else 'active' end, k.count
  from keys k
  join raises r on r.position = k.position
  order by r.dedupe_key collate "C"
  on conflict (dedupe_key) where resolved_at is null do update
  set kind = excluded.kind,
      severity = excluded.severity,
      title = excluded.title,
      message = excluded.message,
      details = excluded.details,
      count = a.count + excluded.count,
      last_seen_at = greatest(a.last_seen_at, excluded.last_seen_at),
      status = case
        when a.snoozed_until <= now() or a.status = 'pending' and excluded.status = 'active' then 'active'
        else a.status
      end,
      snoozed_until = case when a.snoozed_until > now() then a.snoozed_until end
  -- A row that this statement made has never been locked.
  returning a.id, a.dedupe_key, a.count, a.xmax = 0
$function$;
comment on function ops.raise_alerts(jsonb) is 'ops.raise_alert for an array of {kind, dedupe_key, severity, title, message?, details?, pending?, count?}, in one statement. A pending alert is not yet one: the next raise without pending makes it active. count says how many raises an item stands for. Returns one row a key.';
grant execute on function ops.raise_alerts(jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.raise_checked_alerts(p_pass jsonb, p_source text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
 SET enable_nestloop TO 'off'
AS $function$
  with policies as materialized (
    select c.check_name, c.policy, c.policy ->> 'group' as group_key,
      least(greatest(coalesce((c.policy #>> '{for,of}')::integer, 1), 1), 60) as passes,
      greatest(coalesce((c.policy #>> '{for,failing}')::integer, 1), 1) as failing,
      jsonb_build_object(
        'owner', c.policy -> 'owner', 'runbook', c.policy -> 'runbook', 'runbook_command', c.policy -> 'runbook_command'
      ) as details
    from ops.check_policies c
    where c.source = p_source
  ), told as materialized (
    select r."check" as check_name, left(coalesce(r.object, ''), 500) as object, r.state, r.severity, coalesce(r.finding, '{}') as finding
    from jsonb_to_recordset(coalesce(p_pass -> 'results', '[]')) as r (
      "check" text, object text, state text, severity text, finding jsonb
    )
  ), results as materialized (
    select distinct on (x.check_name collate "C", x.object collate "C") x.*
    from (
      select * from told
      union all
      -- Nobody says anything about a check that could not look: that is something, too.
      select p.name, '', 'unknown', 'warning', jsonb_build_object(
        'name', 'check_unknown', 'title', 'The check ' || p.name || ' could not look',
        'detail', 'The last pass says neither that all is well nor that something is wrong.'
      )
      from jsonb_object_keys(coalesce(p_pass -> 'policies', '{}')) as p (name)
      where not coalesce(p_pass -> 'evaluated', '[]') ? p.name and not coalesce(p_pass -> 'skipped', '[]') ? p.name
        and not exists (select from told t where t.check_name = p.name and t.state = 'unknown')
    ) x
    -- Of two results for one object the worse one counts.
    order by x.check_name collate "C", x.object collate "C", x.state = 'firing' desc,
      array_position(array['critical', 'warning', 'info'], x.severity)
  ), states as (
    insert into ops.check_states as s (source, check_name, object, state, recent, recorded_at)
    select p_source, r.check_name, r.object, r.state, 1, p_now
    from results r
    join policies p on p.check_name = r.check_name and p.passes > 1
    on conflict (source, check_name, object) do update
    set state = excluded.state,
        recent = (s.recent << 1 | 1) & 1152921504606846975,
        recorded_at = excluded.recorded_at
    returning s.check_name, s.object, s.recent
  )
  insert into ops.alerts as a (
    kind, dedupe_key, severity, title, message, details, status, source, check_name, object, group_key, policy, condition,
    evidence_at, unknown_since, first_seen_at, last_seen_at
  )
  select
    left(coalesce(r.finding ->> 'name', 'check'), 200),
    k.dedupe_key,
    r.severity,
    -- The title of a finding may name the rule alone; an alert is about one object.
    left(
      t.title || case
        when r.object = '' or starts_with(t.title, r.object || ':') then ''
        when length(r.object) >= 4 and strpos(t.title, r.object) > 0 then ''
        else ': ' || r.object
      end,
      300
    ),
    left(coalesce(r.finding ->> 'detail', ''), 8000),
    jsonb_strip_nulls(coalesce(p.details, '{}') || (r.finding - array['name', 'level', 'title', 'detail'])),
    -- Without a row of its own, this pass is all that counts.
    case when bit_count((coalesce(s.recent, 1) & (1::bigint << coalesce(p.passes, 1)) - 1)::bit(64)) >= coalesce(p.failing, 1) then 'active'
      else 'pending'
    end,
    p_source, r.check_name, r.object, p.group_key, coalesce(p.policy, '{}'), r.state,
    case r.state when 'firing' then p_now end,
    case r.state when 'unknown' then p_now end,
    p_now, p_now
  from results r
  left join policies p on p.check_name = r.check_name
  left join states s on s.check_name = r.check_name and s.object = r.object
  cross join lateral (
    select case p_source when 'checks' then 'check' when 'advisories' then 'advice' else p_source end
      || ':' || r.check_name || ':' || r.object as dedupe_key
  ) k
  cross join lateral (select coalesce(nullif(r.finding ->> 'title', ''), r.check_name) as title) t
  order by k.dedupe_key collate "C"
  on conflict (dedupe_key) where resolved_at is null do update
  set -- What could not be looked at says nothing new: what was last seen to be wrong stands.
      kind = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.kind else excluded.kind end,
      severity = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.severity else excluded.severity end,
      title = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.title else excluded.title end,
      message = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.message else excluded.message end,
      details = case
        when excluded.condition = 'unknown' and a.evidence_at is not null then a.details || jsonb_build_object('unknown', excluded.message)
        else excluded.details
      end,
      source = excluded.source,
      check_name = excluded.check_name,
      object = excluded.object,
      group_key = excluded.group_key,
      policy = excluded.policy,
      condition = excluded.condition,
      evidence_at = coalesce(excluded.evidence_at, a.evidence_at),
      unknown_since = case when excluded.condition = 'unknown' then coalesce(a.unknown_since, excluded.unknown_since) end,
      recovering_since = null,
      count = a.count + 1,
      last_seen_at = excluded.last_seen_at,
      -- Once it is an alert it stays one until it is over.
      status = case when a.status = 'pending' then excluded.status else a.status end
$function$;
comment on function ops.raise_checked_alerts(jsonb,text,timestamp with time zone) is 'Part of ops.record_check_pass: an alert for everything this pass told, pending until it was not well in as many of the last passes as its file asks for.';
grant execute on function ops.raise_checked_alerts(jsonb,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.raise_dead_letters(p_ids bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_dead record;
begin
  for v_dead in
    select q.id, q.task_type, q.error_fingerprint, q.attempts, q.rescues, ops.redact_text(left(q.last_error, 1000)) as error
    from ops.queued_jobs q
    where q.id = any (p_ids) and q.error_fingerprint is not null
    -- One order for everybody: two workers raising the same two alerts wait for each other, never in a circle.
    order by q.task_type, q.error_fingerprint, q.id
  loop
    perform ops.raise_alert(
      'dead_letter',
      'dead_letter:' || v_dead.task_type || ':' || v_dead.error_fingerprint,
      'critical',
      'Jobs of type ' || v_dead.task_type || ' failed for good',
      coalesce(v_dead.error, 'no error was given'),
      jsonb_build_object(
        'task_type', v_dead.task_type, 'fingerprint', v_dead.error_fingerprint, 'job_id', v_dead.id,
        'attempts', v_dead.attempts, 'rescues', v_dead.rescues
      )
    );
  end loop;
end
$function$;
comment on function ops.raise_dead_letters(bigint[]) is 'Raise one alert per task type and fingerprint of these dead letters; it counts them and shows the last.';
grant execute on function ops.raise_dead_letters(bigint[]) to service_role;

CREATE OR REPLACE FUNCTION ops.raise_held_alert()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.condition := 'firing';
  new.recovering_since := null;
  return new;
end
$function$;
comment on function ops.raise_held_alert() is 'Trigger: an alert that is held open and raised again was not over.';

CREATE OR REPLACE FUNCTION ops.read_secret(p_name text, OUT value text, OUT problem text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if to_regclass('vault.decrypted_secrets') is null then
    problem := 'extension_missing:supabase_vault';
    return;
  end if;
  select s.decrypted_secret into value from vault.decrypted_secrets s where s.name = p_name;
  if value is null then
    problem := 'secret_missing:' || p_name;
  elsif value = '' or value ~ '^\s|\s$|[[:cntrl:]]' then
    value := null;
    problem := 'secret_invalid:' || p_name;
  end if;
exception
  -- Whatever decryption says may quote what it was given: keep the name only.
  when others then
    value := null;
    problem := 'secret_invalid:' || p_name;
end
$function$;
comment on function ops.read_secret(text) is 'One Vault secret, or why it cannot be used (extension_missing, secret_missing, secret_invalid and a name). Never raises, never says the value.';

CREATE OR REPLACE FUNCTION ops.record_artifact(p_build_id uuid, p_name text, p_kind text DEFAULT 'file'::text, p_url text DEFAULT NULL::text, p_storage_path text DEFAULT NULL::text, p_content text DEFAULT NULL::text, p_media_type text DEFAULT NULL::text, p_size_bytes bigint DEFAULT NULL::bigint, p_sha256 text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb, p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_attempt integer DEFAULT NULL::integer, p_lease_token bigint DEFAULT NULL::bigint, OUT outcome text, OUT artifact_id uuid)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_attempt integer := coalesce(p_attempt, (select b.attempt from ops.builds b where b.id = p_build_id));
begin
  if (ops.build_writer(p_build_id, v_attempt, p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  insert into ops.artifacts (
    build_id, attempt, name, kind, url, storage_path, content, media_type, size_bytes, sha256, metadata, expires_at
  )
  values (
    p_build_id, v_attempt, p_name, p_kind, p_url, p_storage_path, p_content, p_media_type, p_size_bytes, p_sha256,
    coalesce(p_metadata, '{}'), p_expires_at
  )
  on conflict (build_id, attempt, name) where build_id is not null do update
  set kind = excluded.kind, url = excluded.url, storage_path = excluded.storage_path, content = excluded.content,
      media_type = excluded.media_type, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
      metadata = excluded.metadata, expires_at = excluded.expires_at
  returning id into artifact_id;
end
$function$;
comment on function ops.record_artifact(uuid,text,text,text,text,text,text,bigint,text,jsonb,timestamp with time zone,integer,bigint) is 'Note an artifact of a build''s current attempt, by name: sent again it is the same row, as said last. outcome: stored or stale.';
grant execute on function ops.record_artifact(uuid,text,text,text,text,text,text,bigint,text,jsonb,timestamp with time zone,integer,bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_artifact(p_build_id uuid, p_attempt integer, p_lease_token bigint, p_name text, p_kind text DEFAULT 'file'::text, p_url text DEFAULT NULL::text, p_size_bytes bigint DEFAULT NULL::bigint, p_sha256 text DEFAULT NULL::text, p_media_type text DEFAULT NULL::text, p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT outcome text, OUT artifact_id uuid)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  perform ops.require_lease(p_lease_token);
  if p_url is not null and p_url !~ '^https?://' then
    raise exception 'an artifact lies at an http address' using errcode = 'invalid_parameter_value';
  end if;
  select a.outcome, a.artifact_id
  into record_build_artifact.outcome, record_build_artifact.artifact_id
  from ops.record_artifact(
    p_build_id, left(p_name, 200), p_kind, ops.redact_text(left(p_url, 2000)), p_size_bytes => p_size_bytes, p_sha256 => p_sha256,
    p_media_type => p_media_type, p_expires_at => p_expires_at, p_attempt => p_attempt, p_lease_token => p_lease_token
  ) a;
end
$function$;
comment on function ops.record_build_artifact(uuid,integer,bigint,text,text,text,bigint,text,text,timestamp with time zone) is 'ops.record_artifact for a recorder: its lease is required.';
grant execute on function ops.record_build_artifact(uuid,integer,bigint,text,text,text,bigint,text,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_deployment(p_build_id uuid, p_attempt integer, p_lease_token bigint, p_environment text, p_state text, p_url text DEFAULT NULL::text, OUT outcome text, OUT state text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform ops.require_lease(p_lease_token);
  perform from ops.builds b where b.id = p_build_id for no key update;
  if (ops.build_writer(p_build_id, p_attempt, p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  state := ops.note_deployment(p_build_id, p_attempt, p_environment, p_state, p_url);
end
$function$;
comment on function ops.record_build_deployment(uuid,integer,bigint,text,text,text) is 'A job that deploys says how that goes, under its lease: in_progress, then success (with the address to see it at), failure or error. outcome: stored (and the state it is in now) or stale.';
grant execute on function ops.record_build_deployment(uuid,integer,bigint,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_from_run(p_claims jsonb, p_request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_build_id uuid := (p_request ->> 'build_id')::uuid;
  v_attempt integer := (p_request ->> 'attempt')::integer;
  v_token bigint := (p_request ->> 'lease_token')::bigint;
  v_start record;
  v_call jsonb;
  v_answer jsonb;
  v_answers jsonb := '[]';
begin
  if p_request ->> 'op' = 'start' then
    if v_build_id is not null then
      perform ops.admit_build_writer(v_build_id, p_claims, false);
    end if;
    -- What opens a build comes from the token, not from whoever sent it.
    v_start := ops.record_build_start(
      v_build_id,
      jsonb_strip_nulls(jsonb_build_object(
        'run_id', p_claims -> 'run_id', 'run_attempt', p_claims -> 'run_attempt', 'repository', p_claims ->> 'repository',
        'sha', p_claims ->> 'sha', 'branch', nullif(regexp_replace(p_claims ->> 'ref', '^refs/heads/', ''), p_claims ->> 'ref'),
        'trigger', p_request ->> 'trigger', 'project', p_request ->> 'project', 'commit', p_request ->> 'commit'
      )),
      p_request ->> 'runner_id'
    );
    if v_build_id is null then
      perform ops.admit_build_writer(v_start.build_id, p_claims, false);
    end if;
    return to_jsonb(v_start);
  end if;
  perform ops.admit_build_writer(v_build_id, p_claims, true);
  if p_request ->> 'op' = 'heartbeat' then
    return (select to_jsonb(h) from ops.record_build_heartbeat(v_build_id, v_token) h);
  end if;
  for v_call in select c from jsonb_array_elements(p_request -> 'calls') as t (c) loop
    v_answer := case v_call ->> 'op'
      when 'lines' then (
        select to_jsonb(r)
        from ops.record_build_lines(
          v_build_id, v_attempt, v_token, (v_call ->> 'first_seq')::integer, v_call ->> 'lines',
          (select array_agg(e.v::timestamptz order by e.n) from jsonb_array_elements_text(v_call -> 'at') with ordinality as e (v, n)),
          (select array_agg(e.v order by e.n) from jsonb_array_elements_text(v_call -> 'levels') with ordinality as e (v, n)),
          (select array_agg(e.v order by e.n) from jsonb_array_elements_text(v_call -> 'steps') with ordinality as e (v, n)),
          coalesce(v_call ->> 'kind', 'log')
        ) r
      )
      when 'status' then (
        select to_jsonb(r)
        from ops.record_build_status(
          v_build_id, v_attempt, v_token, v_call ->> 'status', v_call ->> 'error', v_call -> 'result', v_call ->> 'environment_url'
        ) r
      )
      when 'artifact' then (
        select to_jsonb(r)
        from ops.record_build_artifact(
          v_build_id, v_attempt, v_token, v_call ->> 'name', coalesce(v_call ->> 'kind', 'file'), v_call ->> 'url',
          (v_call ->> 'size_bytes')::bigint, v_call ->> 'sha256', v_call ->> 'media_type', (v_call ->> 'expires_at')::timestamptz
        ) r
      )
      when 'metrics' then (
        select to_jsonb(r)
        from ops.record_build_metrics(v_build_id, v_attempt, v_token, v_call -> 'samples', v_call ->> 'key') r
      )
      -- Of 20261121020670.
      when 'deployment' then (
        select to_jsonb(r)
        from ops.record_build_deployment(
          v_build_id, v_attempt, v_token, v_call ->> 'environment', v_call ->> 'state', v_call ->> 'environment_url'
        ) r
      )
    end;
    v_answers := v_answers || v_answer;
    exit when v_answer ->> 'outcome' = 'stale';
  end loop;
  return jsonb_build_object('answers', v_answers);
end
$function$;
comment on function ops.record_build_from_run(jsonb,jsonb) is 'What the function ops-record-build does for a run whose OIDC token it verified: start, heartbeat, or write (a list of lines, status, artifact, metrics, deployment; all of them or none, ended by the first stale one).';
grant execute on function ops.record_build_from_run(jsonb,jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_heartbeat(p_build_id uuid, p_lease_token bigint, p_lease interval DEFAULT '00:05:00'::interval, OUT verdict text, OUT lease_expires_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  perform ops.require_lease(p_lease_token);
  select h.verdict, h.lease_expires_at
  into record_build_heartbeat.verdict, record_build_heartbeat.lease_expires_at
  from ops.heartbeat_build(p_build_id, p_lease_token, least(p_lease, interval '1 hour')) h;
end
$function$;
comment on function ops.record_build_heartbeat(uuid,bigint,interval) is 'ops.heartbeat_build for a recorder: its lease is required, and lasts an hour at most.';
grant execute on function ops.record_build_heartbeat(uuid,bigint,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_lines(p_build_id uuid, p_attempt integer, p_lease_token bigint, p_first_seq integer, p_lines text, p_at timestamp with time zone[] DEFAULT NULL::timestamp with time zone[], p_levels text[] DEFAULT NULL::text[], p_steps text[] DEFAULT NULL::text[], p_kind text DEFAULT 'log'::text, OUT outcome text, OUT inserted integer)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform ops.require_lease(p_lease_token);
  select a.outcome, a.inserted
  into record_build_lines.outcome, record_build_lines.inserted
  from ops.append_build_events(
    p_build_id, p_attempt, p_first_seq, p_lines, p_lease_token, p_at, p_levels, p_steps, left(p_kind, 40)
  ) a;
end
$function$;
comment on function ops.record_build_lines(uuid,integer,bigint,integer,text,timestamp with time zone[],text[],text[],text) is 'ops.append_build_events for a recorder: its lease is required.';
grant execute on function ops.record_build_lines(uuid,integer,bigint,integer,text,timestamp with time zone[],text[],text[],text) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_metrics(p_build_id uuid, p_attempt integer, p_lease_token bigint, p_samples jsonb, p_key text, OUT outcome text, OUT inserted integer)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_build record;
begin
  perform ops.require_lease(p_lease_token);
  if (ops.build_writer(p_build_id, p_attempt, p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  if jsonb_array_length(p_samples) > 1000 then
    raise exception 'a build sends 1,000 samples at a time' using errcode = 'invalid_parameter_value';
  end if;
  select b.project_id, b.branch_id into strict v_build from ops.builds b where b.id = p_build_id;
  outcome := 'stored';
  inserted := ops.ingest_metrics(
    v_build.project_id, v_build.branch_id, clock_timestamp(), p_samples,
    format('build:%s:%s:%s', p_build_id, p_attempt, left(p_key, 100))
  ) ->> 'inserted';
end
$function$;
comment on function ops.record_build_metrics(uuid,integer,bigint,jsonb,text) is 'Samples of a build''s branch, from its recorder: its lease is required. The same key is stored once.';
grant execute on function ops.record_build_metrics(uuid,integer,bigint,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_start(p_build_id uuid, p_run jsonb, p_runner_id text, OUT outcome text, OUT build_id uuid, OUT attempt integer, OUT lease_token bigint, OUT lease_expires_at timestamp with time zone, OUT last_seq integer)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_build_id uuid := p_build_id;
  v_run_id bigint := (p_run ->> 'run_id')::bigint;
  v_run_attempt integer := (p_run ->> 'run_attempt')::integer;
begin
  if p_run ->> 'commit' !~ '^[0-9a-f]{40}([0-9a-f]{24})?$' then
    raise exception 'a commit is named by its whole id' using errcode = 'invalid_parameter_value';
  end if;
  if v_run_id is null or v_run_attempt is null or coalesce(p_runner_id, '') = '' then
    raise exception 'a recorder says which run it belongs to, and who it is' using errcode = 'invalid_parameter_value';
  end if;
  if v_build_id is null then
    v_build_id := (
      select o.build_id
      from ops.open_build(
        p_project_slug => p_run ->> 'project',
        p_branch => p_run ->> 'branch',
        p_trigger => coalesce(p_run ->> 'trigger', 'push'),
        p_github_run_id => v_run_id,
        p_github_run_attempt => v_run_attempt,
        p_repository => p_run ->> 'repository',
        p_sha => coalesce(p_run ->> 'commit', p_run ->> 'sha')
      ) o
    );
    -- What the queue would do at commit it does now, while we have its owner's rights: the recorder's role has none on it.
    set constraints ops.queued_jobs_serial_order immediate;
    set constraints ops.queued_jobs_serial_order deferred;
  end if;
  select s.attempt, s.lease_token, s.lease_expires_at
  into record_build_start.attempt, record_build_start.lease_token, record_build_start.lease_expires_at
  from ops.start_build_run(v_build_id, v_run_id, v_run_attempt, left(p_runner_id, 200)) s;
  record_build_start.build_id := v_build_id;
  if record_build_start.lease_token is null then
    outcome := 'stale';
    return;
  end if;
  outcome := 'started';
  -- Who ordered the build need not have known which commit it would be.
  update ops.builds b
  set commit_sha = coalesce(p_run ->> 'commit', p_run ->> 'sha')
  where b.id = v_build_id and b.commit_sha is null and coalesce(p_run ->> 'commit', p_run ->> 'sha') is not null;
  -- A later job of the same run goes on where the former stopped.
  last_seq := coalesce((
    select e.seq
    from ops.build_events e
    where e.build_id = v_build_id and e.attempt = record_build_start.attempt
    order by e.seq desc
    limit 1
  ), 0);
end
$function$;
comment on function ops.record_build_start(uuid,jsonb,text) is 'A run begins to write to its build: p_run holds run_id and run_attempt, and without a build id also repository, branch, sha, trigger and project (its slug), from which the build is opened; commit is what is built when that is not sha, the commit of the run. outcome: started, with the lease and the number of the last line there is; stale when another run has the build.';
grant execute on function ops.record_build_start(uuid,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.record_build_status(p_build_id uuid, p_attempt integer, p_lease_token bigint, p_status text, p_error text DEFAULT NULL::text, p_result jsonb DEFAULT NULL::jsonb, p_environment_url text DEFAULT NULL::text, OUT outcome text, OUT status text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  perform ops.require_lease(p_lease_token);
  if p_status is null or p_status not in ('running', 'succeeded', 'almost', 'failed', 'cancelled') then
    raise exception 'a recorder does not make a build %', coalesce(p_status, 'null') using errcode = 'invalid_parameter_value';
  end if;
  if p_environment_url !~ '^https?://' then
    raise exception 'a deployment is seen at an http address' using errcode = 'invalid_parameter_value';
  end if;
  select s.outcome, s.status
  into record_build_status.outcome, record_build_status.status
  from ops.set_build_status(
    p_build_id, p_status, p_lease_token, p_attempt, p_error, p_result, p_environment_url => p_environment_url
  ) s;
exception
  -- Who asked GitHub was faster, and knew the truth.
  when sqlstate 'PT409' then
    outcome := 'ended';
    record_build_status.status := (select b.status from ops.builds b where b.id = p_build_id);
end
$function$;
comment on function ops.record_build_status(uuid,integer,bigint,text,text,jsonb,text) is 'ops.set_build_status for a recorder: its lease is required, and a build that ended otherwise is no error (outcome: ended).';
grant execute on function ops.record_build_status(uuid,integer,bigint,text,text,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.record_changed_alerts()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_nestloop TO 'off'
AS $function$
begin
  insert into ops.alert_events (alert_id, event, severity, count, actor, note, details)
  select n.id,
    e.event,
    n.severity, n.count,
    case when e.event = n.status then
      case n.status when 'acknowledged' then n.acknowledged_by when 'snoozed' then n.snoozed_by when 'resolved' then n.resolved_by end
    end,
    case when e.event = n.status then n.note end,
    case e.event
      when 'severity_changed' then jsonb_build_object('from', o.severity, 'to', n.severity)
      when 'snoozed' then jsonb_build_object('until', n.snoozed_until)
      when 'silenced' then jsonb_build_object('silence', n.silence_id)
      when 'muted' then jsonb_build_object('by', n.muted_by)
      else '{}'
    end
  from old_alerts o
  join new_alerts n on n.id = o.id
  cross join unnest(
    array[
      case when n.severity <> o.severity then 'severity_changed' end,
      -- The highest bit moved: of two numbers with the same highest bit, xor is below and.
      case when n.count > o.count and n.count # o.count > n.count & o.count then 'counted' end,
      case when (n.condition = 'unknown') <> (o.condition = 'unknown') then
        case n.condition when 'unknown' then 'unknown' else 'known' end
      end,
      case
        when n.muted_by is not distinct from o.muted_by or n.status = 'resolved' then null
        when n.muted_by is null then 'unmuted'
        else 'muted'
      end,
      case
        when n.status = o.status and n.snoozed_until is not distinct from o.snoozed_until then null
        when n.status <> 'active' then n.status
        when o.status = 'pending' then 'raised'
        else 'woken'
      end
    ]
  ) as e (event)
  where e.event is not null
    and (
      n.severity <> o.severity or n.status <> o.status or n.snoozed_until <> o.snoozed_until or n.count # o.count > n.count & o.count
      or n.condition <> o.condition or n.muted_by is distinct from o.muted_by
    );
  return null;
end
$function$;
comment on function ops.record_changed_alerts() is 'Trigger: an event for each change of status, severity, knowledge, muting or magnitude of an alert.';

CREATE OR REPLACE FUNCTION ops.record_check_pass(p_pass jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET work_mem TO '64MB'
AS $function$
declare
  v_source text := coalesce(p_pass ->> 'source', 'checks');
  v_now timestamptz;
  v_at timestamptz;
  v_counts jsonb;
begin
  -- The bytes of "ops" and "pass".
  perform pg_catalog.pg_advisory_xact_lock(7303283, 1885434739);
  v_now := clock_timestamp();
  -- A clock that is ahead of ours must not make all later passes late.
  v_at := least(coalesce((p_pass ->> 'at')::timestamptz, v_now), v_now);
  if v_source !~ '^[a-z][a-z_]{0,39}$' then
    raise exception 'a pass has a source of small letters, not %', left(v_source, 40) using errcode = 'invalid_parameter_value';
  end if;
  insert into ops.watchers as w (name, every, observed_at)
  values (case v_source when 'checks' then 'health' else v_source end, case v_source when 'checks' then interval '5 minutes' else interval '1 day' end, v_at)
  on conflict (name) do update set observed_at = excluded.observed_at where w.observed_at is null or w.observed_at < excluded.observed_at;
  if not found then
    return jsonb_build_object('late', true);
  end if;

  insert into ops.check_policies as c (source, check_name, policy)
  select v_source, e.key, e.value
  from jsonb_each(coalesce(p_pass -> 'policies', '{}')) e
  order by e.key collate "C"
  on conflict (source, check_name) do update set policy = excluded.policy where c.policy <> excluded.policy;
  perform ops.raise_checked_alerts(p_pass, v_source, v_now);
  perform ops.note_check_states(p_pass, v_source, v_now);
  perform ops.calm_checked_alerts(p_pass, v_source, v_now);
  perform ops.retire_checks(p_pass -> 'policies', v_source);
  perform ops.judge_alerts();

  select jsonb_build_object(
    'late', false,
    'pending', count(*) filter (where a.status = 'pending'),
    'active', count(*) filter (where a.status = 'active' and a.muted_by is null),
    'acknowledged', count(*) filter (where a.status = 'acknowledged'),
    'snoozed', count(*) filter (where a.status = 'snoozed'),
    'silenced', count(*) filter (where a.status = 'silenced'),
    'muted', count(*) filter (where a.status = 'active' and a.muted_by is not null),
    'unknown', count(*) filter (where a.status <> 'pending' and a.condition = 'unknown'),
    'recovering', count(*) filter (where a.status <> 'pending' and a.condition = 'recovering'),
    'resolved', (select count(*) from ops.alerts r where r.resolved_at = v_now and r.source = v_source and r.evidence_at is not null)
  )
  into v_counts
  from ops.alerts a
  where a.resolved_at is null;
  return v_counts;
end
$function$;
comment on function ops.record_check_pass(jsonb) is 'Everything one pass over the checks saw: {source?, at, evaluated, skipped?, results: [{check, object, state, severity, finding}], policies}. Counts, raises, holds open, resolves, silences and mutes in one transaction. A pass older than the last recorded one changes nothing. Returns counts of what is not resolved.';
grant execute on function ops.record_check_pass(jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.record_competitor_activity(p_competitor_id uuid, p_activities jsonb, p_until_unix bigint)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_new integer;
begin
  insert into ops.competitor_activities (competitor_id, external_id, kind, points, occurred_at)
  select p_competitor_id, a.id, a.kind, coalesce(a.points, 0), to_timestamp(a.occurred_at_unix)
  from jsonb_to_recordset(p_activities) as a (id text, kind text, points integer, occurred_at_unix bigint)
  on conflict do nothing;
  get diagnostics v_new = row_count;
  -- Two pulls may overlap: the mark never moves back.
  update ops.competitors c
  set after_time_unix = greatest(c.after_time_unix, p_until_unix),
      needs_totals_refresh = c.needs_totals_refresh or v_new > 0,
      synced_at = clock_timestamp(),
      last_error = null
  where c.id = p_competitor_id;
  return v_new;
end
$function$;
comment on function ops.record_competitor_activity(uuid,jsonb,bigint) is 'Keep what was pulled, [{id, kind, points, occurred_at_unix}], up to p_until_unix. New activity makes the totals stale. Returns how much was new.';
grant execute on function ops.record_competitor_activity(uuid,jsonb,bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.record_competitor_failure(p_competitor_id uuid, p_totals boolean, p_error text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  -- Looked at, so that one broken competitor does not keep the others waiting.
  update ops.competitors c
  set last_error = left(p_error, 500),
      synced_at = case when p_totals then c.synced_at else clock_timestamp() end,
      totals_refreshed_at = case when p_totals then clock_timestamp() else c.totals_refreshed_at end
  where c.id = p_competitor_id
$function$;
comment on function ops.record_competitor_failure(uuid,boolean,text) is 'Note that a competitor could not be pulled; the mark stays, so the next pull asks again.';
grant execute on function ops.record_competitor_failure(uuid,boolean,text) to service_role;

CREATE OR REPLACE FUNCTION ops.record_competitor_totals(p_competitor_id uuid, p_totals jsonb, p_seen_until_unix bigint)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update ops.competitors c
  set totals = p_totals,
      totals_refreshed_at = clock_timestamp(),
      -- Activity pulled while the totals were on their way makes them stale again.
      needs_totals_refresh = c.after_time_unix > p_seen_until_unix,
      last_error = null
  where c.id = p_competitor_id
$function$;
comment on function ops.record_competitor_totals(uuid,jsonb,bigint) is 'Keep fresh totals that were asked for when activity was known up to p_seen_until_unix.';
grant execute on function ops.record_competitor_totals(uuid,jsonb,bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.record_cron_change(p_jobid bigint, p_jobname text, p_action text, p_before jsonb, p_after jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.cron_changes (jobid, jobname, action, before, after, user_id, actor)
  values (
    p_jobid, p_jobname, p_action, p_before, p_after, ops.current_user_id(),
    coalesce(nullif(current_setting('role', true), 'none'), session_user)
  )
$function$;
comment on function ops.record_cron_change(bigint,text,text,jsonb,jsonb) is 'Write down who changed a job of the scheduler by hand.';

CREATE OR REPLACE FUNCTION ops.record_heartbeat(p_name text, p_every interval, p_run_url text DEFAULT NULL::text, p_result text DEFAULT NULL::text, p_projected boolean DEFAULT false)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.watchers as w (name, every, last_seen_at, run_url, result, projected_at)
  values (
    p_name, p_every, clock_timestamp(), left(p_run_url, 500), left(p_result, 200), case when p_projected then clock_timestamp() end
  )
  on conflict (name) do update
  set every = excluded.every,
      last_seen_at = excluded.last_seen_at,
      run_url = excluded.run_url,
      result = excluded.result,
      projected_at = coalesce(excluded.projected_at, w.projected_at)
$function$;
comment on function ops.record_heartbeat(text,interval,text,text,boolean) is 'A sign of life of a watcher, its last deed: an alert about its silence is first shown by the run that comes back, and resolved after it.';
grant execute on function ops.record_heartbeat(text,interval,text,text,boolean) to service_role;

CREATE OR REPLACE FUNCTION ops.record_metrics(p_project_id uuid, p_samples jsonb, p_branch_id uuid DEFAULT NULL::uuid, p_ts timestamp with time zone DEFAULT now())
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_org_id uuid;
  v_keep interval;
  v_count integer;
begin
  if jsonb_typeof(p_samples) is distinct from 'array' then
    raise exception 'samples must be an array of {metric, value, dims?, ts?}' using errcode = 'invalid_parameter_value';
  end if;
  select p.org_id into v_org_id from ops.projects p where p.id = p_project_id;
  if not found then
    raise exception 'there is no project %', p_project_id using errcode = 'PT404';
  end if;
  if p_branch_id is not null and not exists (
    select from ops.branches b where b.id = p_branch_id and b.project_id = p_project_id
  ) then
    raise exception 'project % has no branch %', p_project_id, p_branch_id using errcode = 'PT404';
  end if;
  select t.keep into strict v_keep from ops.partitioned_tables t where t.name = 'metrics';
  with stored as (
    insert into ops.metrics (ts, value, org_id, project_id, branch_id, metric, dims)
    select coalesce(s.ts, p_ts, now()), s.value, v_org_id, p_project_id, p_branch_id, s.metric, coalesce(s.dims, '{}')
    from jsonb_to_recordset(p_samples) as s (metric text, value double precision, dims jsonb, ts timestamptz)
    -- Too old to be kept, or from a clock that runs ahead: no partition will ever be made for it.
    where coalesce(s.ts, p_ts, now()) between now() - v_keep and now() + interval '1 day'
    returning ts, metric
  ), marked as (
    insert into ops.metric_marks (project_id, metric, minute)
    select distinct p_project_id, s.metric, date_trunc('minute', s.ts, 'UTC') from stored s
  )
  select count(*) into v_count from stored;
  return v_count;
end
$function$;
comment on function ops.record_metrics(uuid,jsonb,uuid,timestamp with time zone) is 'Store samples [{metric, value, dims?, ts?}] of a project or one of its branches in one statement. Returns how many: those older than kept, or more than a day ahead, are left out.';
grant execute on function ops.record_metrics(uuid,jsonb,uuid,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.record_migration_log(p_batch text, p_status text DEFAULT 'success'::text, p_migrated integer DEFAULT 0, p_failed integer DEFAULT 0, p_remaining integer DEFAULT 0, p_elapsed_s numeric DEFAULT 0, p_errors text[] DEFAULT '{}'::text[], p_total integer DEFAULT NULL::integer)
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into ops.migration_logs (batch, status, migrated, failed, remaining, elapsed_s, errors, total)
  values (
    p_batch, p_status, coalesce(p_migrated, 0), coalesce(p_failed, 0), coalesce(p_remaining, 0), coalesce(p_elapsed_s, 0),
    array(
      select left(ops.redact_text(e.error), 500)
      from unnest(p_errors) with ordinality as e (error, position)
      where e.error is not null
      order by e.position
      limit 50
    ),
    p_total
  )
  returning id
$function$;
comment on function ops.record_migration_log(text,text,integer,integer,integer,numeric,text[],integer) is 'Write down a batch: status success, error or auth_error. At most 50 errors of 500 characters are kept, without tokens. Returns the id.';
grant execute on function ops.record_migration_log(text,text,integer,integer,integer,numeric,text[],integer) to service_role;

CREATE OR REPLACE FUNCTION ops.record_raised_alerts()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  -- The former alert of one is looked up; for the thousands of a pass, all that were over lately are read once.
  if (select count(*) from (select from new_alerts limit 100) n) < 100 then
    insert into ops.alert_events (alert_id, event, severity, count, details)
    select n.id,
      case when n.status = 'pending' then 'pending' when f.id is null then 'raised' else 'reopened' end,
      n.severity, n.count,
      case when f.id is null then '{}' else jsonb_build_object('former', f.id) end
    from new_alerts n
    left join lateral (
      select a.id
      from ops.alerts a
      where a.dedupe_key = n.dedupe_key and a.id < n.id and a.resolved_at > n.first_seen_at - interval '1 day'
      order by a.id desc
      limit 1
    ) f on true
    order by n.id;
  else
    insert into ops.alert_events (alert_id, event, severity, count, details)
    select n.id,
      case when n.status = 'pending' then 'pending' when f.id is null then 'raised' else 'reopened' end,
      n.severity, n.count,
      case when f.id is null then '{}' else jsonb_build_object('former', f.id) end
    from new_alerts n
    left join (
      select a.dedupe_key, max(a.id) as id
      from ops.alerts a
      where a.resolved_at > now() - interval '1 day'
      group by a.dedupe_key
    ) f on f.dedupe_key = n.dedupe_key;
  end if;
  return null;
end
$function$;
comment on function ops.record_raised_alerts() is 'Trigger: one event for each new alert.';

CREATE OR REPLACE FUNCTION ops.record_run_artifact(p_run_id uuid, p_token bigint, p_name text, p_kind text DEFAULT 'file'::text, p_url text DEFAULT NULL::text, p_storage_path text DEFAULT NULL::text, p_content text DEFAULT NULL::text, p_media_type text DEFAULT NULL::text, p_size_bytes bigint DEFAULT NULL::bigint, p_sha256 text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb, p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT outcome text, OUT artifact_id uuid)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_attempt integer;
begin
  select r.attempt into v_attempt from ops.runs r where r.id = p_run_id and r.lease_token = p_token and r.attempt > 0;
  if not found then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  insert into ops.artifacts (
    run_id, attempt, name, kind, url, storage_path, content, media_type, size_bytes, sha256, metadata, expires_at
  )
  values (
    p_run_id, v_attempt, p_name, p_kind, p_url, p_storage_path, ops.redact_text(p_content), p_media_type, p_size_bytes, p_sha256,
    coalesce(p_metadata, '{}'), p_expires_at
  )
  on conflict (run_id, attempt, name) where run_id is not null do update
  set kind = excluded.kind, url = excluded.url, storage_path = excluded.storage_path, content = excluded.content,
      media_type = excluded.media_type, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
      metadata = excluded.metadata, expires_at = excluded.expires_at
  returning id into artifact_id;
end
$function$;
comment on function ops.record_run_artifact(uuid,bigint,text,text,text,text,text,text,bigint,text,jsonb,timestamp with time zone) is 'Note an artifact of a run''s current attempt, by name: sent again it is the same row, as said last. outcome: stored or stale.';
grant execute on function ops.record_run_artifact(uuid,bigint,text,text,text,text,text,text,bigint,text,jsonb,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.record_scan(p_scan jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_at timestamptz := (p_scan ->> 'at')::timestamptz;
  v_blind text[] := array(select jsonb_array_elements(coalesce(p_scan -> 'unevaluated', '[]')) ->> 'rule');
  v_created integer;
  v_reopened integer;
  v_refreshed integer;
  v_resolved integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('ops.record_scan', 0));
  if v_at is null then
    raise exception 'a scan says when it looked' using errcode = 'invalid_parameter_value', hint = 'at: ISO 8601, by the clock of the database';
  end if;
  -- What a slower run saw before must not undo what a later one saw.
  if exists (select from ops.advice_scans s where s.at >= v_at) then
    return jsonb_build_object('late', true);
  end if;

  -- Scans wait for each other, so what is counted here is what is written below.
  select count(*) filter (where a.cache_key is null), count(*) filter (where a.resolved_at is not null),
    count(*) filter (where a.cache_key is not null and a.resolved_at is null)
  into v_created, v_reopened, v_refreshed
  from (select distinct f.finding ->> 'cache_key' as cache_key from jsonb_array_elements(coalesce(p_scan -> 'findings', '[]')) f (finding)) k
  left join ops.advice a on a.cache_key = k.cache_key;

  insert into ops.advice as a (
    cache_key, rule, object, level, title, detail, remediation, evidence, first_seen_at, last_seen_at, suppressed_until,
    suppressed_by, suppression_reason
  )
  select distinct on (f.cache_key)
    f.cache_key, f.rule, coalesce(f.object, ''), f.level, f.title, coalesce(f.detail, ''), coalesce(f.remediation, ''),
    coalesce(f.evidence, '{}'), v_at, v_at, f.suppressed_until, f.suppressed_by, f.suppression_reason
  from jsonb_to_recordset(coalesce(p_scan -> 'findings', '[]')) as f (
    cache_key text, rule text, object text, level text, title text, detail text, remediation text, evidence jsonb,
    suppressed_until date, suppressed_by text, suppression_reason text
  )
  order by f.cache_key
  on conflict (cache_key) do update
  set rule = excluded.rule,
      object = excluded.object,
      level = excluded.level,
      title = excluded.title,
      detail = excluded.detail,
      remediation = excluded.remediation,
      evidence = excluded.evidence,
      last_seen_at = excluded.last_seen_at,
      seen_count = a.seen_count + 1,
      reopened_count = a.reopened_count + (a.resolved_at is not null)::integer,
      resolved_at = null,
      suppressed_until = excluded.suppressed_until,
      suppressed_by = excluded.suppressed_by,
      suppression_reason = excluded.suppression_reason;

  -- Of a rule that could not look nobody knows; a rule that was not asked at all has nothing to say any more.
  update ops.advice a
  set resolved_at = v_at
  where a.resolved_at is null and a.last_seen_at < v_at and a.rule <> all (v_blind);
  get diagnostics v_resolved = row_count;

  insert into ops.advice_scans (at, environment, run_url, commit_sha, counts, unevaluated, schemas)
  values (
    v_at, coalesce(p_scan ->> 'environment', ''), left(p_scan ->> 'run_url', 500), left(p_scan ->> 'commit', 64),
    coalesce(p_scan -> 'counts', '{}'), coalesce(p_scan -> 'unevaluated', '[]'),
    array(select jsonb_array_elements_text(coalesce(p_scan -> 'schemas', '[]')))
  );
  delete from ops.advice_scans s where s.at < v_at - interval '1 year';
  delete from ops.advice a where a.resolved_at < v_at - interval '1 year';
  return jsonb_build_object(
    'late', false, 'created', v_created, 'reopened', v_reopened, 'refreshed', v_refreshed, 'resolved', v_resolved
  );
end
$function$;
comment on function ops.record_scan(jsonb) is 'Keep what a scan {at, environment, findings, unevaluated, counts, schemas, run_url, commit} found: new findings begin, what is not found any more ends, except of rules that could not look. Answers {late, created, reopened, refreshed, resolved}; a scan older than the last one changes nothing: late.';
grant execute on function ops.record_scan(jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.record_tick(p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_last timestamptz;
begin
  select max(t.ticked_at) into v_last from ops.scheduler_ticks t where t.ticked_at < p_now;
  insert into ops.scheduler_ticks (ticked_at) values (p_now) on conflict do nothing;
  return v_last;
end
$function$;
comment on function ops.record_tick(timestamp with time zone) is 'Note that the scheduler is alive now. Returns the tick before; null on the first.';

CREATE OR REPLACE FUNCTION ops.record_upgrade(p_project_id uuid, p_from_version text, p_to_version text, p_status text DEFAULT 'available'::text, p_component text DEFAULT 'runtime'::text, p_branch_id uuid DEFAULT NULL::uuid, p_build_id uuid DEFAULT NULL::uuid, p_advisory_id uuid DEFAULT NULL::uuid, p_notes text DEFAULT NULL::text, p_evidence jsonb DEFAULT NULL::jsonb, p_planned_for timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.upgrades as u (
    project_id, branch_id, component, from_version, to_version, status, build_id, advisory_id, notes, evidence, planned_for,
    started_at, finished_at
  )
  values (
    p_project_id, p_branch_id, p_component, p_from_version, p_to_version, p_status, p_build_id, p_advisory_id, p_notes,
    coalesce(p_evidence, '{}'), p_planned_for,
    case when p_status in ('running', 'succeeded', 'failed') then now() end,
    case when p_status in ('succeeded', 'failed', 'dismissed') then now() end
  )
  on conflict (project_id, component, to_version, branch_id) do update
  set from_version = excluded.from_version,
      -- Seen again by a scan: what people made of it stays.
      status = case when excluded.status = 'available' then u.status else excluded.status end,
      build_id = coalesce(excluded.build_id, u.build_id),
      advisory_id = coalesce(excluded.advisory_id, u.advisory_id),
      notes = coalesce(excluded.notes, u.notes),
      evidence = u.evidence || excluded.evidence,
      planned_for = coalesce(excluded.planned_for, u.planned_for),
      started_at = case
        when excluded.status = 'running' and u.status <> 'running' then now() else coalesce(u.started_at, excluded.started_at)
      end,
      finished_at = case
        when excluded.status = 'available' then u.finished_at
        when u.status = excluded.status then coalesce(u.finished_at, excluded.finished_at)
        else excluded.finished_at
      end,
      updated_at = now()
  returning u.id
$function$;
comment on function ops.record_upgrade(uuid,text,text,text,text,uuid,uuid,uuid,text,jsonb,timestamp with time zone) is 'Note an upgrade or how far it is: one row per project (or branch), component and version. Found again (available), it keeps the state people gave it. Returns its id.';
grant execute on function ops.record_upgrade(uuid,text,text,text,text,uuid,uuid,uuid,text,jsonb,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.recorded_repositories()
 RETURNS TABLE(repository text, looked_until timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select r.repository, l.looked_until
  from (
    select distinct lower(ops.repository_name(p.repo_url)) as repository
    from ops.projects p
    where p.repo_url is not null and p.archived_at is null
  ) r
  left join ops.buffer_looks l on l.repository = r.repository
  order by r.repository
  limit 1000
$function$;
comment on function ops.recorded_repositories() is 'Repositories of projects, as owner/name in small letters, and until when their artifacts were looked through; null for never.';
grant execute on function ops.recorded_repositories() to service_role;

CREATE OR REPLACE FUNCTION ops.redact_result(p_result jsonb, p_secret_names text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if length(p_result::text) > 32768 then
    return jsonb_build_object('truncated', true, 'characters', length(p_result::text));
  end if;
  return ops.redact_values(p_result::text, p_secret_names)::jsonb;
exception
  when others then
    return '{"redacted": true}';
end
$function$;
comment on function ops.redact_result(jsonb,text[]) is 'A reported result without tokens and secrets, or how long it was when that is more than 32 kB.';

CREATE OR REPLACE FUNCTION ops.redact_text(p_text text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select
    regexp_replace(
      regexp_replace(
        regexp_replace(
          p_text,
          '\m(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?|(sb_secret_|sbp_|ort_|gh[pousr]_|github_pat_)[A-Za-z0-9_-]{6,}|sk-[A-Za-z0-9_-]{16,})',
          '[redacted]', 'g'
        ),
        -- A word after "basic" or "bearer" is one of ours only when it looks like a credential.
        '\m(bearer|basic)(\s+|%20)(?=[^\s"''\\,;]*[0-9=_.])[^\s"''\\,;]+', '\1 [redacted]', 'gi'
      ),
      '://[^\s:/@"''\\]+:[^\s@"''\\]+@', '://[redacted]@', 'g'
    )
$function$;
comment on function ops.redact_text(text) is 'Replace what looks like a token (JWT, API key, run token, authorization header, password in a URL) by [redacted].';
grant execute on function ops.redact_text(text) to service_role;

CREATE OR REPLACE FUNCTION ops.redact_values(p_text text, p_secret_names text[])
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_name text;
  v_value text;
begin
  foreach v_name in array coalesce(p_secret_names, '{}') loop
    v_value := (ops.read_secret(v_name)).value;
    -- Shorter values are words that occur by chance.
    if length(v_value) >= 6 then
      p_text := replace(p_text, v_value, '[redacted]');
    end if;
  end loop;
  return ops.redact_text(p_text);
end
$function$;
comment on function ops.redact_values(text,text[]) is 'ops.redact_text, and the values of these Vault secrets replaced too.';

CREATE OR REPLACE FUNCTION ops.redact_vault(p_text text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if to_regclass('vault.secrets') is null then
    return ops.redact_text(p_text);
  end if;
  return ops.redact_values(p_text, (select array_agg(s.name) from vault.secrets s where s.name is not null));
end
$function$;
comment on function ops.redact_vault(text) is 'ops.redact_text, and the values of all Vault secrets replaced: for messages of SQL, which may read any of them.';

CREATE OR REPLACE FUNCTION ops.redeem_function_token(p_token text, p_job text, p_function text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not exists (
    select from ops.job_definitions d where d.name = p_job and d.definition #>> '{call,function}' = p_function
  ) then
    -- The same answer as for a token that was never issued; the token stays unspent for the function it is meant for.
    return jsonb_build_object('ok', false, 'run_id', null, 'attempt', null, 'job', null, 'scheduled_for', null);
  end if;
  return ops.redeem_run_token(p_token, p_job);
end
$function$;
comment on function ops.redeem_function_token(text,text,text) is 'ops.redeem_run_token for an Edge Function: only a token of a job that calls this very function is accepted.';
grant execute on function ops.redeem_function_token(text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.redeem_run_token(p_token text, p_job text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run record;
begin
  update ops.run_tokens t
  set redeemed_at = clock_timestamp()
  from ops.cron_runs r
  where t.token_hash = sha256(convert_to(p_token, 'UTF8'))
    and t.job = p_job
    and t.redeemed_at is null
    and t.expires_at > clock_timestamp()
    -- A request that arrives after its run was given up, or tried again, must not run as well.
    and r.id = t.run_id
    and r.attempt = t.attempt
    and r.status = 'fired'
    and r.next_attempt_at is null
  returning t.run_id, t.attempt, t.job, r.scheduled_for into v_run;
  return jsonb_build_object(
    'ok', v_run.run_id is not null,
    'run_id', v_run.run_id,
    'attempt', v_run.attempt,
    'job', v_run.job,
    'scheduled_for', v_run.scheduled_for
  );
end
$function$;
comment on function ops.redeem_run_token(text,text) is 'Use a run token: {ok, run_id, attempt, job, scheduled_for}. The second use, another job, an expired or superseded try all answer the same {ok: false}.';
grant execute on function ops.redeem_run_token(text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.refuse_cron_job(p_state text, p_message text, p_hint text, p_schedule text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  raise exception '%', p_message using
    -- pg_cron up to 1.5 calls a bad schedule an internal error.
    errcode = case when p_state = 'XX000' then '22023' else p_state end,
    hint = case
      when nullif(p_hint, '') is not null then p_hint
      when p_schedule ~* 'second' then 'This pg_cron may be too old for seconds, which came with 1.5; cron format (e.g. 5 4 * * *) works everywhere.'
      else 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''.'
    end;
end
$function$;
comment on function ops.refuse_cron_job(text,text,text,text) is 'Say what pg_cron said, as an error of the caller, with a hint.';

CREATE OR REPLACE FUNCTION ops.register_odoo_attachments(p_attachments jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_added integer;
begin
  insert into ops.odoo_attachments (id, name, mimetype, size_bytes, checksum)
  select a.id, left(coalesce(nullif(a.name, ''), a.id::text), 500), a.mimetype, a.size_bytes, a.checksum
  from jsonb_to_recordset(p_attachments) as a (id bigint, name text, mimetype text, size_bytes bigint, checksum text)
  on conflict (id) do nothing;
  get diagnostics v_added = row_count;
  return v_added;
end
$function$;
comment on function ops.register_odoo_attachments(jsonb) is 'Note files to move: an array of {id, name, mimetype, size_bytes, checksum}. Known ones stay as they are. Returns how many were new.';
grant execute on function ops.register_odoo_attachments(jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.register_partitions(p_table text, p_key_type text, p_step interval, p_keep interval, p_ahead smallint DEFAULT 2)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  execute format('create table ops.%I partition of ops.%I default', p_table || '_default', p_table);
  execute format('comment on table ops.%I is %L', p_table || '_default', format('Rows of ops.%s no partition was there for.', p_table));
  perform ops.restrict_table(format('ops.%I', p_table || '_default')::regclass);
  insert into ops.partitioned_tables (name, key_type, step, ahead, keep) values (p_table, p_key_type, p_step, p_ahead, p_keep);
  perform ops.maintain_partitions(p_table);
end
$function$;
comment on function ops.register_partitions(text,text,interval,interval,smallint) is 'Migrations only, right after a table PARTITION BY RANGE of one column: give it a default partition, the first ones, and upkeep.';

CREATE OR REPLACE FUNCTION ops.release_jobs(p_token bigint, p_ids bigint[])
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_held int8multirange;
  v_released int8multirange;
  v_serial text[];
  v_type text;
begin
  select l.held into v_held from ops.job_leases l where l.token = p_token for update;
  v_held := coalesce(v_held, '{}');
  v_released := ops.id_set(p_ids) * v_held;
  with cancelled as (
    update ops.queued_jobs q
    set status = 'cancelled', finished_at = clock_timestamp(), updated_at = clock_timestamp(), cancel_requested_at = null
    where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending' and q.cancel_requested_at is not null
    returning q.serial_key
  )
  select array_agg(c.serial_key) filter (where c.serial_key is not null) into v_serial from cancelled c;
  perform ops.shrink_lease(p_token, v_released);
  if v_serial is not null then
    perform ops.promote_serial_jobs(v_serial);
  end if;
  for v_type in
    select distinct q.task_type from ops.queued_jobs q where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending'
  loop
    perform pg_notify('ops_job_queue', v_type);
  end loop;
  return array(select i.id from unnest(p_ids) i (id) where not v_held @> i.id);
end
$function$;
comment on function ops.release_jobs(bigint,bigint[]) is 'Give back jobs that were claimed and not begun: due as before, and the try does not count. Returns those the lease no longer holds.';
grant execute on function ops.release_jobs(bigint,bigint[]) to service_role;

CREATE OR REPLACE FUNCTION ops.release_unknown_jobs(p_worker text, p_known bigint[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_lease record;
  v_unknown bigint[];
  v_count integer := 0;
begin
  for v_lease in select l.token, l.held from ops.job_leases l where l.worker = p_worker order by l.token for update loop
    v_unknown := array(
      select i.id
      from unnest(v_lease.held - ops.id_set(p_known)) r (ids)
      cross join lateral generate_series(lower(r.ids), upper(r.ids) - 1) i (id)
    );
    perform ops.release_jobs(v_lease.token, v_unknown);
    v_count := v_count + cardinality(v_unknown);
  end loop;
  return v_count;
end
$function$;
comment on function ops.release_unknown_jobs(text,bigint[]) is 'Give back what leases of this worker hold and it does not know of: claims whose answer was lost with a connection. Call it when no claim is on its way. Returns how many.';
grant execute on function ops.release_unknown_jobs(text,bigint[]) to service_role;

CREATE OR REPLACE FUNCTION ops.remember_answer(p_scope text, p_key text, p_answer jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if p_key is not null then
    insert into ops.remembered_answers (scope, key, answer) values (p_scope, p_key, p_answer);
  end if;
  return p_answer;
end
$function$;
comment on function ops.remember_answer(text,text,jsonb) is 'Keep an answer for its idempotency key; returns the answer.';

CREATE OR REPLACE FUNCTION ops.remove_member(p_org_id uuid, p_user_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_role text;
begin
  -- Anybody may leave; the lock is taken all the same.
  perform from ops.orgs o where o.id = p_org_id for no key update;
  select m.role into v_role from ops.org_members m where m.org_id = p_org_id and m.user_id = p_user_id;
  if p_user_id is distinct from ops.current_user_id() then
    perform ops.require_org_manager(p_org_id, v_role is not distinct from 'owner');
  end if;
  if v_role = 'owner' then
    perform ops.require_another_owner(p_org_id, p_user_id);
  end if;
  delete from ops.org_members m where m.org_id = p_org_id and m.user_id = p_user_id;
  return found;
end
$function$;
comment on function ops.remove_member(uuid,uuid) is 'Take a user out of an organisation; everybody may leave. False when they were not in it. Only owners remove owners; the last stays.';
grant execute on function ops.remove_member(uuid,uuid) to authenticated;
grant execute on function ops.remove_member(uuid,uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.replay_build_deployment(p_build_id uuid, p_attempt integer, p_environment text, p_state text, p_url text DEFAULT NULL::text, OUT outcome text, OUT state text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform from ops.builds b where b.id = p_build_id for no key update;
  if (ops.build_writer(p_build_id, p_attempt, null)).is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  state := ops.note_deployment(p_build_id, p_attempt, p_environment, p_state, p_url, p_is_late => true);
end
$function$;
comment on function ops.replay_build_deployment(uuid,integer,text,text,text) is 'ops.record_build_deployment for the buffer of a run whose lease is over: its attempt must be the current one.';
grant execute on function ops.replay_build_deployment(uuid,integer,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.replay_build_status(p_build_id uuid, p_attempt integer, p_status text, p_error text DEFAULT NULL::text, p_result jsonb DEFAULT NULL::jsonb, p_environment_url text DEFAULT NULL::text, OUT outcome text, OUT status text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_id uuid;
begin
  select s.outcome, s.status
  into replay_build_status.outcome, replay_build_status.status
  from ops.set_build_status(
    p_build_id, p_status, p_attempt => p_attempt, p_error => p_error, p_result => p_result, p_environment_url => p_environment_url
  ) s;
exception
  when sqlstate 'PT409' then
    -- GitHub was asked before the buffer was found, and says only that a run succeeded or failed: that there were warnings, or that somebody
    -- had stopped it, its recorder alone knows.
    update ops.builds b
    set status = p_status, result = coalesce(p_result, b.result), environment_url = coalesce(p_environment_url, b.environment_url),
        updated_at = clock_timestamp()
    where b.id = p_build_id and b.attempt = p_attempt
      and (
        b.status = 'succeeded' and p_status = 'almost'
        or b.status = 'failed' and p_status = 'cancelled' and b.cancel_requested_at is not null
      )
    returning b.org_id into v_org_id;
    outcome := case when v_org_id is null then 'ended' else 'changed' end;
    if v_org_id is not null then
      perform ops.note_build(
        p_build_id, v_org_id, 'status', p_status || ': its recorder said so later', 'warning',
        jsonb_build_object('status', p_status, 'attempt', p_attempt)
      );
    end if;
    replay_build_status.status := (select b.status from ops.builds b where b.id = p_build_id);
end
$function$;
comment on function ops.replay_build_status(uuid,integer,text,text,jsonb,text) is 'ops.set_build_status for the buffer of a run whose lease is over: its attempt must be the current one, and a build that ended otherwise is no error (outcome: ended). Of one that ended by GitHub''s word alone it may still say that it had warnings, or that it was stopped.';
grant execute on function ops.replay_build_status(uuid,integer,text,text,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.report_deadline(p_definition jsonb, p_fired_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select p_fired_at + make_interval(secs => greatest(
    coalesce(
      (p_definition #>> '{expect,max_duration_ms}')::numeric,
      (p_definition #>> '{expect,within_ms}')::numeric,
      case p_definition #>> '{call,kind}' when 'enqueue' then 3600000 else 300000 end
    ),
    coalesce((p_definition #>> '{call,timeout_ms}')::numeric, 0)
  ) / 1000.0)
$function$;
comment on function ops.report_deadline(jsonb,timestamp with time zone) is 'Until when a run that must report may do so: expect.max_duration, else expect.within, else five minutes (one hour for queued work).';

CREATE OR REPLACE FUNCTION ops.report_run(p_token text, p_ok boolean, p_result jsonb DEFAULT NULL::jsonb, p_error text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_token record;
  v_run record;
begin
  select t.token_hash, t.run_id, t.attempt
  into v_token
  from ops.run_tokens t
  where t.token_hash = sha256(convert_to(p_token, 'UTF8')) and t.reported_at is null and t.expires_at > v_now
  for update;
  if not found or p_ok is null then
    return false;
  end if;
  select r.job, r.status, d.definition
  into v_run
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  where r.id = v_token.run_id and r.attempt = v_token.attempt and r.status not in ('queued', 'skipped', 'cancelled')
  for update of r;
  if not found then
    return false;
  end if;

  update ops.run_tokens
  set reported_at = v_now, redeemed_at = coalesce(redeemed_at, v_now)
  where token_hash = v_token.token_hash;
  -- What the job says of itself outranks what we concluded from its answer or its silence.
  update ops.cron_runs
  set reported_at = v_now,
      delivered_at = coalesce(delivered_at, v_now),
      result = coalesce(ops.redact_result(p_result, ops.secret_names(v_run.definition)), result)
  where id = v_token.run_id;
  if p_ok then
    perform ops.succeed_run(v_token.run_id, null, v_now);
  else
    perform ops.fail_run(
      v_token.run_id, 'report_failed',
      left(
        'report_failed - ' || coalesce(ops.redact_values(left(p_error, 20000), ops.secret_names(v_run.definition)), 'the job reported a failure'),
        1000
      ),
      v_now
    );
  end if;
  -- The next in line need not wait for the collector.
  perform ops.start_waiting(array['http', 'enqueue'], 1, interval '5 seconds', v_now, v_run.job);
  return true;
end
$function$;
comment on function ops.report_run(text,boolean,jsonb,text) is 'The result a job gives of itself, once per token and only for the latest try. It decides the run, also after a timeout or a lost answer.';
grant execute on function ops.report_run(text,boolean,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.repository_name(p_url text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  -- In two steps: of two quantifiers in one expression the first decides how greedy both are.
  select regexp_replace(regexp_replace(p_url, '(\.git)?/*$', ''), '^.*[/:]([^/:]+/[^/:]+)$', '\1')
$function$;
comment on function ops.repository_name(text) is 'owner/name of a repository''s address, https or ssh, with or without .git.';
grant execute on function ops.repository_name(text) to authenticated;
grant execute on function ops.repository_name(text) to service_role;

CREATE OR REPLACE FUNCTION ops.require_admin()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if not ops.is_service() and not ops.is_admin() then
    raise exception 'only an admin of the control room may do this'
      using errcode = 'insufficient_privilege', hint = 'Admins have a row in ops.admins.';
  end if;
end
$function$;
comment on function ops.require_admin() is 'For security definer functions only: raises 42501 unless an admin, service_role, or the owner of the control room called it.';

CREATE OR REPLACE FUNCTION ops.require_another_owner(p_org_id uuid, p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if not exists (
    select from ops.org_members m where m.org_id = p_org_id and m.role = 'owner' and m.user_id <> p_user_id
  ) then
    raise exception 'the last owner of an organisation stays its owner'
      using errcode = 'restrict_violation', hint = 'Make somebody else an owner first.';
  end if;
end
$function$;
comment on function ops.require_another_owner(uuid,uuid) is 'Refuse to go on when an organisation would be without an owner.';

CREATE OR REPLACE FUNCTION ops.require_lease(p_lease_token bigint)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if p_lease_token is null then
    raise exception 'a recorder writes under its lease only'
      using errcode = 'invalid_parameter_value', hint = 'ops.record_build_start answers with the token.';
  end if;
end
$function$;
comment on function ops.require_lease(bigint) is 'Refuses a recorder that names no lease.';

CREATE OR REPLACE FUNCTION ops.require_matcher(p_matcher jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  v_key text;
  v_value jsonb;
begin
  if jsonb_typeof(p_matcher) is distinct from 'object' or p_matcher = '{}' then
    raise exception 'a matcher is an object with at least one key'
      using errcode = 'invalid_parameter_value', hint = 'Keys: check, object, kind, key, group, severity.';
  end if;
  for v_key, v_value in select * from jsonb_each(p_matcher) loop
    if v_key not in ('check', 'object', 'kind', 'key', 'group', 'severity') then
      raise exception 'a matcher knows no key %', left(v_key, 60)
        using errcode = 'invalid_parameter_value', hint = 'Keys: check, object, kind, key, group, severity.';
    end if;
    if jsonb_typeof(v_value) <> 'string' or length(p_matcher ->> v_key) not between 1 and 200 then
      raise exception 'a matcher compares % with a text of 1 to 200 characters', v_key
        using errcode = 'invalid_parameter_value';
    end if;
    if v_key = 'severity' and ops.severity_rank(p_matcher ->> v_key) is null then
      raise exception 'a severity is info, warning or critical' using errcode = 'invalid_parameter_value';
    end if;
  end loop;
  return p_matcher;
end
$function$;
comment on function ops.require_matcher(jsonb) is 'The matcher, or an error that says what is wrong with it.';
grant execute on function ops.require_matcher(jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.require_org_manager(p_org_id uuid, p_for_owners boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_role name := ops.calling_role();
begin
  -- Changes of one organisation's members wait for each other, or two owners could remove each other at once.
  perform from ops.orgs o where o.id = p_org_id for no key update;
  -- Whoever may write the rows may do so here too.
  if has_table_privilege(v_role, 'ops.org_members', 'insert')
    and has_table_privilege(v_role, 'ops.org_members', 'update')
    and has_table_privilege(v_role, 'ops.org_members', 'delete')
  then
    return;
  end if;
  if not exists (
    select from ops.org_members m
    where m.org_id = p_org_id
      and m.user_id = (select ops.current_user_id())
      and (m.role = 'owner' or (m.role = 'admin' and not p_for_owners))
  ) then
    -- One answer, also for an organisation that does not exist: it tells nobody who owns what.
    raise exception 'only owners manage an organisation, and its admins the members who are not owners'
      using errcode = 'insufficient_privilege';
  end if;
end
$function$;
comment on function ops.require_org_manager(uuid,boolean) is 'Lock an organisation''s memberships, and refuse who may not change them: service_role and owners may, admins where no owner is concerned.';

CREATE OR REPLACE FUNCTION ops.rescue_builds(p_limit integer DEFAULT 100)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_build record;
  v_count integer := 0;
begin
  -- First the queue says what becomes of the jobs whose lease ended.
  perform ops.rescue_jobs();
  for v_build in
    select b.id, b.error, b.cancel_requested_at, q.status as job_status, q.last_error
    from ops.build_leases l
    join ops.builds b on b.id = l.build_id
    left join ops.job_queue q on q.id = b.queue_id
    where l.expires_at < clock_timestamp() and b.status in ('dispatched', 'running') and q.status is distinct from 'running'
      -- Of a run on GitHub it is GitHub that knows (ops.settle_silent_build).
      and not exists (select from ops.build_dispatches d where d.build_id = b.id and d.attempt = b.attempt)
    order by l.expires_at
    limit p_limit
    for no key update of b skip locked
  loop
    v_count := v_count + 1;
    if v_build.cancel_requested_at is not null then
      perform ops.change_build(v_build.id, 'cancelled', v_build.error);
    elsif v_build.job_status = 'pending' then
      perform ops.change_build(v_build.id, 'queued', 'its runner fell silent');
    else
      perform ops.change_build(v_build.id, 'lost', coalesce(v_build.last_error, 'its runner fell silent'));
    end if;
  end loop;
  perform ops.watch_dispatches();
  return v_count;
end
$function$;
comment on function ops.rescue_builds(integer) is 'Builds whose own runner fell silent: queued again while the queue has tries left, cancelled when that was asked, else lost. Those that run on GitHub are asked about there; when nobody does, there is an alert. Returns how many.';
grant execute on function ops.rescue_builds(integer) to service_role;

CREATE OR REPLACE FUNCTION ops.rescue_jobs(p_limit integer DEFAULT 100)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_lease record;
  v_ids bigint[];
  v_count integer := 0;
begin
  for v_lease in
    select l.token, l.worker, l.held
    from ops.job_leases l
    where l.expires_at < clock_timestamp()
    order by l.token
    limit p_limit
    for update skip locked
  loop
    v_ids := array(
      select i.id
      from unnest(v_lease.held) r (ids)
      cross join lateral generate_series(lower(r.ids), upper(r.ids) - 1) i (id)
    );
    v_count := v_count + (
      select count(*)
      from ops.end_failed_jobs(
        v_lease.held, v_ids,
        array_fill(format('lost - worker %L fell silent and its lease ended', v_lease.worker), array[cardinality(v_ids)]),
        null, null, true
      )
    );
    delete from ops.job_leases l where l.token = v_lease.token;
  end loop;
  -- Serial keys whose first job somebody deleted by hand.
  perform ops.promote_serial_jobs(array(
    select distinct w.serial_key
    from ops.queued_jobs w
    where w.blocked and w.status = 'pending' and not exists (
      select from ops.queued_jobs h where h.serial_key = w.serial_key and not h.blocked and h.status = 'pending'
    )
  ));
  return v_count;
end
$function$;
comment on function ops.rescue_jobs(integer) is 'Take jobs from leases that ended (p_limit leases at most): tried again after the backoff, a dead letter when out of tries or rescued too often, cancelled when that was asked. The lost try counts. Returns how many jobs.';
grant execute on function ops.rescue_jobs(integer) to service_role;

CREATE OR REPLACE FUNCTION ops.rescue_runs()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_count integer;
begin
  update ops.runs r
  set crashes = r.crashes + 1,
      lease_token = r.lease_token + 1,
      lease_expires_at = null,
      worker = null,
      status = case
        when r.cancel_requested_at is not null then 'cancelled'
        when r.crashes + 1 < r.max_attempts then 'queued'
        else 'error'
      end,
      finished_at = case when r.cancel_requested_at is not null or r.crashes + 1 >= r.max_attempts then now() end,
      error = case when r.crashes + 1 >= r.max_attempts or r.cancel_requested_at is not null
        then format('lost - %s went silent in phase %s', r.worker, coalesce(r.phase, 'none')) end,
      updated_at = now()
  where r.id in (
    select x.id
    from ops.runs x
    where x.status = 'running' and x.lease_expires_at < now()
    order by x.id
    limit 100
    for update skip locked
  );
  get diagnostics v_count = row_count;
  return v_count;
end
$function$;
comment on function ops.rescue_runs() is 'Runs whose executor let its lease pass: queued again while they have attempts left, else an error. Returns how many.';
grant execute on function ops.rescue_runs() to service_role;

CREATE OR REPLACE FUNCTION ops.resolve_advisory(id uuid)
 RETURNS SETOF ops.advisories
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update ops.advisories a
  set resolved_at = coalesce(a.resolved_at, now()), snoozed_until = null
  where a.id = resolve_advisory.id
  returning a.*
$function$;
comment on function ops.resolve_advisory(uuid) is 'Say that an advisory is dealt with; found again, it is open again. Returns it, or nothing to who may not see it.';
grant execute on function ops.resolve_advisory(uuid) to authenticated;
grant execute on function ops.resolve_advisory(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.resolve_alert(p_dedupe_key text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select ops.resolve_alerts(array[p_dedupe_key]) > 0
$function$;
comment on function ops.resolve_alert(text) is 'Resolve the active alert with this dedupe key. False when there was none.';
grant execute on function ops.resolve_alert(text) to service_role;

CREATE OR REPLACE FUNCTION ops.resolve_alert_by_id(p_id bigint, p_actor text DEFAULT NULL::text, p_note text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with resolved as (
    update ops.alerts a
    set status = 'resolved', resolved_at = now(), resolved_by = p_actor, note = p_note, snoozed_until = null
    where a.id = p_id and a.resolved_at is null
    returning a.id
  )
  select exists (select from resolved)
$function$;
comment on function ops.resolve_alert_by_id(bigint,text,text) is 'Resolve one alert. False when it was resolved already, or never was.';
grant execute on function ops.resolve_alert_by_id(bigint,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.resolve_alerts(p_dedupe_keys text[], p_actor text DEFAULT NULL::text, p_note text DEFAULT NULL::text)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with due as materialized (
    select a.id, ops.alert_flaps(a) as is_held
    from ops.alerts a
    where a.dedupe_key = any (p_dedupe_keys) and a.resolved_at is null
    order by a.dedupe_key collate "C"
    for update
  ), held as (
    update ops.alerts a
    set condition = 'recovering', recovering_since = now(), unknown_since = null
    from due
    where a.id = due.id and due.is_held and a.resolved_at is null and a.condition <> 'recovering'
    returning a.id
  ), resolved as (
    update ops.alerts a
    set status = 'resolved', resolved_at = now(), resolved_by = p_actor, note = p_note, snoozed_until = null
    from due
    where a.id = due.id and not due.is_held and a.resolved_at is null
    returning a.id
  )
  select count(*)::integer from due
$function$;
comment on function ops.resolve_alerts(text[],text,text) is 'What raised these alerts, by dedupe key, says that they are over, in one statement. One that comes and goes (ops.alert_flaps) is held open until it stayed away for a quarter of an hour. Returns how many there were.';
grant execute on function ops.resolve_alerts(text[],text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.resolve_all_alerts(p_kind text DEFAULT NULL::text, p_actor text DEFAULT NULL::text, p_note text DEFAULT NULL::text)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  -- Somebody decided it: nothing is held open against them.
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.resolved_at is null and (p_kind is null or a.kind = p_kind)
    order by a.dedupe_key collate "C"
    for update
  ), resolved as (
    update ops.alerts a
    set status = 'resolved', resolved_at = now(), resolved_by = p_actor, note = p_note, snoozed_until = null
    from due
    where a.id = due.id and a.resolved_at is null
    returning a.id
  )
  select count(*)::integer from resolved
$function$;
comment on function ops.resolve_all_alerts(text,text,text) is 'Resolve every active alert, or every one of a kind. Returns how many there were.';
grant execute on function ops.resolve_all_alerts(text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.response_error(p_status_code integer, p_timed_out boolean, p_error_message text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case
    -- pg_net before 0.19.6 left timed_out null.
    when p_timed_out or p_error_message ilike 'timeout%' then 'timeout'
    when p_error_message is not null then 'network'
    when p_status_code between 200 and 299 then null
    when p_status_code between 400 and 499 then 'http_4xx'
    when p_status_code between 500 and 599 then 'http_5xx'
    else 'http_other'
  end
$function$;
comment on function ops.response_error(integer,boolean,text) is 'The error code of a row of net._http_response; null for 2xx.';

CREATE OR REPLACE FUNCTION ops.restrict_function(p_function regprocedure, VARIADIC p_roles text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_role text;
begin
  execute format('revoke all on function %s from public', p_function);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on function %s from %I', p_function, v_role);
    if v_role = any (p_roles) then
      execute format('grant execute on function %s to %I', p_function, v_role);
    end if;
  end loop;
end
$function$;
comment on function ops.restrict_function(regprocedure,text[]) is 'Migrations only: take EXECUTE from public and the API roles, then give it to the named roles that exist.';

CREATE OR REPLACE FUNCTION ops.restrict_table(p_table regclass, VARIADIC p_service_role_verbs text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_role text;
  v_verb text;
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('revoke all on table %s from public', p_table);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on table %s from %I', p_table, v_role);
  end loop;
  if not exists (select from pg_catalog.pg_roles r where r.rolname = 'service_role') then
    return;
  end if;
  foreach v_verb in array p_service_role_verbs loop
    execute format('grant %s on table %s to service_role', v_verb, p_table);
    execute format(
      'create policy %I on %s for %s to service_role %s',
      'service_role_' || v_verb, p_table, v_verb,
      case v_verb
        when 'insert' then 'with check (true)'
        when 'update' then 'using (true) with check (true)'
        else 'using (true)'
      end
    );
  end loop;
end
$function$;
comment on function ops.restrict_table(regclass,text[]) is 'Migrations only: row level security on, nothing for public and the API roles, one grant and one policy per verb for service_role.';

CREATE OR REPLACE FUNCTION ops.resume_task_type(p_task_type text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update ops.job_types t set paused = false, updated_at = now() where t.task_type = p_task_type and t.paused;
  if found then
    perform pg_notify('ops_job_queue', p_task_type);
  end if;
end
$function$;
comment on function ops.resume_task_type(text) is 'Claim work of this type again.';
grant execute on function ops.resume_task_type(text) to service_role;

CREATE OR REPLACE FUNCTION ops.retire_checks(p_policies jsonb, p_source text)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_retired integer;
begin
  -- A pass that names no check at all is no evidence that all were removed.
  if coalesce(p_policies, '{}') = '{}' then
    return 0;
  end if;
  delete from ops.check_policies c where c.source = p_source and not p_policies ? c.check_name;
  delete from ops.check_states s where s.source = p_source and not p_policies ? s.check_name;
  -- Well for as long as anybody counts, or nobody counts any more: the row says nothing.
  delete from ops.check_states s
  using ops.check_policies c
  cross join lateral (select least(greatest(coalesce((c.policy #>> '{for,of}')::integer, 1), 1), 60) as passes) w
  where s.source = p_source and (c.source, c.check_name) = (s.source, s.check_name)
    and (w.passes = 1 or s.state = 'ok' and s.recent & (1::bigint << w.passes) - 1 = 0);
  select coalesce(ops.resolve_alerts(array_agg(a.dedupe_key), p_source, 'its check is no longer declared'), 0)
  into v_retired
  from ops.alerts a
  where a.resolved_at is null and a.source = p_source and not p_policies ? a.check_name;
  return v_retired;
end
$function$;
comment on function ops.retire_checks(jsonb,text) is 'Part of ops.record_check_pass: forget checks that are no longer declared, and resolve their alerts. Returns how many.';
grant execute on function ops.retire_checks(jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.retry_backoff(p_attempts integer, p_base interval, p_cap interval)
 RETURNS interval
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select least(
    coalesce(p_base, '10 seconds') * power(2, least(greatest(p_attempts, 1), 30) - 1) * (0.8 + 0.4 * random()),
    coalesce(p_cap, '1 hour')
  )
$function$;
comment on function ops.retry_backoff(integer,interval,interval) is 'How long a job waits after this many tries: base (10 seconds) doubled after each, plus or minus a fifth, at most cap (one hour).';
grant execute on function ops.retry_backoff(integer,interval,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.retry_build(p_build_id uuid, p_actor text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_build record;
begin
  select b.org_id, b.status, b.attempt, b.queue_id into v_build from ops.builds b where b.id = p_build_id for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  if v_build.status not in ('failed', 'cancelled', 'lost', 'almost') then
    raise exception 'build % is %: only one that failed, was cancelled or lost is tried again', p_build_id, v_build.status
      using errcode = 'PT409', hint = 'ops.create_build makes a new build of the branch.';
  end if;
  if ops.id_time(p_build_id) < now() - (select t.keep from ops.partitioned_tables t where t.name = 'build_events') then
    raise exception 'build % is older than its log is kept', p_build_id
      using errcode = 'PT409', hint = 'ops.create_build makes a new build of the branch.';
  end if;
  perform ops.note_build(
    p_build_id, v_build.org_id, 'retry', concat_ws(' ', 'tried again by', coalesce(p_actor, session_user)),
    p_data => jsonb_build_object('from', v_build.status, 'attempt', v_build.attempt)
  );
  perform ops.change_build(p_build_id, 'queued', null);
  return ops.enqueue_build(p_build_id);
end
$function$;
comment on function ops.retry_build(uuid,text) is 'Queue a build that failed, was cancelled or lost again, as its next attempt; the log of the former stays. Returns its place in the queue.';
grant execute on function ops.retry_build(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION ops.retry_cron_run(p_run_id bigint, p_actor text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_former record;
  v_run record;
begin
  select r.id, r.job, r.scheduled_for, d.definition, d.digest
  into v_former
  from ops.cron_runs r
  join ops.job_definitions d on d.name = r.job
  where r.id = p_run_id and r.finished_at is not null;
  if not found then
    raise exception 'there is no ended run % of a declared job', p_run_id
      using errcode = 'no_data_found', hint = 'See ops.list_cron_runs; a run that has not ended can be cancelled first.';
  end if;
  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(
    v_former.job, v_former.definition, v_former.digest, v_former.scheduled_for, 'manual', coalesce(p_actor, session_user), v_now
  ) a;
  update ops.cron_runs set retry_of = v_former.id where id = v_run.run_id;
  if v_run.verdict = 'start' then
    perform ops.start_attempt(v_run.run_id, v_former.job, v_former.definition, v_former.scheduled_for, 1, v_now);
  end if;
  return v_run.run_id;
end
$function$;
comment on function ops.retry_cron_run(bigint,text) is 'Run the slot of an ended run again, as a new run with the same idempotency key (retry_of names the former). Returns its id.';
grant execute on function ops.retry_cron_run(bigint,text) to service_role;

CREATE OR REPLACE FUNCTION ops.retry_delay(p_definition jsonb, p_attempt integer, p_error_code text, p_http_status integer)
 RETURNS interval
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select least(
    make_interval(secs =>
      coalesce((p_definition #>> '{retry,backoff_ms}')::numeric, 30000) / 1000.0
      * power(2::numeric, least(p_attempt, 20) - 1) * (0.8 + 0.4 * random()::numeric)
    ),
    interval '24 hours'
  )
  where p_attempt < coalesce((p_definition #>> '{retry,attempts}')::integer, 1)
    and (p_definition #> '{retry,on}') ?| case p_error_code
      when 'http_4xx' then case when p_http_status = 429 then array['429', '4xx'] else array['4xx'] end
      when 'http_5xx' then array['5xx']
      when 'timeout' then array['timeout']
      when 'network' then array['network']
      when 'lost' then array['lost']
      when 'sql_error' then array['sql']
      when 'report_failed' then array['report']
      when 'not_reported' then array['report']
      else array[]::text[]
    end
$function$;
comment on function ops.retry_delay(jsonb,integer,text,integer) is 'How long to wait before the next try (backoff_ms doubled per try, plus or minus a fifth), or null when the run ends here.';

CREATE OR REPLACE FUNCTION ops.retry_job_now(p_id bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_type text;
begin
  update ops.queued_jobs q
  set status = 'pending',
      run_at = clock_timestamp(),
      updated_at = clock_timestamp(),
      finished_at = null,
      attempts = case when q.finished_at is null then q.attempts else 0 end,
      rescues = case when q.finished_at is null then q.rescues else 0 end,
      error_fingerprint = null,
      blocked = case when q.finished_at is null then q.blocked else q.serial_key is not null end
  where q.id = p_id
    and q.status in ('pending', 'failed', 'cancelled')
    and not exists (select from ops.job_leases l where l.held @> p_id)
  returning q.task_type into v_type;
  if not found then
    return false;
  end if;
  perform pg_notify('ops_job_queue', v_type);
  return true;
exception
  when unique_violation then
    raise exception 'another open job has the unique key of job %', p_id
      using errcode = 'unique_violation', hint = 'Cancel the other one first, or leave the work to it.';
end
$function$;
comment on function ops.retry_job_now(bigint) is 'Run a waiting job now, or a dead letter or cancelled one again with all its tries. False when it runs, has succeeded or is not there.';
grant execute on function ops.retry_job_now(bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.retry_run(p_run_id uuid, p_actor text DEFAULT NULL::text)
 RETURNS ops.runs
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_former ops.runs;
  v_run ops.runs;
begin
  select r.* into v_former
  from ops.runs r
  where r.id = p_run_id and r.finished_at is not null
    and (ops.is_service() or ops.is_admin() or r.created_by = ops.current_user_id());
  if not found then
    raise exception 'there is no ended run % of yours', p_run_id
      using errcode = 'undefined_object', hint = 'See ops.list_runs; a run that has not ended can be cancelled first.';
  end if;
  insert into ops.runs (
    template, title, kind, env, inputs, source, actor, created_by, approval_required, self_approval, max_attempts, retry_of
  )
  values (
    v_former.template, v_former.title, v_former.kind, v_former.env, v_former.inputs, 'retry',
    case when ops.is_service() then coalesce(p_actor, v_former.actor) end,
    coalesce(ops.current_user_id(), v_former.created_by), v_former.approval_required, v_former.self_approval, v_former.max_attempts,
    v_former.id
  )
  returning * into v_run;
  return v_run;
end
$function$;
comment on function ops.retry_run(uuid,text) is 'Start an ended run again as a new one (retry_of names the former): same runbook, environment and inputs; what needed approval needs it again. Returns the row.';
grant execute on function ops.retry_run(uuid,text) to authenticated;
grant execute on function ops.retry_run(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION ops.revoke_admin(p_user_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  delete from ops.admins a where a.user_id = p_user_id;
  return found;
end
$function$;
comment on function ops.revoke_admin(uuid) is 'Take the rights of an admin of the control room from a user. False when they had none.';
grant execute on function ops.revoke_admin(uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.roll_up_metrics(p_limit integer DEFAULT 10000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_minutes integer;
  v_hours integer;
  v_projects uuid[];
  v_metrics text[];
  v_moments timestamptz[];
begin
  -- One pass at a time: of two, the one that looked earlier could write later, over what the other had seen.
  perform pg_advisory_xact_lock(hashtextextended('ops.roll_up_metrics', 0));
  with taken as (
    delete from ops.metric_marks m
    where m.id in (select x.id from ops.metric_marks x order by x.id limit p_limit)
    returning m.project_id, m.metric, m.minute
  ), distinct_taken as (
    select distinct t.project_id, t.metric, t.minute from taken t
  )
  select array_agg(d.project_id order by d.project_id, d.metric, d.minute), array_agg(d.metric order by d.project_id, d.metric, d.minute),
    array_agg(d.minute order by d.project_id, d.metric, d.minute)
  into v_projects, v_metrics, v_moments
  from distinct_taken d;
  if v_projects is null then
    return jsonb_build_object('minutes', 0, 'hours', 0, 'waiting', 0);
  end if;
  -- A statement of its own: it sees every sample whose mark was taken, and all that were committed since.
  insert into ops.metric_minutes as r (
    ts, org_id, project_id, branch_id, metric, dims, series, samples, total, minimum, maximum
  )
  select d.minute, m.org_id, d.project_id, m.branch_id, d.metric, m.dims, ops.metric_series_key(m.branch_id, m.dims),
    count(*), sum(m.value), min(m.value), max(m.value)
  from unnest(v_projects, v_metrics, v_moments) as d (project_id, metric, minute)
  join ops.metrics m
    on m.project_id = d.project_id and m.metric = d.metric and m.ts >= d.minute and m.ts < d.minute + interval '1 minute'
  group by d.project_id, d.metric, d.minute, m.org_id, m.branch_id, m.dims
  order by d.project_id, d.metric, d.minute, 7
  on conflict (project_id, metric, ts, series) do update
  set samples = excluded.samples, total = excluded.total, minimum = excluded.minimum, maximum = excluded.maximum;
  get diagnostics v_minutes = row_count;
  insert into ops.metric_hours as r (
    ts, org_id, project_id, branch_id, metric, dims, series, samples, total, minimum, maximum
  )
  select h.hour, m.org_id, h.project_id, m.branch_id, h.metric, m.dims, m.series,
    sum(m.samples), sum(m.total), min(m.minimum), max(m.maximum)
  from (
    select distinct d.project_id, d.metric, date_trunc('hour', d.minute, 'UTC') as hour
    from unnest(v_projects, v_metrics, v_moments) as d (project_id, metric, minute)
  ) h
  join ops.metric_minutes m
    on m.project_id = h.project_id and m.metric = h.metric and m.ts >= h.hour and m.ts < h.hour + interval '1 hour'
  group by h.project_id, h.metric, h.hour, m.org_id, m.branch_id, m.dims, m.series
  order by h.project_id, h.metric, h.hour, m.series
  on conflict (project_id, metric, ts, series) do update
  set samples = excluded.samples, total = excluded.total, minimum = excluded.minimum, maximum = excluded.maximum;
  get diagnostics v_hours = row_count;
  return jsonb_build_object(
    'minutes', v_minutes, 'hours', v_hours,
    'waiting', (select count(*) from (select from ops.metric_marks limit 100000) m)
  );
end
$function$;
comment on function ops.roll_up_metrics(integer) is 'Sum the minutes that have news, and their hours, from all samples there are: again and again gives the same, late samples correct what was there. Takes p_limit marks. Returns {minutes, hours, waiting}.';

CREATE OR REPLACE FUNCTION ops.rollback_build(p_project_slug text, p_branch text DEFAULT NULL::text, p_actor text DEFAULT NULL::text)
 RETURNS TABLE(build_id uuid, commit_sha text, replaces text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_branch_id uuid := ops.find_branch(p_project_slug, p_branch);
  v_now_sha text;
  v_sha text;
  v_id uuid;
begin
  -- Two people press at once: the second finds the first one's build.
  perform from ops.branches h where h.id = v_branch_id for no key update;
  select b.id, b.commit_sha, b.rollback_of into v_id, v_sha, v_now_sha
  from ops.builds b
  where b.branch_id = v_branch_id and b.rollback_of is not null and b.status in ('queued', 'dispatched', 'running')
  order by b.id desc
  limit 1;
  if found then
    return query select v_id, v_sha, v_now_sha;
    return;
  end if;
  select b.commit_sha into v_now_sha
  from ops.builds b
  where b.branch_id = v_branch_id and b.commit_sha is not null and ops.build_is_final(b.status) and b.status <> 'cancelled'
  order by b.id desc
  limit 1;
  select b.commit_sha into v_sha
  from ops.builds b
  where b.branch_id = v_branch_id and b.status = 'succeeded' and b.commit_sha is not null and b.commit_sha <> v_now_sha
    -- What was rolled back from is no place to go back to, until it was built anew.
    and not exists (
      select from ops.builds r
      where r.branch_id = v_branch_id and r.rollback_of = b.commit_sha and r.id > b.id and r.status in ('succeeded', 'almost')
    )
  order by b.id desc
  limit 1;
  if v_sha is null then
    raise exception 'branch % of % has no verified commit to go back to',
      (select h.name from ops.branches h where h.id = v_branch_id), p_project_slug
      using errcode = 'PT409', hint = 'A verified commit is one whose build succeeded, other than the last, and that nobody went back from.';
  end if;
  select c.build_id into v_id
  from ops.create_build(v_branch_id, 'rollback', p_actor, p_commit_sha => v_sha, p_commit_message => 'rollback of ' || v_now_sha) c;
  update ops.builds b set rollback_of = v_now_sha where b.id = v_id;
  return query select v_id, v_sha, v_now_sha;
end
$function$;
comment on function ops.rollback_build(text,text,text) is 'Build the last verified commit of a branch (by default that of the production lane) again: one whose build succeeded, other than the newest that was built, and that nobody went back from. Asked again while that build is open, the same build. An error when there is no such commit.';
grant execute on function ops.rollback_build(text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.run_pending_sql(p_limit integer DEFAULT 100, p_now timestamp with time zone DEFAULT clock_timestamp())
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select ops.start_waiting(array['sql'], p_limit, interval '20 seconds', p_now)
$function$;
comment on function ops.run_pending_sql(integer,timestamp with time zone) is 'Run waiting SQL jobs (retries, followers, catch-ups), apart from the collector so that a long one does not hold up outcomes. A declared job of its own.';

CREATE OR REPLACE FUNCTION ops.run_sql(p_sql text)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
declare
  v_rows bigint;
begin
  execute p_sql;
  get diagnostics v_rows = row_count;
  -- A deferred constraint must fail here, as the job's own error, not at commit, where it would take the record along.
  set constraints all immediate;
  return v_rows;
end
$function$;
comment on function ops.run_sql(text) is 'Run the SQL of a job as the caller, with search_path public, extensions. Returns the row count of its last statement.';

CREATE OR REPLACE FUNCTION ops.run_word(p_run_id bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select concat_ws(
    ' ',
    case when r.next_attempt_at is not null and r.status = 'fired' then 'retrying' else r.status end,
    r.id,
    rtrim(split_part(coalesce(r.error, r.error_code), ' ', 1), ':')
  )
  from ops.cron_runs r
  where r.id = p_run_id
$function$;
comment on function ops.run_word(bigint) is 'A run in a few words, for the return message of a fire: "failed 42 secret_missing:project_url".';

CREATE OR REPLACE FUNCTION ops.runs_overview()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'open', (
      select coalesce(jsonb_agg(to_jsonb(o) order by o.id desc), '[]')
      from (
        select r.id, r.template, r.title, r.env, r.status, r.phase, r.created_at, r.lease_expires_at
        from ops.runs r
        where r.finished_at is null
        order by r.id desc
        limit 50
      ) o
    ),
    'latest', (
      select coalesce(jsonb_agg(to_jsonb(l) order by l.id desc), '[]')
      from (
        select r.id, r.template, r.title, r.env, r.status, r.created_at, r.finished_at
        from ops.list_runs(p_limit => 10) r
      ) l
    )
  )
$function$;
comment on function ops.runs_overview() is 'Runs of runbooks one may see: the open ones, the latest ten.';
grant execute on function ops.runs_overview() to authenticated;
grant execute on function ops.runs_overview() to service_role;

CREATE OR REPLACE FUNCTION ops.scan_advisories(p_quiet_days integer DEFAULT 7, p_failures integer DEFAULT 3, p_upgrade_days integer DEFAULT 14)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_quiet uuid[] := '{}';
  v_failing uuid[] := '{}';
  v_upgrades uuid[] := '{}';
  v_after uuid;
  v_before uuid;
  v_id uuid;
  v_row record;
  v_resolved integer;
begin
  loop
    v_before := v_after;
    for v_row in
      select p.project_id, p.name, p.last_build_id, p.last_build_at
      from ops.idle_projects(make_interval(days => p_quiet_days), v_after, 10000) p
    loop
      select r.advisory_id into v_id
      from ops.raise_advisory(
        v_row.project_id, 'no_recent_build', 'no_recent_build',
        case when v_row.last_build_at is null then 'Never built' else format('No build for %s days', p_quiet_days) end,
        'warning',
        'A project nobody builds gets no fixes, and nobody notices when its build breaks.',
        case when v_row.last_build_at is null then 'This project has no build.'
          else 'The last build was queued ' || to_char(v_row.last_build_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC.' end,
        'Trigger a build, or archive the project.',
        '{builds}',
        jsonb_build_object('last_build_id', v_row.last_build_id, 'last_build_at', v_row.last_build_at, 'quiet_days', p_quiet_days)
      ) r;
      v_quiet := v_quiet || v_id;
      v_after := v_row.project_id;
    end loop;
    exit when v_after is not distinct from v_before;
  end loop;

  for v_row in
    select b.project_id, b.id as branch_id, b.name, b.lane, last.builds
    from ops.branches b
    join ops.projects p on p.id = b.project_id and p.archived_at is null
    cross join lateral (
      select jsonb_agg(jsonb_build_object('build_id', e.id, 'status', e.status, 'finished_at', e.finished_at)) as builds,
             count(*) as ended, bool_and(e.status in ('failed', 'lost')) as all_bad
      from (
        select x.id, x.status, x.finished_at
        from ops.builds x
        where x.branch_id = b.id
        order by x.id desc
        limit p_failures
      ) e
    ) last
    where b.archived_at is null and last.ended = p_failures and last.all_bad
    limit 100000
  loop
    select r.advisory_id into v_id
    from ops.raise_advisory(
      v_row.project_id, 'failing_branch:' || v_row.branch_id, 'failing_branch',
      format('The last %s builds of %s failed', p_failures, v_row.name),
      case v_row.lane when 'production' then 'error' else 'warning' end,
      'A branch that keeps failing hides the next defect behind the first.',
      format('Branch %s, lane %s.', v_row.name, v_row.lane),
      'Read the log of the last build and mend it, or pause the branch.',
      '{builds}', jsonb_build_object('builds', v_row.builds), v_row.branch_id
    ) r;
    v_failing := v_failing || v_id;
  end loop;

  for v_row in
    select w.* from ops.waiting_upgrades(make_interval(days => p_upgrade_days)) w limit 100000
  loop
    select r.advisory_id into v_id
    from ops.raise_advisory(
      v_row.project_id, 'unapplied_upgrade:' || v_row.component, 'unapplied_upgrade',
      format('%s %s is waiting to be applied', v_row.component, v_row.to_version),
      'info',
      'The longer an upgrade waits, the more of them have to be done at once.',
      format('It runs %s; %s is known since %s.', v_row.from_version, v_row.to_version, v_row.created_at::date)
        || case v_row.status when 'failed' then ' The last try failed.' when 'running' then ' It is being tried.' else '' end,
      case v_row.status when 'failed' then 'Read the log of the build that tried, and build it again, or dismiss the upgrade.'
        else 'Plan the upgrade on a staging branch, or dismiss it.' end,
      '{upgrades}',
      jsonb_strip_nulls(jsonb_build_object(
        'upgrade_id', v_row.id, 'status', v_row.status, 'build_id', v_row.build_id, 'planned_for', v_row.planned_for
      ))
    ) r;
    v_upgrades := v_upgrades || v_id;
    update ops.upgrades u set advisory_id = v_id where u.id = v_row.id and u.advisory_id is distinct from v_id;
  end loop;

  v_resolved := ops.settle_advisories('no_recent_build', v_quiet)
    + ops.settle_advisories('failing_branch', v_failing)
    + ops.settle_advisories('unapplied_upgrade', v_upgrades);
  return jsonb_build_object(
    'raised', cardinality(v_quiet) + cardinality(v_failing) + cardinality(v_upgrades),
    'resolved', v_resolved,
    'projects', (select count(*) from ops.projects)
  );
end
$function$;
comment on function ops.scan_advisories(integer,integer,integer) is 'Look for projects nobody builds, branches that keep failing and upgrades that wait: {raised, resolved, projects}. What is not found again is resolved.';
grant execute on function ops.scan_advisories(integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.schedule_matches(p_match jsonb, p_local timestamp without time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  v_minute integer := extract(minute from p_local);
  v_day integer;
  v_day_matches boolean;
  v_weekday_matches boolean;
begin
  if v_minute < 30 then
    if ((p_match ->> 'minutes_low')::bigint >> v_minute) & 1 = 0 then
      return false;
    end if;
  elsif ((p_match ->> 'minutes_high')::bigint >> (v_minute - 30)) & 1 = 0 then
    return false;
  end if;
  if ((p_match ->> 'hours')::bigint >> extract(hour from p_local)::integer) & 1 = 0
    or ((p_match ->> 'months')::bigint >> extract(month from p_local)::integer) & 1 = 0
  then
    return false;
  end if;
  v_day := extract(day from p_local);
  v_day_matches := ((p_match ->> 'days')::bigint >> v_day) & 1 = 1
    or (coalesce((p_match ->> 'last_day')::boolean, false) and extract(day from p_local + interval '1 day') = 1);
  v_weekday_matches := ((p_match ->> 'weekdays')::bigint >> extract(dow from p_local)::integer) & 1 = 1;
  if coalesce((p_match ->> 'either_day')::boolean, false) then
    v_day_matches := v_day_matches or v_weekday_matches;
  else
    v_day_matches := v_day_matches and v_weekday_matches;
  end if;
  -- Never due and not understood are not the same.
  if v_day_matches is null or p_match ->> 'hours' is null or p_match ->> 'months' is null then
    raise exception 'the compiled schedule is incomplete' using errcode = 'invalid_parameter_value';
  end if;
  return v_day_matches;
end
$function$;
comment on function ops.schedule_matches(jsonb,timestamp without time zone) is 'Whether a wall-clock minute matches a compiled schedule. pg_cron''s rule for days: either_day means one of day and weekday suffices.';
grant execute on function ops.schedule_matches(jsonb,timestamp without time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.secret_names(p_definition jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select array_agg(distinct n.name)
  from (
    select a.auth ->> 'secret' as name
    from jsonb_array_elements(
      case jsonb_typeof(p_definition #> '{call,auth}') when 'array' then p_definition #> '{call,auth}' else '[]' end
    ) as a (auth)
    union all
    select p_definition #>> '{call,url_secret}'
  ) n
  where n.name is not null
$function$;
comment on function ops.secret_names(jsonb) is 'Names of the Vault secrets a job definition refers to; null when it needs none.';

CREATE OR REPLACE FUNCTION ops.send_request(p_run_id bigint, p_job text, p_definition jsonb, p_slot timestamp with time zone, p_attempt integer, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_call jsonb := p_definition -> 'call';
  v_timeout integer := (v_call ->> 'timeout_ms')::integer;
  -- The request may wait in pg_net's queue behind others; ops.collect also looks whether it still does.
  v_deadline timestamptz := p_now + make_interval(secs => v_timeout / 1000.0 + 60);
  v_url text;
  v_headers jsonb;
  v_wants_token boolean;
  v_problem text;
  v_request_id bigint;
  v_state text;
  v_message text;
begin
  if to_regclass('net.http_request_queue') is null then
    v_problem := 'extension_missing:pg_net';
  end if;
  if v_problem is null then
    select u.url, u.problem into v_url, v_problem from ops.build_url(v_call) u;
  end if;
  if v_problem is null then
    select h.headers, h.wants_token, h.problem into v_headers, v_wants_token, v_problem from ops.build_headers(v_call) h;
  end if;
  if v_problem is not null then
    perform ops.fail_run(p_run_id, split_part(v_problem, ':', 1), v_problem || ' - ' || ops.problem_remedy(v_problem), p_now);
    return;
  end if;

  v_headers := v_headers || jsonb_build_object(
    'Idempotency-Key', p_job || '/' || ops.iso_instant(p_slot),
    'x-ops-job', p_job,
    'x-ops-run-id', p_run_id::text,
    'x-ops-attempt', p_attempt::text
  );
  if v_wants_token then
    v_headers := v_headers || jsonb_build_object('x-ops-run-token', ops.issue_run_token(
      p_run_id, p_attempt, p_job,
      greatest(v_deadline, ops.report_deadline(p_definition, p_now)) + interval '5 minutes'
    ));
  end if;

  begin
    case v_call ->> 'method'
      when 'get' then
        v_request_id := net.http_get(url := v_url, headers := v_headers, timeout_milliseconds := v_timeout);
      when 'delete' then
        if v_call ? 'body' then
          v_request_id := net.http_delete(
            url := v_url, headers := v_headers, timeout_milliseconds := v_timeout, body := v_call -> 'body'
          );
        else
          v_request_id := net.http_delete(url := v_url, headers := v_headers, timeout_milliseconds := v_timeout);
        end if;
      else
        v_request_id := net.http_post(
          url := v_url, body := coalesce(v_call -> 'body', '{}'), headers := v_headers, timeout_milliseconds := v_timeout
        );
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;

  insert into ops.cron_attempts (run_id, attempt, request_id, epoch, awaiting_response, fired_at, deadline)
  values (p_run_id, p_attempt, v_request_id, ops.current_epoch(), v_request_id is not null, p_now, v_deadline);

  if v_state is null then
    update ops.cron_runs set deadline = v_deadline where id = p_run_id;
  elsif v_message ilike 'invalid url%' or v_message ilike 'out of memory%' then
    -- The message quotes the URL, and "Out of memory" is how older pg_net says "no https://".
    v_problem := 'url_invalid:' || coalesce(v_call ->> 'url_secret', 'call.url');
    perform ops.fail_run(p_run_id, 'url_invalid', v_problem || ' - ' || ops.problem_remedy(v_problem), p_now);
  elsif v_state in ('42883', '42P01', '3F000') then
    perform ops.fail_run(
      p_run_id, 'extension_missing', 'extension_missing:pg_net - ' || ops.problem_remedy('extension_missing'), p_now
    );
  else
    perform ops.fail_run(
      p_run_id, 'network',
      left(format('network:%s %s', v_state, ops.redact_values(v_message, ops.secret_names(p_definition))), 1000), p_now
    );
  end if;
end
$function$;
comment on function ops.send_request(bigint,text,jsonb,timestamp with time zone,integer,timestamp with time zone) is 'Hand one HTTP request to pg_net and remember its id. The request leaves when this transaction commits.';

CREATE OR REPLACE FUNCTION ops.sent_dispatches(p_after interval DEFAULT '00:03:00'::interval, p_limit integer DEFAULT 100, p_repositories text[] DEFAULT NULL::text[])
 RETURNS TABLE(build_id uuid, attempt integer, repository text, workflow text, ref text, github_run_id bigint, posted_at timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select d.build_id, d.attempt, d.repository, d.workflow, d.ref, d.github_run_id, d.posted_at
  from ops.build_dispatches d
  where d.state = 'sent' and d.doubles_sought_at is null and d.github_run_id is not null
    and d.posted_at > clock_timestamp() - interval '1 day' and d.posted_at < clock_timestamp() - p_after
    and (p_repositories is null or lower(d.repository) in (select lower(r) from unnest(p_repositories) r))
  order by d.posted_at
  limit least(greatest(p_limit, 1), 1000)
$function$;
comment on function ops.sent_dispatches(interval,integer,text[]) is 'Orders GitHub was told so long ago that its list must show every run made of them, and that nobody searched for doubles yet.';
grant execute on function ops.sent_dispatches(interval,integer,text[]) to service_role;

CREATE OR REPLACE FUNCTION ops.set_build_status(p_build_id uuid, p_status text, p_lease_token bigint DEFAULT NULL::bigint, p_attempt integer DEFAULT NULL::integer, p_error text DEFAULT NULL::text, p_result jsonb DEFAULT NULL::jsonb, p_github_run_id bigint DEFAULT NULL::bigint, p_github_run_attempt integer DEFAULT NULL::integer, p_github_run_url text DEFAULT NULL::text, p_environment_url text DEFAULT NULL::text, OUT outcome text, OUT status text, OUT attempt integer)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_build record;
  v_job_status text;
  v_error text := left(ops.redact_text(p_error), 10000);
begin
  select b.status, b.attempt, b.queue_id into v_build from ops.builds b where b.id = p_build_id for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  set_build_status.status := v_build.status;
  set_build_status.attempt := v_build.attempt;
  if (ops.build_writer(p_build_id, coalesce(p_attempt, v_build.attempt), p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  if v_build.status is distinct from p_status and ops.build_may_become(v_build.status, p_status) is not true then
    raise exception 'a build that is % does not become %', v_build.status, coalesce(p_status, 'null')
      using errcode = 'PT409', hint = 'ops.build_may_become lists what may follow what; ops.retry_build tries again.';
  end if;

  update ops.builds b
  set github_run_id = coalesce(p_github_run_id, b.github_run_id),
      github_run_attempt = coalesce(p_github_run_attempt, b.github_run_attempt),
      github_run_url = coalesce(p_github_run_url, b.github_run_url),
      environment_url = coalesce(p_environment_url, b.environment_url),
      result = coalesce(p_result, b.result),
      updated_at = now()
  where b.id = p_build_id
    and num_nonnulls(p_github_run_id, p_github_run_attempt, p_github_run_url, p_environment_url, p_result) > 0;
  if v_build.status = p_status then
    outcome := 'unchanged';
    return;
  end if;

  outcome := 'changed';
  if p_status = 'queued' then
    select f.status into v_job_status
    from ops.build_leases l
    cross join lateral ops.fail_jobs(l.token, array[v_build.queue_id], array[coalesce(v_error, 'given back')]) f
    where l.build_id = p_build_id;
    if v_job_status = 'failed' then
      -- Given back once too often.
      p_status := 'failed';
    end if;
  end if;
  perform ops.change_build(p_build_id, p_status, v_error);
  if p_status = 'queued' then
    -- Its job waits again, or, had it ended, a new one does.
    perform ops.enqueue_build(p_build_id);
  end if;
  set_build_status.status := p_status;
end
$function$;
comment on function ops.set_build_status(uuid,text,bigint,integer,text,jsonb,bigint,integer,text,text) is 'Say what a build is now, as its runner (with its lease token or attempt) or as who knows the truth (without). outcome: changed; unchanged (it was so already; run id, result and the like are stored all the same); stale (not this writer''s build any more: nothing was changed). queued gives it back to be tried again. What ops.build_may_become does not allow is an error.';
grant execute on function ops.set_build_status(uuid,text,bigint,integer,text,jsonb,bigint,integer,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.set_member_role(p_org_id uuid, p_user_id uuid, p_role text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_role text;
begin
  perform ops.require_org_manager(p_org_id, p_role is not distinct from 'owner');
  select m.role into v_role from ops.org_members m where m.org_id = p_org_id and m.user_id = p_user_id;
  if v_role = 'owner' and p_role <> 'owner' then
    perform ops.require_org_manager(p_org_id, true);
    perform ops.require_another_owner(p_org_id, p_user_id);
  end if;
  update ops.org_members m
  set role = p_role
  where m.org_id = p_org_id and m.user_id = p_user_id and m.role is distinct from p_role;
  return found;
end
$function$;
comment on function ops.set_member_role(uuid,uuid,text) is 'Change a member''s role. False when they are not in the organisation or have it already. Owners are made and unmade by owners; the last stays.';
grant execute on function ops.set_member_role(uuid,uuid,text) to authenticated;
grant execute on function ops.set_member_role(uuid,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION ops.set_run_status(p_run_id uuid, p_token bigint, p_status text DEFAULT 'running'::text, p_phase text DEFAULT NULL::text, p_error text DEFAULT NULL::text, p_result jsonb DEFAULT NULL::jsonb, p_plan jsonb DEFAULT NULL::jsonb, p_plan_digest text DEFAULT NULL::text, p_url text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run ops.runs;
  v_phase text;
  v_digest text;
begin
  if p_status is null or p_status not in ('running', 'awaiting_approval', 'success', 'error', 'cancelled') then
    raise exception 'an executor sets running, awaiting_approval, success, error or cancelled, not %', coalesce(p_status, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  select r.* into v_run
  from ops.runs r
  where r.id = p_run_id and r.lease_token = p_token and r.status = 'running'
  for update;
  if not found then
    return false;
  end if;
  v_phase := coalesce(p_phase, v_run.phase);
  v_digest := coalesce(p_plan_digest, v_run.plan_digest);
  if p_status = 'awaiting_approval' and v_digest is null then
    raise exception 'an approval is for a digest of what will run' using errcode = 'invalid_parameter_value', hint = 'Pass p_plan_digest.';
  end if;
  -- The gate is here, and not in the executor, so that an executor with a fault can't pass it.
  if v_run.approval_required
    and (p_status = 'success' or v_phase in ('execute', 'verify', 'summarize') and p_status = 'running')
    and v_run.approved_digest is distinct from coalesce(v_digest, '')
  then
    raise exception 'run % executes nothing before its plan is approved', p_run_id
      using errcode = 'object_not_in_prerequisite_state',
        hint = case when v_run.approved_digest is null then 'Set awaiting_approval with p_plan_digest.'
          else 'What was approved is not what would run now.' end;
  end if;
  update ops.runs r
  set status = p_status,
      phase = v_phase,
      plan = coalesce(p_plan, r.plan),
      plan_digest = v_digest,
      url = coalesce(p_url, r.url),
      result = coalesce(p_result, r.result),
      error = case when p_status in ('error', 'cancelled') then left(ops.redact_text(p_error), 4000) end,
      lease_expires_at = case when p_status = 'running' then r.lease_expires_at end,
      worker = case when p_status = 'awaiting_approval' then null else r.worker end,
      finished_at = case when p_status in ('success', 'error', 'cancelled') then now() end,
      updated_at = now()
  where r.id = p_run_id;
  return true;
end
$function$;
comment on function ops.set_run_status(uuid,bigint,text,text,text,jsonb,jsonb,text,text) is 'The executor says where its run is: its phase, that it waits for approval of a plan, or how it ended. False for a token that is not the current one. Refuses to execute what was not approved.';
grant execute on function ops.set_run_status(uuid,bigint,text,text,text,jsonb,jsonb,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_advisories(p_name text, p_found uuid[], p_project_ids uuid[] DEFAULT NULL::uuid[])
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with gone as (
    update ops.advisories a
    set resolved_at = now(), snoozed_until = null
    where a.name = p_name
      and a.resolved_at is null
      and a.id <> all (coalesce(p_found, '{}'))
      and (p_project_ids is null or a.project_id = any (p_project_ids))
    returning a.id
  )
  select count(*)::integer from gone
$function$;
comment on function ops.settle_advisories(text,uuid[],uuid[]) is 'After a check looked at everything (or at these projects): resolve what it found before and did not find now; p_found are the ids it raised. Returns how many. Not to be called when the check could not look.';
grant execute on function ops.settle_advisories(text,uuid[],uuid[]) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_alert_comment(p_id bigint, p_token bigint, p_key uuid, p_outcome text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with settled as (
    update ops.alert_issues i
    set say = case p_outcome when 'said' then null else i.say end,
        say_key = case p_outcome when 'said' then null else i.say_key end,
        said_at = case p_outcome when 'trying' then clock_timestamp() end
    from ops.alert_projections p
    where i.id = p_id and i.say_key = p_key and p.repository = i.repository and p.token = p_token
    returning i.id
  )
  select exists (select from settled)
$function$;
comment on function ops.settle_alert_comment(bigint,bigint,uuid,text) is 'A comment is about to be written (trying), was written (said), or was refused. False: do not write it, it is not wanted any more or the lease is gone.';
grant execute on function ops.settle_alert_comment(bigint,bigint,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_alert_issue(p_id bigint, p_token bigint, p_outcome text, p_facts jsonb DEFAULT '{}'::jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_issue ops.alert_issues;
begin
  select i.* into v_issue from ops.alert_issues i where i.id = p_id and i.attempt_token = p_token and i.attempt is not null for update;
  if not found then
    return false;
  end if;
  case p_outcome
    when 'refused' then
      update ops.alert_issues i set attempt = null, attempted_at = null where i.id = p_id;
    when 'gone' then
      update ops.alert_issues i set attempt = null, attempted_at = null, retired_at = clock_timestamp(), say = null, say_key = null where i.id = p_id;
      update ops.alerts a set issue_id = null, issue_repository = null, issue_number = null where a.issue_id = p_id and a.resolved_at is null;
    when 'done' then
      update ops.alert_issues i
      set attempt = null,
          attempted_at = null,
          number = coalesce(i.number, (p_facts ->> 'number')::integer),
          state = p_facts ->> 'state',
          closed_by_people = coalesce((p_facts ->> 'closed_by_people')::boolean, false),
          content = p_facts ->> 'content',
          severity = coalesce(p_facts ->> 'severity', i.severity),
          told = coalesce((select array_agg(t) from jsonb_array_elements_text(p_facts -> 'told') t), '{}'),
          written_at = clock_timestamp(),
          changed_at = greatest(i.changed_at, (p_facts ->> 'changed_at')::timestamptz),
          opened_at = case when p_facts ->> 'state' = 'open' and i.state <> 'open' then clock_timestamp() else i.opened_at end,
          closed_at = case
            when p_facts ->> 'state' = 'open' then null
            when i.state = 'open' then clock_timestamp()
            else i.closed_at
          end,
          say = p_facts ->> 'say',
          say_key = (p_facts ->> 'say_key')::uuid,
          said_at = case when i.say_key = (p_facts ->> 'say_key')::uuid then i.said_at end
      where i.id = p_id;
      if v_issue.number is null then
        update ops.alerts a
        set issue_repository = v_issue.repository, issue_number = (p_facts ->> 'number')::integer
        where a.issue_id = p_id;
      end if;
  end case;
  return true;
end
$function$;
comment on function ops.settle_alert_issue(bigint,bigint,text,jsonb) is 'What came of an attempt: done (with what is now told), refused (nothing happened), gone (the issue was deleted). Without an answer nothing is settled. False when it was not our attempt.';
grant execute on function ops.settle_alert_issue(bigint,bigint,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_build_dispatch(p_build_id uuid, p_attempt integer, p_claim_token bigint, p_state text, p_github_run_id bigint DEFAULT NULL::bigint, p_github_run_url text DEFAULT NULL::text, p_error text DEFAULT NULL::text, p_again_in interval DEFAULT '00:00:20'::interval, p_extra_runs bigint[] DEFAULT '{}'::bigint[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_build record;
  v_row record;
  v_error text := left(ops.redact_text(p_error), 2000);
  v_extra bigint[];
begin
  if p_state not in ('sent', 'unknown', 'unsent', 'postponed', 'refused') or (p_state = 'sent') <> (p_github_run_id is not null) then
    raise exception 'a dispatch is sent (with its run), unknown, unsent, postponed or refused, not %', p_state
      using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.status, b.attempt, b.org_id, b.github_run_id into v_build from ops.builds b where b.id = p_build_id for no key update;
  if v_build.attempt = p_attempt and p_state = 'sent' then
    -- A run may have begun before anybody knew its number: that one has the build.
    v_extra := array_remove(p_github_run_id || coalesce(p_extra_runs, '{}'), coalesce(v_build.github_run_id, p_github_run_id));
  end if;
  update ops.build_dispatches d
  set state = case
        when p_state = 'unsent' or p_state = 'postponed' and d.state = 'sending' then 'pending'
        -- A look that GitHub put off was none.
        when p_state = 'postponed' then d.state
        else p_state
      end,
      settled_at = case when p_state in ('sent', 'refused') then v_now end,
      next_at = v_now + greatest(p_again_in, interval '0'),
      posts = d.posts - (p_state = 'postponed' and d.state = 'sending')::integer,
      looks = d.looks - (p_state = 'postponed' and d.state = 'unknown')::integer,
      github_run_id = case when p_state = 'sent' then coalesce(v_build.github_run_id, p_github_run_id) else d.github_run_id end,
      github_run_url = coalesce(left(p_github_run_url, 500), d.github_run_url),
      extra_runs = (array(select distinct e from unnest(d.extra_runs || coalesce(v_extra, '{}')) e))[:100],
      error = coalesce(v_error, d.error)
  where d.build_id = p_build_id and d.attempt = p_attempt and d.claim_token = p_claim_token and d.settled_at is null
  returning d.posts, d.posted_at, d.created_at, d.repository into v_row;
  if not found then
    -- Somebody else has it by now. What we started all the same is one run too many, unless it is the one that runs.
    update ops.build_dispatches d
    set extra_runs = (array(select distinct e from unnest(d.extra_runs || p_github_run_id) e))[:100]
    where p_state = 'sent' and d.build_id = p_build_id and d.attempt = p_attempt and d.state in ('sent', 'dropped')
      and d.github_run_id is distinct from p_github_run_id;
    return false;
  end if;
  if v_build.attempt <> p_attempt or v_build.status <> 'dispatched' then
    return true;
  end if;
  case p_state
    when 'sent' then
      update ops.builds b
      set github_run_id = p_github_run_id, github_run_attempt = 1, github_run_url = left(p_github_run_url, 500), updated_at = v_now
      where b.id = p_build_id and b.github_run_id is null;
      perform ops.note_build(p_build_id, v_build.org_id, 'dispatch', 'runs on GitHub as run ' || p_github_run_id, p_data => jsonb_strip_nulls(
        jsonb_build_object('run_id', p_github_run_id, 'url', p_github_run_url, 'attempt', p_attempt)
      ));
      perform ops.resolve_alert('build_dispatch:' || p_build_id);
      perform ops.resolve_alert('build_dispatch:' || v_row.repository);
    when 'refused' then
      perform ops.change_build(p_build_id, 'failed', 'GitHub refused the dispatch: ' || coalesce(v_error, 'it did not say why'));
      perform ops.raise_alert(
        'build_dispatch', 'build_dispatch:' || p_build_id, 'warning', 'A build could not be dispatched', coalesce(v_error, ''),
        jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'repository', v_row.repository,
          'remediation', 'Compare the workflow''s inputs with those of its branch in runbooks/projects/, then `opsroom build` again.')
      );
    when 'postponed' then
      -- One alert however many builds wait: a token that ran out stops all of them.
      if v_row.created_at < v_now - interval '10 minutes' then
        perform ops.raise_alert(
          'build_dispatch', 'build_dispatch:' || v_row.repository, 'critical',
          'Runs of ' || v_row.repository || ' can neither be started nor looked for',
          coalesce(v_error, ''), jsonb_build_object('repository', v_row.repository, 'build_id', p_build_id,
            'remediation', 'Look at githubstatus.com, and at the token of the dispatcher: it needs actions: write.')
        );
      end if;
    else
      if v_row.created_at < v_now - interval '10 minutes' then
        perform ops.raise_alert(
          'build_dispatch', 'build_dispatch:' || p_build_id, 'warning', 'Nobody knows whether a build was dispatched', coalesce(v_error, ''),
          jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'repository', v_row.repository,
            'remediation', 'Nothing: GitHub is asked until it answers. Runs of this build are named after it.')
        );
      end if;
  end case;
  return true;
end
$function$;
comment on function ops.settle_build_dispatch(uuid,integer,bigint,text,bigint,text,text,interval,bigint[]) is 'What came of an order: sent (its run, and others that were started for it), refused (the build fails, with an alert), unknown (looked for again after p_again_in), unsent (GitHub surely has no such run: told again), postponed (GitHub took nothing now: told, or looked at, again). False for an outdated claim.';
grant execute on function ops.settle_build_dispatch(uuid,integer,bigint,text,bigint,text,text,interval,bigint[]) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_doubles(p_build_id uuid, p_attempt integer, p_github_run_ids bigint[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update ops.build_dispatches d
  set doubles_sought_at = clock_timestamp(),
      extra_runs = (array(select distinct e from unnest(d.extra_runs || p_github_run_ids) e where e <> d.github_run_id))[:100]
  where d.build_id = p_build_id and d.attempt = p_attempt and d.state = 'sent'
$function$;
comment on function ops.settle_doubles(uuid,integer,bigint[]) is 'The other runs that carry the name of an order, to be cancelled; or none, and nobody searches again.';
grant execute on function ops.settle_doubles(uuid,integer,bigint[]) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_issue_command(p_repository text, p_comment_id bigint, p_outcome text, p_answer text, p_alerts bigint[] DEFAULT '{}'::bigint[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update ops.issue_commands c
  set outcome = p_outcome, answer = left(p_answer, 20000), alerts = coalesce(p_alerts, '{}')
  where c.repository = p_repository and c.comment_id = p_comment_id and c.outcome is null
$function$;
comment on function ops.settle_issue_command(text,bigint,text,text,bigint[]) is 'What came of a command, and what is to be answered.';
grant execute on function ops.settle_issue_command(text,bigint,text,text,bigint[]) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_log_recovery(p_id uuid, p_tries integer, p_state text, p_lines integer DEFAULT NULL::integer, p_error text DEFAULT NULL::text, p_build_id uuid DEFAULT NULL::uuid, p_attempt integer DEFAULT NULL::integer, p_again_in interval DEFAULT '00:01:00'::interval)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  update ops.log_recoveries r
  set state = p_state,
      settled_at = case when p_state <> 'open' then v_now end,
      next_at = case when p_state = 'open' then v_now + p_again_in else r.next_at end,
      lines = p_lines,
      error = left(ops.redact_text(p_error), 2000),
      build_id = coalesce(p_build_id, r.build_id),
      attempt = coalesce(p_attempt, r.attempt)
  where r.id = p_id and r.tries = p_tries and r.state = 'open';
  return found;
end
$function$;
comment on function ops.settle_log_recovery(uuid,integer,text,integer,text,uuid,integer,interval) is 'What became of a story: a final state, or open, to be tried again after p_again_in. False when somebody else has it by now. In the transaction that stores its lines it makes both happen once.';
grant execute on function ops.settle_log_recovery(uuid,integer,text,integer,text,uuid,integer,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_odoo_attachments(p_lease_token uuid, p_migrated jsonb DEFAULT '[]'::jsonb, p_failed jsonb DEFAULT '[]'::jsonb, p_max_attempts integer DEFAULT 5)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_migrated integer;
  v_failed integer;
  v_released integer;
begin
  update ops.odoo_attachments a
  set status = 'migrated', migrated_at = now(), storage_path = m.path, lease_token = null, lease_expires_at = null, last_error = null
  from jsonb_to_recordset(p_migrated) as m (id bigint, path text)
  where a.id = m.id and a.lease_token = p_lease_token;
  get diagnostics v_migrated = row_count;
  update ops.odoo_attachments a
  set status = case when f.permanent or a.attempts >= p_max_attempts then 'failed' else 'pending' end,
      run_after = now() + make_interval(secs => 30 * power(2, least(a.attempts, 8))),
      lease_token = null, lease_expires_at = null, last_error = left(f.error, 500)
  from jsonb_to_recordset(p_failed) as f (id bigint, error text, permanent boolean)
  where a.id = f.id and a.lease_token = p_lease_token;
  get diagnostics v_failed = row_count;
  -- What was not reached goes back as if it had not been claimed.
  update ops.odoo_attachments a
  set status = 'pending', attempts = a.attempts - 1, lease_token = null, lease_expires_at = null
  where a.lease_token = p_lease_token and a.status = 'migrating';
  get diagnostics v_released = row_count;
  return jsonb_build_object('migrated', v_migrated, 'failed', v_failed, 'released', v_released);
end
$function$;
comment on function ops.settle_odoo_attachments(uuid,jsonb,jsonb,integer) is 'End a batch: p_migrated [{id, path}], p_failed [{id, error, permanent}]; the rest of the lease is handed back untried. A lease that passed on counts 0 everywhere.';
grant execute on function ops.settle_odoo_attachments(uuid,jsonb,jsonb,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_silent_build(p_build_id uuid, p_attempt integer, p_truth text, p_why text DEFAULT NULL::text, p_extend interval DEFAULT '00:04:00'::interval, p_environment_url text DEFAULT NULL::text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_build record;
  v_lease record;
  v_why text := left(ops.redact_text(p_why), 2000);
begin
  if p_truth not in ('alive', 'succeeded', 'failed', 'cancelled', 'gone') then
    raise exception 'a run is alive, succeeded, failed, cancelled or gone, not %', p_truth using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.status, b.attempt, b.cancel_requested_at, b.org_id, h.manual into v_build
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  where b.id = p_build_id
  for no key update of b;
  if not found or v_build.attempt <> p_attempt or v_build.status not in ('dispatched', 'running') then
    return 'stale';
  end if;
  select l.token, l.expires_at into v_lease from ops.build_leases l where l.build_id = p_build_id and l.attempt = p_attempt;
  if p_truth = 'alive' then
    -- What its recorder could not say in time it may still say.
    update ops.build_leases l
    set expires_at = greatest(l.expires_at, clock_timestamp() + p_extend)
    where l.build_id = p_build_id and l.attempt = p_attempt;
    -- What it waits for is worth a line, once.
    if v_why is distinct from (
      select e.message from ops.build_events e where e.build_id = p_build_id and e.attempt = 0 and e.kind = 'github' order by e.seq desc limit 1
    ) and v_why is not null then
      perform ops.note_build(p_build_id, v_build.org_id, 'github', v_why);
    end if;
    return 'alive';
  elsif v_lease.expires_at > clock_timestamp() and p_truth <> 'cancelled' then
    -- It spoke meanwhile; what it says itself is better than what we concluded.
    return 'spoke';
  end if;
  if p_environment_url is not null then
    update ops.builds b set environment_url = left(p_environment_url, 2000) where b.id = p_build_id and b.environment_url is null;
  end if;
  if p_truth in ('succeeded', 'failed', 'cancelled') then
    perform ops.change_build(p_build_id, p_truth, case when p_truth <> 'succeeded' then v_why end);
    return p_truth;
  elsif v_build.cancel_requested_at is not null then
    perform ops.change_build(p_build_id, 'cancelled', v_why);
    return 'cancelled';
  elsif p_attempt >= 3 or v_build.manual then
    perform ops.change_build(p_build_id, 'lost', v_why);
    perform ops.raise_alert(
      'build_lost', 'build_lost:' || p_build_id, 'warning', 'A build vanished from GitHub', coalesce(v_why, ''),
      jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'remediation', case when v_build.manual
        then 'Nobody knows how far it came. Look at what it deploys to, then `opsroom build` again.'
        else 'Its runs end without a word, three times: look at the runner, then `opsroom build` again.' end)
    );
    return 'lost';
  end if;
  -- Its place in the queue goes with this attempt; the next one takes a new one at the end.
  perform ops.close_build_job(p_build_id, 'lost');
  update ops.builds b set queue_id = null where b.id = p_build_id;
  perform ops.change_build(p_build_id, 'queued', coalesce(v_why, 'its run fell silent'));
  perform ops.enqueue_build(p_build_id);
  return 'queued';
end
$function$;
comment on function ops.settle_silent_build(uuid,integer,text,text,interval,text) is 'What GitHub says of a silent run: alive (its lease goes on; p_why, what it waits for, is noted once), a conclusion, or gone (tried again; lost with an alert after the third time, and at once where builds begin by hand). Returns what the build is now, spoke when the run was heard meanwhile, stale for another attempt.';
grant execute on function ops.settle_silent_build(uuid,integer,text,text,interval,text) to service_role;

CREATE OR REPLACE FUNCTION ops.settle_upgrade_advice()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update ops.advisories a
  set resolved_at = now(), snoozed_until = null
  where a.project_id = new.project_id and a.cache_key = 'unapplied_upgrade:' || new.component and a.resolved_at is null
    -- What else waits is for the nightly look to weigh.
    and not exists (select from ops.waiting_upgrades('0', new.project_id) w where w.component = new.component);
  return null;
end
$function$;
comment on function ops.settle_upgrade_advice() is 'Trigger: when nothing of a component waits any more, the advice that asked for it is resolved.';

CREATE OR REPLACE FUNCTION ops.severity_rank(p_severity text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select array_position(array['info', 'warning', 'critical'], p_severity)
$function$;
comment on function ops.severity_rank(text) is 'info 1, warning 2, critical 3; null for anything else.';
grant execute on function ops.severity_rank(text) to service_role;

CREATE OR REPLACE FUNCTION ops.shrink_lease(p_token bigint, p_ended int8multirange)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  delete from ops.job_leases l where l.token = p_token and l.held <@ p_ended;
  if not found then
    update ops.job_leases l set held = l.held - p_ended where l.token = p_token;
  end if;
end
$function$;
comment on function ops.shrink_lease(bigint,int8multirange) is 'A lease does not hold these jobs any more; with the last one it goes.';
grant execute on function ops.shrink_lease(bigint,int8multirange) to service_role;

CREATE OR REPLACE FUNCTION ops.silent_builds(p_limit integer DEFAULT 100, p_repositories text[] DEFAULT NULL::text[])
 RETURNS TABLE(build_id uuid, attempt integer, status text, repository text, workflow text, ref text, github_run_id bigint, github_run_attempt integer, silent_since timestamp with time zone, posted_at timestamp with time zone, cancel_requested_at timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select b.id, b.attempt, b.status, d.repository, d.workflow, d.ref, coalesce(b.github_run_id, d.github_run_id), b.github_run_attempt,
    l.expires_at, coalesce(d.posted_at, b.dispatched_at, b.created_at), b.cancel_requested_at
  from ops.builds b
  join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  left join ops.build_leases l on l.build_id = b.id
  where b.status in ('dispatched', 'running') and d.state = 'sent'
    -- Whoever was asked to stop and has not is asked about at once.
    and (coalesce(l.expires_at, b.updated_at) < clock_timestamp() or b.cancel_requested_at is not null)
    and (p_repositories is null or lower(d.repository) in (select lower(r) from unnest(p_repositories) r))
  order by l.expires_at nulls first
  limit least(greatest(p_limit, 1), 1000)
$function$;
comment on function ops.silent_builds(integer,text[]) is 'Dispatched builds whose run says nothing any more, or was asked to stop: GitHub knows what became of them.';
grant execute on function ops.silent_builds(integer,text[]) to service_role;

CREATE OR REPLACE FUNCTION ops.slot_key(p_job text, p_slot timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select p_job || '/' || extract(epoch from p_slot)::text
$function$;
comment on function ops.slot_key(text,timestamp with time zone) is 'A slot of a job as the key of a lock of kind "slot".';

CREATE OR REPLACE FUNCTION ops.snooze_advisory(id uuid, until timestamp with time zone)
 RETURNS SETOF ops.advisories
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  if until is null or until <= now() or until > now() + interval '1 year' then
    raise exception 'an advisory is snoozed until a time in the year to come, not %', coalesce(until::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'To live with it for longer, suppress it in a file, with the reason.';
  end if;
  return query
    update ops.advisories a
    set snoozed_until = snooze_advisory.until
    where a.id = snooze_advisory.id and a.resolved_at is null
    returning a.*;
end
$function$;
comment on function ops.snooze_advisory(uuid,timestamp with time zone) is 'Put an open advisory off until then. Returns it, or nothing when it is resolved or not the caller''s to see.';
grant execute on function ops.snooze_advisory(uuid,timestamp with time zone) to authenticated;
grant execute on function ops.snooze_advisory(uuid,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.snooze_alert(p_id bigint, p_until timestamp with time zone, p_actor text, p_note text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if p_until is null or p_until <= now() or p_until > now() + interval '1 year' then
    raise exception 'an alert is snoozed until a time in the year to come, not %', coalesce(p_until::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'Resolve an alert that shall say nothing any more.';
  end if;
  update ops.alerts a
  set status = 'snoozed', snoozed_until = p_until, snoozed_by = p_actor, note = p_note
  where a.id = p_id and a.resolved_at is null;
  return found;
end
$function$;
comment on function ops.snooze_alert(bigint,timestamp with time zone,text,text) is 'Put an alert off. Raised after that time, it is active again. False when it is resolved or unknown.';
grant execute on function ops.snooze_alert(bigint,timestamp with time zone,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.sql_label(p_job text, p_deadline timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select format('ops:%s:%s', ceil(extract(epoch from p_deadline))::bigint, p_job)
$function$;
comment on function ops.sql_label(text,timestamp with time zone) is 'application_name while a SQL job runs: visible to other sessions before anything is committed (ops.list_running, ops.cancel_overdue_sql).';

CREATE OR REPLACE FUNCTION ops.stamp_advisory()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.updated_at := now();
  if new.resolved_at is distinct from old.resolved_at then
    new.resolved_by := case when new.resolved_at is not null then ops.current_user_id() end;
  end if;
  if new.snoozed_until is distinct from old.snoozed_until then
    new.snoozed_by := case when new.snoozed_until is not null then ops.current_user_id() end;
  end if;
  return new;
end
$function$;
comment on function ops.stamp_advisory() is 'Trigger: who resolved or snoozed an advisory is who the request speaks for.';

CREATE OR REPLACE FUNCTION ops.start_attempt(p_run_id bigint, p_job text, p_definition jsonb, p_slot timestamp with time zone, p_attempt integer, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_state text;
  v_message text;
begin
  begin
    case p_definition #>> '{call,kind}'
      when 'http' then perform ops.send_request(p_run_id, p_job, p_definition, p_slot, p_attempt, p_now);
      when 'sql' then perform ops.execute_sql(p_run_id, p_job, p_definition, p_now);
      when 'enqueue' then perform ops.enqueue_call(p_run_id, p_definition, p_now);
      else
        perform ops.fail_run(
          p_run_id, 'definition_invalid', 'definition_invalid:call.kind - ' || ops.problem_remedy('definition_invalid'), p_now
        );
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  if v_state is not null then
    perform ops.fail_run(
      p_run_id, 'definition_invalid',
      left(format('definition_invalid:%s %s', v_state, ops.redact_values(v_message, ops.secret_names(p_definition))), 1000), p_now
    );
  end if;
end
$function$;
comment on function ops.start_attempt(bigint,text,jsonb,timestamp with time zone,integer,timestamp with time zone) is 'Start one try of a run that has a row: HTTP request, SQL, or queued work. Records what goes wrong; does not raise for it.';

CREATE OR REPLACE FUNCTION ops.start_build_run(p_build_id uuid, p_github_run_id bigint, p_github_run_attempt integer, p_runner_id text, p_lease interval DEFAULT '00:05:00'::interval)
 RETURNS TABLE(attempt integer, lease_token bigint, lease_expires_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_build record;
  v_order record;
  v_lease record;
  v_run_id bigint;
  v_is_again boolean;
  v_attempt integer;
  v_token bigint;
begin
  if p_github_run_id is null or p_github_run_attempt is null or coalesce(p_runner_id, '') = '' then
    raise exception 'a run says its id, its attempt and who it is' using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.org_id, b.status, b.attempt, b.queue_id, b.github_run_id, b.github_run_attempt into v_build
  from ops.builds b
  where b.id = p_build_id
  for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  select l.attempt, l.token into v_lease from ops.build_leases l where l.build_id = p_build_id;
  select d.state, d.github_run_id into v_order
  from ops.build_dispatches d
  where d.build_id = p_build_id and d.attempt = v_build.attempt;
  v_run_id := coalesce(v_build.github_run_id, v_order.github_run_id);
  -- Somebody ran it again on GitHub, which is possible only after it has ended there, whatever we heard of that.
  v_is_again := coalesce(v_run_id = p_github_run_id and p_github_run_attempt > v_build.github_run_attempt, false) and v_build.status <> 'queued';
  if not v_is_again and (
    v_build.status not in ('queued', 'dispatched', 'running')
    or v_build.status <> 'queued' and coalesce(v_run_id <> p_github_run_id, false)
    or coalesce(v_run_id = p_github_run_id and p_github_run_attempt <> v_build.github_run_attempt, false)
    -- One of an earlier attempt, which was given up.
    or exists (
      select from ops.build_dispatches d
      where d.github_run_id = p_github_run_id
        and (d.build_id, d.attempt) <> (p_build_id, case when v_build.status = 'queued' then 0 else v_build.attempt end)
    )
  ) then
    -- Nobody waits for what it does: the reconciler stops it.
    update ops.build_dispatches d
    set extra_runs = (array(select distinct e from unnest(d.extra_runs || p_github_run_id) e))[:100]
    where d.build_id = p_build_id and d.attempt = v_build.attempt
      and (v_run_id is distinct from p_github_run_id or v_build.status = 'queued');
    return;
  end if;
  v_attempt := v_build.attempt + (v_is_again or v_build.status = 'queued')::integer;
  v_token := case when v_lease.attempt = v_attempt then v_lease.token else nextval('ops.job_leases_token_seq') end;
  if v_build.status = 'queued' and v_build.queue_id is not null then
    -- Somebody started the workflow for it by hand: it waits for nobody any more.
    perform ops.cancel_job(v_build.queue_id);
  elsif v_is_again then
    perform ops.close_build_job(p_build_id, v_build.status);
  end if;
  insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
  values (p_build_id, v_attempt, v_token, left(p_runner_id, 200), v_now + p_lease, v_now)
  on conflict (build_id) do update
  set attempt = excluded.attempt, token = excluded.token, runner_id = excluded.runner_id, expires_at = excluded.expires_at,
      heartbeat_at = excluded.heartbeat_at;
  update ops.builds b
  set status = 'running', attempt = v_attempt,
      started_at = case when v_build.status = 'running' and not v_is_again then b.started_at else v_now end,
      finished_at = null, cancel_requested_at = case when v_is_again then null else b.cancel_requested_at end,
      result = case when v_is_again then null else b.result end,
      queue_id = case when v_is_again or v_build.status = 'queued' then null else b.queue_id end,
      github_run_id = p_github_run_id, github_run_attempt = p_github_run_attempt, updated_at = v_now, error = null
  where b.id = p_build_id;
  -- Also of a run that was not ordered: by this row GitHub is asked about it.
  insert into ops.build_dispatches as d (build_id, attempt, org_id, state, repository, workflow, ref, github_run_id, settled_at)
  select p_build_id, v_attempt, b.org_id, 'sent', ops.repository_name(p.repo_url), coalesce(h.workflow, p.workflow, ''), h.name, p_github_run_id,
    v_now
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  join ops.projects p on p.id = b.project_id
  where b.id = p_build_id and p.repo_url is not null
  on conflict (build_id, attempt) do update
  set state = 'sent', settled_at = v_now, github_run_id = p_github_run_id
  where d.settled_at is null;
  if v_is_again or v_build.status <> 'running' then
    perform ops.note_build(p_build_id, v_build.org_id, 'status', 'running on ' || p_runner_id, p_data => jsonb_build_object(
      'from', v_build.status, 'status', 'running', 'attempt', v_attempt, 'runner_id', p_runner_id, 'run_id', p_github_run_id
    ));
    perform ops.resolve_alert('build_dispatch:' || p_build_id);
  end if;
  return query select v_attempt, v_token, v_now + p_lease;
end
$function$;
comment on function ops.start_build_run(uuid,bigint,integer,text,interval) is 'A run begins to work on a build: it gets the lease under which it writes. Asked again by the same run, the same lease; run again on GitHub, it is the next attempt. No row for any other run: it is not this build''s, and will be cancelled.';
grant execute on function ops.start_build_run(uuid,bigint,integer,text,interval) to service_role;

CREATE OR REPLACE FUNCTION ops.start_waiting(p_kinds text[], p_limit integer, p_budget interval, p_now timestamp with time zone, p_job text DEFAULT NULL::text, p_late interval DEFAULT '00:00:00'::interval)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_begun timestamptz := clock_timestamp();
  v_run record;
  v_started integer := 0;
begin
  for v_run in
    select r.id, r.job, r.scheduled_for, r.status, r.attempt, d.definition,
      coalesce(d.definition ->> 'overlap', 'skip') = 'allow' as may_overlap
    from ops.cron_runs r
    left join ops.job_definitions d on d.name = r.job
    where r.status in ('queued', 'fired')
      and r.next_attempt_at <= p_now - p_late
      and (p_job is null or r.job = p_job)
      and coalesce(r.call_kind, 'http') = any (p_kinds)
      and (
        r.status = 'fired'
        or coalesce(d.definition ->> 'overlap', 'skip') = 'allow'
        or not exists (
          select from ops.cron_runs o where o.job = r.job and o.status in ('fired', 'delivered')
        )
      )
    order by r.next_attempt_at, r.id
    limit p_limit
    for update of r skip locked
  loop
    exit when clock_timestamp() - v_begun > p_budget;
    if not v_run.may_overlap then
      -- Looked at again under the lock, because the list may hold several waiting runs of one job.
      if not ops.try_lock('job', v_run.job) then
        continue;
      end if;
      if v_run.status = 'queued' and exists (
        select from ops.cron_runs o where o.job = v_run.job and o.status in ('fired', 'delivered')
      ) then
        continue;
      end if;
    end if;
    v_started := v_started + 1;
    update ops.cron_runs
    set status = 'fired', attempt = v_run.attempt + 1, fired_at = p_now, next_attempt_at = null, http_status = null,
        error_code = null, error = null
    where id = v_run.id;
    if v_run.definition is null then
      perform ops.fail_run(
        v_run.id, 'definition_missing',
        'definition_missing:' || v_run.job || ' - ' || ops.problem_remedy('definition_missing'), p_now
      );
    else
      perform ops.start_attempt(
        v_run.id, v_run.job, v_run.definition, v_run.scheduled_for, v_run.attempt + 1, p_now
      );
    end if;
    -- Jobs that share this transaction do not share their way of checking constraints.
    set constraints all deferred;
  end loop;
  return v_started;
end
$function$;
comment on function ops.start_waiting(text[],integer,interval,timestamp with time zone,text,interval) is 'Start runs that wait (queued, retry) and whose time has come, oldest first, at most p_limit and for at most p_budget; with p_late only those overdue that long. Returns how many.';

CREATE OR REPLACE FUNCTION ops.succeed_run(p_run_id bigint, p_result jsonb, p_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_job text;
begin
  update ops.cron_runs
  set status = 'succeeded', result = coalesce(p_result, result), finished_at = p_at, deadline = null,
      next_attempt_at = null, error_code = null, error = null
  where id = p_run_id
  returning job into v_job;
  -- Almost always there is nothing to resolve, and this path is the hot one.
  if exists (select from ops.alerts a where a.dedupe_key = 'job:' || v_job and a.resolved_at is null) then
    perform ops.judge_jobs(array[v_job]);
  end if;
end
$function$;
comment on function ops.succeed_run(bigint,jsonb,timestamp with time zone) is 'End a run well and resolve the alert of its job.';

CREATE OR REPLACE FUNCTION ops.sum_migration_logs()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_batch record;
begin
  insert into ops.migration_batches as b (
    batch, migrated, failed, remaining, total, logs, last_status, first_at, last_at, last_success_at, last_failure_at
  )
  select l.batch, sum(l.migrated), sum(l.failed),
    (array_agg(l.remaining order by l.id desc) filter (where l.status = 'success'))[1],
    (array_agg(l.total order by l.id desc) filter (where l.total is not null))[1],
    count(*), (array_agg(l.status order by l.id desc))[1], min(l.created_at), max(l.created_at),
    max(l.created_at) filter (where l.status = 'success'), max(l.created_at) filter (where l.status <> 'success')
  from new_logs l
  group by l.batch
  order by l.batch
  on conflict (batch) do update
  set migrated = b.migrated + excluded.migrated,
      failed = b.failed + excluded.failed,
      remaining = coalesce(excluded.remaining, b.remaining),
      total = coalesce(excluded.total, b.total),
      logs = b.logs + excluded.logs,
      last_status = excluded.last_status,
      last_at = greatest(b.last_at, excluded.last_at),
      last_success_at = greatest(b.last_success_at, excluded.last_success_at),
      last_failure_at = greatest(b.last_failure_at, excluded.last_failure_at);

  for v_batch in
    select distinct on (l.batch) l.batch, l.status, l.failed, l.errors
    from new_logs l
    order by l.batch, l.id desc
  loop
    if v_batch.status = 'success' then
      perform ops.resolve_alert('migration:' || v_batch.batch);
    else
      perform ops.raise_alert(
        'migration_failed', 'migration:' || v_batch.batch,
        case v_batch.status when 'auth_error' then 'critical' else 'warning' end,
        v_batch.batch || case v_batch.status when 'auth_error' then ': it was not let in' else ': a batch failed' end,
        left(ops.redact_text(coalesce(v_batch.errors[1], 'it gave no reason')), 1000),
        jsonb_build_object('batch', v_batch.batch, 'status', v_batch.status)
      );
    end if;
  end loop;
  return null;
end
$function$;
comment on function ops.sum_migration_logs() is 'Trigger: add new logs to the sums of their batch, and raise or resolve the alert migration:<batch>.';

CREATE OR REPLACE FUNCTION ops.suppress_advisory(p_project_id uuid, p_cache_key text, p_until timestamp with time zone, p_reason text, p_actor text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if p_until is null or p_until = 'infinity' or coalesce(btrim(p_reason), '') = '' then
    raise exception 'an advisory is suppressed for a reason and until a day' using errcode = 'invalid_parameter_value';
  end if;
  update ops.advisories a
  set suppressed_until = p_until, suppression_reason = p_reason, suppressed_by = p_actor, updated_at = now()
  where a.project_id = p_project_id and a.cache_key = p_cache_key;
  return found;
end
$function$;
comment on function ops.suppress_advisory(uuid,text,timestamp with time zone,text,text) is 'Live with an advisory until a day, as declared in a file with its reason. False when there is none.';
grant execute on function ops.suppress_advisory(uuid,text,timestamp with time zone,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.take_issue_command(p_repository text, p_comment_id bigint, p_issue_number integer, p_actor text, p_actor_id bigint, p_permission text, p_command text, p_arguments text DEFAULT ''::text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  -- Who comes second waits here until the first has committed or given up.
  with taken as (
    insert into ops.issue_commands (repository, comment_id, issue_number, actor, actor_id, permission, command, arguments)
    values (
      p_repository, p_comment_id, p_issue_number, left(p_actor, 100), p_actor_id, left(p_permission, 40), left(p_command, 40),
      left(ops.redact_text(coalesce(p_arguments, '')), 2000)
    )
    on conflict (repository, comment_id) do nothing
    returning comment_id
  )
  select exists (select from taken)
$function$;
comment on function ops.take_issue_command(text,bigint,integer,text,bigint,text,text,text) is 'Take a command to carry it out in this same transaction. False when it was carried out before.';
grant execute on function ops.take_issue_command(text,bigint,integer,text,bigint,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.trigger_build(p_project text, p_branch text DEFAULT NULL::text, p_trigger text DEFAULT 'schedule'::text, p_actor text DEFAULT NULL::text, p_inputs jsonb DEFAULT NULL::jsonb, p_commit_sha text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select c.build_id
  from ops.create_build(
    ops.find_branch(p_project, p_branch), p_trigger, coalesce(p_actor, session_user::text), p_commit_sha => p_commit_sha, p_inputs => p_inputs,
    p_idempotency_key => p_idempotency_key
  ) c
$function$;
comment on function ops.trigger_build(text,text,text,text,jsonb,text,text) is 'Build a branch, by names: select ops.trigger_build(''shop'', ''main'') is what a scheduled job calls. Returns the build.';
grant execute on function ops.trigger_build(text,text,text,text,jsonb,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.try_lock(p_kind text, p_key text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select pg_try_advisory_xact_lock(ops.lock_key(p_kind, p_key))
$function$;
comment on function ops.try_lock(text,text) is 'Take an advisory lock of the control room until the transaction ends, or say that another session has it.';

CREATE OR REPLACE FUNCTION ops.upsert_monitoring(p_branch_id uuid, p_health text, p_message text DEFAULT ''::text, p_cpu_pct double precision DEFAULT NULL::double precision, p_memory_pct double precision DEFAULT NULL::double precision, p_request_rate double precision DEFAULT NULL::double precision, p_error_rate double precision DEFAULT NULL::double precision, p_details jsonb DEFAULT NULL::jsonb, p_observed_at timestamp with time zone DEFAULT now())
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with written as (
    insert into ops.monitoring as m (
      branch_id, health, message, cpu_pct, memory_pct, request_rate, error_rate, details, observed_at, changed_at
    )
    values (
      p_branch_id, p_health, coalesce(p_message, ''), p_cpu_pct, p_memory_pct, p_request_rate, p_error_rate,
      coalesce(p_details, '{}'), coalesce(p_observed_at, now()), coalesce(p_observed_at, now())
    )
    on conflict (branch_id) do update
    set health = excluded.health,
        message = excluded.message,
        cpu_pct = excluded.cpu_pct,
        memory_pct = excluded.memory_pct,
        request_rate = excluded.request_rate,
        error_rate = excluded.error_rate,
        details = excluded.details,
        observed_at = excluded.observed_at,
        changed_at = case when m.health = excluded.health then m.changed_at else excluded.observed_at end
    -- News that was overtaken on its way changes nothing.
    where m.observed_at <= excluded.observed_at
    returning m.branch_id
  )
  select exists (select from written)
$function$;
comment on function ops.upsert_monitoring(uuid,text,text,double precision,double precision,double precision,double precision,jsonb,timestamp with time zone) is 'Say how a branch is. False when something newer is known already.';
grant execute on function ops.upsert_monitoring(uuid,text,text,double precision,double precision,double precision,double precision,jsonb,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.upsert_run_template(p_slug text, p_title text, p_template_yaml text, p_description text DEFAULT ''::text, p_kind text DEFAULT 'runbook'::text, p_environments text[] DEFAULT NULL::text[], p_approval text[] DEFAULT '{}'::text[], p_self_approval boolean DEFAULT false, p_max_attempts integer DEFAULT 1)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with written as (
    insert into ops.run_templates as t (
      slug, title, template_yaml, description, kind, environments, approval, self_approval, max_attempts
    )
    values (
      p_slug, p_title, p_template_yaml, coalesce(p_description, ''), coalesce(p_kind, 'runbook'), p_environments,
      coalesce(p_approval, '{}'), coalesce(p_self_approval, false), coalesce(p_max_attempts, 1)
    )
    on conflict (slug) do update
    set title = excluded.title, template_yaml = excluded.template_yaml, description = excluded.description, kind = excluded.kind,
        environments = excluded.environments, approval = excluded.approval, self_approval = excluded.self_approval,
        max_attempts = excluded.max_attempts, updated_at = now()
    where (t.title, t.template_yaml, t.description, t.kind, t.environments, t.approval, t.self_approval, t.max_attempts)
      is distinct from (
        excluded.title, excluded.template_yaml, excluded.description, excluded.kind, excluded.environments, excluded.approval,
        excluded.self_approval, excluded.max_attempts
      )
    returning t.slug
  )
  select exists (select from written)
$function$;
comment on function ops.upsert_run_template(text,text,text,text,text,text[],text[],boolean,integer) is 'Write a runbook. False when it was exactly so already.';
grant execute on function ops.upsert_run_template(text,text,text,text,text,text[],text[],boolean,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.upsert_spec_doc(p_slug text, p_title text, p_content text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with written as (
    insert into ops.spec_docs as d (slug, title, content)
    values (p_slug, p_title, p_content)
    on conflict (slug) do update
    set title = excluded.title, content = excluded.content, updated_at = now()
    where (d.title, d.content) is distinct from (excluded.title, excluded.content)
    returning d.slug
  )
  select exists (select from written)
$function$;
comment on function ops.upsert_spec_doc(text,text,text) is 'Write a document. False when it was exactly so already.';
grant execute on function ops.upsert_spec_doc(text,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.waiting_upgrades(p_waited interval DEFAULT '00:00:00'::interval, p_project_id uuid DEFAULT NULL::uuid)
 RETURNS TABLE(project_id uuid, component text, id uuid, from_version text, to_version text, status text, build_id uuid, created_at timestamp with time zone, planned_for timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select distinct on (u.project_id, u.component)
    u.project_id, u.component, u.id, u.from_version, u.to_version, u.status, u.build_id, u.created_at, u.planned_for
  from ops.upgrades u
  join ops.projects p on p.id = u.project_id and p.archived_at is null
  where (p_project_id is null or u.project_id = p_project_id)
    and u.status in ('available', 'planned', 'running', 'failed')
    and coalesce(u.planned_for, u.created_at) <= now() - p_waited
    -- Who runs a later version needs no earlier one.
    and not exists (
      select from ops.upgrades later
      where later.project_id = u.project_id and later.component = u.component and later.branch_id is not distinct from u.branch_id
        and later.status = 'succeeded' and later.id > u.id
    )
  order by u.project_id, u.component, u.id desc
$function$;
comment on function ops.waiting_upgrades(interval,uuid) is 'The newest upgrade of each project and component that nobody has carried out for so long since it was known, or since the day it was planned for.';
grant execute on function ops.waiting_upgrades(interval,uuid) to service_role;

CREATE OR REPLACE FUNCTION ops.wake_alert(p_id bigint, p_actor text, p_note text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with woken as (
    update ops.alerts a
    set status = 'active', snoozed_until = null, note = concat_ws(': ', 'taken back by ' || p_actor, p_note)
    where a.id = p_id and a.resolved_at is null and a.status in ('acknowledged', 'snoozed')
    returning a.id
  )
  select exists (select from woken)
$function$;
comment on function ops.wake_alert(bigint,text,text) is 'Take back an acknowledgement or a snooze: the alert is active again. False when there is none to take back.';
grant execute on function ops.wake_alert(bigint,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.wake_alerts()
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with due as (
    select a.id
    from ops.alerts a
    where a.resolved_at is null and a.snoozed_until <= clock_timestamp()
    order by a.dedupe_key collate "C"
    for update
  ), woken as (
    update ops.alerts a
    set status = 'active', snoozed_until = null
    from due
    where a.id = due.id and a.snoozed_until <= clock_timestamp()
    returning a.id
  )
  select count(*)::integer from woken
$function$;
comment on function ops.wake_alerts() is 'Alerts whose snooze is over are active again, also those that nobody raises a second time. Returns how many.';
grant execute on function ops.wake_alerts() to service_role;

CREATE OR REPLACE FUNCTION ops.watch_dispatches(p_patience interval DEFAULT '00:15:00'::interval)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_found record;
begin
  select count(*) as builds, min(q.run_at) as since, min(b.id::text) as example into v_found
  from ops.queued_jobs q
  join ops.builds b on b.queue_id = q.id and b.status = 'queued'
  where q.task_type = 'build_dispatch' and q.status = 'pending' and not q.blocked and q.run_at < v_now - p_patience
    and not exists (select from ops.job_types t where t.task_type = 'build_dispatch' and t.paused);
  if v_found.builds = 0 then
    perform ops.resolve_alert('builds_wait');
  elsif not exists (select from ops.alerts a where a.dedupe_key = 'builds_wait' and a.resolved_at is null) then
    perform ops.raise_alert(
      'build_dispatch', 'builds_wait', 'warning', 'Builds wait, and no dispatcher takes them',
      v_found.builds || ' since ' || to_char(v_found.since at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC',
      jsonb_build_object('builds', v_found.builds, 'build_id', v_found.example,
        'remediation', 'Is the workflow dispatch-builds enabled, and may its token start runs of the repository?')
    );
  end if;
  select count(*) as builds, min(l.expires_at) as since, min(b.id::text) as example into v_found
  from ops.builds b
  join ops.build_leases l on l.build_id = b.id
  join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  where b.status in ('dispatched', 'running') and l.expires_at < v_now - p_patience;
  if v_found.builds = 0 then
    perform ops.resolve_alert('builds_silent');
  elsif not exists (select from ops.alerts a where a.dedupe_key = 'builds_silent' and a.resolved_at is null) then
    perform ops.raise_alert(
      'build_dispatch', 'builds_silent', 'warning', 'Runs of builds are silent, and nobody asks GitHub about them',
      v_found.builds || ' since ' || to_char(v_found.since at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC',
      jsonb_build_object('builds', v_found.builds, 'build_id', v_found.example,
        'remediation', 'Is the workflow dispatch-builds enabled, and may its token read runs of the repository?')
    );
  end if;
end
$function$;
comment on function ops.watch_dispatches(interval) is 'Alerts when builds wait for a dispatcher, or silent ones for somebody who asks GitHub, longer than this; resolves them when that is over.';

CREATE OR REPLACE FUNCTION ops.watch_watchers()
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_silent jsonb;
begin
  -- Never seen is silent too, from the first time anybody looks.
  insert into ops.watchers (name, every) values ('health', interval '5 minutes') on conflict do nothing;
  select coalesce(jsonb_agg(jsonb_build_object(
    'kind', 'watcher_silent',
    'dedupe_key', 'watcher:' || w.name,
    'severity', case when l.quiet > 4 * w.silent_after * w.every then 'critical' else 'warning' end,
    'title', format('The workflow %s does not come by any more', w.name),
    'message', format(
      'It comes every %s and was last seen %s. While it is away nothing is checked from outside, and nothing becomes an issue. What to do: look at the runs of the workflow; GitHub disables schedules after 60 days without activity in a public repository, and when who wrote the schedule leaves.',
      w.every, coalesce(to_char(w.last_seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), 'never')
    ),
    'details', jsonb_strip_nulls(jsonb_build_object(
      'watcher', w.name, 'every', w.every::text, 'last_seen_at', w.last_seen_at, 'last_run', w.run_url
    ))
  ) order by w.name), '[]')
  into v_silent
  from ops.watchers w
  cross join lateral (select clock_timestamp() - coalesce(w.last_seen_at, w.created_at) as quiet) l
  where l.quiet > w.silent_after * w.every;

  perform ops.raise_alerts(v_silent);
  perform ops.resolve_alerts(array_agg(a.dedupe_key), 'watch_watchers', 'it came by')
  from ops.alerts a
  where a.kind = 'watcher_silent' and a.resolved_at is null
    and not v_silent @> jsonb_build_array(jsonb_build_object('dedupe_key', a.dedupe_key));
  return jsonb_array_length(v_silent);
end
$function$;
comment on function ops.watch_watchers() is 'Raise an alert per watcher that was silent for silent_after intervals, resolve it once it is back. Called by cron. Returns how many are silent.';
