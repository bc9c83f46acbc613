import type { ReviewFacts } from './facts.ts';

const DAY_MS = 86_400_000;

/** The day by which the plan is to be read again, as `2026-11-30`; null where the config does not say enough. */
export function nextReview({ every, last }: ReviewFacts): string | null {
  if (every === null || last === null) return null;
  return new Date(Date.parse(last) + every * 1000).toISOString().slice(0, 10);
}

/** Whether the day of the next review has passed. */
export function isOverdue(review: ReviewFacts, now: Date): boolean {
  const next = nextReview(review);
  return next !== null && now.getTime() >= Date.parse(next) + DAY_MS;
}
