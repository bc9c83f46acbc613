/** Seeds that showed a fault once, by major; they run for ever. */
export const ONCE_DIFFERENT: Readonly<Record<number, readonly number[]>> = {
  15: [1532, 1537],
  18: [1837],
  19: [1931, 1934],
};
