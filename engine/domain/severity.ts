/** As monitoring plugins name them, from good to bad: what is not known weighs more than a warning, and less than what is known to be bad. */
export const SEVERITIES = ['ok', 'warning', 'unknown', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export function isWorse(one: Severity, other: Severity): boolean {
  return SEVERITIES.indexOf(one) > SEVERITIES.indexOf(other);
}

/** `ok` where there is none. */
export function worstOf(severities: Iterable<Severity>): Severity {
  return [...severities].reduce(
    (worst, severity) => (isWorse(severity, worst) ? severity : worst),
    'ok',
  );
}
