import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';
import type { CatalogEntry } from '../engine/domain/set-state.ts';

/** Numbers as people read them. */
export function showBytes(bytes: number): string {
  return prettyBytes(bytes, { maximumFractionDigits: 1 });
}

export function showSeconds(seconds: number): string {
  return prettyMilliseconds(seconds * 1000, { secondsDecimalDigits: 1, unitCount: 2 });
}

/** A duration that still runs, in whole seconds. */
export function showDuration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 1 ? '0s' : prettyMilliseconds(whole * 1000, { unitCount: 2 });
}

/** A state and what else holds of the set. */
export function showState({
  state,
  isHeld,
  isReleased,
}: Pick<CatalogEntry, 'state' | 'isHeld' | 'isReleased'>): string {
  return `${state}${isHeld ? ', held' : ''}${isReleased ? ', released' : ''}`;
}

export function showCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** To the minute, UTC. */
export function showTime(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
