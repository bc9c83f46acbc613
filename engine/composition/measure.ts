import { systemClock } from '../adapters/system-clock.ts';
import { type Measurement, metricDocument } from '../domain/metrics.ts';
import type { Stack } from './from-stack.ts';
import { writeLine } from './write-line.ts';

/** Writes measurements where CloudWatch finds them: into the log. */
export function measureInto({
  namespace,
}: Pick<Stack, 'namespace'>): (measurements: readonly Measurement[]) => void {
  return (measurements) => {
    for (const measurement of measurements)
      writeLine(metricDocument(measurement, { namespace, at: systemClock.now() }));
  };
}
