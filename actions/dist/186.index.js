const id=186,ids=[186],modules={186:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.r(__webpack_exports__),__webpack_require__.d(__webpack_exports__,{cancel:()=>cancel,retry:()=>retry});var _shared_builds_dispatch_order_build_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(183),_build_stay_js__WEBPACK_IMPORTED_MODULE_1__=__webpack_require__(1628),_chosen_build_js__WEBPACK_IMPORTED_MODULE_2__=__webpack_require__(4791),_target_url_js__WEBPACK_IMPORTED_MODULE_3__=__webpack_require__(2609);const SAID={cancelled:"It is cancelled.",cancelling:"Its run is told to stop; until it has, the build is not over."};async function cancel(options){return(0,_target_url_js__WEBPACK_IMPORTED_MODULE_3__.tI)(options,async sql=>{const buildId=await(0,_chosen_build_js__WEBPACK_IMPORTED_MODULE_2__.t)(sql,options.build),{as:actor,reason}=options,state=await(0,_shared_builds_dispatch_order_build_js__WEBPACK_IMPORTED_MODULE_0__.lS)(sql,{buildId,actor,reason:reason===""?void 0:reason}),facts=await(0,_shared_builds_dispatch_order_build_js__WEBPACK_IMPORTED_MODULE_0__.Cl)(sql,buildId);if(options.format==="json")process.stdout.write(`${JSON.stringify({done:state!==null,state,...facts},null,2)}
`);else{const said=state===null?`It had ended: ${facts?.status??"gone"}.`:SAID[state];process.stdout.write(`build ${buildId}  ${facts?.project??""} ${facts?.branch??""}
${said}
`)}return state===null?1:0})}async function retry(options){return(0,_target_url_js__WEBPACK_IMPORTED_MODULE_3__.tI)(options,async sql=>{const buildId=await(0,_chosen_build_js__WEBPACK_IMPORTED_MODULE_2__.t)(sql,options.build);return await(0,_shared_builds_dispatch_order_build_js__WEBPACK_IMPORTED_MODULE_0__.Du)(sql,{buildId,actor:options.as}),(0,_build_stay_js__WEBPACK_IMPORTED_MODULE_1__.L)(sql,buildId,options)})}}),4791:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{t:()=>chosenBuild});var _shared_builds_reading_statements_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(8524),_shared_io_errors_js__WEBPACK_IMPORTED_MODULE_1__=__webpack_require__(6283);async function chosenBuild(sql,text){if(!/^[0-9a-f-]{6,36}$/i.test(text))throw new _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_1__.j(`${text} is not the id of a build.`,{hint:"`opsroom builds` lists them."});const[found,another]=await(0,_shared_builds_reading_statements_js__WEBPACK_IMPORTED_MODULE_0__.vo)(sql,text.toLowerCase());if(found===void 0)throw new _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_1__.j(`There is no build ${text}.`,{hint:"`opsroom builds` lists them."});if(another!==void 0)throw new _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_1__.j(`Several builds have ${text} in their id; write more of it.`);return found}}),8524:((__unused_webpack___webpack_module__,__webpack_exports__,__webpack_require__)=>{__webpack_require__.d(__webpack_exports__,{Lr:()=>readBranches,VH:()=>readProjects,YF:()=>listBuilds,_7:()=>readLogPage,oX:()=>positionSince,vo:()=>findBuilds});var zod__WEBPACK_IMPORTED_MODULE_1__=__webpack_require__(8585),_build_js__WEBPACK_IMPORTED_MODULE_0__=__webpack_require__(8272);async function readProjects(sql,slug){const rows=await sql`
    select p.id, p.name, p.slug, o.slug as "orgSlug"
    from ops.projects p
    join ops.orgs o on o.id = p.org_id
    where ${slug??null}::text is null or p.slug = ${slug??null}
    order by p.slug, o.slug
    limit 1000`;return zod__WEBPACK_IMPORTED_MODULE_1__.YOg(_build_js__WEBPACK_IMPORTED_MODULE_0__.MM).parse([...rows])}const BranchRow=_build_js__WEBPACK_IMPORTED_MODULE_0__.lg.omit({lastBuild:!0}),LastBuild=_build_js__WEBPACK_IMPORTED_MODULE_0__.L2.omit({branch:!0,lane:!0,project:!0});async function readBranches(sql,projectId){return(await sql`
    select h.id as "branchId", h.name, h.lane, h.build_count as "buildCount", h.health, b.id, b.status, b.attempt, b.trigger, b.actor,
           b.commit_sha as "commitSha", b.commit_message as "commitMessage", b.error, b.github_run_url as "githubRunUrl",
           b.environment_url as "environmentUrl", b.created_at as "createdAt", b.started_at as "startedAt",
           b.finished_at as "finishedAt"
    from ops.project_branches(${projectId}, null, null, 1000) with ordinality as h (
      id, name, lane, environment, build_count, last_build_id, last_build_status, last_build_at, commit_sha, commit_message, health,
      observed_at, place
    )
    left join ops.builds b on b.id = h.last_build_id
    order by h.place`).map(row=>({...BranchRow.parse({...row,id:row.branchId}),lastBuild:row.id===null?null:LastBuild.parse(row)}))}async function listBuilds(sql,query){const rows=await sql`
    select b.id, b.status, b.attempt, b.trigger, b.actor, b.commit_sha as "commitSha", b.commit_message as "commitMessage",
           b.error, b.github_run_url as "githubRunUrl", b.environment_url as "environmentUrl", b.created_at as "createdAt",
           b.started_at as "startedAt", b.finished_at as "finishedAt", h.name as branch, h.lane, p.slug as project
    from ops.builds b
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where b.id < ${query.before??"ffffffff-ffff-ffff-ffff-ffffffffffff"}
      and (${query.projectId??null}::uuid is null or b.project_id = ${query.projectId??null})
      and (${query.branch??null}::text is null or h.name = ${query.branch??null})
      and (${query.status??null}::text is null or b.status = ${query.status??null})
    order by b.id desc
    limit ${query.limit}`;return zod__WEBPACK_IMPORTED_MODULE_1__.YOg(_build_js__WEBPACK_IMPORTED_MODULE_0__.L2).parse([...rows])}async function findBuilds(sql,part){const rows=await sql`
    select b.id
    from ops.builds b
    where b.id::text like ${`${part}%`} or b.id::text like ${`%${part}`}
    order by b.id desc
    limit 5`;return zod__WEBPACK_IMPORTED_MODULE_1__.YOg(zod__WEBPACK_IMPORTED_MODULE_1__.Ikc({id:zod__WEBPACK_IMPORTED_MODULE_1__.uRe()})).parse([...rows]).map(({id:id2})=>id2)}const PageRow=_build_js__WEBPACK_IMPORTED_MODULE_0__.VB.extend({attempt:zod__WEBPACK_IMPORTED_MODULE_1__.aig().nullable(),seq:zod__WEBPACK_IMPORTED_MODULE_1__.aig().nullable(),at:zod__WEBPACK_IMPORTED_MODULE_1__.p6U().nullable(),kind:zod__WEBPACK_IMPORTED_MODULE_1__.YjP().nullable(),level:_build_js__WEBPACK_IMPORTED_MODULE_0__.VB.shape.level.nullable(),message:zod__WEBPACK_IMPORTED_MODULE_1__.YjP().nullable(),status:_build_js__WEBPACK_IMPORTED_MODULE_0__.NK,currentAttempt:zod__WEBPACK_IMPORTED_MODULE_1__.aig()});async function readLogPage(sql,buildId,position,limit){const rows=await sql`
    select b.status, b.attempt as "currentAttempt", e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message
    from ops.builds b
    left join lateral ops.build_log_since(b.id, ${position.control}, ${position.attempt}, ${position.seq}, ${limit}) e on true
    where b.id = ${buildId}`,[first]=rows;if(first===void 0)throw new Error(`there is no build ${buildId}`);const{status,currentAttempt}=PageRow.pick({status:!0,currentAttempt:!0}).parse(first),events=first.seq===null?[]:zod__WEBPACK_IMPORTED_MODULE_1__.YOg(_build_js__WEBPACK_IMPORTED_MODULE_0__.VB).parse([...rows]);return{status,currentAttempt,events}}const PositionRow=zod__WEBPACK_IMPORTED_MODULE_1__.Ikc({attempt:zod__WEBPACK_IMPORTED_MODULE_1__.aig().nullable(),seq:zod__WEBPACK_IMPORTED_MODULE_1__.aig().nullable()});async function positionSince(sql,buildId,since){const rows=await sql`select attempt, seq from ops.build_log_position(${buildId}, ${since})`,found=PositionRow.parse(rows[0]);if(found.attempt!==null&&found.seq!==null)return{control:0,attempt:found.attempt,seq:found.seq-1};const last=await sql`
    select e.attempt, e.seq
    from ops.build_events e
    where e.build_id = ${buildId} and e.attempt >= 1
    order by e.attempt desc, e.seq desc
    limit 1`,{attempt,seq}=PositionRow.parse(last[0]??{attempt:1,seq:0});return{control:0,attempt:attempt??1,seq:seq??0}}})};export{id,ids,modules};
