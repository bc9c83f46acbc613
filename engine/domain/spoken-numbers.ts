const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in two units at most: `26 h 10 min`, `35 d`. */
export function speakSeconds(seconds: number): string {
  const [large, small] = seconds >= 2 * DAY ? (['d', 'h'] as const) : (['h', 'min'] as const);
  const size = { d: DAY, h: HOUR, min: MINUTE };
  const whole = Math.floor(seconds / size[large]);
  const rest = Math.floor((seconds - whole * size[large]) / size[small]);
  const parts = [whole > 0 ? `${whole} ${large}` : '', rest > 0 ? `${rest} ${small}` : ''].filter(
    (part) => part !== '',
  );
  return parts.length > 0 ? parts.join(' ') : `${Math.floor(seconds)} s`;
}

/** To the minute, UTC. */
export function speakTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** In the largest unit of which there is one, after rounding. */
export function speakBytes(bytes: number): string {
  if (bytes < 999_950) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 999_950_000 ? `${(bytes / 1e6).toFixed(1)} MB` : speakGigabytes(bytes);
}

export function speakGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** With commas between thousands. */
export function speakCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function speakShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
