export const id = 409;
export const ids = [409];
export const modules = {

/***/ 8409:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   computeDrift: () => (/* binding */ computeDrift)
/* harmony export */ });
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7968);
/* harmony import */ var _plan_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3051);


/**
 * What was changed by hand since our last apply: a plan with those changes only. Changes that wait for the next apply
 * because a file moved on are no drift; objects nobody declared stay listed as unmanaged.
 *
 * @throws ConfigurationError when the database can't be reached
 */
async function computeDrift(options) {
    const plan = await (0,_plan_js__WEBPACK_IMPORTED_MODULE_1__.computePlan)({ ...options, prune: false });
    const changes = plan.changes.filter(isDrift);
    const count = (action) => changes.filter((change) => change.action === action).length;
    return {
        ...plan,
        digest: (0,_digest_js__WEBPACK_IMPORTED_MODULE_0__/* .sha256 */ .s)(JSON.stringify(['drift', plan.environment, changes])),
        changes,
        counts: {
            ...plan.counts,
            create: count('create'),
            update: count('update'),
            delete: count('delete'),
            adopt: count('adopt'),
            unchanged: plan.counts.unchanged,
        },
    };
}
function isDrift(change) {
    switch (change.cause) {
        case 'drift':
        case 'both':
            return true;
        case 'declaration':
            return false;
    }
}


/***/ })

};
