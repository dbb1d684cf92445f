const id=3878,ids=[3878],modules={4875:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{DH:()=>scanBuilds,nu:()=>readBuildAdvice,xt:()=>readBuildStanding});var zod__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(8585);const BuildAdvice=zod__WEBPACK_IMPORTED_MODULE_0__.Ikc({name:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),cacheKey:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),level:zod__WEBPACK_IMPORTED_MODULE_0__.k5n(["info","warning","error"]),project:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),title:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),detail:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),remediation:zod__WEBPACK_IMPORTED_MODULE_0__.YjP().nullable(),evidence:zod__WEBPACK_IMPORTED_MODULE_0__.g1P(zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),zod__WEBPACK_IMPORTED_MODULE_0__.L5J())});async function readBuildAdvice(sql){const rows=await sql`
    select a.name, a.cache_key as "cacheKey", a.level, p.slug as project, a.title, a.detail, a.remediation, a.evidence
    from ops.advisories a
    join ops.projects p on p.id = a.project_id
    where a.resolved_at is null
      and coalesce(a.snoozed_until <= now(), true)
      and coalesce(a.suppressed_until <= now(), true)
    order by a.level_rank desc, p.slug, a.cache_key
    limit 5000`;return zod__WEBPACK_IMPORTED_MODULE_0__.YOg(BuildAdvice).parse([...rows])}const Standing=zod__WEBPACK_IMPORTED_MODULE_0__.Ikc({projects:zod__WEBPACK_IMPORTED_MODULE_0__.aig(),isFiltered:zod__WEBPACK_IMPORTED_MODULE_0__.zMY(),scannedAt:zod__WEBPACK_IMPORTED_MODULE_0__.p6U().nullable()});async function readBuildStanding(sql){const rows=await sql`
    select (select count(*) from (select from ops.projects limit 1000) p)::int as projects,
           pg_catalog.row_security_active('ops.advisories') or pg_catalog.row_security_active('ops.projects') as "isFiltered",
           greatest(
             (select max(r.finished_at) from (
                select x.finished_at from ops.cron_runs x
                where x.job = 'ops-advisory-scan' and x.status = 'succeeded' order by x.id desc limit 1) r),
             (select max(a.last_seen_at) from ops.advisories a)
           ) as "scannedAt"`;return zod__WEBPACK_IMPORTED_MODULE_0__.YOg(Standing).length(1).parse([...rows])[0]??Standing.parse(void 0)}async function scanBuilds(sql,thresholds){await sql`select ops.scan_advisories(${thresholds.days}::int, ${thresholds.builds}::int, ${thresholds.upgradeDays}::int)`}}),5145:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{w:()=>readWithin});var managed_objects=__webpack_require__(8423),read_target=__webpack_require__(1161),transaction=__webpack_require__(8375),redact=__webpack_require__(9769),build_statements=__webpack_require__(4875),schemas2=__webpack_require__(8585);const MOST_JOBS=1e5,LiveCronJob=schemas2.Ikc({jobid:schemas2.YjP(),jobname:schemas2.YjP().nullable(),schedule:schemas2.YjP(),database:schemas2.YjP(),username:schemas2.YjP(),active:schemas2.zMY(),fires:schemas2.YjP().nullable(),command:schemas2.YjP().nullable(),commandMd5:schemas2.YjP(),ownerExists:schemas2.zMY(),ownerIsSuperuser:schemas2.zMY()});async function readLiveJobs(sql){const rows=await sql`
    select j.jobid::text as jobid, j.jobname::text as jobname, j.schedule, j.database, j.username, j.active,
           replace(ours.name[2], '''''', '''') as fires,
           case when ours.name is null then left(j.command, 20000) end as command,
           md5(j.command) as "commandMd5",
           r.oid is not null as "ownerExists", coalesce(r.rolsuper, false) as "ownerIsSuperuser"
    from cron.job j
    left join pg_catalog.pg_roles r on r.rolname = j.username
    cross join lateral (
      select regexp_match(
        j.command,
        '^\\s*(set local statement_timeout = \\d+;\\s*)?select ops\\.fire\\(''((?:[^'']|'''')*)''\\)\\s*;?\\s*$')
    ) as ours (name)
    order by j.jobid
    limit ${MOST_JOBS}`;return schemas2.YOg(LiveCronJob).parse([...rows])}const JobHistory=schemas2.Ikc({jobid:schemas2.YjP(),jobname:schemas2.YjP().nullable(),runs:schemas2.aig(),startFailures:schemas2.aig(),statementTimeouts:schemas2.aig(),longestMs:schemas2.aig().nullable(),stormRuns:schemas2.aig(),lastMessage:schemas2.YjP().nullable()}),CronHistory=schemas2.Ikc({rows:schemas2.aig(),bytes:schemas2.aig(),oldestAt:schemas2.p6U().nullable(),newestAt:schemas2.p6U().nullable(),jobs:schemas2.YOg(JobHistory),commands:schemas2.YOg(schemas2.Ikc({jobid:schemas2.YjP(),command:schemas2.YjP()}))});async function readCronHistory(sql){const[size]=await sql`
    select c.reltuples::float8 as rows, pg_catalog.pg_total_relation_size(c.oid)::float8 as bytes,
           (select d.start_time from cron.job_run_details d where d.start_time is not null order by d.runid limit 1) as "oldestAt",
           (select max(n.at) from (
              select coalesce(d.start_time, d.end_time) as at from cron.job_run_details d order by d.runid desc limit 1000) n
           ) as "newestAt"
    from pg_catalog.pg_class c where c.oid = to_regclass('cron.job_run_details')`;return CronHistory.parse({...size,jobs:await readJobHistory(sql),commands:await readRunCommands(sql)})}async function readJobHistory(sql){return[...await sql`
      with newest as materialized (
        select d.runid, d.jobid, d.status, d.return_message, d.start_time, d.end_time
        from cron.job_run_details d where d.jobid is not null order by d.runid desc limit 10000
      ), day as (
        select n.*, lag(n.end_time) over (partition by n.jobid order by n.runid) as former_end
        from newest n
        -- Runs that never started have no time before pg_cron 1.6.3: they are of today when later ones are.
        where n.runid >= (select min(x.runid) from newest x where coalesce(x.start_time, x.end_time) > now() - interval '24 hours')
      ), marked as (
        select d.*,
          coalesce(d.start_time - d.former_end < interval '1 second' and d.end_time - d.start_time > interval '1 second', false)
            as followed
        from day d
      ), islands as (
        select m.*, count(*) filter (where not m.followed) over (partition by m.jobid order by m.runid) as island from marked m
      ), storms as materialized (
        select x.jobid, max(x.runs) as runs
        from (select i.jobid, i.island, count(*) filter (where i.followed) as runs from islands i group by i.jobid, i.island) x
        group by x.jobid
      )
      select m.jobid::text as jobid, max(j.jobname::text) as jobname, count(*)::int as runs,
        count(*) filter (where m.status = 'failed' and (
          m.return_message in ('job startup timeout', 'connection failed')
          or m.return_message like 'could not start background process%'))::int as "startFailures",
        count(*) filter (where m.status = 'failed' and m.return_message ilike '%statement timeout%')::int as "statementTimeouts",
        (extract(epoch from max(m.end_time - m.start_time)) * 1000)::float8 as "longestMs",
        max(s.runs)::int as "stormRuns",
        left((array_agg(m.return_message order by m.runid desc) filter (where m.status = 'failed'))[1], 300) as "lastMessage"
      from marked m
      join storms s on s.jobid = m.jobid
      left join cron.job j on j.jobid = m.jobid
      group by m.jobid
      order by m.jobid
      limit 10000`]}async function readRunCommands(sql){return[...await sql`
      select distinct on (md5(n.command)) n.jobid::text as jobid, left(n.command, 20000) as command
      from (select d.jobid, d.command, d.runid from cron.job_run_details d where d.jobid is not null order by d.runid desc limit 10000) n
      where n.command !~ '^\\s*(set local statement_timeout = \\d+;\\s*)?select ops\\.fire\\('
      order by md5(n.command), n.runid desc
      limit 500`]}const NetFacts=schemas2.Ikc({waiting:schemas2.aig(),workers:schemas2.aig().nullable(),triggers:schemas2.YOg(schemas2.Ikc({relation:schemas2.YjP(),name:schemas2.YjP(),function:schemas2.YjP()})),isPublic:schemas2.zMY(),queueOwner:schemas2.YjP(),closedTo:schemas2.YOg(schemas2.YjP()),functions:schemas2.YOg(schemas2.Ikc({schema:schemas2.YjP(),name:schemas2.YjP(),signature:schemas2.YjP(),inserts:schemas2.zMY(),sends:schemas2.zMY()}))});async function readNet(sql,jobOwners){const owners=JSON.stringify([...new Set(jobOwners)]),rows=await sql`
    with queue as (
      select c.oid, c.relowner from pg_catalog.pg_class c where c.oid = to_regclass('net.http_request_queue')
    )
    select
      (select count(*) from (select from net.http_request_queue limit 10001) w)::int as waiting,
      -- By pattern: old versions name the backend with their version, which net.check_worker_is_up() does not find.
      case when pg_catalog.pg_has_role('pg_read_all_stats', 'usage') then (
        select count(*) from pg_catalog.pg_stat_activity a
        where (a.backend_type ilike '%pg_net%' or a.application_name ilike 'pg_net worker%')
          -- One of another database sends nothing of ours.
          and a.datname = current_database()
      )::int end as workers,
      (select coalesce(json_agg(json_build_object(
          'relation', n.nspname || '.' || c.relname, 'name', t.tgname, 'function', t.tgfoid::regprocedure::text)
          order by c.relname, t.tgname), '[]')
       from pg_catalog.pg_trigger t
       join pg_catalog.pg_class c on c.oid = t.tgrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'net'
       where not t.tgisinternal) as triggers,
      pg_catalog.has_table_privilege('public', q.oid, 'select')
        and pg_catalog.has_schema_privilege('public', 'net', 'usage') as "isPublic",
      q.relowner::regrole::text as "queueOwner",
      (select coalesce(json_agg(r.rolname order by r.rolname), '[]')
       from pg_catalog.pg_roles r
       where r.rolname in (select jsonb_array_elements_text(${owners}::text::jsonb))
         and not (pg_catalog.has_schema_privilege(r.oid, 'net', 'usage')
                  and pg_catalog.has_table_privilege(r.oid, q.oid, 'insert'))) as "closedTo",
      (select coalesce(json_agg(json_build_object(
          'schema', f.nspname, 'name', f.proname, 'signature', f.oid::regprocedure::text,
          'inserts', f.body ~* 'insert\\s+into\\s+net\\.', 'sends', f.body ~* '\\mnet\\.http_(get|post|delete)\\s*\\(')
          order by f.nspname, f.proname, f.oid), '[]')
       from (
         select p.oid, n.nspname, p.proname, regexp_replace(p.prosrc, '--[^\\n]*', '', 'g') as body
         from pg_catalog.pg_proc p
         join pg_catalog.pg_namespace n on n.oid = p.pronamespace
         where n.nspname not in ('ops', 'net', 'pg_catalog', 'information_schema', 'supabase_functions', 'cron', 'vault')
           and p.prosrc ~* '\\mnet\\.'
           and not exists (
             select from pg_catalog.pg_depend d
             where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
       ) f
       where f.body ~* 'insert\\s+into\\s+net\\.' or f.body ~* '\\mnet\\.http_(get|post|delete)\\s*\\(') as functions
    from queue q`;return schemas2.YOg(NetFacts).length(1).parse([...rows])[0]??NetFacts.parse(void 0)}const RunFacts=schemas2.Ikc({lost:schemas2.YOg(schemas2.Ikc({job:schemas2.YjP(),count:schemas2.aig()})),overlaps:schemas2.YOg(schemas2.Ikc({job:schemas2.YjP(),count:schemas2.aig()})),durations:schemas2.YOg(schemas2.Ikc({job:schemas2.YjP(),p95Ms:schemas2.aig(),count:schemas2.aig()}))});async function readRunFacts(sql){const rows=await sql`
    with newest as materialized (
      select r.id, r.job, r.status, r.error_code, r.created_at from ops.cron_runs r order by r.id desc limit 20000
    ), took as (
      select r.job, extract(epoch from a.delivered_at - a.fired_at) * 1000 as ms
      from newest r
      join ops.cron_attempts a on a.run_id = r.id
      where a.delivered_at is not null and a.http_status is not null
    )
    select
      (select coalesce(json_agg(json_build_object('job', l.job, 'count', l.count) order by l.job), '[]')
       from (select n.job, count(*) as count from newest n
             where n.status = 'lost' and n.created_at > now() - interval '7 days' group by n.job) l) as lost,
      (select coalesce(json_agg(json_build_object('job', o.job, 'count', o.count) order by o.job), '[]')
       from (select n.job, count(*) as count from newest n
             where n.error_code = 'overlap' and n.created_at > now() - interval '24 hours' group by n.job) o) as overlaps,
      (select coalesce(json_agg(json_build_object('job', d.job, 'p95Ms', d.p95, 'count', d.count) order by d.job), '[]')
       from (select t.job, count(*) as count, percentile_cont(0.95) within group (order by t.ms) as p95
             from took t group by t.job having count(*) >= 20) d) as durations`;return schemas2.YOg(RunFacts).length(1).parse([...rows])[0]??RunFacts.parse(void 0)}var coerce=__webpack_require__(9043);const ServerSettings=schemas2.Ikc({cronDatabase:schemas2.YjP().nullable(),cronTimezone:schemas2.YjP().nullable(),cronMaxRunning:coerce.ai().nullable(),cronLogStatement:schemas2.YjP().nullable(),cronLogRun:schemas2.YjP().nullable(),netTtlSeconds:schemas2.aig().nullable(),logStatement:schemas2.YjP(),outdated:schemas2.YOg(schemas2.Ikc({name:schemas2.YjP(),installed:schemas2.YjP(),available:schemas2.YjP()}))});async function readServerSettings(sql){const rows=await sql`
    select current_setting('cron.database_name', true) as "cronDatabase",
           current_setting('cron.timezone', true) as "cronTimezone",
           current_setting('cron.max_running_jobs', true) as "cronMaxRunning",
           current_setting('cron.log_statement', true) as "cronLogStatement",
           current_setting('cron.log_run', true) as "cronLogRun",
           (extract(epoch from nullif(current_setting('pg_net.ttl', true), '')::interval))::float8 as "netTtlSeconds",
           current_setting('log_statement') as "logStatement",
           (select coalesce(json_agg(json_build_object(
              'name', e.name, 'installed', e.installed_version, 'available', e.default_version) order by e.name), '[]')
            from pg_catalog.pg_available_extensions e
            where e.installed_version is not null and e.default_version <> e.installed_version) as outdated`;return schemas2.YOg(ServerSettings).length(1).parse([...rows])[0]??ServerSettings.parse(void 0)}var text_array=__webpack_require__(9092);const MOST_SINGLE=500,Verdict=schemas2.Ikc({name:schemas2.YjP(),isEmpty:schemas2.zMY(),hasWhiteSpace:schemas2.zMY(),isHttps:schemas2.zMY(),isLoopback:schemas2.zMY(),isApiKey:schemas2.zMY(),projectRef:schemas2.YjP().nullable()}),Names=schemas2.YOg(schemas2.Ikc({name:schemas2.YjP(),ageMs:schemas2.aig()}));async function readSecretFacts(sql){const rows=await sql`
    select name, (extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as "ageMs"
    from vault.secrets where name is not null order by name limit 10000`,secrets=Names.parse([...rows]),verdicts=await judgeAll(sql,secrets.map(({name})=>name));return secrets.map(secret=>({...secret,verdict:verdicts.get(secret.name)??null}))}async function judgeAll(sql,names){const together=await attempt(()=>(0,transaction.tr)(sql,inner=>judge(inner,names)));if(together!==null)return new Map(together.map(verdict=>[verdict.name,verdict]));if(names.length>MOST_SINGLE)throw new Error(`one of ${names.length} secrets can't be decrypted, which are too many to try one by one`);const found=new Map;for(const name of names){const[verdict]=await attempt(()=>(0,transaction.tr)(sql,inner=>judge(inner,[name])))??[];verdict!==void 0&&found.set(name,verdict)}return found}async function judge(sql,names){const rows=await sql`
    select s.name,
           s.decrypted_secret = '' as "isEmpty",
           s.decrypted_secret ~ '^\\s|\\s$|[[:cntrl:]]' as "hasWhiteSpace",
           s.decrypted_secret ~* '^https://' as "isHttps",
           s.decrypted_secret ~* '^http://(127(\\.\\d+){3}|localhost|\\[::1\\])([:/]|$)' as "isLoopback",
           s.decrypted_secret ~ '^sb_(secret|publishable)_' as "isApiKey",
           lower((regexp_match(s.decrypted_secret, '^https?://([a-z0-9]{20})\\.(?:functions\\.)?supabase\\.(?:co|in|red)', 'i'))[1])
             as "projectRef"
    from vault.decrypted_secrets s
    where s.name = any (${(0,text_array.TS)(names)}::text[])`;return schemas2.YOg(Verdict).parse([...rows])}async function attempt(work){try{return await work()}catch(error){if(error instanceof Error&&"severity"in error)return null;throw error}}function seen(value,partly){return partly===void 0?{kind:"seen",value}:{kind:"seen",value,partly}}function absent(reason){return{kind:"absent",reason}}function facts_hidden(reason){return{kind:"hidden",reason}}var lint_sql=__webpack_require__(819),sql_parser=__webpack_require__(7466),sql_rules=__webpack_require__(4154),tool=__webpack_require__(3304);function readCommand(command){return(0,tool.YP)(()=>readNow(command))}function readNow(command){const tree=(0,sql_parser.U)()(command),remarks=[],references=(0,lint_sql.u)(command,[],({severity,code,message})=>{severity!=="notice"&&remarks.push({code,message:(0,redact.f)(message)})}),found={netCalls:[],calls:new Set,texts:[],bodies:[]};tree.ok?visit(tree.tree,found,0):found.bodies.push(command);for(const body of found.bodies)readText(body,found);return{parsed:tree.ok,holdsSecret:(0,redact.h)(command),remarks,netCalls:found.netCalls,calls:[...found.calls],secrets:[...new Set([...references.map(({secret})=>secret),...secretsInText(command)])],urls:[...new Set([...found.texts,...found.bodies].flatMap(urlsIn))],purgesHistory:/delete\s+from\s+cron\.job_run_details/i.test(command)}}const DEEPEST=500;function visit(value,found,depth){if(depth>DEEPEST)return;if(Array.isArray(value)){for(const item of value)visit(item,found,depth+1);return}if(!(0,sql_rules.Ll)(value))return;const text=(0,sql_rules.e9)(value);text!==null&&found.texts.push(text);for(const[type,content]of Object.entries(value))type==="FuncCall"&&(0,sql_rules.Ll)(content)&&noteCall(content,found),type==="DoStmt"&&found.bodies.push(...stringsIn(content)),visit(content,found,depth+1)}function noteCall(node,found){const name=(0,sql_rules.AQ)(node).toLowerCase();if(found.calls.add(name),!NET_FUNCTION.test(name))return;const args=Array.isArray(node.args)?node.args:[],names=args.flatMap(arg=>(0,sql_rules.Ll)(arg)&&(0,sql_rules.Ll)(arg.NamedArgExpr)?[String(arg.NamedArgExpr.name)]:[]);found.netCalls.push({function:name,names,positional:args.length-names.length})}const NET_FUNCTION=/^net\.http_(?:get|post|delete)$/;function stringsIn(value){return Array.isArray(value)?value.flatMap(stringsIn):(0,sql_rules.Ll)(value)?Object.entries(value).flatMap(([key,inner])=>key==="sval"&&typeof inner=="string"?[inner]:stringsIn(inner)):[]}function readText(text,found){const bare=text.replaceAll(/--[^\n]*/g,"");for(const[,name=""]of bare.matchAll(/([a-z_][\w$]*\.[a-z_][\w$]*)\s*\(/gi)){const called=name.toLowerCase();found.calls.add(called),NET_FUNCTION.test(called)&&found.netCalls.push({function:called,names:["timeout_milliseconds"],positional:0})}}function secretsInText(command){return/decrypted_secrets/i.test(command)?[...command.matchAll(/\bname\s*=\s*'([^']{1,200})'/gi)].map(([,name=""])=>name):[]}function urlsIn(text){return[...text.matchAll(/https?:\/\/[^\s'"\\<>]{3,500}/gi)].flatMap(([written])=>{if(!URL.canParse(written))return[];const{origin,pathname}=new URL(written);return[`${origin}${pathname}`]})}const MOST_COMMANDS=2e3,BUILD_ADVICE_LASTS_MS=3*864e5;function readFacts(sql,now){return readTransaction(sql,tx=>readWithin(tx,now))}async function readWithin(tx,now){const target=await(0,read_target._E)(tx),look=work=>read_facts_attempt(tx,work),jobs=await readJobs(target,look),net=await readNetFacts(target,jobs,look);return{target:seen(target),settings:await look(readServerSettings),jobs,history:await readHistory(target,look),net,netWorkers:workersOf(net),secrets:await readSecrets(target,look),runs:await ifThere(target,"ops.job_definitions","the schema ops",()=>look(readRunFacts)),ours:await ifThere(target,"ops.managed_objects","the ledger",()=>look(readOurs)),builds:await readBuilds(target,now,look)}}async function read_facts_attempt(tx,work){try{return seen(await(0,transaction.tr)(tx,work))}catch(error){if(!(error instanceof Error)||!("severity"in error))throw error;return facts_hidden((0,redact.f)(error.message).slice(0,300))}}const NO_CRON="there is no pg_cron here",NO_NET="there is no pg_net here",NO_VAULT="there is no Vault here",OTHERS_HIDDEN="row level security hides what belongs to other roles (connect as a role with BYPASSRLS)";async function readJobs(target,look){const relation=target.relations["cron.job"];if(relation===void 0)return absent(NO_CRON);if(!relation.readable)return facts_hidden("this role may not read cron.job");const rows=await look(readLiveJobs);if(rows.kind!=="seen")return rows;const commands=rows.value.filter(row=>row.command!==null),jobs=[];let read=0;for(const row of rows.value){const reads=row.command!==null&&read<MOST_COMMANDS;reads&&(read+=1),jobs.push({...row,label:labelOf(row),reading:reads&&row.command!==null?await readCommand(row.command):null})}const partly=relation.seesAllRows?commands.length>MOST_COMMANDS?`only the first ${MOST_COMMANDS} hand-made commands were read`:rows.value.length===MOST_JOBS?`only the first ${MOST_JOBS} jobs were read`:void 0:OTHERS_HIDDEN;return seen(jobs,partly)}function labelOf({jobname,jobid}){return jobname??`number ${jobid}`}async function readHistory(target,look){const relation=target.relations["cron.job"];if(relation===void 0)return absent(NO_CRON);const history=await look(readCronHistory);return history.kind==="seen"&&!relation.seesAllRows?seen(history.value,OTHERS_HIDDEN):history}async function readNetFacts(target,jobs,look){if(target.functions["net.http_post"]===void 0)return absent(NO_NET);const owners=jobs.kind==="seen"?jobs.value.filter(sendsRequests).map(job=>job.username):[],facts=await look(tx=>readNet(tx,owners));return facts.kind==="seen"&&jobs.kind==="hidden"?seen(facts.value,jobs.reason):facts}function workersOf(net){if(net.kind!=="seen")return net;const{workers}=net.value;return workers===null?facts_hidden("this role may not see what other processes are (grant pg_read_all_stats)"):seen(workers)}function sendsRequests(job){return job.active&&(job.fires!==null||(job.reading?.netCalls.length??0)>0)}async function readSecrets(target,look){const secrets=target.relations["vault.secrets"],values=target.relations["vault.decrypted_secrets"];return secrets===void 0||values===void 0?absent(NO_VAULT):!secrets.readable||!values.readable?facts_hidden("this role may not read the Vault"):look(readSecretFacts)}async function readOurs(tx){const ledger=await(0,managed_objects.SC)(tx);return new Set(ledger.get("cron")?.keys())}async function ifThere(target,relation,what,read){const found=target.relations[relation];return found===void 0?absent(`${what} is not here yet (opsroom apply)`):found.readable?read():facts_hidden(`this role may not read ${relation}`)}async function readBuilds(target,now,look){if(target.relations["ops.job_definitions"]===void 0)return absent("the schema ops is not here yet (opsroom apply)");const standing=await look(build_statements.xt);if(standing.kind!=="seen")return standing;const{projects,isFiltered,scannedAt}=standing.value;return isFiltered?facts_hidden("row level security hides projects and their advice from this role"):projects===0?absent("there are no projects"):scannedAt===null||now.getTime()-scannedAt.getTime()>BUILD_ADVICE_LASTS_MS?facts_hidden(`nobody looked for advice about builds ${scannedAt===null?"yet":`since ${scannedAt.toISOString()}`}: let the job ops-advisory-scan run, or the workflow advisories`):look(build_statements.nu)}}),3100:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{t:()=>isOlder});function isOlder(version,than){const[left,right]=[numbersOf(version),numbersOf(than)];for(let index=0;index<Math.max(left.length,right.length);index+=1){const difference=(left[index]??0)-(right[index]??0);if(difference!==0)return difference<0}return!1}function numbersOf(version){return(/^\d+(?:\.\d+)*/.exec(version)?.[0]??"").split(".").map(Number)}}),7233:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{Q:()=>dueMinutes});var _is_due_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(2632),_masks_js__WEBPACK_IMPORTED_MODULE_2__=__webpack_require__(8626),_zone_offsets_js__WEBPACK_IMPORTED_MODULE_1__=__webpack_require__(5316);const MINUTE=6e4,DAY_MINUTES=1440;function dueMinutes(schedule,window){const{match,timezone}=schedule,offsets=offsetsWithin(timezone,window),times=timesOfDay(match),end=window.start+window.length,found=[],[only]=offsets,certain=offsets.length===1;for(const offset of certain&&only!==void 0?[only]:offsets){const firstDay=Math.floor((window.start+offset)/DAY_MINUTES),lastDay=Math.floor((end-1+offset)/DAY_MINUTES);for(let day=firstDay;day<=lastDay;day+=1){if(!dayMatches(match,day))continue;const base=day*DAY_MINUTES-offset;for(const time of times){const at=base+time;at<window.start||at>=end||(certain||(0,_is_due_js__WEBPACK_IMPORTED_MODULE_0__.K)(match,timezone,at*MINUTE))&&found.push(at-window.start)}}}return certain?found:[...new Set(found)].sort((a,b)=>a-b)}function offsetsWithin(timezone,window){const offsets=new Set;for(let at=window.start-DAY_MINUTES;at<window.start+window.length+60&&(offsets.add((0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_1__.HA)(timezone,at*MINUTE)),timezone!=="UTC");at+=60);return[...offsets]}function timesOfDay(match){const minutes=[...(0,_masks_js__WEBPACK_IMPORTED_MODULE_2__.sm)(match.minutes_low),...(0,_masks_js__WEBPACK_IMPORTED_MODULE_2__.sm)(match.minutes_high).map(value=>value+30)];return(0,_masks_js__WEBPACK_IMPORTED_MODULE_2__.sm)(match.hours).flatMap(hour=>minutes.map(minute=>hour*60+minute))}function dayMatches(match,day){const date=new Date(day*DAY_MINUTES*MINUTE);if(!(0,_masks_js__WEBPACK_IMPORTED_MODULE_2__.c0)(match.months,date.getUTCMonth()+1))return!1;const inDay=match.last_day&&new Date((day+1)*DAY_MINUTES*MINUTE).getUTCDate()===1||(0,_masks_js__WEBPACK_IMPORTED_MODULE_2__.c0)(match.days,date.getUTCDate()),inWeekday=(0,_masks_js__WEBPACK_IMPORTED_MODULE_2__.c0)(match.weekdays,date.getUTCDay());return match.either_day?inDay||inWeekday:inDay&&inWeekday}}),2632:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{K:()=>isDueAt});var _masks_js__WEBPACK_IMPORTED_MODULE_1__=__webpack_require__(8626),_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(5316);const MINUTE=6e4,LOOKBACK=180*MINUTE;function isDue(compiled,at){if(compiled.match===void 0)return!0;const minute=Math.floor(at.getTime()/MINUTE)*MINUTE;return isDueAt(compiled.match,compiled.timezone,minute)}function isDueAt(match,timezone,minute){if(timezone==="UTC")return matches(match,minute);const offset=(0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__.HA)(timezone,minute),wall=minute+offset*MINUTE;if(!match.fixed_time)return matches(match,wall);const jump=offset-(0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__.HA)(timezone,minute-LOOKBACK);return jump<0&&(0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__.HA)(timezone,minute+jump*MINUTE)===offset-jump?!1:matches(match,wall)?!0:jump>0&&(0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__.HA)(timezone,minute-jump*MINUTE)===offset-jump&&matches(match,wall-jump*MINUTE)}function matches(match,wall){const date=new Date(wall),minute=date.getUTCMinutes();if(!(minute<30?(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__.c0)(match.minutes_low,minute):(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__.c0)(match.minutes_high,minute-30))||!(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__.c0)(match.hours,date.getUTCHours())||!(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__.c0)(match.months,date.getUTCMonth()+1))return!1;const inDay=(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__.c0)(match.days,date.getUTCDate())||match.last_day&&isLastDay(date),inWeekday=(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__.c0)(match.weekdays,date.getUTCDay());return match.either_day?inDay||inWeekday:inDay&&inWeekday}function isLastDay(date){return new Date(date.getTime()+1440*MINUTE).getUTCDate()===1}}),9043:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{Yj:()=>string,ai:()=>number,p6:()=>date});var _core_index_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(1299),_schemas_js__WEBPACK_IMPORTED_MODULE_1__=__webpack_require__(8585);function string(params){return _core_index_js__WEBPACK_IMPORTED_MODULE_0__.K_(_schemas_js__WEBPACK_IMPORTED_MODULE_1__.NDH,params)}function number(params){return _core_index_js__WEBPACK_IMPORTED_MODULE_0__.qG(_schemas_js__WEBPACK_IMPORTED_MODULE_1__.rSt,params)}function boolean(params){return core._coercedBoolean(schemas.ZodBoolean,params)}function bigint(params){return core._coercedBigint(schemas.ZodBigInt,params)}function date(params){return _core_index_js__WEBPACK_IMPORTED_MODULE_0__.B4(_schemas_js__WEBPACK_IMPORTED_MODULE_1__.aPP,params)}})};export{id,ids,modules};
