/** The latest of some times; undefined where there is none. */
export function latestOf(times: readonly (Date | null | undefined)[]): Date | undefined {
  return times
    .filter((time) => time !== null && time !== undefined)
    .reduce<Date | undefined>(
      (latest, time) => (latest === undefined || time > latest ? time : latest),
      undefined,
    );
}
