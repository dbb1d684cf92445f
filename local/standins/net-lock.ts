/** Two numbers that name the advisory lock of the pg_net stand-in's worker; net.sql looks for the same ones. */
export const workerLock = { space: 1869640562, id: 1852797984 } as const;
