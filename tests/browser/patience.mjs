/** The longest wait for an event, in ms. It only ends a test that would hang: none passes by it. */
export const PATIENCE = 300_000;
