const id=5641,ids=[5641,8375],modules={643:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{A1:()=>connectionPlace,CA:()=>errorCode,M0:()=>explainConnectionError,pb:()=>isConnectionLost});var _io_errors_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(6283);function connectionPlace(sql){const{host,port,database,user}=sql.options;return{host:host[0]??"localhost",port:port[0]??5432,database,user}}function errorCode(error){if(!(typeof error!="object"||error===null||!("code"in error)))return typeof error.code=="string"?error.code:void 0}const LOST_CODES=new Set(["CONNECTION_CLOSED","CONNECTION_DESTROYED","CONNECTION_ENDED","ECONNRESET","EPIPE","ETIMEDOUT","ECONNABORTED","57P01","57P02","57P03","57P05","08000","08003","08006","25P03","25P04"]);function isConnectionLost(error){return LOST_CODES.has(errorCode(error)??"")}function explainConnectionError(error,place){if(error instanceof _io_errors_js__WEBPACK_IMPORTED_MODULE_0__.j)return error;const explanation=explain(errorCode(error),(0,_io_errors_js__WEBPACK_IMPORTED_MODULE_0__.g)(error),place);if(explanation===void 0)return;const where=`${place.host}:${place.port}, database ${place.database}, user ${place.user}`;return new _io_errors_js__WEBPACK_IMPORTED_MODULE_0__.j(`${explanation.what} (${where})`,{hint:explanation.hint})}function explain(code,message,place){return unreachable(code,place)??untrusted(code,message)??refusedByServer(code,message,place)??(isLost(code)?{what:"The connection to the database was lost",hint:"Run it again: what was not committed is undone, and applying twice changes nothing"}:void 0)}function isLost(code){return LOST_CODES.has(code??"")}function unreachable(code,place){const ipv6=/^db\.[a-z]{20}\.supabase\.co$/.test(place.host)?"The direct connection of hosted Supabase answers on IPv6 only, which GitHub runners lack: use the connection string of the pooler (dashboard, Connect)":void 0;switch(code){case"ECONNREFUSED":return{what:"No database answers there",hint:"Check host and port, and that the server is running"};case"ENOTFOUND":case"EAI_AGAIN":return{what:"The host name of the database is not known",hint:ipv6??"Check the host of the connection string"};case"ENETUNREACH":case"EHOSTUNREACH":case"EADDRNOTAVAIL":return{what:"The network of the database is not reachable from here",hint:ipv6??"Check the route to the host"};case"CONNECT_TIMEOUT":return{what:"The database did not answer in time",hint:ipv6??"Check host, port, firewall and network restrictions; connect_timeout=30 waits longer"};default:return}}const trustHint="Give the authority that signed it with sslrootcert=PATH (Supabase: Database, SSL configuration, download), or say sslmode=require to encrypt without verifying";function untrusted(code,message){if(code==="ERR_TLS_CERT_ALTNAME_INVALID")return{what:"The certificate of the database is for another host name",hint:"Connect by the name in the certificate, or say sslmode=verify-ca to check the signature only"};if(code==="CERT_HAS_EXPIRED")return{what:"The certificate of the database has expired",hint:"Renew it on the server"};if(/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_)/.test(code??""))return{what:"The certificate of the database is not trusted",hint:trustHint};if(message.startsWith("Client network socket disconnected before secure TLS")||code==="EPROTO")return{what:"The server does not speak TLS",hint:"Turn TLS on at the server; only for a network you trust: sslmode=disable"}}function refusedByServer(code,message,place){const pooler=place.host.includes("pooler")||place.port===6543;if(code==="28P01"||code==="28000"||code==="SASL_SIGNATURE_MISMATCH")return{what:"The database refused user or password",hint:pooler?"Through Supabase's pooler the user is postgres.PROJECT_REF; a new password takes a minute to arrive there":"Check both; percent-encode special characters of the password"};if(/tenant or user not found/i.test(message))return{what:"The pooler does not know this project",hint:"Check the region of the host and the user postgres.PROJECT_REF (dashboard, Connect)"};if(code==="3D000"||/no such database|bouncer config error/i.test(message))return{what:"The server has no such database",hint:"Check the end of the connection string"};if(code==="53300"||/too many (clients|connections)|max clients reached/i.test(message))return{what:"The server has no connection left",hint:"Use the transaction pooler (port 6543), or try again when other clients are done"};if(/server login (has been )?fail|query_wait_timeout|server_login_retry/i.test(message))return{what:"The pooler has no connection to the database",hint:"Check that the database itself is up"}}}),8423:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{R5:()=>deleteLedger,RI:()=>updateLedger,SC:()=>readLedger,be:()=>readJobsSentOtherwise,te:()=>insertLedger});var zod__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(8585),_text_array_js__WEBPACK_IMPORTED_MODULE_1__=__webpack_require__(9092);const LedgerRows=zod__WEBPACK_IMPORTED_MODULE_0__.YOg(zod__WEBPACK_IMPORTED_MODULE_0__.Ikc({kind:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),digests:zod__WEBPACK_IMPORTED_MODULE_0__.g1P(zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),zod__WEBPACK_IMPORTED_MODULE_0__.YjP())}));async function readLedger(sql){const rows=await sql`
    select kind, json_object_agg(name, digest) as digests from ops.managed_objects group by kind`;return new Map(LedgerRows.parse([...rows]).map(row=>[row.kind,new Map(Object.entries(row.digests))]))}const Names=zod__WEBPACK_IMPORTED_MODULE_0__.YOg(zod__WEBPACK_IMPORTED_MODULE_0__.Ikc({name:zod__WEBPACK_IMPORTED_MODULE_0__.YjP()}));async function readJobsSentOtherwise(sql,sendsNow){const rows=await sql`
    select name
    from ops.managed_objects
    where kind = 'job' and applied ? 'sends_with' and (applied ->> 'sends_with' is not null) <> ${sendsNow}::boolean`;return Names.parse([...rows]).map(row=>row.name)}async function insertLedger(sql,entries,from){await sql`
    insert into ops.managed_objects (kind, name, digest, applied, source_path, commit_sha, reconciliation_id)
    select kind, name, digest, applied::jsonb, source_path, ${from.commit}::text, ${from.reconciliationId}::bigint
    from rows from (unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.kind))}::text[]),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.name))}::text[]),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.digest))}::text[]),
                    string_to_table(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.i7)(entries.map(row=>row.applied))}, ${_text_array_js__WEBPACK_IMPORTED_MODULE_1__.Dw}),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.sourcePath))}::text[]))
         as row (kind, name, digest, applied, source_path)`}async function updateLedger(sql,entries,from){await sql`
    update ops.managed_objects as entry
    set digest = row.digest, applied = row.applied::jsonb, source_path = row.source_path,
        commit_sha = ${from.commit}::text, reconciliation_id = ${from.reconciliationId}::bigint, applied_at = now()
    from rows from (unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.kind))}::text[]),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.name))}::text[]),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.digest))}::text[]),
                    string_to_table(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.i7)(entries.map(row=>row.applied))}, ${_text_array_js__WEBPACK_IMPORTED_MODULE_1__.Dw}),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.sourcePath))}::text[]))
         as row (kind, name, digest, applied, source_path)
    where entry.kind = row.kind and entry.name = row.name`}async function deleteLedger(sql,entries){await sql`
    delete from ops.managed_objects entry
    using unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.kind))}::text[],
                 ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__.TS)(entries.map(row=>row.name))}::text[]) as gone (kind, name)
    where entry.kind = gone.kind and entry.name = gone.name`}}),1161:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{_E:()=>readTarget});var zod__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(8585);const Relation=zod__WEBPACK_IMPORTED_MODULE_0__.Ikc({readable:zod__WEBPACK_IMPORTED_MODULE_0__.zMY(),seesAllRows:zod__WEBPACK_IMPORTED_MODULE_0__.zMY()}),TargetFacts=zod__WEBPACK_IMPORTED_MODULE_0__.Ikc({database:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),user:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),reader:zod__WEBPACK_IMPORTED_MODULE_0__.YjP().nullable(),serverVersion:zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),superuser:zod__WEBPACK_IMPORTED_MODULE_0__.zMY(),logsParameters:zod__WEBPACK_IMPORTED_MODULE_0__.zMY(),extensions:zod__WEBPACK_IMPORTED_MODULE_0__.g1P(zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),zod__WEBPACK_IMPORTED_MODULE_0__.YjP()),standIns:zod__WEBPACK_IMPORTED_MODULE_0__.g1P(zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),zod__WEBPACK_IMPORTED_MODULE_0__.YjP()),relations:zod__WEBPACK_IMPORTED_MODULE_0__.g1P(zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),Relation),functions:zod__WEBPACK_IMPORTED_MODULE_0__.g1P(zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),zod__WEBPACK_IMPORTED_MODULE_0__.zMY()),views:zod__WEBPACK_IMPORTED_MODULE_0__.g1P(zod__WEBPACK_IMPORTED_MODULE_0__.YjP(),zod__WEBPACK_IMPORTED_MODULE_0__.zMY())});async function readTarget(sql){const rows=await sql`
    with wanted_relations (nspname, relname) as (
      values ('cron', 'job'), ('vault', 'secrets'), ('vault', 'decrypted_secrets'), ('net', '_http_response'),
             ('supabase_migrations', 'schema_migrations'), ('ops', 'job_definitions'), ('ops', 'managed_objects'),
             ('ops', 'reconciliations')
    ), wanted_functions (nspname, proname) as (
      values ('cron', 'schedule'), ('cron', 'schedule_in_database'), ('cron', 'alter_job'), ('cron', 'unschedule'),
             ('vault', 'create_secret'), ('vault', 'update_secret'), ('net', 'http_post')
    ), wanted_views (nspname, proname) as (
      values ('ops', 'plan_cron_jobs'), ('ops', 'plan_secrets'), ('ops', 'plan_projects')
    ), own as (
      select oid, rolname, rolsuper, rolbypassrls from pg_catalog.pg_roles where rolname = current_user
    ), applier as (
      select r.oid, r.rolname, r.rolsuper, r.rolbypassrls
      from own, pg_catalog.pg_roles r
      where r.oid = coalesce(
        (select n.nspowner
         from pg_catalog.pg_namespace n
         join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'managed_objects'
         where n.nspname = 'ops' and not pg_catalog.has_table_privilege(c.oid, 'insert')),
        own.oid)
    ), relations as (
      select n.nspname || '.' || c.relname as name,
             open.privileged and (sees.all_rows or exists (
               select from pg_catalog.pg_policy p, unnest(p.polroles) as policy (role)
               where p.polrelid = c.oid and p.polcmd in ('r', '*')
                 and (policy.role = 0 or pg_catalog.pg_has_role(policy.role, 'usage')))) as readable,
             sees.all_rows as sees_all_rows
      from wanted_relations w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.relname
      cross join lateral (
        select pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
      ) as open (privileged)
      join lateral (select * from own where open.privileged union all select * from applier where not open.privileged)
        as viewer on true
      cross join lateral (
        select not c.relrowsecurity or viewer.rolsuper or viewer.rolbypassrls
               or (pg_catalog.pg_has_role(viewer.oid, c.relowner, 'usage') and not c.relforcerowsecurity)
      ) as sees (all_rows)
    ), functions as (
      select n.nspname || '.' || p.proname as name,
             bool_and(pg_catalog.has_schema_privilege(applier.oid, n.oid, 'usage')
                      and pg_catalog.has_function_privilege(applier.oid, p.oid, 'execute')) as callable
      from applier, wanted_functions w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = w.proname
      group by 1
    ), views as (
      select n.nspname || '.' || p.proname as name,
             pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_function_privilege(p.oid, 'execute')
               as callable
      from wanted_views w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = w.proname
    )
    select current_database() as database,
           applier.rolname as "user",
           case when applier.oid <> own.oid then own.rolname end as reader,
           current_setting('server_version') as "serverVersion",
           applier.rolsuper as superuser,
           current_setting('log_parameter_max_length') <> '0'
             and (current_setting('log_statement') = 'all'
                  or current_setting('log_min_duration_statement') = '0')
             and not pg_catalog.has_parameter_privilege('log_parameter_max_length', 'set') as "logsParameters",
           (select coalesce(json_object_agg(extname, extversion), '{}') from pg_catalog.pg_extension) as extensions,
           (select coalesce(json_object_agg(nspname, version), '{}')
            from (select nspname, substring(pg_catalog.obj_description(oid, 'pg_namespace')
                                            from '^Stand-in for .* ([0-9.]+) ') as version
                  from pg_catalog.pg_namespace where nspname in ('cron', 'net', 'vault')) as stand_in
            where version is not null) as "standIns",
           (select coalesce(json_object_agg(name, json_build_object('readable', readable, 'seesAllRows', sees_all_rows)), '{}')
            from relations) as relations,
           (select coalesce(json_object_agg(name, callable), '{}') from functions) as functions,
           (select coalesce(json_object_agg(name, callable), '{}') from views) as views
    from own, applier`;return zod__WEBPACK_IMPORTED_MODULE_0__.YOg(TargetFacts).length(1).parse([...rows])[0]??TargetFacts.parse(void 0)}}),9092:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{Dw:()=>JSON_SEPARATOR,TS:()=>textArray,i7:()=>jsonLines});function textArray(values){let literal="{",separator="";for(const value of values)literal+=separator+(value===null?"null":element(value)),separator=",";return`${literal}}`}function element(value){return typeof value!="string"?String(value):`"${value.includes('"')||value.includes("\\")?value.replace(/["\\]/g,"\\$&"):value}"`}const JSON_SEPARATOR="";function jsonLines(texts){return texts.join(JSON_SEPARATOR)}}),8375:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{$E:()=>readTransaction,M5:()=>APPLY_LIMITS,READ_LIMITS:()=>READ_LIMITS,tr:()=>inSavepoint,writeTransaction:()=>writeTransaction,zc:()=>setLimits});var _connection_errors_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(643);const READ_LIMITS={statementMs:6e4,lockMs:1e4,idleMs:6e4},APPLY_LIMITS={statementMs:6e5,lockMs:15e3,idleMs:12e4};async function readTransaction(sql,work){return inTransaction(sql,"isolation level repeatable read read only",READ_LIMITS,work)}async function writeTransaction(sql,limits,work){return inTransaction(sql,"isolation level read committed read write",limits,work)}async function setLimits(tx,limits){await tx`
    select pg_catalog.set_config('statement_timeout', ${String(limits.statementMs)}, true),
           pg_catalog.set_config('lock_timeout', ${String(limits.lockMs)}, true),
           pg_catalog.set_config('idle_in_transaction_session_timeout', ${String(limits.idleMs)}, true),
           pg_catalog.set_config('client_connection_check_interval', '2s', true),
           pg_catalog.set_config('log_parameter_max_length_on_error', '0', true),
           case when pg_catalog.has_parameter_privilege('log_parameter_max_length', 'set')
             then pg_catalog.set_config('log_parameter_max_length', '0', true) end`}async function inSavepoint(tx,work){const box={};if(await tx.savepoint(async inner=>{try{box.result={value:await work(inner)}}catch(error){throw brokeTheConnection(error)&&await forever(),error}}),box.result===void 0)throw new Error("a savepoint ended without a result");return box.result.value}async function inTransaction(sql,mode,limits,work){const progress={begun:!1};try{return await attempt(sql,mode,limits,work,progress)}catch(error){if(progress.begun||!(0,_connection_errors_js__WEBPACK_IMPORTED_MODULE_0__.pb)(error))throw error;return attempt(sql,mode,limits,work,progress)}}async function attempt(sql,mode,limits,work,progress){const box={},connection={closed:!1},transaction=sql.begin(mode,async pinned=>{progress.begun=!0;try{const tx=guarded(pinned,connection);await setLimits(tx,limits),box.result={value:await work(tx)}}catch(error){if(!brokeTheConnection(error))throw error;await forever()}connection.closed&&await forever()});if(transaction.catch(()=>{connection.closed=!0}),await transaction,box.result===void 0)throw new Error("a transaction ended without a result");return box.result.value}function forever(){return new Promise(()=>{})}function guarded(pinned,connection){return new Proxy(pinned,{apply(target,self,parts){if(connection.closed)throw new ConnectionClosed;return Reflect.apply(target,self,parts)},get(target,property,receiver){if(connection.closed)throw new ConnectionClosed;return Reflect.get(target,property,receiver)}})}class ConnectionClosed extends Error{name="ConnectionClosed";code="CONNECTION_CLOSED";constructor(){super("The connection was closed while a transaction was open")}}const SOCKET_CODES=new Set(["CONNECTION_CLOSED","CONNECTION_DESTROYED","ECONNRESET","EPIPE","ETIMEDOUT","ECONNABORTED"]);function brokeTheConnection(error){return SOCKET_CODES.has((0,_connection_errors_js__WEBPACK_IMPORTED_MODULE_0__.CA)(error)??"")}}),9769:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{f:()=>redactSecrets,h:()=>holdsSecret});function redactSecrets(text){return HINT.test(text)?SECRET_PATTERNS.reduce((cut,pattern)=>cut.replace(pattern,keepPrefix),text):text}function holdsSecret(text){return redactSecrets(text)!==text}const MARK="[redacted]",HINT=/eyJ|sb_|sbp_|gh[pousr]_|github_pat_|sk-|xox|AKIA|PRIVATE KEY|bearer|basic|:\/\/[^\s/]*@|authorization|api-?key|token|secret|password/i,SECRET_PATTERNS=[/()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,/()\bsb_(?:secret|publishable)_[A-Za-z0-9_-]{8,}/g,/()\bsbp_[A-Za-z0-9]{20,}/g,/()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g,/()\b(?:sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b/g,/()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,/((?:bearer|basic)\s+)(?!\[redacted\])[A-Za-z0-9._~+/=-]{6,}/gi,/([a-z][a-z0-9+.-]*:\/\/[^\s:@/']+:)[^\s@/']+(?=@)/gi,/(['"](?:authorization|apikey|api-key|x-api-key|x-[a-z-]*(?:token|secret|key)|[a-z_-]*(?:password|secret|token))['"]\s*(?:,|:|=>)\s*['"])(?!\[redacted\]|(?:bearer|basic)\s)[^'"]{4,}(?=['"])/gi];function keepPrefix(_whole,prefix){return`${prefix}${MARK}`}})};export{id,ids,modules};
