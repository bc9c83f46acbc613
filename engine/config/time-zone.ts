const HOUR_MS = 3_600_000;
const HALF_DAY_MS = 43_200_000;
const SAMPLES = 800;

/** Whether the clocks of two zones show the same time in the 400 days after `from`, whatever the zones are called. */
export function hasSameClock(zone: string, other: string, { from }: { from: Date }): boolean {
  if (zone === other) return true;
  const [one, two] = [clockOf(zone), clockOf(other)];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const time = new Date(from.getTime() + sample * HALF_DAY_MS);
    if (one.format(time) !== two.format(time)) return false;
  }
  return true;
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short', timeStyle: 'short' });
}

/** Tells what the clocks of a zone show. */
export function wallClock(timeZone: string): (time: Date) => { hour: number; minute: number } {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (time) => {
    const [hour = 0, minute = 0] = format.format(time).split(':').map(Number);
    return { hour, minute };
  };
}

const DAY_MS = 86_400_000;

/** A stretch of time. */
export interface Span {
  from: Date;
  to: Date;
}

/** The days, each with an hour around it, in which the clock of a zone is changed. */
export function clockChanges(timeZone: string, { from, to }: Span): Span[] {
  const offset = offsetOf(timeZone);
  const spans: Span[] = [];
  for (let day = from.getTime(); day < to.getTime(); day += DAY_MS)
    if (offset(day) !== offset(day + DAY_MS))
      spans.push({ from: new Date(day - HOUR_MS), to: new Date(day + DAY_MS + HOUR_MS) });
  return spans;
}

/** Tells how far the clock of a zone is ahead, such as `GMT+10:30`. */
function offsetOf(timeZone: string): (time: number) => string | undefined {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (time) => format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value;
}
