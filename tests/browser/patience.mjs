/** Longest wait for an event, in ms. It only ends a test that would otherwise hang. */
export const PATIENCE = 300_000;
