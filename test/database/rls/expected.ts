/**
 * Who may do what, all of it: every table, view and function, for every kind of caller. The test beside it tries each cell
 * for real. A change here is a change of who sees what, and is reviewed as one.
 */
import { everyone, table, together } from './matrix-text.ts';

/** Lines by name of the relation or function; their columns are `actors`, in that order. */
export interface Expected {
  readonly relations: Readonly<Record<string, string>>;
  readonly routines: Readonly<Record<string, string>>;
  /** Rights that row level security does not see, each with its reason. */
  readonly otherGrants: Readonly<Record<string, string>>;
}

/**
 * Rows of organisation A: s(elect), i(nsert), u(pdate), d(elete) reached them; `.` is allowed, but shows none of them to this
 * caller; `-` is denied. A is a plain member, B the owner of another organisation, admin one of the control room.
 */
const relations = table(`
  [                                   anon  no org  A     B     admin  service_role]
  [people; A and B each see their own organisation]
  ops.orgs                            ----  .---    s---  s---  .---   siud
  ops.org_members                     ----  .---    s---  s---  .---   siud
  ops.admins                          ----  .---    .---  .---  s---   si-d

  [builds: of one's organisations]
  ops.projects                        ----  .---    s---  .---  .---   siud
  ops.branches                        ----  .---    s---  .---  .---   siud
  ops.builds                          ----  .---    s---  .---  .---   s---
  ops.build_events                    ----  .---    s---  .---  .---   s---
  ops.build_leases                    ----  ----    ----  ----  ----   s---
  ops.build_dispatches                ----  .---    s---  .---  .---   s---
  ops.deployments                     ----  .---    s---  .---  .---   s---
  ops.log_recoveries                  ----  ----    ----  ----  ----   s---
  ops.buffer_looks                    ----  ----    ----  ----  ----   s---
  ops.artifacts                       ----  .---    s---  .---  .---   siud
  ops.metrics                         ----  .---    s---  .---  .---   s---
  ops.metric_minutes                  ----  .---    s---  .---  .---   s---
  ops.metric_hours                    ----  .---    s---  .---  .---   s---
  ops.metric_marks                    ----  ----    ----  ----  ----   s---
  ops.monitoring                      ----  .---    s---  .---  .---   siud
  ops.upgrades                        ----  .---    s---  .---  .---   siud
  ops.partitioned_tables              ----  ----    ----  ----  ----   s---
  [members resolve and snooze]
  ops.advisories                      ----  .-.-    s-u-  .-.-  .-.-   siud

  [runs of runbooks: one's own, started by the member of A]
  ops.runs                            ----  .---    s---  .---  s---   si--
  ops.run_events                      ----  .---    s---  .---  s---   s---
  ops.run_templates                   ----  s---    s---  s---  s---   siud
  ops.spec_docs                       ----  s---    s---  s---  s---   siud

  [alerts and what watches providers]
  ops.alerts                          ----  .---    .---  .---  s---   siu-
  ops.alert_events                    ----  .---    .---  .---  s---   s---
  ops.alert_issues                    ----  .---    .---  .---  s---   siud
  ops.alert_projections               ----  .---    .---  .---  s---   siu-
  ops.silences                        ----  .---    .---  .---  s---   siud
  ops.watchers                        ----  .---    .---  .---  s---   siu-
  ops.check_policies                  ----  .---    .---  .---  s---   siud
  ops.check_states                    ----  .---    .---  .---  s---   siud
  ops.issue_commands                  ----  .---    .---  .---  s---   siu-
  ops.advice_scans                    ----  .---    .---  .---  s---   si-d
  ops.advice                          ----  .---    .---  .---  s---   siud
  ops.job_run_log                     ----  .---    .---  .---  s---   si--
  public.job_run_log                  ----  .---    .---  .---  s---   si--
  ops.openrouter_credits_cache        ----  .---    .---  .---  s---   siud
  public.openrouter_credits_cache     ----  .---    .---  .---  s---   siud
  ops.openrouter_key_cache            ----  .---    .---  .---  s---   siud
  public.openrouter_key_cache         ----  .---    .---  .---  s---   siud
  ops.openrouter_circuit_breakers     ----  .---    .---  .---  s---   siud
  public.openrouter_circuit_breakers  ----  .---    .---  .---  s---   siud

  [scheduled jobs and their runs]
  ops.job_definitions                 ----  ----    ----  ----  ----   s---
  ops.cron_runs                       ----  ----    ----  ----  ----   s---
  ops.cron_attempts                   ----  ----    ----  ----  ----   s---
  ops.cron_changes                    ----  .---    .---  .---  s---   s---
  ops.scheduler_ticks                 ----  ----    ----  ----  ----   s---
  ops.run_tokens                      ----  ----    ----  ----  ----   ----
  ops.remembered_answers              ----  ----    ----  ----  ----   ----
  ops.collector_state                 ----  ----    ----  ----  ----   ----
  ops.crash_epoch                     ----  ----    ----  ----  ----   ----

  [the queue; members see the jobs of their builds]
  ops.queued_jobs                     ----  .---    s---  .---  s---   siud
  ops.job_queue                       ----  .---    s---  .---  s---   si--
  ops.run_queue                       ----  .---    s---  .---  s---   s---
  ops.job_leases                      ----  .---    .---  .---  s---   siud
  ops.job_types                       ----  .---    .---  .---  s---   siud

  [batches]
  ops.migration_logs                  ----  .---    .---  .---  s---   si--
  public.migration_logs               ----  .---    .---  .---  s---   si--
  ops.migration_batches               ----  .---    .---  .---  s---   s---
  ops.odoo_attachments                ----  .---    .---  .---  s---   siu-
  ops.competitors                     ----  .---    .---  .---  s---   siud
  ops.competitor_activities           ----  .---    .---  .---  s---   si--

  [asked directly, past the policies of the table on top]
  partitions:ops.build_events         ----  ----    ----  ----  ----   ----
  partitions:ops.run_events           ----  ----    ----  ----  ----   ----
  partitions:ops.metrics              ----  ----    ----  ----  ----   ----
  partitions:ops.metric_minutes       ----  ----    ----  ----  ----   ----
  partitions:ops.metric_hours         ----  ----    ----  ----  ----   ----

  [reconcile]
  ops.managed_objects                 ----  ----    ----  ----  ----   s---
  ops.reconciliations                 ----  ----    ----  ----  ----   s---
`);

/** What signed-in users may call: `x` did or showed something, `.` ran and showed nothing, `!` let in and refused. */
const open = table(`
  [                                   anon  no org  A  B  admin  service_role]
  [who am I]
  ops.current_user_id                 -     x       x  x  x      .
  ops.my_org_ids                      -     .       x  x  .      .
  ops.is_admin                        -     .       .  .  x      .
  ops.new_id                          -     x       x  x  x      x
  ops.id_floor                        -     x       x  x  x      x
  ops.id_time                         -     x       x  x  x      x

  [members: a user added to B, a member of A made admin, a member of A removed (who may leave)]
  ops.add_member                      -     !       !  x  !      x
  ops.set_member_role                 -     !       !  !  !      x
  ops.remove_member                   -     !       x  !  !      x

  [builds]
  ops.list_projects                   -     .       x  .  .      x
  ops.project_overview                -     .       x  .  .      x
  ops.project_branches                -     .       x  .  .      x
  ops.project_builds                  -     .       x  .  .      x
  ops.project_metrics                 -     .       x  .  .      x
  ops.project_metric_series           -     .       x  .  .      x
  ops.project_upgrades                -     .       x  .  .      x
  ops.branch_builds                   -     .       x  .  .      x
  ops.get_build                       -     .       x  .  .      x
  ops.build_logs                      -     .       x  .  .      x
  ops.build_log_tail                  -     .       x  .  .      x
  ops.build_log_since                 -     .       x  .  .      x
  ops.build_log_position              -     .       x  .  .      x
  ops.build_channel                   -     x       x  x  x      x
  ops.may_hear                        -     .       x  .  .      -
  ops.repository_name                 -     x       x  x  x      x
  ops.build_artifacts                 -     .       x  .  .      x
  ops.project_deployments             -     .       x  .  .      x
  ops.metric_resolution               -     x       x  x  x      x
  ops.metric_annotations              -     .       x  .  .      x
  ops.build_is_final                  -     x       x  x  x      x
  ops.build_may_become                -     x       x  x  x      x
  ops.list_advisories                 -     .       x  .  .      x
  ops.resolve_advisory                -     .       x  .  .      x
  ops.snooze_advisory                 -     .       x  .  .      x

  [runbooks: members and admins may start one; what needs approval waits for an admin]
  ops.create_run                      -     !       x  x  x      x
  ops.list_runs                       -     .       x  .  x      x
  ops.get_run                         -     .       x  .  x      x
  ops.list_run_events                 -     .       x  .  x      x
  ops.approve_run                     -     !       !  !  x      x
  ops.cancel_run                      -     .       x  .  x      x
  ops.retry_run                       -     .       x  .  x      x

  [overviews: everybody's own part]
  ops.overview                        -     .       x  .  x      x
  ops.builds_overview                 -     .       x  .  .      x
  ops.advisories_overview             -     .       x  .  .      x
  ops.runs_overview                   -     .       x  .  x      x
  ops.alerts_overview                 -     .       .  .  x      x

  [the queue: a job of A's build]
  ops.list_jobs                       -     .       x  .  x      x
  ops.get_job                         -     .       x  .  x      x
  ops.queue_overview                  -     .       x  .  x      x

  [the control room, for its admins]
  ops.list_alerts                     -     .       .  .  x      x
  ops.list_alert_events               -     .       .  .  x      x
  ops.list_advice                     -     .       .  .  x      x
  ops.batch_progress                  -     .       .  .  x      x
  ops.cron_health                     -     !       !  !  x      x
  public.get_cron_health              -     !       !  !  x      x
  public.get_cron_jobs                -     !       !  !  x      x
  public.get_cron_job_runs            -     !       !  !  x      x
  public.toggle_cron_job              -     !       !  !  x      x
  public.update_cron_schedule         -     !       !  !  x      x
  public.create_cron_job              -     !       !  !  x      x
`);

/** With the service key: Edge Functions, actions, workers. */
const service = everyone(
  `
  [people]
  ops.create_org ops.grant_admin ops.revoke_admin

  [alerts]
  ops.raise_alert ops.raise_alerts ops.resolve_alert ops.resolve_alert_by_id ops.resolve_alerts ops.resolve_all_alerts
  ops.acknowledge_alert ops.snooze_alert ops.severity_rank ops.glob_pattern ops.require_matcher ops.alert_matches
  ops.create_silence ops.end_silence ops.wake_alerts ops.apply_silences ops.apply_mutes ops.judge_alerts ops.alert_flaps ops.end_held_alerts
  ops.record_check_pass ops.note_check_states ops.raise_checked_alerts ops.calm_checked_alerts ops.retire_checks
  ops.record_scan
  ops.record_heartbeat ops.begin_alert_projection ops.end_alert_projection ops.bind_alerts ops.attempt_alert_issue
  ops.forget_alert_issue
  ops.settle_alert_issue ops.adopt_alert_issue ops.settle_alert_comment
  ops.alert_of_issue ops.note_issue_closed ops.note_issue_reopened
  ops.take_issue_command ops.settle_issue_command ops.claim_issue_answers ops.note_issue_answered ops.wake_alert
  public.ops_alert_raise_v1 public.ops_alert_list_active_v1 public.ops_alert_resolve_v1
  public.ops_alert_resolve_by_dedupe_key_v1 public.ops_alert_resolve_all_v1

  [runs of scheduled jobs]
  ops.fire_now ops.list_cron_runs ops.get_cron_run ops.list_running ops.retry_cron_run ops.cancel_cron_run
  ops.redeem_run_token ops.redeem_function_token ops.report_run ops.redact_text
  ops.is_due ops.due_slots ops.schedule_matches

  [the queue]
  ops.enqueue_job ops.enqueue_jobs ops.enqueue_lines ops.claim_jobs ops.claimable_jobs ops.complete_jobs ops.complete_and_claim_jobs ops.fail_jobs
  ops.release_jobs ops.release_unknown_jobs ops.heartbeat_jobs ops.rescue_jobs ops.retry_job_now ops.cancel_job
  ops.pause_task_type ops.resume_task_type

  [parts of these, which run with the rights of whoever called]
  ops.error_fingerprint ops.retry_backoff ops.promote_serial_jobs ops.keep_serial_order ops.raise_dead_letters
  ops.end_jobs ops.end_failed_jobs ops.shrink_lease ops.id_set

  [builds]
  ops.create_build ops.enqueue_build ops.claim_next_run ops.heartbeat_build ops.set_build_status ops.retry_build
  ops.claim_build_dispatches ops.settle_build_dispatch ops.open_build ops.start_build_run ops.silent_builds ops.settle_silent_build
  ops.rollback_build ops.trigger_build ops.find_branch ops.declare_project ops.declared_projects ops.archive_project
  ops.cancel_waiting_builds ops.waiting_upgrades
  ops.extra_runs ops.forget_extra_run ops.sent_dispatches ops.settle_doubles
  ops.cancel_build ops.rescue_builds ops.build_writer ops.append_build_event ops.append_build_events
  ops.record_artifact ops.record_metrics ops.upsert_monitoring ops.record_upgrade ops.idle_projects
  ops.raise_advisory ops.settle_advisories ops.suppress_advisory ops.list_partitions

  [recorders, under their lease]
  ops.record_build_start ops.record_build_heartbeat ops.record_build_lines ops.record_build_status ops.record_build_artifact
  ops.record_build_metrics ops.record_build_from_run ops.replay_build_status
  ops.recorded_repositories ops.note_buffers ops.claim_log_recoveries ops.settle_log_recovery ops.build_of_run
  ops.record_build_deployment ops.replay_build_deployment

  [runbooks]
  ops.claim_run ops.heartbeat_run ops.append_run_events ops.set_run_status ops.record_run_artifact ops.rescue_runs
  ops.upsert_run_template ops.upsert_spec_doc

  [batches and scans]
  ops.record_migration_log ops.register_odoo_attachments ops.last_odoo_attachment ops.claim_odoo_attachments
  ops.settle_odoo_attachments ops.count_odoo_attachments ops.due_competitors ops.count_due_competitors
  ops.record_competitor_activity ops.record_competitor_totals ops.record_competitor_failure
  ops.ingest_metrics ops.scan_advisories
`,
  '- - - - - x',
);

/** For the owner of the schema alone. */
const internal = everyone(
  `
  [used by migrations]
  ops.restrict_function ops.restrict_table ops.allow_read ops.expose_table

  [called by cron, and their parts]
  ops.fire ops.admit_run ops.find_slot ops.slot_key ops.known_slots ops.lock_key ops.try_lock ops.run_word
  ops.start_attempt ops.start_waiting ops.execute_sql ops.run_sql ops.run_pending_sql ops.sql_label ops.enqueue_call
  ops.send_request ops.build_url ops.build_headers ops.problem_remedy ops.issue_run_token ops.iso_instant
  ops.current_epoch ops.read_secret ops.secret_names
  ops.collect ops.collect_step ops.collect_responses ops.collect_lost ops.collect_unreported ops.collect_queued_work
  ops.collect_scheduler_failures ops.fired_job ops.is_slot_running ops.queue_misfires ops.record_tick
  ops.cancel_overdue_sql ops.cancel_running ops.response_error ops.retry_delay ops.report_deadline ops.final_status
  ops.succeed_run ops.fail_run ops.judge_jobs ops.redact_result ops.redact_values ops.redact_vault
  ops.prune_history ops.prune_job_queue ops.forget_answers ops.earlier_answer ops.remember_answer
  ops.check_cron_health ops.cron_findings ops.cron_run_mix ops.net_mix
  ops.watch_watchers ops.prune_alert_issues ops.prune_issue_commands
  ops.drop_build_dispatch ops.monitor_builds ops.prune_builds ops.watch_dispatches
  ops.note_deployment ops.end_deployments ops.has_ended

  [asked by functions that run as their owner]
  ops.calling_role ops.require_org_manager ops.require_another_owner ops.is_service ops.require_admin
  ops.record_cron_change ops.find_cron_job ops.refuse_cron_job

  [partitions, and parts of what builds and runs do]
  ops.register_partitions ops.maintain_partitions ops.create_partitions ops.create_partition ops.expire_partitions
  ops.partition_start ops.partition_end ops.partition_key
  ops.roll_up_metrics ops.metric_series_key ops.require_lease ops.admit_build_writer
  ops.change_build ops.note_build ops.close_build_job ops.note_run ops.prune_run_history ops.prune_control_history

  [triggers]
  ops.inherit_from_project ops.inherit_from_branch ops.inherit_from_build ops.keep_project_org ops.count_builds
  ops.announce_builds ops.broadcast_build ops.can_broadcast ops.allow_broadcast ops.forget_metric_rollups ops.forget_build_events ops.forget_metrics ops.stamp_advisory ops.follow_run
  ops.follow_upgrade_builds ops.settle_upgrade_advice
  ops.record_raised_alerts ops.record_changed_alerts ops.keep_answer ops.raise_held_alert ops.sum_migration_logs

  [granted by hand to a role that may plan, see docs/github.md]
  ops.plan_cron_jobs ops.plan_secrets ops.plan_projects

  [granted by hand to a role that may check, see docs/checks.md]
  ops.first_cron_run ops.probe_cron_jobs ops.probe_scheduler ops.probe_functions ops.probe_queue ops.probe_net
  ops.is_plain_shape ops.probe_secrets ops.probe_openrouter ops.probe_batches
`,
  '- - - - - -',
);

/** The whole table. */
export const expected: Expected = {
  relations,
  routines: together(open, service, internal),
  otherGrants: {
    'service_role may usage ops.job_leases_token_seq':
      'ops.claim_jobs draws the token of a lease before it writes the lease.',
  },
};
